import type { Command } from 'commander';
import { read, readAll } from '../api.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

interface ExplainOptions extends CommonOptions {
  readonly user?: string;
  readonly platform?: true;
}

export function registerAccess(program: Command, cli: Cli): void {
  const access = program.command('access').description('Who may do what, and why.');

  const explain = access
    .command('explain')
    .description('Say why somebody may or may not do something; of you, or with --user of somebody else.')
    .argument('<permission>', 'such as rollouts:write');
  explain
    .option('--user <name>', 'user name; without it, you')
    .option('--platform', 'On the platform, not in a tenant.');
  withScope(explain, 'project').action(async (permission: string, options: ExplainOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const place = options.platform ? {} : { ...(await tenant()), project: options.project };
    const query = { permission, user: options.user, ...place };
    out.object(await read(api.GET('/api/v1/access/explain', { params: { query } })), (answer) => [
      ['allowed', answer.allowed],
      ['why', answer.detail],
      [
        'roles',
        answer.by.map(({ role, on, group }) => `${role} on the ${on}${group ? ` by ${group}` : ''}`).join(', '),
      ],
      ['would be enough', answer.allowed ? null : answer.wouldSuffice.join(', ')],
      ['ask', answer.askFor.join(', ')],
      ['tenant is', answer.tenantState],
    ]);
  });

  withScope(access.command('permissions').description('List the permissions.'), 'server').action(
    async (options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      out.list(await readAll((query) => api.GET('/api/v1/permissions', { params: { query } })), [
        { header: 'PERMISSION', value: (permission) => permission.name },
        { header: 'ON', value: (permission) => permission.level },
        { header: 'ALLOWS', value: (permission) => permission.description },
      ]);
    },
  );
}
