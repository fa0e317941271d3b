import type { Command } from 'commander';
import { read, readAll, TENANT } from '../api.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { Role } from '../types.js';

interface RoleOptions extends CommonOptions {
  readonly platform?: true;
  readonly permission?: string[];
  readonly description?: string;
}

const onPlatform = 'Of the platform instead of the tenant (administrators).';

export function registerRoles(program: Command, cli: Cli): void {
  const roles = program
    .command('roles')
    .alias('role')
    .description('Roles and what they hold: built-in, of the platform, of the tenant.');

  const list = roles.command('list').alias('ls').description('List the roles.').option('--platform', onPlatform);
  withScope(list, 'tenant').action(async (options: RoleOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const rows = options.platform
      ? readAll((query) => api.GET('/api/v1/roles', { params: { query } }))
      : readAll(async (query) => api.GET(`${TENANT}/roles`, { params: { path: await tenant(), query } }));
    out.list(await rows, [
      { header: 'ROLE', value: (role) => role.name },
      { header: 'MADE BY', value: (role) => role.madeBy },
      { header: 'PERMISSIONS', value: (role) => role.permissions.length },
      { header: 'DESCRIPTION', value: (role) => role.description },
    ]);
  });

  const get = roles.command('get').description('Show what a role holds.').argument('<role>');
  withScope(get.option('--platform', onPlatform), 'tenant').action(async (role: string, options: RoleOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const answer = options.platform
      ? api.GET('/api/v1/roles/{role}', { params: { path: { role } } })
      : api.GET(`${TENANT}/roles/{role}`, { params: { path: { ...(await tenant()), role } } });
    out.object(await read(answer), toFields);
  });

  const create = roles.command('create').description('Make a role, with no more than you have.').argument('<role>');
  create.requiredOption('--permission <permissions...>', 'What it holds; `slipway access permissions` lists them.');
  create.option('--description <text>').option('--platform', onPlatform);
  withScope(create, 'tenant').action(async (name: string, options: RoleOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const body = { name, permissions: options.permission ?? [], description: options.description };
    const answer = options.platform
      ? api.POST('/api/v1/roles', { body })
      : api.POST(`${TENANT}/roles`, { params: { path: await tenant() }, body });
    out.object(await read(answer), toFields);
  });

  const set = roles.command('set').description('Change a role; counts at once for all who have it.').argument('<role>');
  set.option('--permission <permissions...>', 'All that it is to hold.').option('--description <text>');
  withScope(set.option('--platform', onPlatform), 'tenant').action(async (role: string, options: RoleOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const body = { permissions: options.permission, description: options.description };
    const answer = options.platform
      ? api.PATCH('/api/v1/roles/{role}', { params: { path: { role } }, body })
      : api.PATCH(`${TENANT}/roles/{role}`, { params: { path: { ...(await tenant()), role } }, body });
    out.object(await read(answer), toFields);
  });

  const remove = roles.command('delete').alias('rm').description('Delete a role that nobody has.').argument('<role>');
  withScope(remove.option('--platform', onPlatform), 'tenant').action(async (role: string, options: RoleOptions) => {
    const { api, out, tenant } = await cli.open(options);
    if (options.platform) await api.DELETE('/api/v1/roles/{role}', { params: { path: { role } } });
    else await api.DELETE(`${TENANT}/roles/{role}`, { params: { path: { ...(await tenant()), role } } });
    out.note(`The role ${role} is deleted.`);
  });
}

function toFields(role: Role) {
  return [
    ['role', role.name],
    ['made by', role.madeBy],
    ['description', role.description],
    ['permissions', role.permissions.join(' ')],
  ] as const;
}
