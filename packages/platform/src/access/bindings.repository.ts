import { Injectable } from '@nestjs/common';
import { Database, Prisma, type Reader, type Transaction } from '../kernel/database/index.js';
import { keyset } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId, newId } from '../kernel/ids/ids.js';
import { fail } from './access.errors.js';
import { isLastingOwner, type Place } from './access.rules.js';

const subject = {
  user: { select: { username: true, displayName: true, email: true } },
  group: { select: { name: true } },
  customRole: { select: { permissions: true } },
} as const;

export type BindingRow = Prisma.RoleBindingGetPayload<{ include: typeof subject }>;

/** Who is bound: exactly one of the two. */
export interface Subject {
  readonly userId: string | null;
  readonly groupId: string | null;
}

export interface NewBinding extends Place, Subject {
  readonly role: string;
  readonly roleId: string | null;
  readonly expiresAt: Date | null;
  readonly createdBy: string;
}

@Injectable()
export class BindingsRepository {
  constructor(private readonly database: Database) {}

  /** Those of exactly this place that are in force at `now`. */
  list(place: Place, query: PageQuery, now: Date): Promise<BindingRow[]> {
    const { where, orderBy, take } = keyset<Prisma.RoleBindingWhereInput>(query, 'createdAt', { type: 'date' });
    const named = query.q
      ? { OR: [{ user: { username: { contains: query.q } } }, { group: { name: { contains: query.q } } }] }
      : {};
    return this.database.read.roleBinding.findMany({
      where: { AND: [where, at(place), named, inForce(now)] },
      include: subject,
      orderBy,
      take,
    });
  }

  /** Those that `member` names: a binding's id, a user's name or id, or `group:<name>`. */
  find(place: Place, member: string, now: Date, reader: Reader = this.database.read): Promise<BindingRow[]> {
    const [, group] = /^group:(.+)$/s.exec(member) ?? [];
    const named: Prisma.RoleBindingWhereInput = group
      ? { group: { name: group } }
      : isId(member)
        ? { OR: [{ id: member }, { userId: member }] }
        : { user: { username: member } };
    return reader.roleBinding.findMany({
      where: { AND: [at(place), named, inForce(now)] },
      include: subject,
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      take: 50,
    });
  }

  /** Also those that have ended: they stand in the way of nothing, and are swept when the subject is bound again. */
  findOfSubject(tx: Transaction, place: Place, { userId, groupId }: Subject): Promise<BindingRow[]> {
    return tx.roleBinding.findMany({ where: { ...at(place), userId, groupId }, include: subject });
  }

  get(reader: Reader, id: string): Promise<BindingRow | null> {
    return reader.roleBinding.findUnique({ where: { id }, include: subject });
  }

  create(tx: Transaction, binding: NewBinding): Promise<BindingRow> {
    return tx.roleBinding.create({ data: { id: newId(), ...binding }, include: subject });
  }

  update(
    tx: Transaction,
    id: string,
    data: { role: string; roleId: string | null; expiresAt: Date | null },
  ): Promise<BindingRow> {
    return tx.roleBinding.update({ where: { id }, data: { ...data, version: { increment: 1 } }, include: subject });
  }

  async delete(tx: Transaction, ids: readonly string[]): Promise<void> {
    await tx.roleBinding.deleteMany({ where: { id: { in: [...ids] } } });
  }

  /** The owners whom the last-owner rule counts. */
  async listLastingOwners(tx: Transaction, tenantId: string): Promise<{ id: string }[]> {
    const where = { tenantId, projectId: null, role: 'owner', expiresAt: null };
    const rows = await tx.roleBinding.findMany({
      where,
      select: { id: true, role: true, userId: true, expiresAt: true },
    });
    return rows.filter(isLastingOwner);
  }

  /**
   * For a change after which nobody might administer the platform; such changes wait for each other until the transaction ends.
   * What it answers is to be called after the change, and throws when the last lasting administrator who is not disabled is gone.
   */
  async watchAdministrators(tx: Transaction): Promise<() => Promise<void>> {
    await this.lock(tx, { tenantId: null, projectId: null });
    const had = await hasAdministrator(tx);
    return async () => {
      if (had && !(await hasAdministrator(tx))) throw fail('last-administrator');
    };
  }

  /** Makes changes of one place's bindings wait for each other until the transaction ends. */
  async lock(tx: Transaction, { tenantId }: Place): Promise<void> {
    if (tenantId === null) await tx.$queryRaw`SELECT 1 FROM (SELECT pg_advisory_xact_lock(727073692)) AS lock`;
    else await tx.$queryRaw`SELECT 1 FROM tenants WHERE id = ${tenantId}::uuid FOR NO KEY UPDATE`;
  }

  findUser(username: string, reader: Reader): Promise<{ id: string } | null> {
    return reader.user.findUnique({ where: { username }, select: { id: true } });
  }

  /** The group of this name; one that nobody has come with yet is made, so that it can be bound before. */
  async ensureGroup(tx: Transaction, name: string): Promise<string> {
    await tx.$executeRaw`
      INSERT INTO groups (id, name, "displayName", source) VALUES (${newId()}::uuid, ${name}, ${name}, 'expected')
      ON CONFLICT (name) DO NOTHING`;
    const { id } = await tx.group.findUniqueOrThrow({ where: { name }, select: { id: true } });
    return id;
  }
}

async function hasAdministrator(tx: Transaction): Promise<boolean> {
  const rows = await tx.$queryRaw<object[]>`
    SELECT 1 FROM users u WHERE u."disabledAt" IS NULL AND EXISTS (
      SELECT 1 FROM role_bindings b
      WHERE b."tenantId" IS NULL AND b.role = 'admin' AND b."roleId" IS NULL AND b."expiresAt" IS NULL
      AND (b."userId" = u.id OR b."groupId" IN (SELECT m."groupId" FROM group_members m WHERE m."userId" = u.id)))
    LIMIT 1`;
  return rows.length > 0;
}

const at = ({ tenantId, projectId }: Place) => ({ tenantId, projectId });
const inForce = (now: Date): Prisma.RoleBindingWhereInput => ({
  OR: [{ expiresAt: null }, { expiresAt: { gt: now } }],
});
