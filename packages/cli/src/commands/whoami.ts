import type { Command } from 'commander';
import { read } from '../api.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

export function registerWhoami(program: Command, cli: Cli): void {
  const command = program.command('whoami').description('Show who you are and what you belong to.');
  withScope(command, 'server').action(async (options: CommonOptions) => {
    const { api, out, server } = await cli.open(options);
    const me = await read(api.GET('/api/v1/me'));
    out.object(me, () => [
      ['username', me.username],
      ['name', me.displayName],
      ['email', me.email],
      ['administrator', me.isAdmin],
      ['tenants', me.memberships.map((membership) => `${membership.tenant} (${membership.role})`).join(', ')],
      ['server', server],
    ]);
  });
}
