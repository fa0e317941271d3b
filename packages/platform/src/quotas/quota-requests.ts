import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AuditService } from '../audit/audit.service.js';
import { NamespaceReconciler } from '../environments/namespace-reconciler.service.js';
import { Access } from '../kernel/access/access.js';
import { Database, type Transaction } from '../kernel/database/index.js';
import { fail as refuse } from '../kernel/errors/kernel.errors.js';
import { nameSchema } from '../kernel/http/schemas.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import {
  type DecidedRequest,
  Decides,
  type RequestHandler,
  type RequestPlace,
} from '../requests/request-handlers.service.js';
import { QuotaGrants } from './quota-grants.service.js';
import { QuotasService } from './quotas.service.js';

const payload = z.strictObject({
  tenant: nameSchema,
  project: nameSchema.optional(),
  environment: nameSchema.optional(),
  /** How much more, by resource. */
  increases: z
    .record(z.string().min(1).max(300), z.union([z.string().max(40), z.number()]))
    .refine((increases) => Object.keys(increases).length > 0, 'At least one resource.')
    .refine((increases) => Object.keys(increases).length <= 50, 'At most 50 resources.'),
});
type Payload = z.output<typeof payload>;

/** More of a limit, for ever or for a time. */
@Decides('quota')
@Injectable()
export class QuotaRequests implements RequestHandler<Payload> {
  readonly payload = payload;
  readonly decidedBy = 'platform';
  readonly grantSeconds = { max: 31_536_000 };

  constructor(
    private readonly database: Database,
    private readonly access: Access,
    private readonly quotas: QuotasService,
    private readonly grants: QuotaGrants,
    private readonly audit: AuditService,
    private readonly reconciler: NamespaceReconciler,
  ) {}

  describe({ tenant, project, environment, increases }: Payload) {
    const place = [tenant, project, environment].filter((name) => name !== undefined).join('/');
    const list = Object.entries(increases).map(([resource, amount]) => ({ resource, amount: `+${amount}` }));
    return {
      title: `More quota for ${place}: ${list.map(({ resource, amount }) => `${amount} ${resource}`).join(', ')}`,
      changes: list.map(({ resource, amount }) => ({ path: `${resource} of ${place}`, before: null, after: amount })),
    };
  }

  async place(caller: Caller, body: Payload): Promise<RequestPlace<Payload>> {
    const tenant = await this.access.getTenantScope(caller.actor, body.tenant);
    this.quotas.requireAmounts(body.increases, 'body.payload.increases');
    const found = await this.find(tenant.id, body);
    this.access.require(caller.actor, tenant, 'quotas:read', found.projectId);
    const path = ['tenants', body.tenant];
    if (body.project !== undefined) path.push('projects', body.project);
    if (body.environment !== undefined) path.push('environments', body.environment);
    return { tenant, projectId: found.projectId, environmentKind: found.kind, subject: path.join('/'), payload: body };
  }

  async granted(tx: Transaction, request: DecidedRequest<Payload>, caller: Caller): Promise<void> {
    const { tenantId, payload: body, endsAt } = request;
    if (!tenantId) return;
    const { projectId, environmentId } = await this.find(tenantId, body, tx);
    const place = { tenantId, projectId, environmentId };
    await this.grants.begin(tx, place, body.increases, {
      requestId: request.id,
      reason: request.reason,
      createdBy: caller.actor.username,
      expiresAt: endsAt,
    });
    await this.tell(tx, request, caller, 'grant');
  }

  async ended(tx: Transaction, request: DecidedRequest<Payload>, caller: Caller): Promise<void> {
    if (!request.tenantId || !(await this.grants.end(tx, request.tenantId, request.id))) return;
    await this.tell(tx, request, caller, 'return');
  }

  private async tell(tx: Transaction, request: DecidedRequest<Payload>, caller: Caller, verb: string): Promise<void> {
    const { tenantId, payload: body } = request;
    if (!tenantId) return;
    await this.audit.record(tx, caller, {
      action: `quota.${verb}`,
      resource: `${request.subject}/quota`,
      tenant: { id: tenantId, name: body.tenant },
      after: { increases: body.increases, until: request.endsAt?.toISOString() ?? null },
    });
    await this.reconciler.reconcile(tx, { tenantId });
  }

  private async find(tenantId: string, { project, environment }: Payload, reader = this.database.read) {
    if (project === undefined) {
      if (environment !== undefined) throw refuse('not-found', 'An environment is named with its project.');
      return {};
    }
    const row = await reader.project.findFirst({
      where: { tenantId, name: project },
      select: { id: true, environments: { where: { name: environment ?? '' }, select: { id: true, kind: true } } },
    });
    const found = row?.environments[0];
    if (!row || (environment !== undefined && !found)) throw refuse('not-found');
    return { projectId: row.id, environmentId: found?.id, kind: found?.kind };
  }
}
