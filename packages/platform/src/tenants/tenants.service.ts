import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Access, noteAccessChange } from '../kernel/access/access.js';
import { Database, isUniqueViolation } from '../kernel/database/index.js';
import { fail as refuse } from '../kernel/errors/kernel.errors.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import { type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { newId } from '../kernel/ids/ids.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { Caller, TenantCaller, TenantScope } from '../kernel/tenancy/caller.js';
import { requireChangeable, tenantStates } from '../kernel/tenancy/tenant-state.js';
import { OperationsService } from '../operations/operations.service.js';
import { TenantNames } from './tenant-names.service.js';
import { type CreateTenant, type TenantAnswer, toTenantAnswer, type UpdateTenant } from './tenants.dto.js';
import { fail } from './tenants.errors.js';
import { deleteTenant, deletionSteps } from './tenants.jobs.js';
import { type TenantRow, TenantsRepository } from './tenants.repository.js';
import { isReservedName } from './tenants.rules.js';

@Injectable()
export class TenantsService {
  constructor(
    private readonly tenants: TenantsRepository,
    private readonly access: Access,
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly operations: OperationsService,
    private readonly outbox: Outbox,
    private readonly names: TenantNames,
  ) {}

  async list(caller: Caller, query: PageQuery): Promise<Page<TenantAnswer>> {
    const reach = await this.access.reach(caller.actor, 'tenants:read');
    const rows = await this.tenants.listVisible(reach, query);
    const scopes = await Promise.all(rows.map((row) => this.access.findTenantScope(caller.actor, row.id)));
    const roles = new Map(scopes.map((scope) => [scope?.id, scope?.role ?? null]));
    return toPage(
      rows,
      query.limit,
      (row) => [row.name, row.id],
      (row) => toTenantAnswer(row, roles.get(row.id) ?? null, visibleCounts(row, scopes)),
    );
  }

  async get(caller: TenantCaller): Promise<TenantAnswer> {
    const row = await this.tenants.get(caller.tenant.id);
    return toTenantAnswer(row, caller.tenant.role, visibleCounts(row, [caller.tenant]));
  }

  async create(caller: Caller, body: CreateTenant): Promise<TenantAnswer> {
    if (isReservedName(body.name)) throw fail('tenant-name-reserved');
    const owner = await this.tenants.findUserId(body.owner ?? caller.actor.username);
    if (!owner)
      throw refuse('user-unknown', {
        errors: [{ path: 'body.owner', code: 'user-unknown', message: 'There is no such user.' }],
      });
    const tenant = { id: newId(), name: body.name };
    const create = this.database.transaction(async (tx) => {
      if (!(await this.names.claim(tx, body.name)))
        throw fail('tenant-name-taken', 'A tenant has this name, or somebody has asked for it.');
      await this.tenants.create(tx, { ...tenant, displayName: body.displayName ?? body.name });
      await this.tenants.createOwner(tx, { tenantId: tenant.id, userId: owner.id, createdBy: caller.actor.username });
      await noteAccessChange(tx, { userId: owner.id });
      const row = await this.tenants.get(tenant.id, tx);
      await this.audit.record(tx, caller, {
        action: 'tenant.create',
        resource: `tenants/${body.name}`,
        tenant,
        after: body,
      });
      await this.events.record(tx, { tenantId: tenant.id, type: 'tenant.created', resource: '' });
      return toTenantAnswer(row, owner.id === caller.actor.id ? 'owner' : null);
    });
    return create.catch((error: unknown) => {
      throw isUniqueViolation(error) ? fail('tenant-name-taken') : error;
    });
  }

  async update(caller: TenantCaller, body: UpdateTenant): Promise<TenantAnswer> {
    const { id, name, role } = caller.tenant;
    return this.database.transaction(async (tx) => {
      const before = await this.tenants.getLocked(tx, id);
      requireVersion(caller, before);
      requireChangeable(before);
      if (body.displayName === undefined || body.displayName === before.displayName)
        return toTenantAnswer(before, role);
      const after = await this.tenants.update(tx, id, body);
      const entry = { before: { displayName: before.displayName }, after: body };
      await this.audit.record(tx, caller, {
        action: 'tenant.update',
        resource: `tenants/${name}`,
        tenant: caller.tenant,
        ...entry,
      });
      await this.events.record(tx, { tenantId: id, type: 'tenant.updated', resource: '' });
      return toTenantAnswer(after, role);
    });
  }

  /** Marks the tenant and has the worker delete all it has. `confirm` is its name, where it is not archived. */
  async delete(caller: TenantCaller, confirm: string | undefined): Promise<TenantAnswer & { operation: string }> {
    const { id, name, role } = caller.tenant;
    const subject = `tenants/${name}`;
    return this.database.transaction(async (tx) => {
      const before = await this.tenants.getLocked(tx, id);
      requireVersion(caller, before);
      requireChangeable(
        before,
        tenantStates.filter((state) => state !== 'deleting'),
      );
      if (before.state !== 'archived' && confirm !== name) throw fail('tenant-not-confirmed');
      const after = await this.tenants.update(tx, id, { state: 'deleting', stateReason: null });
      await noteAccessChange(tx, { tenantId: id });
      // Not of the tenant: it must outlive it.
      const operation = await this.operations.start(tx, caller, {
        kind: deleteTenant.name,
        subject,
        steps: deletionSteps,
      });
      await this.outbox.enqueue(tx, deleteTenant, { tenantId: id, tenant: name, operation });
      await this.audit.record(tx, caller, { action: 'tenant.delete', resource: subject, tenant: caller.tenant });
      await this.events.record(tx, { tenantId: id, type: 'tenant.updated', resource: '', data: { state: 'deleting' } });
      return { ...toTenantAnswer(after, role), operation };
    });
  }
}

/** Who has roles in single projects only is told of no others. */
function visibleCounts(row: TenantRow, scopes: readonly (TenantScope | undefined)[]): TenantRow['_count'] {
  const scope = scopes.find((one) => one?.id === row.id);
  return scope && scope.permissions.size === 0 && scope.projects.size > 0
    ? { projects: scope.projects.size, bindings: 0 }
    : row._count;
}
