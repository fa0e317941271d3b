import type { Command } from 'commander';
import { read, readAll } from '../api.js';
import { usageError } from '../errors.js';
import { formatAge } from '../format.js';
import { parseCount } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { IdentitySettings } from '../types.js';

interface SettingsOptions extends CommonOptions {
  readonly passwordMinLength?: number;
  readonly tokenMaxDays?: number;
  readonly mfaRole?: string[];
}

export function registerIdentity(program: Command, cli: Cli): void {
  const identity = program
    .command('identity')
    .description('Password policy, second factors and directories (administrators).');

  withScope(identity.command('settings').description('Show what is set.'), 'server').action(
    async (options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      out.object(await read(api.GET('/api/v1/identity/settings')), toFields);
    },
  );

  const set = identity
    .command('set')
    .description('Change what is set.')
    .option('--password-min-length <characters>', 'least length of a password', parseCount)
    .option('--token-max-days <days>', 'longest life of personal and robot tokens', parseCount)
    .option('--mfa-role <role...>', 'roles that need a second factor: platform:admin, owner, …; "none" for nobody');
  withScope(set, 'server').action(async (options: SettingsOptions) => {
    const { passwordMinLength, tokenMaxDays } = options;
    const mfaRoles = options.mfaRole?.filter((role) => role !== 'none');
    const body = { passwordMinLength, tokenMaxDays, mfaRoles };
    if (Object.values(body).every((value) => value === undefined)) throw usageError('Nothing to change was named.');
    const { api, out } = await cli.open(options);
    out.object(await read(api.PATCH('/api/v1/identity/settings', { body })), toFields);
  });

  const scim = identity.command('scim-tokens').description('Tokens of directories that keep users and groups by SCIM.');
  withScope(scim.command('list').alias('ls').description('List the tokens.'), 'server').action(
    async (options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      const now = cli.io.now();
      out.list(await readAll((query) => api.GET('/api/v1/identity/scim-tokens', { params: { query } })), [
        { header: 'ID', value: (token) => token.id },
        { header: 'NAME', value: (token) => token.name },
        { header: 'USED', value: (token) => (token.lastUsedAt ? formatAge(token.lastUsedAt, now) : 'never') },
        { header: 'FROM', value: (token) => token.lastUsedFrom },
        { header: 'EXPIRES', value: (token) => token.expiresAt?.slice(0, 10) },
      ]);
    },
  );

  const create = scim
    .command('create')
    .description('Create a token and print it; it is shown this once.')
    .argument('<name>')
    .option('--expires-in-days <days>', 'its life; without it, it does not expire', parseCount)
    .option('--adopts-users', 'it may also change users whom no directory has made');
  type CreateOptions = CommonOptions & { expiresInDays?: number; adoptsUsers?: boolean };
  withScope(create, 'server').action(async (name: string, options: CreateOptions) => {
    const { api, out, server } = await cli.open(options);
    const body = { name, expiresInDays: options.expiresInDays, adoptsUsers: options.adoptsUsers };
    const token = await read(api.POST('/api/v1/identity/scim-tokens', { body }));
    out.note(`The directory's address is ${server}/scim/v2. Keep the token now: it cannot be shown again.`);
    out.text(token, (made) => made.token);
  });

  const rotate = scim
    .command('rotate')
    .description('Give a token a new secret and print it.')
    .argument('<id>')
    .option('--overlap <seconds>', 'how long the old one stays good', parseCount, 0);
  withScope(rotate, 'server').action(async (id: string, options: CommonOptions & { overlap: number }) => {
    const { api, out } = await cli.open(options);
    const request = { params: { path: { id } }, body: { overlapSeconds: options.overlap } };
    const token = await read(api.POST('/api/v1/identity/scim-tokens/{id}/rotate', request));
    out.text(token, (made) => made.token);
  });

  withScope(scim.command('delete').alias('rm').description('End a token.').argument('<id>'), 'server').action(
    async (id: string, options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      await api.DELETE('/api/v1/identity/scim-tokens/{id}', { params: { path: { id } } });
      out.note('The token is ended.');
    },
  );
}

function toFields(settings: IdentitySettings) {
  return [
    ['password at least', `${settings.passwordMinLength} characters`],
    ['tokens at most', `${settings.tokenMaxDays} days`],
    ['second factor for', settings.mfaRoles.join(' ') || 'nobody'],
  ] as const;
}
