import { type Command, Option } from 'commander';
import { read, readAll, TENANT } from '../api.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { Member } from '../types.js';

const roles = ['owner', 'admin', 'developer', 'operator', 'viewer'];

export function registerMembers(program: Command, cli: Cli): void {
  const members = program.command('members').alias('member').description('Who belongs to a tenant, and as what.');

  withScope(members.command('list').alias('ls').description('List the members.'), 'tenant').action(
    async (options: CommonOptions) => {
      const { api, out, tenant } = await cli.open(options);
      const path = await tenant();
      out.list(await readAll((query) => api.GET(`${TENANT}/members`, { params: { path, query } })), [
        { header: 'USERNAME', value: (member) => member.username },
        { header: 'NAME', value: (member) => member.displayName },
        { header: 'ROLE', value: (member) => member.role },
      ]);
    },
  );

  const add = members.command('add').description('Add a user to the tenant.').argument('<username>');
  add.addOption(new Option('--role <role>').choices(roles).default('developer'));
  withScope(add, 'tenant').action(async (username: string, options: CommonOptions & { role: Member['role'] }) => {
    const { api, out, tenant } = await cli.open(options);
    const member = await read(
      api.POST(`${TENANT}/members`, { params: { path: await tenant() }, body: { username, role: options.role } }),
    );
    out.object(member, toFields);
  });

  const set = members.command('set').description("Change a member's role.").argument('<username>');
  set.addOption(new Option('--role <role>').choices(roles).makeOptionMandatory());
  withScope(set, 'tenant').action(async (username: string, options: CommonOptions & { role: Member['role'] }) => {
    const { api, out, tenant } = await cli.open(options);
    const path = { ...(await tenant()), username };
    out.object(
      await read(api.PATCH(`${TENANT}/members/{username}`, { params: { path }, body: { role: options.role } })),
      toFields,
    );
  });

  withScope(
    members.command('remove').alias('rm').description('Remove a member.').argument('<username>'),
    'tenant',
  ).action(async (username: string, options: CommonOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const path = { ...(await tenant()), username };
    await api.DELETE(`${TENANT}/members/{username}`, { params: { path } });
    out.note(`${username} no longer belongs to ${path.tenant}.`);
  });
}

function toFields(member: Member) {
  return [
    ['username', member.username],
    ['role', member.role],
  ] as const;
}
