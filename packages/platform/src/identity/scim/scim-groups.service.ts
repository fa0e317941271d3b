import { Injectable } from '@nestjs/common';
import { PlatformAdministrators } from '../../access/platform-administrators.service.js';
import { AuditService } from '../../audit/audit.service.js';
import { noteAccessChange } from '../../kernel/access/access.js';
import { Database, isUniqueViolation, type Prisma, type Transaction } from '../../kernel/database/index.js';
import { isId, newId } from '../../kernel/ids/ids.js';
import { ScimError } from './scim.errors.js';
import {
  applyPatch,
  type Comparison,
  type GroupBody,
  groupBody,
  groupSchemaId,
  type ListQuery,
  parseBody,
  parseFilter,
  requireMatch,
  textCondition,
  timeCondition,
  toEtag,
  toList,
  toWhere,
} from './scim.rules.js';
import type { ScimCaller } from './scim-users.service.js';

type Row = Prisma.GroupGetPayload<{ include: { members: { select: { userId: true; user: true } } } }>;
type Where = Prisma.GroupWhereInput;

const byMember: Comparison<Where> = (op, value) =>
  op === 'eq' && typeof value === 'string'
    ? { members: { some: { userId: isId(value) ? value : newId() } } }
    : undefined;
const comparisons = new Map<string, Comparison<Where>>([
  ['id', (op, value) => ({ id: op === 'eq' && typeof value === 'string' && isId(value) ? value : newId() })],
  [
    'displayname',
    (op, value) => ({ displayName: op === 'pr' ? undefined : (textCondition(op, value) as Prisma.StringFilter) }),
  ],
  ['externalid', (op, value) => ({ externalId: textCondition(op, value, true) })],
  ['members', byMember],
  ['members.value', byMember],
  ['meta.lastmodified', (op, value) => ({ updatedAt: timeCondition(op, value) })],
]);

/** Groups as a directory keeps them. Roles are given to them by name, also before the directory has sent them. */
@Injectable()
export class ScimGroups {
  constructor(
    private readonly database: Database,
    private readonly administrators: PlatformAdministrators,
    private readonly audit: AuditService,
  ) {}

  /** `withMembers`: a directory that only looks for a group asks for it without. */
  async list(caller: ScimCaller, query: ListQuery, withMembers: boolean) {
    const filter = parseFilter(query.filter);
    const where = filter ? toWhere(filter, comparisons) : {};
    const [total, rows] = await Promise.all([
      this.database.read.group.count({ where }),
      query.count === 0
        ? []
        : this.database.read.group.findMany({
            where,
            include: includeMembers(withMembers),
            orderBy: { id: 'asc' },
            skip: query.startIndex - 1,
            take: query.count,
          }),
    ]);
    return toList(
      query,
      total,
      rows.map((row) => toResource(caller, row, withMembers)),
    );
  }

  async get(caller: ScimCaller, id: string, withMembers: boolean) {
    return toResource(caller, await this.getRow(this.database.read, id), withMembers);
  }

  async create(caller: ScimCaller, body: unknown) {
    const group = parseBody(groupBody, body);
    const create = this.database.transaction(async (tx) => {
      const { displayName, externalId = null } = group;
      const known = await tx.group.findUnique({ where: { name: displayName } });
      if (known?.source === 'scim') throw taken();
      const values = { displayName, externalId, source: 'scim' };
      // A group that a role or a sign-in has named before the directory did is the same one.
      const { id } = known
        ? await tx.group.update({ where: { id: known.id }, data: { ...values, version: { increment: 1 } } })
        : await tx.group.create({ data: { id: newId(), name: displayName, ...values } });
      await setMembers(tx, id, group);
      return this.end(tx, caller, id, 'create', group);
    });
    return create.catch(toUniqueness);
  }

  async replace(caller: ScimCaller, id: string, body: unknown) {
    return this.write(caller, id, () => parseBody(groupBody, body));
  }

  async patch(caller: ScimCaller, id: string, body: unknown) {
    return this.write(caller, id, (row) => parseBody(groupBody, applyPatch(toPlain(row), body)));
  }

  async delete(caller: ScimCaller, id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const row = await this.getRow(tx, id);
      requireMatch(caller.ifMatch, row.version);
      const requireAdministratorLeft = await this.administrators.watch(tx);
      await tx.group.delete({ where: { id } });
      await requireAdministratorLeft();
      await noteAccessChange(tx);
      await this.note(tx, caller, row, 'delete', {});
    });
  }

  private async write(caller: ScimCaller, id: string, decide: (row: Row) => GroupBody) {
    const write = this.database.transaction(async (tx) => {
      if (isId(id)) await tx.$queryRaw`SELECT 1 FROM groups WHERE id = ${id}::uuid FOR UPDATE`;
      const before = await this.getRow(tx, id);
      requireMatch(caller.ifMatch, before.version);
      const group = decide(before);
      const { displayName, externalId = null } = group;
      const data = { name: displayName, displayName, externalId, source: 'scim', version: { increment: 1 } };
      const requireAdministratorLeft = await this.administrators.watch(tx);
      await tx.group.update({ where: { id }, data });
      await setMembers(tx, id, group);
      await requireAdministratorLeft();
      return this.end(tx, caller, id, 'update', group);
    });
    return write.catch(toUniqueness);
  }

  private async end(tx: Transaction, caller: ScimCaller, id: string, verb: 'create' | 'update', after: object) {
    await noteAccessChange(tx);
    const row = await this.getRow(tx, id);
    await this.note(tx, caller, row, verb, after);
    return toResource(caller, row, true);
  }

  private async getRow(reader: Transaction, id: string): Promise<Row> {
    const row = isId(id) ? await reader.group.findUnique({ where: { id }, include: includeMembers(true) }) : null;
    if (!row) throw new ScimError(404, 'There is no such group.');
    return row;
  }

  private async note(
    tx: Transaction,
    { token, requestId, source }: ScimCaller,
    row: Row,
    verb: 'create' | 'update' | 'delete',
    after: object,
  ): Promise<void> {
    const by = { actor: { id: null, username: `scim:${token}` }, requestId, source };
    const resource = `groups/${encodeURIComponent(row.name)}`;
    await this.audit.record(tx, by, { action: `group.${verb}`, resource, after });
  }
}

/** Who is named is in the group by the directory's word; who is not, and was by its word, is out. */
async function setMembers(tx: Transaction, groupId: string, { members }: GroupBody): Promise<void> {
  const ids = [...new Set(members.map(({ value }) => value))];
  const users = await tx.user.findMany({ where: { id: { in: ids.filter(isId) } }, select: { id: true } });
  if (users.length < ids.length) throw new ScimError(400, 'members: there is no such user.', 'invalidValue');
  await tx.groupMember.deleteMany({ where: { groupId, source: 'scim', userId: { notIn: ids } } });
  const data = ids.map((userId) => ({ groupId, userId, source: 'scim' }));
  await tx.groupMember.createMany({ data, skipDuplicates: true });
  await tx.groupMember.updateMany({ where: { groupId, userId: { in: ids } }, data: { source: 'scim' } });
}

const includeMembers = (isWanted: boolean) => ({
  members: { select: { userId: true, user: true }, ...(!isWanted && { take: 0 }) },
});

const taken = () => new ScimError(409, 'Another group has this name.', 'uniqueness');

function toUniqueness(error: unknown): never {
  throw isUniqueViolation(error) ? taken() : error;
}

/** As a PATCH sees it: a member is its id alone, by which directories name those to remove. */
const toPlain = ({ displayName, externalId, members }: Row) => ({
  displayName,
  ...(externalId !== null && { externalId }),
  members: members.map(({ userId }) => ({ value: userId })),
});

function toResource({ base }: ScimCaller, row: Row, withMembers: boolean) {
  const members = row.members.map(({ userId, user }) => ({
    value: userId,
    display: user.displayName,
    type: 'User',
    $ref: `${base}/Users/${userId}`,
  }));
  return {
    schemas: [groupSchemaId],
    id: row.id,
    ...(row.externalId !== null && { externalId: row.externalId }),
    displayName: row.displayName,
    ...(withMembers && { members }),
    meta: {
      resourceType: 'Group',
      created: row.createdAt.toISOString(),
      lastModified: row.updatedAt.toISOString(),
      location: `${base}/Groups/${row.id}`,
      version: toEtag(row.version),
    },
  };
}
