import type { Command } from 'commander';
import { read, readAll } from '../api.js';
import { formatAge } from '../format.js';
import { withExamples } from '../help.js';
import { parseCount } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

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
        { header: 'AGE', value: (token) => formatAge(token.createdAt, now) },
        { header: 'EXPIRES', value: (token) => token.expiresAt?.slice(0, 10) },
      ]);
    },
  );

  const create = tokens
    .command('create')
    .description('Create a token and print it; it is shown this once.')
    .argument('<name>')
    .option('--expires-in-days <days>', 'its life', parseCount);
  withScope(create, 'server').action(async (name: string, options: CommonOptions & { expiresInDays?: number }) => {
    const { api, out } = await cli.open(options);
    const token = await read(api.POST('/api/v1/me/tokens', { body: { name, expiresInDays: options.expiresInDays } }));
    out.text(token, (result) => result.token ?? '');
    out.note('Keep it now: it cannot be shown again.');
  });
  withExamples(create, 'SLIPWAY_TOKEN=$(slipway tokens create ci --expires-in-days 30)');

  withScope(
    tokens.command('delete').aliases(['rm', 'revoke']).description('Revoke a token.').argument('<id>'),
    'server',
  ).action(async (id: string, options: CommonOptions) => {
    const { api, out } = await cli.open(options);
    await api.DELETE('/api/v1/me/tokens/{id}', { params: { path: { id } } });
    out.note('The token is revoked.');
  });
}
