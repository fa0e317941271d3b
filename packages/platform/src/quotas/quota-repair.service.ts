import { Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import { Database, type Transaction } from '../kernel/database/index.js';
import { Metrics } from '../kernel/metrics/metrics.js';
import { QuotasService } from './quotas.service.js';

interface Drift {
  readonly count: bigint;
}

/** Recounts what the counters say, from the rows that they count. What it has to correct is a fault of ours, and a metric tells. */
@Injectable()
export class QuotaRepair {
  private readonly corrected: Counter<'what'>;

  constructor(
    private readonly database: Database,
    private readonly quotas: QuotasService,
    metrics: Metrics,
  ) {
    this.corrected = new Counter({
      name: 'slipway_quota_drift_corrected_total',
      help: 'Claims and counters of quotas that a recount had to correct.',
      labelNames: ['what'],
      registers: [metrics.registry],
    });
  }

  /** Every tenant, one transaction each. Gives how much was corrected. */
  async run(): Promise<number> {
    const tenants = await this.database.read.tenant.findMany({ select: { id: true } });
    let corrected = 0;
    for (const { id } of tenants) corrected += await this.runTenant(id);
    return corrected;
  }

  async runTenant(tenantId: string): Promise<number> {
    const { orphans, missing, counters } = await this.database.transaction(async (tx) => {
      await this.quotas.lock(tx, tenantId);
      const orphans = await this.removeOrphans(tx, tenantId);
      const missing = await this.addMissing(tx, tenantId);
      return { orphans, missing, counters: await this.recount(tx, tenantId) };
    });
    this.corrected.inc({ what: 'orphaned-claim' }, orphans);
    this.corrected.inc({ what: 'missing-claim' }, missing);
    this.corrected.inc({ what: 'counter' }, counters);
    return orphans + missing + counters;
  }

  /** Claims of what is there no more. What was used up stays. */
  private removeOrphans(tx: Transaction, tenantId: string): Promise<number> {
    return tx.$executeRaw`
      DELETE FROM quota_claims c WHERE c."tenantId" = ${tenantId}::uuid AND c.resource NOT LIKE '%@%' AND NOT CASE split_part(c.subject, '/', 1)
        WHEN 'projects' THEN EXISTS (SELECT 1 FROM projects r WHERE r.id::text = split_part(c.subject, '/', 2))
        WHEN 'environments' THEN EXISTS (SELECT 1 FROM environments r WHERE r.id::text = split_part(c.subject, '/', 2))
        WHEN 'namespaces' THEN EXISTS (SELECT 1 FROM environments r WHERE r.id::text = split_part(c.subject, '/', 2))
        WHEN 'applications' THEN EXISTS (SELECT 1 FROM applications r WHERE r.id::text = split_part(c.subject, '/', 2))
        WHEN 'placements' THEN EXISTS (SELECT 1 FROM placements r WHERE r.id::text = split_part(c.subject, '/', 2))
        WHEN 'domains' THEN EXISTS (SELECT 1 FROM domains r WHERE r.id::text = split_part(c.subject, '/', 2))
        WHEN 'uploads' THEN EXISTS (SELECT 1 FROM uploads r WHERE r.id::text = split_part(c.subject, '/', 2))
        ELSE true END`;
  }

  /** Rows that were never claimed, e.g. adopted namespaces. */
  private addMissing(tx: Transaction, tenantId: string): Promise<number> {
    return tx.$executeRaw`
      INSERT INTO quota_claims ("tenantId", subject, resource, amount, "projectId", "environmentId")
      SELECT "tenantId", 'projects/' || id, 'projects', 1, NULL::uuid, NULL::uuid FROM projects WHERE "tenantId" = ${tenantId}::uuid
      UNION ALL SELECT "tenantId", 'environments/' || id, 'environments', 1, "projectId", NULL FROM environments WHERE "tenantId" = ${tenantId}::uuid
      UNION ALL SELECT "tenantId", 'applications/' || id, 'applications', 1, "projectId", NULL FROM applications WHERE "tenantId" = ${tenantId}::uuid
      UNION ALL SELECT u."tenantId", 'uploads/' || u.id, 'upload-bytes', u."sizeBytes", a."projectId", NULL
        FROM uploads u JOIN applications a ON a.id = u."applicationId" WHERE u."tenantId" = ${tenantId}::uuid AND u."sizeBytes" > 0
      UNION ALL SELECT d."tenantId", 'domains/' || d.id, 'domains', 1, a."projectId", p."environmentId"
        FROM domains d JOIN placements p ON p.id = d."placementId" JOIN applications a ON a.id = p."applicationId"
        WHERE d."tenantId" = ${tenantId}::uuid AND NOT d."isDefault"
      ON CONFLICT DO NOTHING`;
  }

  private async recount(tx: Transaction, tenantId: string): Promise<number> {
    const [drift] = await tx.$queryRaw<Drift[]>`
      WITH counted AS (
        SELECT scope."scopeId", c.resource, sum(c.amount)::bigint AS used FROM quota_claims c
        CROSS JOIN LATERAL (VALUES (c."tenantId"), (c."projectId"), (c."environmentId")) AS scope("scopeId")
        WHERE c."tenantId" = ${tenantId}::uuid AND scope."scopeId" IS NOT NULL GROUP BY 1, 2
      ), wrong AS (
        SELECT coalesce(k."scopeId", counted."scopeId") AS "scopeId", coalesce(k.resource, counted.resource) AS resource,
          coalesce(counted.used, 0) AS used
        FROM counted FULL JOIN (SELECT * FROM quota_counters WHERE "tenantId" = ${tenantId}::uuid) k
          ON k."scopeId" = counted."scopeId" AND k.resource = counted.resource
        WHERE coalesce(k.used, 0) <> coalesce(counted.used, 0)
      ), written AS (
        INSERT INTO quota_counters ("tenantId", "scopeId", resource, used) SELECT ${tenantId}::uuid, * FROM wrong
        ON CONFLICT ("scopeId", resource) DO UPDATE SET used = excluded.used RETURNING 1
      ) SELECT count(*) AS count FROM written`;
    return Number(drift?.count ?? 0n);
  }
}
