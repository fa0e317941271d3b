import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AuditService } from '../audit/audit.service.js';
import { noteAccessChange } from '../kernel/access/access.js';
import { isRole, roles } from '../kernel/access/permissions.js';
import { Database, type Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { nameSchema } from '../kernel/http/schemas.js';
import { newId } from '../kernel/ids/ids.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { type DecidedRequest, Decides, type RequestHandler, type RequestPlace } from './request-handler.js';

const payload = z.strictObject({
  tenant: nameSchema,
  project: nameSchema.optional(),
  /** No owners: they are made by owners, by name. */
  role: z.enum(['admin', 'developer', 'operator', 'viewer']),
});
type Payload = z.output<typeof payload>;

/**
 * A role on a tenant or project, for ever or for a time. Whoever asks need not see the tenant, and learns nothing of it: of one that
 * is not there the request waits in the same way, and nobody decides it.
 */
@Decides('access')
@Injectable()
export class AccessRequests implements RequestHandler<Payload> {
  readonly payload = payload;
  readonly decidedBy = 'tenant';
  readonly grantSeconds = { max: 31_536_000 };

  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly events: EventLog,
  ) {}

  describe({ tenant, project, role }: Payload) {
    const place = project === undefined ? tenant : `${tenant}/${project}`;
    return { title: `${role} in ${place}`, changes: [{ path: `role in ${place}`, before: null, after: role }] };
  }

  async place(_caller: Caller, body: Payload): Promise<RequestPlace<Payload>> {
    const { tenant: name, project } = body;
    const tenant = await this.database.read.tenant.findUnique({
      where: { name },
      select: { id: true, name: true, projects: { where: { name: project ?? '' }, select: { id: true } } },
    });
    const projectId = tenant?.projects[0]?.id;
    const isUnknown = !tenant || (project !== undefined && projectId === undefined);
    const subject = project === undefined ? `tenants/${name}` : `tenants/${name}/projects/${project}`;
    const where = isUnknown ? { tenant: null } : { tenant: { id: tenant.id, name: tenant.name }, projectId };
    return { ...where, subject, payload: body, isUnknown };
  }

  async granted(tx: Transaction, request: DecidedRequest<Payload>, caller: Caller): Promise<void> {
    const { tenantId, projectId, requesterId, endsAt } = request;
    if (!tenantId || !requesterId) return;
    const place = { tenantId, projectId, userId: requesterId };
    const { role } = request.payload;
    const lasting = await tx.roleBinding.findFirst({ where: { ...place, expiresAt: null } });
    // Nobody loses by being granted less than he has.
    if (lasting && isRole(lasting.role) && roles.indexOf(lasting.role) <= roles.indexOf(role)) return;
    const createdBy = bindingMark(request.id);
    if (endsAt === null && lasting) {
      await tx.roleBinding.update({ where: { id: lasting.id }, data: { role, roleId: null, createdBy } });
    } else {
      await tx.roleBinding.create({ data: { id: newId(), ...place, role, expiresAt: endsAt, createdBy } });
    }
    await this.note(tx, request, caller, 'create', lasting?.role);
  }

  async ended(tx: Transaction, request: DecidedRequest<Payload>, caller: Caller): Promise<void> {
    const { count } = await tx.roleBinding.deleteMany({ where: { createdBy: bindingMark(request.id) } });
    if (count > 0) await this.note(tx, request, caller, 'delete');
  }

  private async note(
    tx: Transaction,
    request: DecidedRequest<Payload>,
    caller: Caller,
    verb: 'create' | 'delete',
    roleBefore?: string,
  ): Promise<void> {
    const { tenant, project, role } = request.payload;
    const within = `${project === undefined ? '' : `projects/${project}/`}members/${request.requester}`;
    await noteAccessChange(tx);
    const change = { role, request: request.id, expiresAt: request.endsAt };
    await this.audit.record(tx, caller, {
      action: `member.${verb}`,
      resource: `tenants/${tenant}/${within}`,
      tenant: { id: request.tenantId ?? '', name: tenant },
      before: verb === 'delete' ? change : roleBefore === undefined ? undefined : { role: roleBefore },
      after: verb === 'create' ? change : undefined,
    });
    await this.events.record(tx, {
      tenantId: request.tenantId ?? '',
      projectId: request.projectId ?? undefined,
      type: `member.${verb}d`,
      resource: within,
    });
  }
}

/** Whose work a binding is: what a grant has made, its end takes away, and nothing else. */
const bindingMark = (requestId: string): string => `requests/${requestId}`;
