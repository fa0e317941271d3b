import { Injectable } from '@nestjs/common';
import { nodes } from '@slipway/orchestrator/kinds';
import { AuditService } from '../audit/audit.service.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { Database, type Reader, type Transaction } from '../kernel/database/index.js';
import { requireVersion } from '../kernel/http/etag.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { sumAllocatable } from './node-capacity.rules.js';
import { formatAmount } from './quantities.rules.js';
import { ofNodes, type PoolAnswer, type PoolItem, type PutPool } from './quota-pools.dto.js';
import { QuotasRepository } from './quotas.repository.js';
import { roomForChildren } from './quotas.rules.js';
import { QuotasService } from './quotas.service.js';

type Sums = ReadonlyMap<string, bigint>;

/** Carries what a dry run found out of the transaction that must not stay. */
class DryRun extends Error {
  constructor(readonly answer: PoolAnswer) {
    super('dry run');
  }
}

/** What a cluster has to give to all tenants together. */
@Injectable()
export class QuotaPools {
  constructor(
    private readonly database: Database,
    private readonly repository: QuotasRepository,
    private readonly quotas: QuotasService,
    private readonly clusters: ClustersService,
    private readonly audit: AuditService,
  ) {}

  async get(cluster: string): Promise<PoolAnswer> {
    return this.view(this.database.read, cluster, await this.readNodes(cluster));
  }

  /** Makes the body all that the pool limits. Lower than what is used is allowed: then nothing new starts. */
  async put(caller: Caller, cluster: string, body: PutPool, isDryRun: boolean): Promise<PoolAnswer> {
    const follows = Object.values(body.limits).includes(ofNodes);
    const found = await (follows ? this.askNodes(cluster) : this.readNodes(cluster));
    try {
      return await this.database.transaction(async (tx) => {
        const answer = await this.change(tx, caller, cluster, body, found);
        if (isDryRun) throw new DryRun(answer);
        return answer;
      });
    } catch (error) {
      if (error instanceof DryRun) return error.answer;
      throw error;
    }
  }

  /** What follows the nodes is made what they have now. A cluster that is away keeps what it had. */
  async refresh(): Promise<void> {
    const rows = await this.database.read.quotaPool.findMany({ where: { ofNodes: true } });
    for (const cluster of new Set(rows.map((row) => row.cluster))) {
      const found = await this.readNodes(cluster);
      if (!found) continue;
      await this.database.transaction(async (tx) => {
        await this.repository.lockPoolAlone(tx, cluster);
        const { overcommitPercent } = await this.readSetting(tx, cluster);
        for (const { resource } of await tx.quotaPool.findMany({ where: { cluster, ofNodes: true } })) {
          const amount = roomForChildren(found.get(resource) ?? 0n, overcommitPercent);
          await tx.quotaPool.updateMany({ where: { cluster, resource, amount: { not: amount } }, data: { amount } });
        }
      });
    }
  }

  private async change(
    tx: Transaction,
    caller: Caller,
    cluster: string,
    body: PutPool,
    found: Sums | undefined,
  ): Promise<PoolAnswer> {
    // Waits for every charge that began while there was no pool.
    await this.repository.lockPoolAlone(tx, cluster);
    const before = await this.view(tx, cluster, found);
    requireVersion(caller, before);
    const wanted = this.read(body, found);
    const used = await this.sumClaims(tx, cluster);
    await tx.quotaPool.deleteMany({ where: { cluster, resource: { notIn: wanted.map(({ resource }) => resource) } } });
    for (const { resource, amount, ofNodes } of wanted) {
      const row = { amount, ofNodes, used: used.get(resource) ?? 0n };
      const key = { cluster, resource };
      await tx.quotaPool.upsert({ where: { cluster_resource: key }, create: { ...key, ...row }, update: row });
    }
    const { overcommitPercent } = body;
    await tx.quotaPoolSetting.upsert({
      where: { cluster },
      create: { cluster, overcommitPercent },
      update: { overcommitPercent, version: { increment: 1 } },
    });
    const after = await this.view(tx, cluster, found);
    const limitOf = (answer: PoolAnswer, name: string) =>
      answer.items.find(({ resource }) => resource === name)?.limit ?? null;
    const changes = after.items
      .map(({ resource, used: held, ratio }) => ({
        resource,
        before: limitOf(before, resource),
        after: limitOf(after, resource),
        used: held,
        isOver: (ratio ?? 0) > 1,
      }))
      .filter((change) => change.before !== change.after);
    const write = (side: 'before' | 'after') =>
      Object.fromEntries(changes.map((change) => [change.resource, change[side]]));
    await this.audit.record(tx, caller, {
      action: 'quota-pool.update',
      resource: `clusters/${cluster}/pool`,
      before: { limits: write('before'), overcommitPercent: before.overcommitPercent },
      after: { limits: write('after'), overcommitPercent },
    });
    return { ...after, changes };
  }

  private read({ limits, overcommitPercent }: PutPool, found: Sums | undefined) {
    const fixed = Object.fromEntries(Object.entries(limits).filter(([, amount]) => amount !== ofNodes));
    const amounts = new Map(this.quotas.requireAmounts(fixed, 'body.limits'));
    return Object.keys(this.quotas.canonical(limits)).map((resource) => {
      const amount = amounts.get(resource);
      if (amount !== undefined) return { resource, amount, ofNodes: false };
      const room = roomForChildren(found?.get(resource) ?? 0n, overcommitPercent);
      return { resource, amount: room, ofNodes: true };
    });
  }

  private async view(reader: Reader, cluster: string, found: Sums | undefined): Promise<PoolAnswer> {
    const rows = await reader.quotaPool.findMany({ where: { cluster } });
    const setting = await this.readSetting(reader, cluster);
    const used = await this.sumClaims(reader, cluster);
    const promises = await reader.quotaLimit.groupBy({
      by: ['resource'],
      where: { level: 'tenant' },
      _sum: { amount: true, granted: true },
    });
    const waiting = await reader.quotaWait.count({ where: waitsOf(cluster) });
    const names = new Set([...rows.map((row) => row.resource), ...used.keys(), ...(found?.keys() ?? [])]);
    const items = [...names].sort().map((resource): PoolItem => {
      const row = rows.find((each) => each.resource === resource);
      const limit = row?.amount ?? null;
      const held = used.get(resource) ?? 0n;
      const promise = promises.find((each) => each.resource === resource)?._sum;
      const promised = (promise?.amount ?? 0n) + (promise?.granted ?? 0n);
      const nodesHave = found?.get(resource);
      const write = (amount: bigint) => formatAmount(resource, amount);
      return {
        resource,
        limit: limit === null ? null : write(limit),
        followsNodes: row?.ofNodes ?? false,
        allocatable: nodesHave === undefined ? null : write(nodesHave),
        used: write(held),
        promised: write(promised),
        free: limit === null ? null : write(limit > held ? limit - held : 0n),
        ratio: ratioOf(held, limit),
        promisedRatio: ratioOf(promised, limit),
        isAwaited: row?.isAwaited ?? false,
      };
    });
    const { overcommitPercent, version, updatedAt } = setting;
    return { cluster, overcommitPercent, items, changes: [], waiting, updatedAt, version };
  }

  private async readSetting(reader: Reader, cluster: string) {
    const row = await reader.quotaPoolSetting.findUnique({ where: { cluster } });
    return {
      overcommitPercent: row?.overcommitPercent ?? 100,
      version: row?.version ?? 0,
      updatedAt: row?.updatedAt.toISOString() ?? null,
    };
  }

  private async sumClaims(reader: Reader, cluster: string): Promise<Sums> {
    const sums = await reader.quotaClaim.groupBy({
      by: ['resource'],
      where: { cluster, resource: { not: { startsWith: 'surge:' } } },
      _sum: { amount: true },
    });
    return new Map(sums.map(({ resource, _sum }) => [resource, _sum.amount ?? 0n]));
  }

  /** Undefined while the cluster is away; throws 404 for one that there is not. */
  private async readNodes(cluster: string): Promise<Sums | undefined> {
    const { state } = await this.clusters.get(cluster);
    if (state !== 'ready') return undefined;
    return this.askNodes(cluster).catch(() => undefined);
  }

  /** Throws 503 while the cluster is away. */
  private askNodes(cluster: string): Promise<Sums> {
    return this.clusters.use(cluster, async (client) => sumAllocatable((await client.list(nodes)).items));
  }
}

/** Of `quota_waits`: those that wait for the cluster's pool. */
export const waitsOf = (cluster: string) => ({
  state: 'waiting',
  AND: [{ blockedBy: { path: ['source'], equals: 'cluster' } }, { blockedBy: { path: ['id'], equals: cluster } }],
});

const ratioOf = (amount: bigint, limit: bigint | null): number | null => {
  if (limit === null) return null;
  return limit > 0n ? Math.round((Number(amount) / Number(limit)) * 10_000) / 10_000 : amount > 0n ? 9.99 : 1;
};
