import { Injectable } from '@nestjs/common';
import { Access } from '../kernel/access/access.js';
import { permissionsOfGrant } from '../kernel/access/grants.js';
import type { Permission } from '../kernel/access/permissions.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type Transaction } from '../kernel/database/index.js';
import { fail as refuse } from '../kernel/errors/kernel.errors.js';
import { requireVersion } from '../kernel/http/etag.js';
import { type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { fail } from './access.errors.js';
import { builtInRoles, isLastingOwner, lacking, type Place, wouldLoseLastOwner } from './access.rules.js';
import { type BindingRow, BindingsRepository, type Subject } from './bindings.repository.js';
import { MemberRecords, type NamedPlace } from './member-records.service.js';
import {
  type CreateMember,
  type MemberAnswer,
  nameOfMember,
  toMemberAnswer,
  type UpdateMember,
} from './members.dto.js';
import { RolesRepository } from './roles.repository.js';

/** Who has which role where: the doors of tenants, projects and the platform all end here. */
@Injectable()
export class MembersService {
  constructor(
    private readonly bindings: BindingsRepository,
    private readonly roles: RolesRepository,
    private readonly access: Access,
    private readonly database: Database,
    private readonly records: MemberRecords,
    private readonly clock: Clock,
  ) {}

  async list(place: NamedPlace, query: PageQuery): Promise<Page<MemberAnswer>> {
    const rows = await this.bindings.list(place, query, this.clock.now());
    return toPage(rows, query.limit, (row) => [row.createdAt, row.id], toMemberAnswer);
  }

  async create(caller: Caller, place: NamedPlace, body: CreateMember): Promise<MemberAnswer> {
    const expiresAt = this.parseExpiry(body.expiresAt);
    const held = await this.heldBy(caller, place);
    return this.database.transaction(async (tx) => {
      await this.bindings.lock(tx, place);
      const role = await this.getRole(tx, place, body.role);
      requireHeld(role.permissions, held);
      const subject = await this.getSubject(tx, body);
      await this.requireFree(tx, place, subject, { role: body.role, expiresAt });
      const createdBy = caller.actor.username;
      const values = { tenantId: place.tenantId, projectId: place.projectId, ...subject };
      const row = await this.bindings.create(tx, { ...values, role: body.role, roleId: role.id, expiresAt, createdBy });
      await this.records.write(tx, caller, place, 'create', nameOfMember(row), { after: body });
      return toMemberAnswer(row);
    });
  }

  async update(caller: Caller, place: NamedPlace, member: string, body: UpdateMember): Promise<MemberAnswer> {
    const held = await this.heldBy(caller, place);
    return this.database.transaction(async (tx) => {
      await this.bindings.lock(tx, place);
      const requireAdministratorLeft = await this.watch(tx, place);
      const before = onlyOne(await this.bindings.find(place, member, this.clock.now(), tx));
      requireVersion(caller, before);
      const role = body.role ?? before.role;
      const expiresAt = body.expiresAt === undefined ? before.expiresAt : this.parseExpiry(body.expiresAt);
      if (role === before.role && expiresAt?.getTime() === before.expiresAt?.getTime()) return toMemberAnswer(before);
      const { id: roleId, permissions } = await this.getRole(tx, place, role);
      requireHeld(permissionsOfGrant(toGrant(before)), held);
      requireHeld(permissions, held);
      if (!isLastingOwner({ ...before, role, expiresAt })) await this.requireOwnerLeft(tx, place, [before]);
      const others = await this.bindings.findOfSubject(tx, place, before);
      if (others.some((other) => other.id !== before.id && other.role === role)) throw fail('member-exists');
      const row = await this.bindings.update(tx, before.id, { role, roleId, expiresAt });
      await requireAdministratorLeft?.();
      const change = { before: { role: before.role, expiresAt: before.expiresAt }, after: body };
      await this.records.write(tx, caller, place, 'update', nameOfMember(row), change);
      return toMemberAnswer(row);
    });
  }

  /** Takes the binding of this id, or all that the user or group of this name has here. */
  async delete(caller: Caller, place: NamedPlace, member: string): Promise<void> {
    const held = await this.heldBy(caller, place);
    await this.database.transaction(async (tx) => {
      await this.bindings.lock(tx, place);
      const requireAdministratorLeft = await this.watch(tx, place);
      const rows = await this.bindings.find(place, member, this.clock.now(), tx);
      const [first] = rows;
      if (!first) throw fail('member-not-found');
      if (rows.length === 1) requireVersion(caller, first);
      for (const row of rows) requireHeld(permissionsOfGrant(toGrant(row)), held);
      await this.requireOwnerLeft(tx, place, rows);
      await this.bindings.delete(
        tx,
        rows.map(({ id }) => id),
      );
      await requireAdministratorLeft?.();
      const before = { role: rows.map(({ role }) => role).join(', ') };
      await this.records.write(tx, caller, place, 'delete', nameOfMember(first), { before });
    });
  }

  /** What the caller may give in a place: all that he has there himself. */
  private async heldBy({ actor }: Caller, place: Place): Promise<ReadonlySet<Permission>> {
    return this.access.heldIn(actor, place.tenantId, place.projectId ?? undefined);
  }

  private async getRole(tx: Transaction, place: Place, name: string) {
    const builtIn = builtInRoles(place).get(name);
    if (builtIn) return { id: null, permissions: builtIn };
    const row = await this.roles.find(place.tenantId, name, tx);
    if (!row || row.name !== name) throw fail('role-unknown');
    return { id: row.id, permissions: permissionsOfGrant({ ...place, role: name, custom: row.permissions }) };
  }

  private async getSubject(tx: Transaction, { username, group }: CreateMember): Promise<Subject> {
    if (group !== undefined) return { userId: null, groupId: await this.bindings.ensureGroup(tx, group) };
    const user = await this.bindings.findUser(username ?? '', tx);
    if (!user) throw refuse('user-unknown');
    return { userId: user.id, groupId: null };
  }

  /** One lasting role a subject and place; beside it others that end. What has ended makes room. */
  private async requireFree(
    tx: Transaction,
    place: Place,
    subject: Subject,
    wanted: { role: string; expiresAt: Date | null },
  ): Promise<void> {
    const now = this.clock.now();
    const present = await this.bindings.findOfSubject(tx, place, subject);
    const isOver = (row: BindingRow) => row.expiresAt !== null && row.expiresAt <= now;
    await this.bindings.delete(
      tx,
      present.filter(isOver).map(({ id }) => id),
    );
    const standing = present.filter((row) => !isOver(row));
    const clash = standing.some(
      (row) => row.role === wanted.role || (row.expiresAt === null && wanted.expiresAt === null),
    );
    if (clash) throw fail('member-exists');
  }

  private async requireOwnerLeft(tx: Transaction, place: Place, leaving: readonly BindingRow[]): Promise<void> {
    if (place.tenantId === null || place.projectId !== null) return;
    const owners = await this.bindings.listLastingOwners(tx, place.tenantId);
    if (wouldLoseLastOwner(owners, leaving)) throw fail('last-owner');
  }

  private async watch(tx: Transaction, place: Place) {
    return place.tenantId === null ? this.bindings.watchAdministrators(tx) : undefined;
  }

  private parseExpiry(text: string | null | undefined): Date | null {
    if (text === null || text === undefined) return null;
    const time = new Date(text);
    if (time <= this.clock.now()) throw fail('expiry-past');
    return time;
  }
}

function onlyOne(rows: readonly BindingRow[]): BindingRow {
  const lasting = rows.filter((row) => row.expiresAt === null);
  const [row, another] = lasting.length === 1 ? lasting : rows;
  if (!row) throw fail('member-not-found');
  if (another) throw fail('member-ambiguous');
  return row;
}

const toGrant = ({ tenantId, projectId, role, customRole }: BindingRow) => ({
  tenantId,
  projectId,
  role,
  custom: customRole?.permissions ?? null,
});

function requireHeld(wanted: Iterable<Permission>, held: ReadonlySet<Permission>): void {
  const missing = lacking(wanted, held);
  if (missing.length > 0) throw fail('permission-not-yours', `You lack ${missing.join(', ')}.`);
}
