import { parseAllDocuments } from 'yaml';
import type { Finding } from './conversion-findings.rules.js';
import { fail } from './rollouts.errors.js';
import type { ConvertedStrategy, ConvertStrategy } from './strategies.dto.js';
import { strategySchema } from './strategy.dto.js';
import { convertManifest } from './strategy-conversion.rules.js';

/** Throws 422 `strategy-not-convertible` with the path in the manifest. */
export function convertStrategy({ manifest }: ConvertStrategy): ConvertedStrategy {
  const [main, beside] = choose(typeof manifest === 'string' ? parseYaml(manifest) : [manifest]);
  const converted = convertManifest(main, beside);
  if ('refusals' in converted) throw refuse(converted.refusals);
  const { strategy, warnings } = converted;
  const checked = strategySchema.safeParse(strategy);
  if (checked.success) return { strategy: checked.data, warnings: [...warnings] };
  // What is within Argo's bounds may be out of ours: it is named by its place in what would have become of it.
  throw refuse(
    checked.error.issues.map(({ path, message }) => ({ path: ['strategy', ...path].map(String).join('.'), message })),
  );
}

/** The Rollout or the Canary, and what came beside it. */
function choose(documents: readonly unknown[]): readonly [unknown, readonly unknown[]] {
  const all = documents.flatMap((document) => {
    const { kind, items } = Object(document) as { kind?: unknown; items?: unknown };
    return kind === 'List' && Array.isArray(items) ? items : [document];
  });
  const isMain = (document: unknown) => ['Rollout', 'Canary'].includes(String(Reflect.get(Object(document), 'kind')));
  const mains = all.filter(isMain);
  if (mains.length > 1) throw refuse([{ path: '', message: 'One Rollout or Canary is converted: give it by itself.' }]);
  const [main = all[0]] = mains;
  return [main, all.filter((document) => document !== main)];
}

function parseYaml(text: string): readonly unknown[] {
  try {
    const documents = parseAllDocuments(text);
    const [error] = documents.flatMap(({ errors }) => errors);
    if (error) throw error;
    return documents.map((document) => document.toJS({ maxAliasCount: 20 })).filter((each) => each !== null);
  } catch (error) {
    throw refuse([{ path: '', message: error instanceof Error ? error.message : 'This is no YAML.' }]);
  }
}

function refuse(findings: readonly Finding[]) {
  const errors = findings.slice(0, 20).map(({ path, message }) => {
    return { path: ['body.manifest', path].filter(Boolean).join('.'), code: 'invalid', message };
  });
  return fail('strategy-not-convertible', { detail: findings[0]?.message, errors });
}
