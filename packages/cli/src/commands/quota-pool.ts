import type { Command } from 'commander';
import { read, readAll, toDryRun } from '../api.js';
import { formatAge } from '../format.js';
import { withExamples } from '../help.js';
import { parseAmounts } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

interface PoolOptions extends CommonOptions {
  readonly cluster: string;
  readonly overcommit?: number;
  readonly dryRun?: boolean;
}

interface RecountOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

const POOL = '/api/v1/clusters/{cluster}/pool';
const withCluster = (command: Command): Command =>
  withScope(command, 'server').option('--cluster <name>', 'the cluster', 'embedded');
const percent = (ratio: number | null): string => (ratio === null ? '-' : `${Math.round(ratio * 100)} %`);

/** What a cluster has to give to all tenants together. */
export function registerQuotaPool(quota: Command, cli: Cli): void {
  const pool = quota.command('pool').description("A cluster's pool, which all tenants share (administrators).");

  const show = pool.command('show', { isDefault: true }).description('Show limits, use and what is promised.');
  withCluster(show).action(async (options: PoolOptions) => {
    const { api, out } = await cli.open(options);
    const { cluster } = options;
    const found = await read(api.GET(POOL, { params: { path: { cluster } } }));
    out.list(found.items, [
      { header: 'RESOURCE', value: (item) => item.resource },
      { header: 'NODES', value: (item) => item.allocatable },
      { header: 'LIMIT', value: (item) => (item.limit === null ? 'none' : item.limit) },
      { header: 'FOLLOWS', value: (item) => (item.followsNodes ? `nodes × ${found.overcommitPercent} %` : '-') },
      { header: 'USED', value: (item) => item.used },
      { header: 'STATE', value: (item) => percent(item.ratio) },
      { header: 'PROMISED', value: (item) => item.promised },
    ]);
    if (found.waiting > 0) out.note(`${found.waiting} waiting for room: slipway quota pool queue`);
  });

  const set = pool
    .command('set')
    .description('Change limits; those that are not named stay.')
    .argument('<limits...>', 'resource=amount; =nodes follows the nodes, =none takes a limit away')
    .option('--overcommit <percent>', 'how much of what the nodes have is given out', Number)
    .option('--dry-run', 'say what would be, and change nothing');
  withCluster(set).action(async (words: string[], options: PoolOptions) => {
    const { api, out } = await cli.open(options);
    const path = { cluster: options.cluster };
    const before = await read(api.GET(POOL, { params: { path } }));
    const limits = new Map(
      before.items.flatMap(({ resource, limit, followsNodes }) =>
        limit === null ? [] : [[resource, followsNodes ? 'nodes' : limit] as const],
      ),
    );
    for (const [resource, amount] of parseAmounts(words)) {
      const name = longNames[resource] ?? resource;
      if (amount === 'none') limits.delete(name);
      else limits.set(name, amount);
    }
    const overcommitPercent = options.overcommit ?? before.overcommitPercent;
    const query = toDryRun(options);
    const body = { limits: Object.fromEntries(limits), overcommitPercent };
    const after = await read(api.PUT(POOL, { params: { path, query }, body }));
    out.list(
      after.changes,
      [
        { header: 'RESOURCE', value: (change) => change.resource },
        { header: 'BEFORE', value: (change) => change.before ?? 'none' },
        { header: 'AFTER', value: (change) => change.after ?? 'none' },
        { header: 'USED', value: (change) => change.used },
        { header: 'STATE', value: (change) => (change.isOver ? 'over: nothing new starts' : 'ok') },
      ],
      'Nothing differs.',
    );
    if (options.dryRun) out.note('Nothing was changed.');
  });
  withExamples(set, 'slipway quota pool set cpu=nodes memory=nodes pods=nodes --overcommit 150 --dry-run');

  const queue = pool.command('queue').description('What waits for the pool, in its turns.');
  withCluster(queue).action(async (options: PoolOptions) => {
    const { api, out } = await cli.open(options);
    const path = { cluster: options.cluster };
    const found = await readAll((query) => api.GET(`${POOL}/queue`, { params: { path, query } }));
    out.list(
      found,
      [
        { header: 'ID', value: (wait) => wait.id },
        { header: 'PLACE', value: (wait) => wait.position },
        { header: 'TENANT', value: (wait) => wait.tenant },
        { header: 'FOR', value: (wait) => wait.subject },
        {
          header: 'LACKS',
          value: ({ blockedBy }) =>
            `${blockedBy.missing} ${blockedBy.resource}${blockedBy.fits ? '' : ' (more than the whole pool)'}`,
        },
        { header: 'BY', value: (wait) => wait.createdBy },
        { header: 'AGE', value: (wait) => formatAge(wait.createdAt, cli.io.now()) },
      ],
      'Nothing waits.',
    );
  });

  const cancel = pool.command('cancel').description('Give up, for its tenant, what waits.').argument('<id>');
  withCluster(cancel).action(async (id: string, options: PoolOptions) => {
    const { api, out } = await cli.open(options);
    const path = { cluster: options.cluster, id };
    const wait = await read(api.POST(`${POOL}/queue/{id}/cancel`, { params: { path } }));
    out.object(wait, ({ tenant, subject, state }) => [
      ['Tenant', tenant],
      ['For', subject],
      ['State', state],
    ]);
  });

  const recount = quota
    .command('recount')
    .description('Count anew what is used, and correct what differs (administrators).')
    .option('--dry-run', 'say what differs, and correct nothing');
  withScope(recount, 'server')
    .option('-t, --tenant <name>', 'this tenant alone')
    .action(async (options: RecountOptions) => {
      const { api, out } = await cli.open(options);
      const body = { tenant: options.tenant, dryRun: options.dryRun === true };
      const found = await read(api.POST('/api/v1/quotas/recount', { body }));
      out.list(
        found.differences,
        [
          { header: 'TENANT', value: (difference) => difference.tenant ?? '-' },
          { header: 'WHAT', value: (difference) => difference.what },
          { header: 'OF', value: (difference) => difference.subject },
          { header: 'RESOURCE', value: (difference) => difference.resource },
          { header: 'BEFORE', value: (difference) => difference.before },
          { header: 'AFTER', value: (difference) => difference.after },
        ],
        'Nothing differs.',
      );
      if (found.count > found.differences.length) out.note(`and ${found.count - found.differences.length} more`);
      if (options.dryRun) out.note('Nothing was changed.');
    });
  withExamples(recount, 'slipway quota recount --dry-run', 'slipway quota recount --tenant acme');
}

/** Short names that the API turns into these. */
const longNames: Readonly<Record<string, string>> = {
  cpu: 'requests.cpu',
  memory: 'requests.memory',
  storage: 'requests.storage',
  gpu: 'requests.nvidia.com/gpu',
};
