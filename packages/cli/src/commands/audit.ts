import type { Command } from 'commander';
import { readAll, TENANT } from '../api.js';
import { withExamples } from '../help.js';
import { parseCount } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

export function registerAudit(program: Command, cli: Cli): void {
  const command = program
    .command('audit')
    .description("Who changed what: a tenant's audit events, or with --all everybody's (administrators).")
    .option('--all', 'of the whole platform')
    .option('--limit <number>', 'at most so many', parseCount, 50);
  withScope(command, 'tenant').action(async (options: CommonOptions & { all?: boolean; limit: number }) => {
    const { api, out, tenant } = await cli.open(options);
    const path = await tenant();
    const events = options.all
      ? await readAll((query) => api.GET('/api/v1/audit-events', { params: { query } }), options.limit)
      : await readAll((query) => api.GET(`${TENANT}/audit-events`, { params: { path, query } }), options.limit);
    out.list(events, [
      { header: 'AT', value: (event) => event.at },
      { header: 'ACTOR', value: (event) => toText(event.actor) },
      { header: 'ACTION', value: (event) => event.action },
      { header: 'RESOURCE', value: (event) => toText(event.resource) },
      { header: 'TENANT', value: (event) => event.tenant },
      { header: 'SOURCE', value: (event) => toText(event.source) },
    ]);
  });
  withExamples(command, 'slipway audit --tenant acme', 'slipway audit --all --limit 200 -o json');
}

/** A plain text, or the name inside an object. */
function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const key of ['username', 'name', 'path', 'ip'])
    if (key in value) return String((value as Record<string, unknown>)[key]);
  return JSON.stringify(value);
}
