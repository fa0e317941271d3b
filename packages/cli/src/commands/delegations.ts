import type { Command } from 'commander';
import { read, readAll } from '../api.js';
import { withExamples } from '../help.js';
import { parseDuration } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { ApprovalRequest } from '../types.js';

interface CreateOptions extends CommonOptions {
  readonly for: number;
  readonly from?: string;
  readonly kind?: ApprovalRequest['kind'][];
}

export function registerDelegations(program: Command, cli: Cli): void {
  const delegations = program
    .command('delegations')
    .alias('delegation')
    .description('Who decides requests for you, and for whom you decide.');

  withScope(
    delegations.command('list', { isDefault: true }).alias('ls').description('List the delegations.'),
    'server',
  ).action(async (options: CommonOptions) => {
    const { api, out } = await cli.open(options);
    out.list(await readAll((query) => api.GET('/api/v1/me/delegations', { params: { query } })), [
      { header: 'ID', value: (delegation) => delegation.id },
      { header: 'FROM', value: (delegation) => delegation.from },
      { header: 'TO', value: (delegation) => delegation.to },
      { header: 'KINDS', value: (delegation) => delegation.kinds.join(', ') || 'all' },
      { header: 'STARTS', value: (delegation) => delegation.startsAt },
      { header: 'ENDS', value: (delegation) => delegation.endsAt },
    ]);
  });

  const create = delegations
    .command('create')
    .description('Let somebody decide for you for a time.')
    .argument('<user>')
    .requiredOption('--for <duration>', 'how long, e.g. 14d', parseDuration)
    .option('--from <time>', 'when it begins (RFC 3339); default: now')
    .option('--kind <kinds...>', 'only requests of these kinds');
  withScope(create, 'server').action(async (to: string, options: CreateOptions) => {
    const { api, out } = await cli.open(options);
    const start = options.from === undefined ? cli.io.now() : new Date(options.from);
    const endsAt = new Date(start.getTime() + options.for * 1000).toISOString();
    const body = { to, startsAt: options.from, endsAt, kinds: options.kind ?? [] };
    const delegation = await read(api.POST('/api/v1/me/delegations', { body }));
    out.object(delegation, ({ id, startsAt }) => [
      ['ID', id],
      ['To', to],
      ['From', startsAt],
      ['Until', endsAt],
    ]);
  });
  withExamples(create, 'slipway delegations create ada --for 14d');

  withScope(
    delegations.command('delete').alias('rm').description('End a delegation.').argument('<id>'),
    'server',
  ).action(async (id: string, options: CommonOptions) => {
    const { api, out } = await cli.open(options);
    await api.DELETE('/api/v1/me/delegations/{id}', { params: { path: { id } } });
    out.note('The delegation is over.');
  });
}
