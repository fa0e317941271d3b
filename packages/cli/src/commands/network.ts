import type { Command } from 'commander';
import { type Api, PROJECT, read, TENANT, toDryRun } from '../api.js';
import { usageError } from '../errors.js';
import { withExamples } from '../help.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { NetworkRange, ProjectNetwork, TenantNetwork } from '../types.js';

interface SetOptions extends CommonOptions {
  readonly mode?: string;
  readonly egress?: string;
  readonly allow?: readonly string[];
  readonly builds?: string;
  readonly dryRun?: boolean;
}

const modes = ['tenant', 'project', 'namespace'] as const;
const egresses = ['open', 'closed', 'list'] as const;
const doors = ['open', 'closed'] as const;

/** The tenant's network, or with --project how far that project's namespaces reach. */
function withPlace(command: Command): Command {
  return withScope(command, 'tenant').option('-p, --project <name>', "this project's, instead of the tenant's");
}

export function registerNetwork(program: Command, cli: Cli): void {
  const network = program.command('network').description('Which pods reach each other, and where they may go.');

  const show = network.command('show', { isDefault: true }).description('Show which namespaces reach each other.');
  withPlace(show).action(async (options: CommonOptions) => {
    const { api, out, tenant } = await cli.open(options);
    print(out, await get(api, await tenant(), options.project));
  });
  withExamples(show, 'slipway network --tenant acme', 'slipway network show --tenant acme --project shop -o json');

  const set = network
    .command('set')
    .description('Change it; what is not named stays.')
    .option('--mode <mode>', "a namespace's neighbours: tenant, project or namespace; inherit: the tenant's")
    .option('--egress <where>', 'where pods go outside of the cluster: open, closed or list')
    .option('--allow <ranges...>', 'for list: 203.0.113.0/24 or 203.0.113.0/24:443,8000-8010 each; replaces the list')
    .option('--builds <where>', 'where build pods go outside of the cluster: open or closed')
    .option('--dry-run', 'say what would be, and change nothing');
  withPlace(set).action(async (options: SetOptions) => {
    const { api, out, tenant } = await cli.open(options);
    print(out, await put(api, await tenant(), options));
  });
  withExamples(
    set,
    'slipway network set --tenant acme --mode project',
    'slipway network set --tenant acme --egress list --allow 203.0.113.0/24:443',
    'slipway network set --tenant acme --project shop --mode namespace --dry-run',
  );
}

type Out = Awaited<ReturnType<Cli['open']>>['out'];

function print(out: Out, network: TenantNetwork | ProjectNetwork): void {
  out.list(network.places, [
    { header: 'PROJECT', value: (place) => place.project },
    { header: 'ENVIRONMENT', value: (place) => place.environment },
    { header: 'NAMESPACE', value: (place) => place.namespace },
    { header: 'MODE', value: (place) => place.mode },
    { header: 'REACHES', value: (place) => place.reaches.join(' ') },
  ]);
  out.note(`Outside of the cluster: ${network.egress}`);
}

function get(
  api: Api,
  tenant: { tenant: string },
  project: string | undefined,
): Promise<TenantNetwork | ProjectNetwork> {
  if (project === undefined) return read(api.GET(`${TENANT}/network`, { params: { path: tenant } }));
  return read(api.GET(`${PROJECT}/network`, { params: { path: { ...tenant, project } } }));
}

async function put(api: Api, tenant: { tenant: string }, options: SetOptions): Promise<TenantNetwork | ProjectNetwork> {
  const { project } = options;
  const query = toDryRun(options);
  if (project !== undefined) {
    if (options.egress ?? options.allow ?? options.builds)
      throw usageError("Where pods may go outside is the tenant's.", 'Leave --project out.');
    const mode = options.mode === 'inherit' ? null : choose('--mode', options.mode, modes);
    if (mode === undefined) throw usageError('Nothing to change.', 'Name --mode.');
    const params = { path: { ...tenant, project }, query };
    return read(api.PUT(`${PROJECT}/network`, { params, body: { mode } }));
  }
  const before = await read(api.GET(`${TENANT}/network`, { params: { path: tenant } }));
  const body = {
    mode: choose('--mode', options.mode, modes) ?? before.mode,
    egress: choose('--egress', options.egress, egresses) ?? before.egress,
    allow: options.allow?.map(toRange) ?? before.allow,
    builds: choose('--builds', options.builds, doors) ?? before.builds,
  };
  return read(api.PUT(`${TENANT}/network`, { params: { path: tenant, query }, body }));
}

function choose<T extends string>(option: string, value: string | undefined, choices: readonly T[]): T | undefined {
  const found = choices.find((choice) => choice === value);
  if (value !== undefined && found === undefined)
    throw usageError(`'${value}' is no value of ${option}.`, `Choose one of: ${choices.join(', ')}.`);
  return found;
}

function toRange(text: string): NetworkRange {
  const [cidr = '', ports] = text.split(':');
  if (!/^\d+\.\d+\.\d+\.\d+\/\d+$/.test(cidr) || (ports !== undefined && !/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(ports)))
    throw usageError(`'${text}' is no range.`, 'Write 203.0.113.0/24, or 203.0.113.0/24:443,8000-8010.');
  if (ports === undefined) return { cidr };
  return {
    cidr,
    ports: ports.split(',').map((one) => {
      const [port, endPort] = one.split('-').map(Number);
      return { protocol: 'TCP' as const, port: port ?? 0, ...(endPort !== undefined && { endPort }) };
    }),
  };
}
