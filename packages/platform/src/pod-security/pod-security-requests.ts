import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Access } from '../kernel/access/access.js';
import { isAllowed } from '../kernel/access/policy.js';
import { Database, type Transaction } from '../kernel/database/index.js';
import { fail } from '../kernel/errors/kernel.errors.js';
import { nameSchema } from '../kernel/http/schemas.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import {
  type DecidedRequest,
  Decides,
  type RequestHandler,
  type RequestPlace,
} from '../requests/request-handlers.service.js';
import type { PodSecurityLevel } from './pod-security.rules.js';
import { PodSecurityService } from './pod-security.service.js';

const payload = z.strictObject({ tenant: nameSchema, project: nameSchema, level: z.literal('baseline') });
type Payload = z.output<typeof payload>;

/** To run images as root in a project, for ever or for a time. */
@Decides('pod-security')
@Injectable()
export class PodSecurityRequests implements RequestHandler<Payload> {
  readonly payload = payload;
  readonly decidedBy = 'platform';
  readonly grantSeconds = { max: 31_536_000 };

  constructor(
    private readonly database: Database,
    private readonly access: Access,
    private readonly security: PodSecurityService,
  ) {}

  describe({ tenant, project, level }: Payload) {
    const path = `Pod Security of ${tenant}/${project}`;
    return { title: `${path}: ${level}`, changes: [{ path, before: 'restricted', after: level }] };
  }

  async place(caller: Caller, body: Payload): Promise<RequestPlace<Payload>> {
    const tenant = await this.access.getTenantScope(caller.actor, body.tenant);
    const where = { tenantId: tenant.id, name: body.project };
    const row = await this.database.read.project.findFirst({ where, select: { id: true } });
    if (!row || !isAllowed(caller.actor, tenant, 'projects:read', row.id)) throw fail('not-found');
    this.access.require(caller.actor, tenant, 'policies:read', row.id);
    const subject = `tenants/${body.tenant}/projects/${body.project}/pod-security`;
    return { tenant, projectId: row.id, subject, payload: body };
  }

  async granted(tx: Transaction, request: DecidedRequest<Payload>, caller: Caller): Promise<void> {
    await this.change(tx, request, caller, request.payload.level);
  }

  async ended(tx: Transaction, request: DecidedRequest<Payload>, caller: Caller): Promise<void> {
    await this.change(tx, request, caller, 'restricted');
  }

  private async change(
    tx: Transaction,
    { tenantId, projectId, payload: { tenant } }: DecidedRequest<Payload>,
    caller: Caller,
    level: PodSecurityLevel,
  ): Promise<void> {
    if (!tenantId || !projectId) return;
    await tx.$queryRaw`SELECT 1 FROM projects WHERE id = ${projectId}::uuid FOR UPDATE`;
    const row = await tx.project.findFirst({ where: { id: projectId, tenantId } });
    if (!row || row.podSecurity === level) return;
    await this.security.set(tx, caller, { id: tenantId, name: tenant }, row, level);
  }
}
