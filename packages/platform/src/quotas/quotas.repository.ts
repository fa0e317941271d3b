import { Injectable } from '@nestjs/common';
import { Database, type Reader, type Transaction } from '../kernel/database/index.js';
import { withoutPeriod } from './quantities.rules.js';
import type { Claim, Counter, Delta, Level, QuotaPlace, Source } from './quotas.rules.js';

/** Has the transaction run again, as one that PostgreSQL could not serialize. */
export class TransactionLost extends Error {
  readonly code = '40001';
}

/** One resource of a cluster's pool. */
interface PoolKey {
  readonly cluster: string;
  readonly resource: string;
}

const turnSetting = 'slipway.quota_turn';
const toKey = ({ cluster, resource }: PoolKey): string => `${cluster} ${resource}`;

interface CounterRow {
  readonly id: string;
  readonly resource: string;
  readonly used: bigint;
  readonly limit: bigint | null;
}

@Injectable()
export class QuotasRepository {
  constructor(private readonly database: Database) {}

  /** One tenant's quota changes go one after another until their transactions end; others are not held up. */
  async lockTenant(tx: Transaction, tenantId: string): Promise<void> {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('slipway.quotas:' || ${tenantId}, 0))`;
  }

  /**
   * Always before the tenant's lock. Shared where the cluster has no pool, so that nobody waits; alone where it has one. Gives
   * the resources of the pool.
   */
  async lockPool(tx: Transaction, cluster: string): Promise<readonly string[]> {
    const read = async () =>
      (await tx.quotaPool.findMany({ where: { cluster }, select: { resource: true } })).map((row) => row.resource);
    const isPooled = (await read()).length > 0;
    if (isPooled) await this.lockPoolAlone(tx, cluster);
    else
      await tx.$executeRaw`SELECT pg_advisory_xact_lock_shared(hashtextextended('slipway.quota-pool:' || ${cluster}, 0))`;
    const resources = await read();
    // The pool was made between the look and the lock: only who holds it alone may count.
    if (!isPooled && resources.length > 0) throw new TransactionLost();
    return resources;
  }

  async lockPoolAlone(tx: Transaction, cluster: string): Promise<void> {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('slipway.quota-pool:' || ${cluster}, 0))`;
  }

  listClaims(reader: Reader, tenantId: string, subject: string): Promise<Claim[]> {
    return reader.quotaClaim.findMany({ where: { tenantId, subject } });
  }

  /** Makes `claims` all that the subject holds. */
  async replaceClaims(tx: Transaction, tenantId: string, subject: string, claims: readonly Claim[]): Promise<void> {
    const resources = claims.map((claim) => claim.resource);
    await tx.quotaClaim.deleteMany({ where: { tenantId, subject, resource: { notIn: resources } } });
    if (claims.length === 0) return;
    const amounts = claims.map((claim) => claim.amount);
    const column = (key: 'projectId' | 'environmentId' | 'cluster') => claims.map((claim) => claim[key] ?? null);
    await tx.$executeRaw`
      INSERT INTO quota_claims ("tenantId", subject, resource, amount, "projectId", "environmentId", cluster)
      SELECT ${tenantId}::uuid, ${subject}, * FROM unnest(${resources}::text[], ${amounts}::bigint[],
        ${column('projectId')}::uuid[], ${column('environmentId')}::uuid[], ${column('cluster')}::text[])
      ON CONFLICT ("tenantId", subject, resource) DO UPDATE SET amount = excluded.amount, "projectId" = excluded."projectId",
        "environmentId" = excluded."environmentId", cluster = excluded.cluster, "updatedAt" = now()`;
  }

  /** The counters that the deltas touch, with their limits; those of a scope that has neither yet stand at zero. */
  async readCounters(reader: Reader, deltas: readonly Delta[]): Promise<Counter[]> {
    const scoped = deltas.filter(({ source }) => source !== 'cluster');
    const pooled = deltas.filter(({ source }) => source === 'cluster');
    const rows =
      scoped.length === 0
        ? []
        : await reader.$queryRaw<CounterRow[]>`
            SELECT k.id::text AS id, k.resource, coalesce(c.used, 0)::bigint AS used, l.amount + l.granted AS limit
            FROM unnest(${scoped.map(({ id }) => id)}::uuid[], ${scoped.map(({ resource }) => resource)}::text[],
              ${scoped.map(({ resource }) => withoutPeriod(resource))}::text[]) AS k(id, resource, plain)
            LEFT JOIN quota_counters c ON c."scopeId" = k.id AND c.resource = k.resource
            LEFT JOIN quota_limits l ON l."scopeId" = k.id AND l.resource = k.plain`;
    const pools =
      pooled.length === 0
        ? []
        : await reader.quotaPool.findMany({
            where: { OR: pooled.map(({ id, resource }) => ({ cluster: id, resource })) },
          });
    const turn = pools.some(({ isAwaited }) => isAwaited) ? await this.readTurn(reader) : undefined;
    return deltas.map(({ source, id, resource }) => {
      if (source === 'cluster') {
        const pool = pools.find((row) => row.cluster === id && row.resource === resource);
        const isAwaited = pool?.isAwaited === true && (turn === undefined || turn.includes(`"${toKey(pool)}"`));
        return { source, id, resource, used: pool?.used ?? 0n, limit: pool?.amount ?? null, isAwaited };
      }
      const row = rows.find((each) => each.id === id && each.resource === resource);
      return { source, id, resource, used: row?.used ?? 0n, limit: row?.limit ?? null };
    });
  }

  /** Until the transaction ends, its charges are those of the one whose turn it is, on all pools but these. */
  async takeTurn(tx: Transaction, but: readonly PoolKey[]): Promise<void> {
    await tx.$executeRaw`SELECT set_config(${turnSetting}, ${JSON.stringify(but.map(toKey))}, true)`;
  }

  /** Whether somebody stands in the queue for it. */
  async isAwaited(reader: Reader, cluster: string, resource: string): Promise<boolean> {
    return (await reader.quotaPool.count({ where: { cluster, resource, isAwaited: true } })) > 0;
  }

  /** The pools on which it is not this transaction's turn; undefined where it is on none. */
  private async readTurn(reader: Reader): Promise<string | undefined> {
    const [row] = await reader.$queryRaw<{ turn: string | null }[]>`
      SELECT current_setting(${turnSetting}, true) AS turn`;
    return row?.turn || undefined;
  }

  async applyDeltas(tx: Transaction, tenantId: string, deltas: readonly Delta[]): Promise<void> {
    const scoped = deltas.filter(({ source }) => source !== 'cluster');
    if (scoped.length > 0)
      await tx.$executeRaw`
        INSERT INTO quota_counters ("tenantId", "scopeId", resource, used)
        SELECT ${tenantId}::uuid, * FROM unnest(${scoped.map(({ id }) => id)}::uuid[],
          ${scoped.map(({ resource }) => resource)}::text[], ${scoped.map(({ delta }) => delta)}::bigint[])
        ON CONFLICT ("scopeId", resource) DO UPDATE SET used = quota_counters.used + excluded.used`;
    for (const { id, resource, delta } of deltas.filter(({ source }) => source === 'cluster'))
      await tx.quotaPool.updateMany({ where: { cluster: id, resource }, data: { used: { increment: delta } } });
  }

  /** Names for a refusal, read once there is one. */
  async nameOf(reader: Reader, level: Level, id: string): Promise<string> {
    const select = { where: { id }, select: { name: true } } as const;
    if (level === 'tenant') return (await reader.tenant.findUnique(select))?.name ?? id;
    if (level === 'project') return (await reader.project.findUnique(select))?.name ?? id;
    return (await reader.environment.findUnique(select))?.name ?? id;
  }

  /** Of a scope's quota, under /api/v1: so that whoever is refused can be led there. */
  async pathOf(reader: Reader, source: Source, id: string): Promise<string> {
    if (source === 'cluster') return `clusters/${id}/pool`;
    const where = { where: { id } };
    if (source === 'tenant') return `tenants/${await this.nameOf(reader, source, id)}/quota`;
    const named = { select: { name: true } } as const;
    if (source === 'project') {
      const row = await reader.project.findUnique({ ...where, select: { name: true, tenant: named } });
      return `tenants/${row?.tenant.name}/projects/${row?.name}/quota`;
    }
    const project = { select: { name: true, tenant: named } } as const;
    const row = await reader.environment.findUnique({ ...where, select: { name: true, project } });
    return `tenants/${row?.project.tenant.name}/projects/${row?.project.name}/environments/${row?.name}/quota`;
  }

  /** Subjects that hold something in a project or environment. */
  async listSubjects(tx: Transaction, place: QuotaPlace): Promise<string[]> {
    const where = place.environmentId ? { environmentId: place.environmentId } : { projectId: place.projectId };
    const rows = await tx.quotaClaim.findMany({
      where: { tenantId: place.tenantId, ...where },
      distinct: ['subject'],
      select: { subject: true },
    });
    return rows.map((row) => row.subject);
  }

  get read(): Reader {
    return this.database.read;
  }
}
