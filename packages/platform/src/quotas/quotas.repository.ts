import { Injectable } from '@nestjs/common';
import { Database, type Reader, type Transaction } from '../kernel/database/index.js';
import { withoutPeriod } from './quantities.rules.js';
import type { Claim, Counter, Delta, Level, QuotaPlace } from './quotas.rules.js';

/** Has the transaction run again, as one that PostgreSQL could not serialize. */
export class TransactionLost extends Error {
  readonly code = '40001';
}

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
    return deltas.map(({ source, id, resource }) => {
      if (source === 'cluster') {
        const pool = pools.find((row) => row.cluster === id && row.resource === resource);
        return { source, id, resource, used: pool?.used ?? 0n, limit: pool?.amount ?? null };
      }
      const row = rows.find((each) => each.id === id && each.resource === resource);
      return { source, id, resource, used: row?.used ?? 0n, limit: row?.limit ?? null };
    });
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
