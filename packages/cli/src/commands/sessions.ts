import type { Command } from 'commander';
import { readAll } from '../api.js';
import { formatAge } from '../format.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

interface SessionOptions extends CommonOptions {
  readonly user?: string;
}

export function registerSessions(program: Command, cli: Cli): void {
  const sessions = program
    .command('sessions')
    .alias('session')
    .description('Where you are signed in, by browsers and by this program.');

  const list = sessions.command('list').alias('ls').description('List the sessions, the newest first.');
  withUser(withScope(list, 'server')).action(async (options: SessionOptions) => {
    const { api, out } = await cli.open(options);
    const now = cli.io.now();
    const { user: username } = options;
    const rows = await readAll((query) =>
      username === undefined
        ? api.GET('/api/v1/me/sessions', { params: { query } })
        : api.GET('/api/v1/users/{username}/sessions', { params: { path: { username }, query } }),
    );
    out.list(rows, [
      { header: 'ID', value: (session) => session.id },
      { header: 'KIND', value: (session) => session.kind },
      { header: 'DEVICE', value: (session) => session.device },
      { header: 'ADDRESS', value: (session) => session.address },
      { header: 'SINCE', value: (session) => formatAge(session.createdAt, now) },
      { header: 'USED', value: (session) => (session.lastUsedAt ? formatAge(session.lastUsedAt, now) : 'never') },
      { header: 'THIS ONE', value: (session) => (session.isCurrent ? '*' : undefined) },
    ]);
  });

  const end = sessions.command('end').alias('revoke').description('End a session at once.').argument('<id>');
  withUser(withScope(end, 'server')).action(async (id: string, options: SessionOptions) => {
    const { api, out } = await cli.open(options);
    const { user: username } = options;
    if (username === undefined) await api.DELETE('/api/v1/me/sessions/{id}', { params: { path: { id } } });
    else await api.DELETE('/api/v1/users/{username}/sessions/{id}', { params: { path: { username, id } } });
    out.note('The session is ended.');
  });

  const endAll = sessions.command('end-all').description('Sign out everywhere but here; with --user, everywhere.');
  withUser(withScope(endAll, 'server')).action(async (options: SessionOptions) => {
    const { api, out } = await cli.open(options);
    const { user: username } = options;
    if (username === undefined) await api.DELETE('/api/v1/me/sessions');
    else await api.DELETE('/api/v1/users/{username}/sessions', { params: { path: { username } } });
    out.note(username === undefined ? 'All other sessions are ended.' : `All sessions of ${username} are ended.`);
  });
}

const withUser = (command: Command): Command =>
  command.option('--user <username>', 'of this user (administrators); without it, yours');
