import type { Command } from 'commander';
import { read, readAll } from '../api.js';
import { confirm } from '../prompt.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

export function registerGroups(program: Command, cli: Cli): void {
  const groups = program
    .command('groups')
    .alias('group')
    .description('Groups of users that roles can be given to (administrators).');

  withScope(groups.command('list').alias('ls').description('List the groups.'), 'server').action(
    async (options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      out.list(await readAll((query) => api.GET('/api/v1/groups', { params: { query } })), [
        { header: 'NAME', value: (group) => group.name },
        { header: 'KEPT BY', value: (group) => group.source },
        { header: 'MEMBERS', value: (group) => group.memberCount },
      ]);
    },
  );

  withScope(groups.command('create').description('Create a group.').argument('<name>'), 'server').action(
    async (name: string, options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      out.object(await read(api.POST('/api/v1/groups', { body: { name } })), (group) => [
        ['name', group.name],
        ['id', group.id],
      ]);
    },
  );

  withScope(groups.command('members').description('List who is in a group.').argument('<group>'), 'server').action(
    async (group: string, options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      const path = { group };
      out.list(await readAll((query) => api.GET('/api/v1/groups/{group}/members', { params: { path, query } })), [
        { header: 'USERNAME', value: (member) => member.username },
        { header: 'NAME', value: (member) => member.displayName },
        { header: 'KEPT BY', value: (member) => member.source },
      ]);
    },
  );

  const add = groups.command('add').description('Add a user to a group.').argument('<group>').argument('<username>');
  withScope(add, 'server').action(async (group: string, username: string, options: CommonOptions) => {
    const { api, out } = await cli.open(options);
    await api.PUT('/api/v1/groups/{group}/members/{username}', { params: { path: { group, username } } });
    out.note(`${username} is in ${group}.`);
  });

  const remove = groups
    .command('remove')
    .description('Take a user out of a group.')
    .argument('<group>')
    .argument('<username>');
  withScope(remove, 'server').action(async (group: string, username: string, options: CommonOptions) => {
    const { api, out } = await cli.open(options);
    await api.DELETE('/api/v1/groups/{group}/members/{username}', { params: { path: { group, username } } });
    out.note(`${username} is not in ${group} any more.`);
  });

  const end = groups
    .command('delete')
    .alias('rm')
    .description('Delete a group with the roles that were given to it.')
    .argument('<group>')
    .option('-y, --yes', 'do not ask');
  withScope(end, 'server').action(async (group: string, options: CommonOptions & { yes?: boolean }) => {
    const { api, out } = await cli.open(options);
    if (!(await confirm(cli.io, `Delete group '${group}'?`, options.yes))) return;
    await api.DELETE('/api/v1/groups/{group}', { params: { path: { group } } });
    out.note(`Group '${group}' is deleted.`);
  });
}
