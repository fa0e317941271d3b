import type { Command } from 'commander';
import { read, readAll, TENANT } from '../api.js';
import { formatAge } from '../format.js';
import { withExamples } from '../help.js';
import { confirm } from '../prompt.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { Tenant } from '../types.js';
import { registerTenantRequests } from './tenant-requests.js';
import { registerTenantStates } from './tenant-states.js';

export function registerTenants(program: Command, cli: Cli): void {
  const tenants = program
    .command('tenants')
    .alias('tenant')
    .description('List, ask for, create, suspend and delete tenants.');

  withScope(tenants.command('list').alias('ls').description('List the tenants you belong to.'), 'server').action(
    async (options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      out.list(
        await readAll((query) => api.GET('/api/v1/tenants', { params: { query } })),
        [
          { header: 'NAME', value: (tenant) => tenant.name },
          { header: 'DISPLAY NAME', value: (tenant) => tenant.displayName },
          { header: 'STATE', value: (tenant) => tenant.state },
          { header: 'PROJECTS', value: (tenant) => tenant.projectCount },
          { header: 'MEMBERS', value: (tenant) => tenant.memberCount },
          { header: 'MY ROLE', value: (tenant) => tenant.myRole },
          { header: 'AGE', value: (tenant) => formatAge(tenant.createdAt, cli.io.now()) },
        ],
        'You belong to no tenant.',
      );
    },
  );

  withScope(tenants.command('get').description('Show one tenant.').argument('<name>'), 'server').action(
    async (tenant: string, options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      out.object(await read(api.GET(TENANT, { params: { path: { tenant } } })), toFields);
    },
  );

  const create = tenants
    .command('create')
    .description('Create a tenant (administrators).')
    .argument('<name>', 'a DNS label')
    .option('--display-name <text>')
    .option('--owner <username>', 'its first owner; without it, you');
  withScope(create, 'server').action(
    async (name: string, options: CommonOptions & { displayName?: string; owner?: string }) => {
      const { api, out } = await cli.open(options);
      const { displayName, owner } = options;
      out.object(await read(api.POST('/api/v1/tenants', { body: { name, displayName, owner } })), toFields);
    },
  );
  withExamples(create, 'slipway tenants create acme --display-name "Acme Ltd" --owner ada');

  const remove = tenants
    .command('delete')
    .alias('rm')
    .description('Delete a tenant with all that is in it (administrators).')
    .argument('<name>')
    .option('-y, --yes', 'do not ask');
  withScope(remove, 'server').action(async (tenant: string, options: CommonOptions & { yes?: boolean }) => {
    const { api, out } = await cli.open(options);
    if (!(await confirm(cli.io, `Delete tenant '${tenant}' with its projects, images and data?`, options.yes))) return;
    await api.DELETE(TENANT, { params: { path: { tenant }, query: { confirm: tenant } } });
    out.note(`Tenant '${tenant}' is being deleted.`);
  });

  registerTenantStates(tenants, cli);
  registerTenantRequests(tenants, cli);
}

function toFields(tenant: Tenant) {
  return [
    ['name', tenant.name],
    ['display name', tenant.displayName],
    ['state', tenant.state],
    ['reason', tenant.stateReason],
    ['projects', tenant.projectCount],
    ['members', tenant.memberCount],
    ['my role', tenant.myRole],
    ['created', tenant.createdAt],
    ['id', tenant.id],
  ] as const;
}
