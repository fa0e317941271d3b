import type { Command } from 'commander';
import { read, readAll } from '../api.js';
import { usageError } from '../errors.js';
import { withExamples } from '../help.js';
import { parseCount } from '../parse.js';
import { ask, canPrompt, confirm, readLine } from '../prompt.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { User } from '../types.js';

interface UserOptions extends CommonOptions {
  readonly email?: string;
  readonly displayName?: string;
  readonly admin?: boolean;
  readonly password?: boolean;
  readonly passwordStdin?: boolean;
}

interface ImpersonateOptions extends CommonOptions {
  readonly reason?: string;
  readonly minutes: number;
  readonly end?: boolean;
}

export function registerUsers(program: Command, cli: Cli): void {
  const users = program.command('users').alias('user').description('Users of the platform (administrators).');

  withScope(users.command('list').alias('ls').description('List the users.'), 'server').action(
    async (options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      out.list(await readAll((query) => api.GET('/api/v1/users', { params: { query } })), [
        { header: 'USERNAME', value: (user) => user.username },
        { header: 'NAME', value: (user) => user.displayName },
        { header: 'EMAIL', value: (user) => user.email },
        { header: 'ADMINISTRATOR', value: (user) => user.isAdmin },
        { header: 'DISABLED', value: (user) => user.disabledAt?.slice(0, 10) },
      ]);
    },
  );

  withScope(users.command('get').description('Show one user.').argument('<username>'), 'server').action(
    async (username: string, options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      out.object(await read(api.GET('/api/v1/users/{username}', { params: { path: { username } } })), toFields);
    },
  );

  const create = users
    .command('create')
    .description('Create a user.')
    .argument('<username>')
    .option('--email <address>')
    .option('--display-name <text>')
    .option('--admin', 'make the user an administrator')
    .option('--password-stdin', 'read the password from stdin; on a terminal it is asked for');
  withScope(create, 'server').action(async (username: string, options: UserOptions) => {
    const password = await readPassword(cli, options);
    const { api, out } = await cli.open(options);
    const { email, displayName, admin: isAdmin } = options;
    out.object(
      await read(api.POST('/api/v1/users', { body: { username, email, displayName, password, isAdmin } })),
      toFields,
    );
  });
  withExamples(create, 'slipway users create ada --email ada@example.com --password-stdin < password');

  const update = users
    .command('update')
    .description('Change a user.')
    .argument('<username>')
    .option('--email <address>')
    .option('--display-name <text>')
    .option('--admin', 'make the user an administrator')
    .option('--no-admin', 'make the user an ordinary one')
    .option('--password', 'set a new password, asked for on the terminal')
    .option('--password-stdin', 'set a new password, read from stdin');
  withScope(update, 'server').action(async (username: string, options: UserOptions) => {
    const password = options.password || options.passwordStdin ? await readPassword(cli, options) : undefined;
    const { email, displayName, admin: isAdmin } = options;
    const body = { email, displayName, isAdmin, password };
    if (Object.values(body).every((value) => value === undefined)) throw usageError('Nothing to change was named.');
    const { api, out } = await cli.open(options);
    out.object(await read(api.PATCH('/api/v1/users/{username}', { params: { path: { username } }, body })), toFields);
  });

  for (const [name, isDisabled] of [
    ['disable', true],
    ['enable', false],
  ] as const) {
    const what = isDisabled ? 'Sign a user out everywhere and let nobody in by that name.' : 'Let a user in again.';
    withScope(users.command(name).description(what).argument('<username>'), 'server').action(
      async (username: string, options: CommonOptions) => {
        const { api, out } = await cli.open(options);
        const request = { params: { path: { username } }, body: { isDisabled } };
        out.object(await read(api.PATCH('/api/v1/users/{username}', request)), toFields);
      },
    );
  }

  withScope(
    users
      .command('reset-second-factor')
      .description("Remove a user's second factor, when the device and the recovery codes are lost.")
      .argument('<username>'),
    'server',
  ).action(async (username: string, options: CommonOptions) => {
    const { api, out } = await cli.open(options);
    await api.DELETE('/api/v1/users/{username}/second-factor', { params: { path: { username } } });
    out.note(`${username} signs in by the password alone again.`);
  });

  const impersonate = users
    .command('impersonate')
    .description('Act in the name of a user for some minutes: print a token that does what the user may.')
    .argument('<username>')
    .option('--reason <text>', 'why; it stands in the audit log')
    .option('--minutes <number>', 'how long, at most 60', parseCount, 15)
    .option('--end', 'act in that name no more');
  withScope(impersonate, 'server').action(async (username: string, options: ImpersonateOptions) => {
    const { reason, minutes, end } = options;
    if (!end && !reason) throw usageError('No reason was given.', 'Add --reason, for example the number of a ticket.');
    const { api, out } = await cli.open(options);
    const params = { path: { username } };
    if (end) {
      await api.DELETE('/api/v1/users/{username}/impersonation', { params });
      return out.note(`You act as '${username}' no more.`);
    }
    const body = { reason: reason ?? '', expiresInMinutes: minutes };
    const answer = await read(api.POST('/api/v1/users/{username}/impersonation', { params, body }));
    out.text(answer, ({ token }) => token);
    out.note(`Until ${answer.expiresAt}, and as long as you are signed in. Both names stand in the audit log.`);
  });
  withExamples(
    impersonate,
    'SLIPWAY_TOKEN=$(slipway users impersonate ada --reason "ticket 4711") slipway status web',
    'slipway users impersonate ada --end',
  );

  const remove = users
    .command('delete')
    .alias('rm')
    .description('Delete a user.')
    .argument('<username>')
    .option('-y, --yes', 'do not ask');
  withScope(remove, 'server').action(async (username: string, options: CommonOptions & { yes?: boolean }) => {
    const { api, out } = await cli.open(options);
    if (!(await confirm(cli.io, `Delete user '${username}'?`, options.yes))) return;
    await api.DELETE('/api/v1/users/{username}', { params: { path: { username } } });
    out.note(`User '${username}' is deleted.`);
  });
}

async function readPassword(cli: Cli, options: UserOptions): Promise<string> {
  if (options.passwordStdin) return readLine(cli.io);
  if (!canPrompt(cli.io)) throw usageError('No password was given.', 'Pipe it in and add --password-stdin.');
  const password = await ask(cli.io, 'Password: ', { hidden: true });
  if (password !== (await ask(cli.io, 'Again: ', { hidden: true }))) throw usageError('The passwords differ.');
  return password;
}

function toFields(user: User) {
  return [
    ['username', user.username],
    ['name', user.displayName],
    ['email', user.email],
    ['administrator', user.isAdmin],
    ['disabled', user.disabledAt],
    ['id', user.id],
  ] as const;
}
