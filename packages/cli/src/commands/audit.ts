import { createReadStream, createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { read, readAll, TENANT } from '../api.js';
import { type Known, readKeys, readKnown, verifyExport } from '../audit-verify.js';
import { CliError, usageError } from '../errors.js';
import { withExamples } from '../help.js';
import { parseCount } from '../parse.js';
import { type Cli, type CommonOptions, type Session, withScope } from '../session.js';
import { registerAuditRules } from './audit-rules.js';
import { registerAuditStreams } from './audit-streams.js';

interface ListOptions extends CommonOptions {
  readonly all?: boolean;
  readonly limit: number;
  readonly actor?: string;
  readonly action?: string;
  readonly resource?: string;
  readonly outcome?: 'success' | 'denied' | 'failed';
  readonly source?: string;
  readonly from?: string;
  readonly to?: string;
  readonly q?: string;
}

export function registerAudit(program: Command, cli: Cli): void {
  const audit = program
    .command('audit')
    .description('Who did what: search the audit log, export it, verify an export.');
  registerList(audit, cli);
  registerExport(audit, cli);
  registerVerify(audit, cli);

  registerAuditRules(audit, cli);
  registerAuditStreams(audit, cli);

  const keys = audit.command('keys').description('The keys that checkpoints and exports are signed with.');
  withScope(
    keys.command('list', { isDefault: true }).alias('ls').description('Print the public parts, the signing one first.'),
    'server',
  ).action(async (options: CommonOptions) => {
    const { api, out } = await cli.open(options);
    out.text(await read(api.GET('/api/v1/audit/keys')), (found) => JSON.stringify(found, null, 2));
  });
  withScope(
    keys.command('rotate').description('Make a new signing key; what the others have signed stays verifiable.'),
    'server',
  ).action(async (options: CommonOptions) => {
    const { api, out } = await cli.open(options);
    out.text(await read(api.POST('/api/v1/audit/keys/rotate')), (found) => JSON.stringify(found, null, 2));
    out.note('Give these public keys to whoever verifies.');
  });

  const state = audit.command('state').description('Where the chain stands: what is sealed, signed and removed.');
  withScope(state.option('--all', "the platform's own chain"), 'tenant').action(
    async (options: CommonOptions & { all?: boolean }) => {
      const { api, out, tenant } = await cli.open(options);
      const found = options.all
        ? await read(api.GET('/api/v1/audit-state'))
        : await read(api.GET(`${TENANT}/audit-state`, { params: { path: await tenant() } }));
      out.object(found, (value) => [
        ['Sealed', value.sealed],
        ['Waiting', value.waiting],
        ['Signed', value.checkpoint ? `${value.checkpoint.seq} at ${value.checkpoint.at}` : undefined],
        ['Removed', value.removed],
        ['Kept', `${value.keepDays} days`],
        ['Hash', value.hash],
      ]);
    },
  );
}

function registerList(audit: Command, cli: Cli): void {
  const list = audit
    .command('list', { isDefault: true })
    .alias('ls')
    .description("List a tenant's audit events, or with --all everybody's.")
    .option('--all', 'of the whole platform')
    .option('--actor <name>', 'only what this user or robot did')
    .option('--action <action>', 'only this action; project.* takes all of a kind')
    .option('--resource <path>', 'only this path and what is under it')
    .option('--outcome <outcome>', 'success, denied or failed')
    .option('--source <address>', 'only from this address')
    .option('--from <time>', 'not before this time (RFC 3339)')
    .option('--to <time>', 'before this time (RFC 3339)')
    .option('-q <text>', 'only where the path has this text')
    .option('--limit <number>', 'at most so many', parseCount, 50);
  withScope(list, 'tenant').action(async (options: ListOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const { actor, action, resource, outcome, source, from, to, q, limit } = options;
    const filter = { actor, action, resource, outcome, source, from, to, q };
    const path = options.all ? undefined : await tenant();
    const events = path
      ? await readAll(
          (page) => api.GET(`${TENANT}/audit-events`, { params: { path, query: { ...filter, ...page } } }),
          limit,
        )
      : await readAll((page) => api.GET('/api/v1/audit-events', { params: { query: { ...filter, ...page } } }), limit);
    out.list(events, [
      { header: 'AT', value: (event) => event.at },
      {
        header: 'ACTOR',
        value: (event) => (event.impersonator ? `${event.actor} (${event.impersonator})` : event.actor),
      },
      { header: 'ACTION', value: (event) => event.action },
      { header: 'OUTCOME', value: (event) => event.outcome },
      { header: 'RESOURCE', value: (event) => event.resource },
      { header: 'TENANT', value: (event) => event.tenant },
      { header: 'SOURCE', value: (event) => event.source },
    ]);
  });
  withExamples(
    list,
    'slipway audit --tenant acme',
    'slipway audit list --all --outcome denied --from 2026-11-01T00:00:00Z',
    'slipway audit list --action secret.reveal -o json',
  );
}

function registerExport(audit: Command, cli: Cli): void {
  const command = audit
    .command('export')
    .description("Export a tenant's audit log, or with --all the whole platform's, to a file that can be verified.")
    .option('--all', 'of the whole platform')
    .option('--from <time>', 'not before this time (RFC 3339)')
    .option('--to <time>', 'before this time (RFC 3339)')
    .option('--to-file <file>', 'default: audit-<id>.ndjson');
  withScope(command, 'tenant').action(
    async (options: CommonOptions & { all?: boolean; from?: string; to?: string; toFile?: string }) => {
      const session = await cli.open(options);
      const { api, out } = session;
      const path = options.all ? undefined : await session.tenant();
      const body = { from: options.from, to: options.to };
      const started = path
        ? await read(api.POST(`${TENANT}/audit-exports`, { params: { path }, body }))
        : await read(api.POST('/api/v1/audit-exports', { body }));
      await waitFor(cli, session, started.operation);
      const at = { export: started.id };
      const { response } = path
        ? await api.GET(`${TENANT}/audit-exports/{export}/content`, {
            params: { path: { ...path, ...at } },
            parseAs: 'stream',
          })
        : await api.GET('/api/v1/audit-exports/{export}/content', { params: { path: at }, parseAs: 'stream' });
      const file = resolve(cli.io.cwd, options.toFile ?? `audit-${started.id}.ndjson`);
      if (!response.body) throw new CliError('answer-missing', 'The server answered no file.');
      await pipeline(Readable.fromWeb(response.body), createWriteStream(file, { mode: 0o600 }));
      out.text({ file, export: started.id }, (result) => result.file);
      out.note('Verify it with: slipway audit verify <file> --key <file of slipway audit keys>');
    },
  );
  withExamples(command, 'slipway audit export --tenant acme --from 2026-01-01T00:00:00Z', 'slipway audit export --all');
}

function registerVerify(audit: Command, cli: Cli): void {
  const command = audit
    .command('verify')
    .description('Verify exports, without the platform: every row, the chain, and who signed it.')
    .argument('<files...>', 'several, e.g. the objects of an S3 stream by name, must go on one after the other')
    .requiredOption('--key <file>', 'the public keys, as `slipway audit keys` printed them')
    .option('--checkpoint <file>', 'what `slipway audit state -o json` printed earlier: finds an end that was removed')
    .option('-o, --output <format>', 'how to print the result', 'table');
  command.action(async (files: string[], options: CommonOptions & { key: string; checkpoint?: string }) => {
    const out = cli.output(options);
    const at = (file: string) => resolve(cli.io.cwd, file);
    const keys = await readFile(at(options.key), 'utf8').then(readKeys, unreadable(options.key, 'slipway audit keys'));
    const { checkpoint } = options;
    const kept = checkpoint
      ? await readFile(at(checkpoint), 'utf8')
          .then((text) => [readKnown(text, keys)])
          .catch(unreadable(checkpoint, 'slipway audit state -o json'))
      : [];
    const ends = new Map<string, Known>();
    for (const file of files) {
      const input = createReadStream(at(file));
      const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
      // Of a row of files, only the last can tell whether the end of the chain is there.
      const known = [...ends.values(), ...(file === files.at(-1) ? kept : [])];
      const verdict = await verifyExport(lines, keys, known);
      for (const { chain, lastSeq, lastHash } of verdict.chains)
        ends.set(chain, { chain, seq: lastSeq, hash: lastHash, isEndBefore: true });
      out.object({ file, ...verdict }, ({ rows, chains, checkpoints, problem }) => [
        ['File', file],
        ['Rows', rows],
        ['Chains', chains.map(({ name, firstSeq, lastSeq }) => `${name} ${firstSeq}-${lastSeq}`).join(', ')],
        ['Checkpoints', checkpoints],
        ['Verdict', problem ? `${problem.kind}, line ${problem.line}` : 'whole and unchanged'],
      ]);
      if (verdict.problem)
        throw new CliError(`audit-${verdict.problem.kind}`, verdict.problem.text, {
          exit: 'failed',
          remedy:
            'Do not rely on this file from there on; export again, and ask who had it and who can write to the database.',
        });
    }
  });
  withExamples(
    command,
    'slipway audit keys > audit-keys.json',
    'slipway audit state -o json > checkpoint.json',
    'slipway audit verify audit.ndjson --key audit-keys.json --checkpoint checkpoint.json',
  );
}

const unreadable = (file: string, made: string) => (cause: unknown) => {
  throw usageError(`${file} cannot be used: ${String(cause)}`, `Make it with '${made}'.`);
};

async function waitFor(cli: Cli, { api }: Session, operation: string): Promise<void> {
  for (;;) {
    const { state, error } = await read(
      api.GET('/api/v1/operations/{id}', { params: { path: { id: operation } }, signal: cli.io.signal }),
    );
    if (state === 'succeeded') return;
    if (state === 'failed' || state === 'cancelled')
      throw new CliError('audit-export-failed', error?.message ?? `The export was ${state}.`, { exit: 'failed' });
    await delay(300);
  }
}
