import type { Command } from 'commander';
import { type Api, PROJECT, read, readAll, TENANT, toDryRun } from '../api.js';
import { usageError } from '../errors.js';
import { formatAge } from '../format.js';
import { withExamples } from '../help.js';
import { parseAmounts, parseDuration } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { Quota } from '../types.js';
import { registerQuotaPool } from './quota-pool.js';

const ENVIRONMENT = `${PROJECT}/environments/{environment}` as const;

interface SetOptions extends CommonOptions {
  readonly dryRun?: boolean;
  readonly overcommit?: number;
}

interface RequestOptions extends CommonOptions {
  readonly reason: string;
  readonly for?: number;
}

/** The tenant's quota, or with --project and --environment that of a part of it. */
function withPlace(command: Command): Command {
  return withScope(command, 'tenant')
    .option('-p, --project <name>', "this project's, instead of the tenant's")
    .option('-e, --environment <name>', 'this environment of the project');
}

export function registerQuota(program: Command, cli: Cli): void {
  const quota = program.command('quota').description('What a tenant, project or environment may use, and uses.');

  const show = quota.command('show', { isDefault: true }).description('Show limits, use and when they are full.');
  withPlace(show).action(async (options: CommonOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const found = await get(api, { ...(await tenant()), ...placeOf(options) });
    out.list(found.items, [
      { header: 'RESOURCE', value: (item) => item.resource },
      { header: 'USED', value: (item) => item.used },
      { header: 'LIMIT', value: (item) => item.limit ?? 'none' },
      { header: 'FREE', value: (item) => item.free },
      { header: 'SHARED', value: (item) => item.shared },
      { header: 'STATE', value: toState },
      { header: 'FORECAST', value: toForecast },
    ]);
    if (found.waiting > 0) out.note(`${found.waiting} waiting for room: slipway quota queue`);
  });
  withExamples(show, 'slipway quota --tenant acme', 'slipway quota show --tenant acme --project shop -o json');

  const set = quota
    .command('set')
    .description('Change limits; those that are not named stay.')
    .argument('<limits...>', 'resource=amount; resource=none takes a limit away')
    .option('--overcommit <percent>', "how far children's limits may sum above these", Number)
    .option('--dry-run', 'say what would be, and change nothing');
  withPlace(set).action(async (words: string[], options: SetOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const place = { ...(await tenant()), ...placeOf(options) };
    const before = await get(api, place);
    const limits = Object.fromEntries(
      before.items.flatMap(({ resource, limit }) => (limit ? [[resource, limit]] : [])),
    );
    for (const { resource, granted } of before.items)
      if (granted !== '0' && resource in limits && !words.some((word) => word.startsWith(`${resource}=`)))
        throw usageError(
          `${resource} has a grant in force, so that its own limit is not known here.`,
          `Name it too: ${resource}=<limit without the grant>.`,
        );
    for (const [resource, amount] of parseAmounts(words)) {
      delete limits[resource];
      for (const long of longNames[resource] ?? []) delete limits[long];
      if (amount !== 'none') limits[resource] = amount;
    }
    const body = { limits, overcommitPercent: options.overcommit ?? before.overcommitPercent };
    const after = await put(api, place, body, options.dryRun === true);
    out.list(
      after.changes,
      [
        { header: 'RESOURCE', value: (change) => change.resource },
        { header: 'BEFORE', value: (change) => change.before ?? 'none' },
        { header: 'AFTER', value: (change) => change.after ?? 'none' },
        { header: 'USED', value: (change) => change.used },
        { header: 'STATE', value: (change) => (change.isOver ? 'over quota: nothing new starts' : 'ok') },
      ],
      'Nothing differs.',
    );
    if (options.dryRun) out.note('Nothing was changed.');
  });
  withExamples(
    set,
    'slipway quota set cpu=8 memory=16Gi pods=40 --tenant acme --dry-run',
    'slipway quota set cpu=4 --tenant acme --project shop',
    'slipway quota set pods=none --tenant acme --project shop --environment staging',
  );

  const request = quota
    .command('request')
    .description('Ask for more.')
    .argument('<increases...>', 'resource=how much more')
    .requiredOption('--reason <text>', 'why you need it')
    .option('--for <duration>', 'how long you need it, e.g. 2h or 7d; then it returns by itself', parseDuration);
  withPlace(request).action(async (words: string[], options: RequestOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const increases = Object.fromEntries(parseAmounts(words));
    const payload = { ...(await tenant()), ...placeOf(options), increases };
    const { reason, for: grantSeconds } = options;
    const body = { kind: 'quota', payload, reason, grantSeconds, breakGlass: false } as const;
    const asked = await read(api.POST('/api/v1/requests', { body }));
    out.object(asked, ({ id, state, title, url }) => [
      ['ID', id],
      ['State', state],
      ['Title', title],
      ['URL', url],
    ]);
  });
  withExamples(request, 'slipway quota request cpu=4 --tenant acme --reason "Black Friday" --for 7d');

  registerQueue(quota, cli);
  registerGrants(quota, cli);
  registerQuotaPool(quota, cli);
}

function registerQueue(quota: Command, cli: Cli): void {
  const queue = quota.command('queue').description('What waits for room.');
  const list = queue.command('list', { isDefault: true }).alias('ls').description('List what waits, oldest first.');
  withScope(list, 'tenant').action(async (options: CommonOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const path = await tenant();
    const now = cli.io.now();
    const found = await readAll((page) =>
      api.GET(`${TENANT}/quota/queue`, { params: { path, query: { ...page, state: 'waiting' } } }),
    );
    out.list(
      found,
      [
        { header: 'ID', value: (wait) => wait.id },
        { header: 'PLACE', value: (wait) => wait.position },
        { header: 'FOR', value: (wait) => wait.subject },
        {
          header: 'LACKS',
          value: ({ blockedBy }) => `${blockedBy.missing} ${blockedBy.resource} (${blockedBy.level})`,
        },
        { header: 'BY', value: (wait) => wait.createdBy },
        { header: 'AGE', value: (wait) => formatAge(wait.createdAt, now) },
      ],
      'Nothing waits.',
    );
  });
  const cancel = queue.command('cancel').description('Give up what waits.').argument('<id>');
  withScope(cancel, 'tenant').action(async (id: string, options: CommonOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const path = { ...(await tenant()), id };
    const wait = await read(api.POST(`${TENANT}/quota/queue/{id}/cancel`, { params: { path } }));
    out.object(wait, ({ subject, state }) => [
      ['For', subject],
      ['State', state],
    ]);
  });
  withExamples(queue, 'slipway quota queue --tenant acme', 'slipway quota queue cancel 0192f0c1-… --tenant acme');
}

function registerGrants(quota: Command, cli: Cli): void {
  const grants = quota.command('grants').description('What was granted on top of limits, newest first.');
  withScope(grants, 'tenant').action(async (options: CommonOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const path = await tenant();
    const found = await readAll((query) => api.GET(`${TENANT}/quota/grants`, { params: { path, query } }));
    out.list(found, [
      { header: 'SCOPE', value: (grant) => grant.scope },
      { header: 'RESOURCE', value: (grant) => grant.resource },
      { header: 'MORE', value: (grant) => grant.amount },
      { header: 'UNTIL', value: (grant) => grant.expiresAt ?? 'stays' },
      { header: 'ENDED', value: (grant) => grant.endedAt },
      { header: 'REASON', value: (grant) => grant.reason },
    ]);
  });
}

/** Short names that the API turns into these. */
const longNames: Readonly<Record<string, readonly string[]>> = {
  cpu: ['requests.cpu'],
  memory: ['requests.memory'],
  storage: ['requests.storage'],
  gpu: ['requests.nvidia.com/gpu'],
};

interface Place {
  readonly tenant: string;
  readonly project?: string;
  readonly environment?: string;
}

function placeOf({ project, environment }: CommonOptions): Omit<Place, 'tenant'> {
  if (environment !== undefined && project === undefined)
    throw usageError('Which project?', 'An environment is named with its project: add --project <name>.');
  return { project, environment };
}

async function get(api: Api, { tenant, project, environment }: Place): Promise<Quota> {
  if (project === undefined) return read(api.GET(`${TENANT}/quota`, { params: { path: { tenant } } }));
  if (environment === undefined) return read(api.GET(`${PROJECT}/quota`, { params: { path: { tenant, project } } }));
  return read(api.GET(`${ENVIRONMENT}/quota`, { params: { path: { tenant, project, environment } } }));
}

type Body = { readonly limits: Record<string, string>; readonly overcommitPercent: number };

async function put(api: Api, { tenant, project, environment }: Place, body: Body, isDryRun: boolean): Promise<Quota> {
  const query = toDryRun({ dryRun: isDryRun });
  if (project === undefined) return read(api.PUT(`${TENANT}/quota`, { params: { path: { tenant }, query }, body }));
  if (environment === undefined)
    return read(api.PUT(`${PROJECT}/quota`, { params: { path: { tenant, project }, query }, body }));
  return read(api.PUT(`${ENVIRONMENT}/quota`, { params: { path: { tenant, project, environment }, query }, body }));
}

function toState({ isOver, ratio, limit }: Quota['items'][number]): string {
  if (isOver) return 'over quota';
  if (limit === null || ratio === null) return '-';
  return `${Math.round(ratio * 100)} %`;
}

function toForecast({ forecast }: Quota['items'][number]): string {
  switch (forecast?.state) {
    case 'filling':
      return `full in about ${forecast.days} days (${forecast.earliestDays}-${forecast.latestDays ?? 'never'})`;
    case 'full':
      return 'full';
    case 'steady':
      return 'steady';
    case 'not-enough-data':
      return 'not enough data';
    default:
      return '-';
  }
}
