import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { applyNft } from '../kernel.js';
import type { PolicyRules } from './facts.js';
import { type PolicyTables, policyTable, toChanges, toRuleset } from './ruleset.js';

const run = promisify(execFile);

export interface PolicyKernel {
  /** Brings the rules into force in one transaction; the whole of them where what is there is not known. */
  apply(rules: PolicyRules): Promise<void>;
  /** Looks whether somebody has changed the tables, and writes them anew if so. Answers whether it had to. */
  heal(): Promise<boolean>;
  /** Writes the whole anew. */
  rewrite(): Promise<void>;
}

/** Keeps in mind what is in force, so that a change costs its own size. Calls must not overlap. */
export function createPolicyKernel(tables: PolicyTables): PolicyKernel {
  let applied: PolicyRules | undefined;
  /** The tables without their elements, as they were right after our last write. */
  let listing: string | undefined;

  const list = async () => {
    const families = ['ip', 'ip6', ...(tables.hasBridgeFamily ? ['bridge'] : [])];
    const texts = families.map(async (family) => {
      const done = await run('nft', ['-t', 'list', 'table', family, policyTable(tables.table)], {
        maxBuffer: 64 << 20,
      });
      return done.stdout;
    });
    return Promise.all(texts).then(
      (all) => all.join(''),
      () => 'gone',
    );
  };
  const replace = async (rules: PolicyRules) => {
    applied = undefined;
    await applyNft(toRuleset(rules, tables));
    applied = rules;
    listing = undefined;
  };
  return {
    apply: async (rules) => {
      if (!applied) return replace(rules);
      const changes = toChanges(applied, rules, tables);
      if (changes === '') return;
      try {
        await applyNft(changes);
      } catch {
        return replace(rules);
      }
      applied = rules;
      listing = undefined;
    },
    rewrite: async () => {
      if (applied) await replace(applied);
    },
    heal: async () => {
      if (!applied) return false;
      const now = await list();
      // Chains of the frame are empty after `flush table`, and the whole is gone after `flush ruleset`.
      if (now === listing || (listing === undefined && now.includes('vmap @ingress') && now.includes('vmap @egress'))) {
        listing = now;
        return false;
      }
      await replace(applied);
      listing = await list();
      return true;
    },
  };
}
