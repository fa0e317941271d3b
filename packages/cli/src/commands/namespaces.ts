import { setTimeout as delay } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { type Api, read, readAll } from '../api.js';
import { CliError } from '../errors.js';
import { withExamples } from '../help.js';
import { confirm } from '../prompt.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { Adoption, Environment } from '../types.js';

const NAMESPACES = '/api/v1/clusters/{cluster}/namespaces';
const ADOPTIONS = '/api/v1/clusters/{cluster}/adoptions';
const kinds = ['production', 'staging', 'development'];
const pollMilliseconds = 1000;

interface ClusterOptions extends CommonOptions {
  readonly cluster: string;
}

interface AdoptOptions extends ClusterOptions {
  readonly kind: Environment['kind'];
  readonly plan?: boolean;
  readonly yes?: boolean;
}

export function registerNamespaces(program: Command, cli: Cli): void {
  const namespaces = program
    .command('namespaces')
    .alias('namespace')
    .description('Give namespaces that stand in a cluster to tenants, and back (administrators).');

  const list = namespaces.command('list').alias('ls').description('List the namespaces that no tenant owns.');
  withCluster(list).action(async (options: ClusterOptions) => {
    const { api, out } = await cli.open(options);
    const path = { cluster: options.cluster };
    out.list(
      await readAll((query) => api.GET(NAMESPACES, { params: { path, query } })),
      [
        { header: 'NAME', value: (namespace) => namespace.name },
        { header: 'PODS', value: (namespace) => namespace.pods },
        { header: 'WORKLOADS', value: (namespace) => namespace.workloads },
        { header: 'SERVICES', value: (namespace) => namespace.services },
        { header: 'VOLUMES', value: (namespace) => namespace.volumes },
        { header: 'CPU', value: (namespace) => namespace.requests.cpu },
        { header: 'MEMORY', value: (namespace) => namespace.requests.memory },
      ],
      'Every namespace has an owner.',
    );
  });

  const adopt = namespaces
    .command('adopt')
    .description('Make environments of namespaces; what is in them runs on. Shows the plan first.')
    .argument('<choice...>', '<namespace>=<tenant>/<project>/<environment>')
    .addOption(new Option('--kind <kind>').choices(kinds).default('development'))
    .option('--plan', 'only show what would be set and what stands in the way')
    .option('-y, --yes', 'do not ask');
  withCluster(adopt).action(async (choices: string[], options: AdoptOptions) => {
    const { api, out } = await cli.open(options);
    const path = { cluster: options.cluster };
    const body = { items: choices.map((choice) => ({ ...readChoice(choice), kind: options.kind })) };
    const dryRun = { path, query: { dryRun: 'true' as const } };
    const plan = await read(api.POST(ADOPTIONS, { params: dryRun, body }));
    if (options.plan) return out.list(toPlanRows(plan), planColumns, 'There is nothing to set.');
    for (const { namespace, problems } of plan.items)
      for (const { severity, message } of problems) cli.io.stderr.write(`${severity}: ${namespace}: ${message}\n`);
    if (!(await confirm(cli.io, `Adopt ${plan.items.length} namespaces?`, options.yes))) return;
    const begun = await read(api.POST(ADOPTIONS, { params: { path }, body }));
    const done = await follow(api, options.cluster, begun);
    out.list(done.items, [
      { header: 'NAMESPACE', value: (item) => item.namespace },
      { header: 'ENVIRONMENT', value: (item) => `${item.tenant}/${item.project}/${item.environment}` },
      { header: 'STATE', value: (item) => item.state },
      { header: 'ERROR', value: (item) => item.error?.message },
    ]);
    if (done.state === 'failed')
      throw new CliError('adoption-incomplete', 'Not every namespace was adopted.', {
        exit: 'failed',
        remedy: 'Those that were not stand as before; put right what ERROR says, and adopt them again.',
      });
  });
  withExamples(
    adopt,
    'slipway namespaces adopt legacy-shop=acme/shop/legacy --kind production --plan',
    'slipway namespaces adopt legacy-shop=acme/shop/legacy legacy-api=acme/shop/api --kind production',
  );

  const release = namespaces
    .command('release')
    .description('Give an adopted namespace back: its environment goes, what stood in it stays.')
    .argument('<namespace>')
    .option('-y, --yes', 'do not ask');
  withCluster(release).action(async (namespace: string, options: ClusterOptions & { yes?: boolean }) => {
    const { api, out } = await cli.open(options);
    if (!(await confirm(cli.io, `Give '${namespace}' back? Applications released to it go.`, options.yes))) return;
    const path = { cluster: options.cluster, namespace };
    const released = await read(api.POST(`${NAMESPACES}/{namespace}/release`, { params: { path } }));
    out.object(released, () => [
      ['namespace', released.namespace],
      ['was', `${released.tenant}/${released.project}/${released.environment}`],
      ['operation', released.operation],
    ]);
  });
}

const withCluster = (command: Command): Command =>
  withScope(command.option('--cluster <name>', 'the cluster', 'embedded'), 'server');

const planColumns = [
  { header: 'NAMESPACE', value: (row: PlanRow) => row.namespace },
  { header: 'WHAT', value: (row: PlanRow) => row.what },
  { header: 'BEFORE', value: (row: PlanRow) => row.before },
  { header: 'AFTER', value: (row: PlanRow) => row.after },
];

interface PlanRow {
  readonly namespace: string;
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What stands in the way first, then what would be set. */
const toPlanRows = ({ items }: Adoption): PlanRow[] =>
  items.flatMap(({ namespace, problems, changes }) => [
    ...problems.map(({ severity, message }) => ({ namespace, what: severity, before: null, after: message })),
    ...changes.map(({ path, before, after }) => ({ namespace, what: path, before, after })),
  ]);

function readChoice(text: string): { namespace: string; tenant: string; project: string; environment: string } {
  const [, namespace, tenant, project, environment] = /^([^=]+)=([^/]+)\/([^/]+)\/([^/]+)$/.exec(text) ?? [];
  if (!namespace || !tenant || !project || !environment)
    throw new CliError('usage', `'${text}' does not say what becomes of which namespace.`, {
      exit: 'usage',
      remedy: 'Write <namespace>=<tenant>/<project>/<environment>, such as legacy-shop=acme/shop/legacy.',
    });
  return { namespace, tenant, project, environment };
}

async function follow(api: Api, cluster: string, begun: Adoption): Promise<Adoption> {
  let adoption = begun;
  while (adoption.state === 'running') {
    await delay(pollMilliseconds);
    const path = { cluster, adoption: adoption.id ?? '' };
    adoption = await read(api.GET(`${ADOPTIONS}/{adoption}`, { params: { path } }));
  }
  return adoption;
}
