import { Injectable } from '@nestjs/common';
import { PlatformAdministrators } from '../access/platform-administrators.service.js';
import { AuditService } from '../audit/audit.service.js';
import { noteAccessChange } from '../kernel/access/access.js';
import { Database, isUniqueViolation, type Prisma } from '../kernel/database/index.js';
import { requireVersion } from '../kernel/http/etag.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId, newId } from '../kernel/ids/ids.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import {
  type CreateGroup,
  countMembers,
  type GroupAnswer,
  type GroupMemberAnswer,
  type GroupRow,
  toGroupAnswer,
  toGroupMemberAnswer,
} from './groups.dto.js';
import { fail } from './identity.errors.js';
import { UsersService } from './users.service.js';

/** Groups that roles are given to. Administrators may add members of their own to those that a directory keeps. */
@Injectable()
export class GroupsService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersService,
    private readonly administrators: PlatformAdministrators,
    private readonly audit: AuditService,
  ) {}

  async list(query: PageQuery): Promise<Page<GroupAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.GroupWhereInput>(query, 'name');
    const name = query.q ? { contains: query.q } : undefined;
    const rows = await this.database.read.group.findMany({
      where: { AND: [where], name },
      include: countMembers,
      orderBy,
      take,
    });
    return toPage(rows, query.limit, (row) => [row.name, row.id], toGroupAnswer);
  }

  async get(group: string): Promise<GroupAnswer> {
    return toGroupAnswer(await this.getRow(group));
  }

  async create(caller: Caller, { name }: CreateGroup): Promise<GroupAnswer> {
    const create = this.database.transaction(async (tx) => {
      const data = { id: newId(), name, displayName: name, source: 'direct' };
      const row = await tx.group.create({ data, include: countMembers });
      await this.audit.record(tx, caller, { action: 'group.create', resource: toPath(row), after: { name } });
      return toGroupAnswer(row);
    });
    return create.catch((error: unknown) => {
      throw isUniqueViolation(error) ? fail('group-exists') : error;
    });
  }

  /** With the roles that were given to it. */
  async delete(caller: Caller, group: string): Promise<void> {
    const { id } = await this.getRow(group);
    await this.database.transaction(async (tx) => {
      const before = await tx.group.findUnique({ where: { id }, include: countMembers });
      if (!before) throw fail('group-not-found');
      requireVersion(caller, before);
      const requireAdministratorLeft = await this.administrators.watch(tx);
      await tx.group.delete({ where: { id } });
      await requireAdministratorLeft();
      await noteAccessChange(tx);
      const entry = { action: 'group.delete', resource: toPath(before), before: toGroupAnswer(before) };
      await this.audit.record(tx, caller, entry);
    });
  }

  async listMembers(group: string, query: PageQuery): Promise<Page<GroupMemberAnswer>> {
    const { id } = await this.getRow(group);
    const { where, orderBy, take } = keyset<Prisma.UserWhereInput>(query, 'username');
    const username = query.q ? { contains: query.q } : undefined;
    const rows = await this.database.read.user.findMany({
      where: { AND: [where], username, groups: { some: { groupId: id } } },
      include: { groups: { where: { groupId: id } } },
      orderBy,
      take,
    });
    return toPage(
      rows,
      query.limit,
      (row) => [row.username, row.id],
      ({ groups: [member], ...user }) =>
        toGroupMemberAnswer({
          groupId: id,
          userId: user.id,
          source: member?.source ?? 'direct',
          createdAt: member?.createdAt ?? user.createdAt,
          user,
        }),
    );
  }

  async addMember(caller: Caller, group: string, username: string): Promise<void> {
    const [row, user] = await Promise.all([this.getRow(group), this.users.getRow(username)]);
    await this.database.transaction(async (tx) => {
      const data = [{ groupId: row.id, userId: user.id, source: 'direct' }];
      const { count } = await tx.groupMember.createMany({ data, skipDuplicates: true });
      if (count === 0) return;
      await noteAccessChange(tx, { userId: user.id });
      const resource = `${toPath(row)}/members/${user.username}`;
      await this.audit.record(tx, caller, { action: 'group.add-member', resource });
    });
  }

  async removeMember(caller: Caller, group: string, username: string): Promise<void> {
    const [row, user] = await Promise.all([this.getRow(group), this.users.getRow(username)]);
    await this.database.transaction(async (tx) => {
      const where = { groupId_userId: { groupId: row.id, userId: user.id } };
      const member = await tx.groupMember.findUnique({ where });
      if (!member) return;
      if (member.source !== 'direct') throw fail('group-is-directory');
      const requireAdministratorLeft = await this.administrators.watch(tx);
      await tx.groupMember.delete({ where });
      await requireAdministratorLeft();
      await noteAccessChange(tx, { userId: user.id });
      const resource = `${toPath(row)}/members/${user.username}`;
      await this.audit.record(tx, caller, { action: 'group.remove-member', resource });
    });
  }

  private async getRow(group: string): Promise<GroupRow> {
    const where = isId(group) ? { id: group } : { name: group };
    const row = await this.database.read.group.findUnique({ where, include: countMembers });
    if (!row) throw fail('group-not-found');
    return row;
  }
}

const toPath = ({ name }: { name: string }): string => `groups/${encodeURIComponent(name)}`;
