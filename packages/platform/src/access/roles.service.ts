import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Access, noteAccessChange } from '../kernel/access/access.js';
import { isPermission, type Permission } from '../kernel/access/permissions.js';
import { Database, type Transaction } from '../kernel/database/index.js';
import { requireVersion } from '../kernel/http/etag.js';
import type { Page } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { newId } from '../kernel/ids/ids.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { fail } from './access.errors.js';
import { isReservedRoleName, lacking, ofPlatformOnly } from './access.rules.js';
import { BindingsRepository } from './bindings.repository.js';
import { toPageInMemory } from './page-in-memory.js';
import { type CreateRole, listBuiltIn, type RoleAnswer, toRoleAnswer, type UpdateRole } from './roles.dto.js';
import { type RoleRow, RolesRepository } from './roles.repository.js';

/** More than anybody tells apart, and few enough to be read at once. */
const customRoleLimit = 100;

/** Whose roles: a tenant's, or (null) the platform's. */
type Owner = { readonly id: string; readonly name: string } | null;

@Injectable()
export class RolesService {
  constructor(
    private readonly roles: RolesRepository,
    private readonly bindings: BindingsRepository,
    private readonly access: Access,
    private readonly database: Database,
    private readonly audit: AuditService,
  ) {}

  /** The built-in ones first, then the custom ones by name. */
  async list(owner: Owner, query: PageQuery): Promise<Page<RoleAnswer>> {
    const tenantId = owner?.id ?? null;
    const rows = await this.roles.list(tenantId);
    const all = [...listBuiltIn(tenantId), ...rows.map((row) => toRoleAnswer(row, tenantId))];
    return toPageInMemory(all, query);
  }

  async get(owner: Owner, role: string): Promise<RoleAnswer> {
    const tenantId = owner?.id ?? null;
    const builtIn = listBuiltIn(tenantId).find(({ name }) => name === role);
    return builtIn ?? toRoleAnswer(await this.getRow(tenantId, role), tenantId);
  }

  async create(caller: Caller, owner: Owner, body: CreateRole): Promise<RoleAnswer> {
    const tenantId = owner?.id ?? null;
    if (isReservedRoleName(body.name)) throw fail('role-name-reserved');
    requirePossible(tenantId, body.permissions);
    const held = await this.access.heldIn(caller.actor, tenantId);
    requireHeld(body.permissions, held);
    return this.database.transaction(async (tx) => {
      // The platform's lock: a name must not come to mean two roles.
      await this.bindings.lock(tx, { tenantId: null, projectId: null });
      if (await this.roles.isTaken(tx, tenantId, body.name)) throw fail('role-name-taken');
      if ((await this.roles.count(tx, tenantId)) >= customRoleLimit) throw fail('role-limit');
      const row = await this.roles.create(tx, {
        id: newId(),
        tenantId,
        name: body.name,
        displayName: body.displayName ?? body.name,
        description: body.description ?? '',
        permissions: [...new Set(body.permissions)],
        createdBy: caller.actor.username,
      });
      await this.note(tx, caller, owner, 'create', body.name, { after: body });
      return toRoleAnswer(row, tenantId);
    });
  }

  /** Counts at the next request of everybody who has the role. */
  async update(caller: Caller, owner: Owner, role: string, body: UpdateRole): Promise<RoleAnswer> {
    const tenantId = owner?.id ?? null;
    const held = await this.access.heldIn(caller.actor, tenantId);
    if (body.permissions) {
      requirePossible(tenantId, body.permissions);
      requireHeld(body.permissions, held);
    }
    return this.database.transaction(async (tx) => {
      const before = await this.getOwn(tx, tenantId, role);
      requireVersion(caller, before);
      requireHeld(before.permissions.filter(isPermission), held);
      const permissions = body.permissions && [...new Set(body.permissions)];
      const row = await this.roles.update(tx, before.id, { ...body, permissions });
      const { displayName, description } = before;
      const change = { before: { displayName, description, permissions: before.permissions }, after: body };
      await this.note(tx, caller, owner, 'update', before.name, change);
      return toRoleAnswer(row, tenantId);
    });
  }

  async delete(caller: Caller, owner: Owner, role: string): Promise<void> {
    const tenantId = owner?.id ?? null;
    const held = await this.access.heldIn(caller.actor, tenantId);
    await this.database.transaction(async (tx) => {
      const before = await this.getOwn(tx, tenantId, role);
      requireVersion(caller, before);
      requireHeld(before.permissions.filter(isPermission), held);
      if (before._count.bindings > 0) throw fail('role-in-use', `${before._count.bindings} members have it.`);
      await this.roles.delete(tx, before.id);
      await this.note(tx, caller, owner, 'delete', before.name, { before: { permissions: before.permissions } });
    });
  }

  private async getRow(tenantId: string | null, role: string, tx?: Transaction): Promise<RoleRow> {
    const row = await this.roles.find(tenantId, role, tx);
    if (!row) throw fail('role-not-found');
    return row;
  }

  /** A custom role of exactly this owner, locked. */
  private async getOwn(tx: Transaction, tenantId: string | null, role: string): Promise<RoleRow> {
    if (isReservedRoleName(role)) throw fail('role-is-built-in');
    const { id } = await this.getRow(tenantId, role, tx);
    const row = await this.roles.findLocked(tx, id);
    if (!row) throw fail('role-not-found');
    if (row.tenantId !== tenantId) throw fail('role-is-built-in');
    return row;
  }

  private async note(
    tx: Transaction,
    caller: Caller,
    owner: Owner,
    verb: string,
    name: string,
    change: { before?: object; after?: object },
  ): Promise<void> {
    await noteAccessChange(tx);
    const resource = owner ? `tenants/${owner.name}/roles/${name}` : `roles/${name}`;
    await this.audit.record(tx, caller, {
      action: `role.${verb}`,
      resource,
      ...(owner && { tenant: owner }),
      ...change,
    });
  }
}

function requirePossible(tenantId: string | null, permissions: readonly Permission[]): void {
  const excess = tenantId === null ? [] : ofPlatformOnly(permissions);
  if (excess.length > 0) throw fail('permission-not-here', `Only on the platform: ${excess.join(', ')}.`);
}

function requireHeld(wanted: readonly Permission[], held: ReadonlySet<Permission>): void {
  const missing = lacking(wanted, held);
  if (missing.length > 0) throw fail('permission-not-yours', `You lack ${missing.join(', ')}.`);
}
