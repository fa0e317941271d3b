import type { Command } from 'commander';
import { read } from '../api.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { Me } from '../types.js';

/** `acme (developer)`; of somebody in single projects only, `acme (shop: viewer)`. */
function toText({ tenant, role, projects }: Me['memberships'][number]): string {
  const inProjects = projects.map((one) => `${one.project}: ${one.role ?? 'custom'}`);
  return `${tenant} (${[...(role ? [role] : []), ...inProjects].join(', ')})`;
}

export function registerWhoami(program: Command, cli: Cli): void {
  const command = program.command('whoami').description('Show who you are and what you belong to.');
  withScope(command, 'server').action(async (options: CommonOptions) => {
    const { api, out, server } = await cli.open(options);
    const me = await read(api.GET('/api/v1/me'));
    out.object(me, () => [
      ['username', me.username],
      ['in this name', me.impersonator],
      ['name', me.displayName],
      ['email', me.email],
      ['administrator', me.isAdmin],
      ['platform roles', me.platformRoles.join(', ')],
      ['tenants', me.memberships.map(toText).join(', ')],
      ['server', server],
    ]);
  });
}
