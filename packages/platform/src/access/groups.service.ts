import { Injectable } from '@nestjs/common';
import { Database, type Prisma } from '../kernel/database/index.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId } from '../kernel/ids/ids.js';
import { fail } from './access.errors.js';
import { type GroupAnswer, type GroupMemberAnswer, toGroupAnswer } from './groups.dto.js';

const counts = { _count: { select: { members: true, bindings: true } } } as const;

/** The directory's groups: they come by SCIM or with a token's claim, and are only read here. */
@Injectable()
export class GroupsService {
  constructor(private readonly database: Database) {}

  async list(query: PageQuery): Promise<Page<GroupAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.GroupWhereInput>(query, 'name');
    const name = query.q ? { contains: query.q } : undefined;
    const rows = await this.database.read.group.findMany({
      where: { AND: [where], name },
      include: counts,
      orderBy,
      take,
    });
    return toPage(rows, query.limit, (row) => [row.name, row.id], toGroupAnswer);
  }

  async get(group: string): Promise<GroupAnswer> {
    const where = isId(group) ? { id: group } : { name: group };
    const row = await this.database.read.group.findUnique({ where, include: counts });
    if (!row) throw fail('directory-group-not-found');
    return toGroupAnswer(row);
  }

  async listMembers(group: string, query: PageQuery): Promise<Page<GroupMemberAnswer>> {
    const { id } = await this.get(group);
    const { where, orderBy, take } = keyset<Prisma.UserWhereInput>(query, 'username');
    const username = query.q ? { contains: query.q } : undefined;
    const rows = await this.database.read.user.findMany({
      where: { AND: [where], username, groups: { some: { groupId: id } } },
      select: { id: true, username: true, displayName: true },
      orderBy,
      take,
    });
    return toPage(
      rows,
      query.limit,
      (row) => [row.username, row.id],
      (row) => row,
    );
  }
}
