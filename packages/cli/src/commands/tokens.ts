import type { Command } from 'commander';
import { read, readAll } from '../api.js';
import { formatAge } from '../format.js';
import { withExamples } from '../help.js';
import { parseCount } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

interface CreateOptions extends CommonOptions {
  readonly expiresInDays?: number;
  readonly scope?: string[];
  readonly onlyTenant?: string;
  readonly range?: string[];
}

interface RotateOptions extends CommonOptions {
  readonly overlap: number;
  readonly expiresInDays?: number;
}

export function registerTokens(program: Command, cli: Cli): void {
  const tokens = program.command('tokens').alias('token').description('Personal tokens, for CI and scripts.');

  withScope(tokens.command('list').alias('ls').description('List your tokens.'), 'server').action(
    async (options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      const now = cli.io.now();
      out.list(await readAll((query) => api.GET('/api/v1/me/tokens', { params: { query } })), [
        { header: 'ID', value: (token) => token.id },
        { header: 'NAME', value: (token) => token.name },
        { header: 'PREFIX', value: (token) => token.prefix },
        { header: 'SCOPES', value: (token) => token.scopes?.join(' ') ?? 'all' },
        { header: 'TENANT', value: (token) => token.tenant },
        { header: 'AGE', value: (token) => formatAge(token.createdAt, now) },
        { header: 'USED', value: (token) => (token.lastUsedAt ? formatAge(token.lastUsedAt, now) : 'never') },
        { header: 'FROM', value: (token) => token.lastUsedFrom },
        { header: 'EXPIRES', value: (token) => token.expiresAt?.slice(0, 10) },
      ]);
    },
  );

  const create = tokens
    .command('create')
    .description('Create a token and print it; it is shown this once.')
    .argument('<name>')
    .option('--expires-in-days <days>', 'its life; without it, the longest that the platform allows', parseCount)
    .option('--scope <permission...>', 'only these of your permissions, for example builds:write')
    .option('--only-tenant <name>', 'the only tenant where it works')
    .option('--range <cidr...>', 'the only addresses that it may be used from');
  withScope(create, 'server').action(async (name: string, options: CreateOptions) => {
    const { api, out } = await cli.open(options);
    const { expiresInDays, scope: scopes, onlyTenant: tenant, range: ranges } = options;
    const body = { name, expiresInDays, scopes, tenant, ranges };
    const token = await read(api.POST('/api/v1/me/tokens', { body }));
    out.text(token, (result) => result.token ?? '');
    out.note('Keep it now: it cannot be shown again.');
  });
  withExamples(
    create,
    'SLIPWAY_TOKEN=$(slipway tokens create ci --expires-in-days 30)',
    'slipway tokens create push --scope repositories:write --only-tenant acme --range 192.0.2.0/24',
  );

  const rotate = tokens
    .command('rotate')
    .description('Give a token a new secret and print it.')
    .argument('<id>')
    .option('--overlap <seconds>', 'how long the old one stays good', parseCount, 0)
    .option('--expires-in-days <days>', 'its new life; without it, as long as it was made for', parseCount);
  withScope(rotate, 'server').action(async (id: string, options: RotateOptions) => {
    const { api, out } = await cli.open(options);
    const body = { overlapSeconds: options.overlap, expiresInDays: options.expiresInDays };
    const path = { id };
    const token = await read(api.POST('/api/v1/me/tokens/{id}/rotate', { params: { path }, body }));
    out.text(token, (result) => result.token ?? '');
    out.note('Keep it now: it cannot be shown again.');
  });

  withScope(
    tokens.command('delete').aliases(['rm', 'revoke']).description('Revoke a token.').argument('<id>'),
    'server',
  ).action(async (id: string, options: CommonOptions) => {
    const { api, out } = await cli.open(options);
    await api.DELETE('/api/v1/me/tokens/{id}', { params: { path: { id } } });
    out.note('The token is revoked.');
  });
}
