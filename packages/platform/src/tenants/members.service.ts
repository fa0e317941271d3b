import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { noteAccessChange } from '../kernel/access/access.js';
import { Database, type Transaction } from '../kernel/database/index.js';
import { fail as refuse } from '../kernel/errors/kernel.errors.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import { type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { newId } from '../kernel/ids/ids.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { type CreateMember, type MemberAnswer, toMemberAnswer, type UpdateMember } from './tenants.dto.js';
import { fail } from './tenants.errors.js';
import { canChangeRole } from './tenants.policy.js';
import { type MemberRow, TenantsRepository } from './tenants.repository.js';
import { wouldLoseLastOwner } from './tenants.rules.js';

@Injectable()
export class MembersService {
  constructor(
    private readonly tenants: TenantsRepository,
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly events: EventLog,
  ) {}

  async list(caller: TenantCaller, query: PageQuery): Promise<Page<MemberAnswer>> {
    const rows = await this.tenants.listMembers(caller.tenant.id, query);
    return toPage(rows, query.limit, (row) => [row.createdAt, row.id], toMemberAnswer);
  }

  async create(caller: TenantCaller, body: CreateMember): Promise<MemberAnswer> {
    requireRoleChange(caller, null, body.role);
    return this.database.transaction(async (tx) => {
      await this.tenants.getLocked(tx, caller.tenant.id);
      const user = await this.tenants.findUserId(body.username, tx);
      if (!user) throw fail('user-unknown');
      if (await this.tenants.findMember(caller.tenant.id, body.username, tx)) throw fail('member-exists');
      const data = {
        id: newId(),
        tenantId: caller.tenant.id,
        userId: user.id,
        role: body.role,
        createdBy: caller.actor.username,
      };
      const row = await this.tenants.createMember(tx, data);
      await this.note(tx, caller, 'create', body.username, { after: body });
      return toMemberAnswer(row);
    });
  }

  async update(caller: TenantCaller, username: string, body: UpdateMember): Promise<MemberAnswer> {
    return this.database.transaction(async (tx) => {
      const member = await this.load(tx, caller, username, body.role);
      if (member.role === body.role) return toMemberAnswer(member);
      const row = await this.tenants.updateMember(tx, caller.tenant.id, member.id, body.role);
      await this.note(tx, caller, 'update', username, { before: { role: member.role }, after: body });
      return toMemberAnswer(row);
    });
  }

  async delete(caller: TenantCaller, username: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const member = await this.load(tx, caller, username, null);
      await this.tenants.deleteMember(tx, caller.tenant.id, member.id);
      await this.note(tx, caller, 'delete', username, { before: { role: member.role } });
    });
  }

  /** The member whose role is to become `role`; throws where the caller or the rules forbid it. Locks the tenant. */
  private async load(tx: Transaction, caller: TenantCaller, username: string, role: string | null): Promise<MemberRow> {
    await this.tenants.getLocked(tx, caller.tenant.id);
    const member = await this.tenants.findMember(caller.tenant.id, username, tx);
    if (!member) throw fail('member-not-found');
    requireVersion(caller, member);
    requireRoleChange(caller, member.role, role);
    const owners = await this.tenants.listOwners(tx, caller.tenant.id);
    if (wouldLoseLastOwner(owners, member, role)) throw fail('last-owner');
    return member;
  }

  private async note(
    tx: Transaction,
    caller: TenantCaller,
    verb: string,
    username: string,
    change: { before?: object; after?: object },
  ) {
    const { tenant } = caller;
    await noteAccessChange(tx);
    const resource = `members/${username}`;
    await this.audit.record(tx, caller, {
      action: `member.${verb}`,
      resource: `tenants/${tenant.name}/${resource}`,
      tenant,
      ...change,
    });
    await this.events.record(tx, { tenantId: tenant.id, type: `member.${verb}d`, resource });
  }
}

function requireRoleChange(caller: TenantCaller, before: string | null, after: string | null): void {
  if (!canChangeRole(caller.actor, caller.tenant, before, after)) {
    throw refuse('forbidden', 'Owners are made and unmade by owners only.');
  }
}
