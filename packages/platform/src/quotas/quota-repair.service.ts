import { Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import { AuditService } from '../audit/audit.service.js';
import { Database, type Transaction } from '../kernel/database/index.js';
import { fail as refuse } from '../kernel/errors/kernel.errors.js';
import { isId } from '../kernel/ids/ids.js';
import { Metrics } from '../kernel/metrics/metrics.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { PlacementClaims } from './placement-claims.service.js';
import { formatAmount } from './quantities.rules.js';
import type { Difference, RecountAnswer, RecountBody } from './quota-repair.dto.js';
import { QuotasRepository } from './quotas.repository.js';
import { QuotasService } from './quotas.service.js';

const mostTold = 1000;

interface Row {
  readonly subject: string;
  readonly resource: string;
  readonly before: bigint;
  readonly after: bigint;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/** Carries what a dry run found out of the transaction that must not stay. */
class DryRun extends Error {
  constructor(readonly differences: readonly Difference[]) {
    super('dry run');
  }
}

/** Recounts what the counters say, from the rows that they count. What it has to correct is a fault of ours, and a metric tells. */
@Injectable()
export class QuotaRepair {
  private readonly corrected: Counter<'what'>;

  constructor(
    private readonly database: Database,
    private readonly quotas: QuotasService,
    private readonly repository: QuotasRepository,
    private readonly placements: PlacementClaims,
    private readonly audit: AuditService,
    metrics: Metrics,
  ) {
    this.corrected = new Counter({
      name: 'slipway_quota_drift_corrected_total',
      help: 'Claims and counters of quotas that a recount had to correct.',
      labelNames: ['what'],
      registers: [metrics.registry],
    });
  }

  /** As somebody asks for it. */
  async recount(caller: Caller, { tenant, dryRun }: RecountBody): Promise<RecountAnswer> {
    const where = tenant === undefined ? undefined : isId(tenant) ? { id: tenant } : { name: tenant };
    const tenants = await this.database.read.tenant.findMany({ where, select: { id: true, name: true } });
    if (tenant !== undefined && tenants.length === 0) throw refuse('not-found');
    const differences = await this.runAll(tenants, dryRun);
    if (!dryRun)
      await this.audit.note(caller, {
        action: 'quota.recount',
        resource: 'quotas',
        tenant: tenant === undefined ? undefined : tenants[0],
        after: { corrected: differences.length },
      });
    return { dryRun, count: differences.length, differences: differences.slice(0, mostTold) };
  }

  /** Every tenant and pool, one transaction each. Gives how much was corrected. */
  async run(): Promise<number> {
    const tenants = await this.database.read.tenant.findMany({ select: { id: true, name: true } });
    return (await this.runAll(tenants, false)).length;
  }

  private async runAll(tenants: readonly Named[], isDryRun: boolean): Promise<readonly Difference[]> {
    const differences: Difference[] = [];
    for (const tenant of tenants) differences.push(...(await this.do(isDryRun, (tx) => this.runTenant(tx, tenant))));
    const pools = await this.database.read.quotaPool.findMany({ distinct: ['cluster'], select: { cluster: true } });
    for (const { cluster } of pools)
      differences.push(...(await this.do(isDryRun, (tx) => this.recountPool(tx, cluster))));
    if (!isDryRun) for (const { what } of differences) this.corrected.inc({ what });
    return differences;
  }

  private async do(isDryRun: boolean, work: (tx: Transaction) => Promise<readonly Difference[]>) {
    try {
      return await this.database.transaction(async (tx) => {
        const differences = await work(tx);
        if (isDryRun) throw new DryRun(differences);
        return differences;
      });
    } catch (error) {
      if (error instanceof DryRun) return error.differences;
      throw error;
    }
  }

  private async runTenant(tx: Transaction, { id: tenantId, name }: Named): Promise<readonly Difference[]> {
    // Pools before tenants, as every charge has it.
    const pools = await tx.quotaPool.findMany({ distinct: ['cluster'], select: { cluster: true } });
    for (const { cluster } of pools.sort((a, b) => a.cluster.localeCompare(b.cluster)))
      await this.repository.lockPoolAlone(tx, cluster);
    await this.quotas.lock(tx, tenantId);
    const tell = (what: Difference['what'], rows: readonly Row[]): Difference[] =>
      rows.map(({ subject, resource, before, after }) => ({
        tenant: name,
        what,
        subject,
        resource,
        before: formatAmount(resource, before),
        after: formatAmount(resource, after),
      }));
    const orphans = tell('orphaned-claim', await this.removeOrphans(tx, tenantId));
    const missing = tell('missing-claim', await this.addMissing(tx, tenantId));
    // The sums first: what is claimed next is added to them.
    const counters = tell('counter', await this.recountScopes(tx, tenantId));
    const placements: Difference[] = [];
    for (const { place, claim } of await this.placements.listMissing(tx, tenantId)) {
      await this.quotas.note(tx, place, claim);
      for (const [resource, amount] of Object.entries(claim.amounts))
        placements.push({
          tenant: name,
          what: 'missing-claim',
          subject: claim.subject,
          resource,
          before: '0',
          after: String(amount),
        });
    }
    return [...orphans, ...missing, ...placements, ...counters];
  }

  /** Claims of what is there no more. What was used up stays. */
  private removeOrphans(tx: Transaction, tenantId: string): Promise<Row[]> {
    return tx.$queryRaw<Row[]>`
      DELETE FROM quota_claims c WHERE c."tenantId" = ${tenantId}::uuid AND c.resource NOT LIKE '%@%' AND NOT CASE split_part(c.subject, '/', 1)
        WHEN 'projects' THEN EXISTS (SELECT 1 FROM projects r WHERE r.id::text = split_part(c.subject, '/', 2))
        WHEN 'environments' THEN EXISTS (SELECT 1 FROM environments r WHERE r.id::text = split_part(c.subject, '/', 2))
        WHEN 'namespaces' THEN EXISTS (SELECT 1 FROM environments r WHERE r.id::text = split_part(c.subject, '/', 2))
        WHEN 'applications' THEN EXISTS (SELECT 1 FROM applications r WHERE r.id::text = split_part(c.subject, '/', 2))
          AND (split_part(c.subject, '/', 3) <> 'blobs' OR EXISTS (SELECT 1 FROM registry_manifests m
            WHERE m."applicationId"::text = split_part(c.subject, '/', 2) AND m.blobs ? split_part(c.subject, '/', 4)))
        WHEN 'placements' THEN EXISTS (SELECT 1 FROM placements r WHERE r.id::text = split_part(c.subject, '/', 2))
        WHEN 'domains' THEN EXISTS (SELECT 1 FROM domains r WHERE r.id::text = split_part(c.subject, '/', 2))
        WHEN 'uploads' THEN EXISTS (SELECT 1 FROM uploads r WHERE r.id::text = split_part(c.subject, '/', 2))
        ELSE true END
      RETURNING c.subject, c.resource, c.amount AS before, 0::bigint AS after`;
  }

  /** Rows that were never claimed, e.g. adopted namespaces. */
  private addMissing(tx: Transaction, tenantId: string): Promise<Row[]> {
    return tx.$queryRaw<Row[]>`
      INSERT INTO quota_claims ("tenantId", subject, resource, amount, "projectId", "environmentId")
      SELECT "tenantId", 'projects/' || id, 'projects', 1, NULL::uuid, NULL::uuid FROM projects WHERE "tenantId" = ${tenantId}::uuid
      UNION ALL SELECT "tenantId", 'environments/' || id, 'environments', 1, "projectId", NULL FROM environments WHERE "tenantId" = ${tenantId}::uuid
      UNION ALL SELECT "tenantId", 'applications/' || id, 'applications', 1, "projectId", NULL FROM applications WHERE "tenantId" = ${tenantId}::uuid
      UNION ALL SELECT u."tenantId", 'uploads/' || u.id, 'upload-bytes', u."sizeBytes", a."projectId", NULL
        FROM uploads u JOIN applications a ON a.id = u."applicationId" WHERE u."tenantId" = ${tenantId}::uuid AND u."sizeBytes" > 0
      UNION ALL SELECT m."tenantId", 'applications/' || a.id || '/blobs/' || blob.key, 'image-bytes', max(blob.value::bigint), a."projectId", NULL
        FROM registry_manifests m JOIN applications a ON a.id = m."applicationId", jsonb_each_text(m.blobs) AS blob
        WHERE m."tenantId" = ${tenantId}::uuid GROUP BY m."tenantId", a.id, blob.key, a."projectId"
      UNION ALL SELECT d."tenantId", 'domains/' || d.id, 'domains', 1, a."projectId", p."environmentId"
        FROM domains d JOIN placements p ON p.id = d."placementId" JOIN applications a ON a.id = p."applicationId"
        WHERE d."tenantId" = ${tenantId}::uuid AND NOT d."isDefault"
      ON CONFLICT DO NOTHING RETURNING subject, resource, 0::bigint AS before, amount AS after`;
  }

  private recountScopes(tx: Transaction, tenantId: string): Promise<Row[]> {
    return tx.$queryRaw<Row[]>`
      WITH counted AS (
        SELECT scope."scopeId", c.resource, sum(c.amount)::bigint AS used FROM quota_claims c
        CROSS JOIN LATERAL (VALUES (c."tenantId"), (c."projectId"), (c."environmentId")) AS scope("scopeId")
        WHERE c."tenantId" = ${tenantId}::uuid AND scope."scopeId" IS NOT NULL GROUP BY 1, 2
      ), wrong AS (
        SELECT coalesce(k."scopeId", counted."scopeId") AS "scopeId", coalesce(k.resource, counted.resource) AS resource,
          coalesce(k.used, 0)::bigint AS before, coalesce(counted.used, 0)::bigint AS used
        FROM counted FULL JOIN (SELECT * FROM quota_counters WHERE "tenantId" = ${tenantId}::uuid) k
          ON k."scopeId" = counted."scopeId" AND k.resource = counted.resource
        WHERE coalesce(k.used, 0) <> coalesce(counted.used, 0)
      ), written AS (
        INSERT INTO quota_counters ("tenantId", "scopeId", resource, used)
        SELECT ${tenantId}::uuid, "scopeId", resource, used FROM wrong
        ON CONFLICT ("scopeId", resource) DO UPDATE SET used = excluded.used RETURNING "scopeId", resource
      ) SELECT coalesce('projects/' || p.name, 'environments/' || e.name, 'tenant') AS subject,
          wrong.resource, wrong.before, wrong.used AS after
        FROM written JOIN wrong USING ("scopeId", resource)
        LEFT JOIN projects p ON p.id = wrong."scopeId" LEFT JOIN environments e ON e.id = wrong."scopeId"`;
  }

  /** What all tenants hold of the cluster's pool. */
  private async recountPool(tx: Transaction, cluster: string): Promise<readonly Difference[]> {
    await this.repository.lockPoolAlone(tx, cluster);
    const rows = await tx.$queryRaw<Row[]>`
      WITH counted AS (
        SELECT p.resource, p.used AS before, coalesce(sum(c.amount), 0)::bigint AS after
        FROM quota_pools p LEFT JOIN quota_claims c ON c.cluster = p.cluster AND c.resource = p.resource
        WHERE p.cluster = ${cluster} GROUP BY p.resource, p.used
      ), written AS (
        UPDATE quota_pools p SET used = counted.after FROM counted
        WHERE p.cluster = ${cluster} AND p.resource = counted.resource AND p.used <> counted.after RETURNING p.resource
      ) SELECT ${cluster} AS subject, counted.* FROM counted JOIN written USING (resource)`;
    return rows.map(({ resource, before, after }) => ({
      tenant: null,
      what: 'pool' as const,
      subject: `clusters/${cluster}`,
      resource,
      before: formatAmount(resource, before),
      after: formatAmount(resource, after),
    }));
  }
}
