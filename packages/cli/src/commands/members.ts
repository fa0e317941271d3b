import { type Command, Option } from 'commander';
import { PROJECT, read, readAll, TENANT } from '../api.js';
import { parseDuration } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { Member } from '../types.js';

interface MemberOptions extends CommonOptions {
  readonly role?: string;
  readonly group?: true;
  readonly expires?: string;
}

const place = 'With --project, of the one project; else of the whole tenant.';

export function registerMembers(program: Command, cli: Cli): void {
  const members = program
    .command('members')
    .alias('member')
    .description(`Who belongs to a tenant or project, and as what. ${place}`);

  withScope(members.command('list').alias('ls').description('List the members.'), 'project').action(
    async (options: CommonOptions) => {
      const { api, out, tenant, project } = await cli.open(options);
      const list =
        options.project === undefined
          ? readAll(async (query) => api.GET(`${TENANT}/members`, { params: { path: await tenant(), query } }))
          : readAll(async (query) => api.GET(`${PROJECT}/members`, { params: { path: await project(), query } }));
      out.list(await list, [
        { header: 'MEMBER', value: (member) => member.name },
        { header: 'NAME', value: (member) => member.displayName },
        { header: 'ROLE', value: (member) => member.role },
        { header: 'EXPIRES', value: (member) => member.expiresAt },
        { header: 'ID', value: (member) => member.id },
      ]);
    },
  );

  const add = members.command('add').description('Give a user (or with --group a group) a role.').argument('<name>');
  add.option('--role <role>', 'A built-in or custom role.', 'developer');
  add.option('--group', 'The name is a group’s; it may be named before anybody of it has signed in.');
  add.addOption(new Option('--expires <end>', 'When the role ends: a time, or how long from now (8h, 30d).'));
  withScope(add, 'project').action(async (name: string, options: MemberOptions) => {
    const { api, out, tenant, project } = await cli.open(options);
    const subject = options.group ? { group: name } : { username: name };
    const body = { ...subject, role: options.role ?? 'developer', expiresAt: parseEnd(options.expires) };
    const answer =
      options.project === undefined
        ? api.POST(`${TENANT}/members`, { params: { path: await tenant() }, body })
        : api.POST(`${PROJECT}/members`, { params: { path: await project() }, body });
    out.object(await read(answer), toFields);
  });

  const set = members.command('set').description("Change a member's role or its end.").argument('<member>');
  set.option('--role <role>', 'A built-in or custom role.');
  set.option('--expires <end>', 'When the role ends: a time, how long from now (8h, 30d), or never.');
  withScope(set, 'project').action(async (member: string, options: MemberOptions) => {
    const { api, out, tenant, project } = await cli.open(options);
    const expiresAt = options.expires === 'never' ? null : parseEnd(options.expires);
    const body = { role: options.role, expiresAt };
    const answer =
      options.project === undefined
        ? api.PATCH(`${TENANT}/members/{member}`, { params: { path: { ...(await tenant()), member } }, body })
        : api.PATCH(`${PROJECT}/members/{member}`, { params: { path: { ...(await project()), member } }, body });
    out.object(await read(answer), toFields);
  });

  const remove = members.command('remove').alias('rm').description('Remove a member: a user, group:<name>, or an id.');
  withScope(remove.argument('<member>'), 'project').action(async (member: string, options: CommonOptions) => {
    const { api, out, tenant, project } = await cli.open(options);
    if (options.project === undefined) {
      const path = { ...(await tenant()), member };
      await api.DELETE(`${TENANT}/members/{member}`, { params: { path } });
      out.note(`${member} no longer belongs to ${path.tenant}.`);
    } else {
      const path = { ...(await project()), member };
      await api.DELETE(`${PROJECT}/members/{member}`, { params: { path } });
      out.note(`${member} no longer belongs to ${path.tenant}/${path.project}.`);
    }
  });
}

/** `8h` and `30d` are from now on; anything else is a time, as the server reads it. */
function parseEnd(text: string | undefined): string | undefined {
  if (text === undefined || !/^(\d{1,6}[smhd])+$/.test(text)) return text;
  return new Date(Date.now() + parseDuration(text) * 1000).toISOString();
}

function toFields(member: Member) {
  return [
    ['member', member.name],
    ['role', member.role],
    ['expires', member.expiresAt],
  ] as const;
}
