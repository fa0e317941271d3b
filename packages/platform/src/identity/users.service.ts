import { Inject, Injectable } from '@nestjs/common';
import { PlatformAdministrators } from '../access/platform-administrators.service.js';
import { AuditService } from '../audit/audit.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import {
  Database,
  isUniqueViolation,
  type Prisma,
  type Reader,
  type Transaction,
  type UserModel,
} from '../kernel/database/index.js';
import { requireVersion } from '../kernel/http/etag.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import { isId, newId } from '../kernel/ids/ids.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { CredentialCache } from './credential-cache.service.js';
import { type CreateUser, toUserAnswer, type UpdateUser, type UserAnswer, type UserQuery } from './identity.dto.js';
import { fail } from './identity.errors.js';
import { Passwords } from './passwords.service.js';
import { SessionsService } from './sessions.service.js';

/** The users, kept by administrators. Those of an outside issuer come by themselves when they first sign in. */
@Injectable()
export class UsersService {
  private readonly builtInIssuer: string;

  constructor(
    private readonly database: Database,
    private readonly credentials: CredentialCache,
    private readonly sessions: SessionsService,
    private readonly passwords: Passwords,
    private readonly administrators: PlatformAdministrators,
    private readonly audit: AuditService,
    private readonly clock: Clock,
    @Inject(CONFIG) config: Pick<Configuration, 'apiUrl'>,
  ) {
    this.builtInIssuer = `${config.apiUrl}/realms/slipway`;
  }

  async list(query: UserQuery): Promise<Page<UserAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.UserWhereInput>(query, 'username');
    const username = query.q ? { contains: query.q } : undefined;
    const disabledAt = query.disabled && (query.disabled === 'true' ? { not: null } : null);
    const rows = await this.database.read.user.findMany({
      where: { AND: [where], username, disabledAt },
      orderBy,
      take,
    });
    const administrators = await this.administrators.findAmong(
      this.database.read,
      rows.map(({ id }) => id),
    );
    return toPage(
      rows,
      query.limit,
      (row) => [row.username, row.id],
      (row) => toUserAnswer(row, administrators.has(row.id)),
    );
  }

  async get(username: string): Promise<UserAnswer> {
    return this.toAnswer(this.database.read, await this.getRow(username));
  }

  async create(caller: Caller, body: CreateUser): Promise<UserAnswer> {
    const passwordHash = await this.passwords.hash(body.password, body);
    const create = this.database.transaction(async (tx) => {
      const row = await this.insert(tx, { ...body, passwordHash }, caller.actor.username);
      await this.audit.record(tx, caller, { action: 'user.create', resource: `users/${row.username}`, after: body });
      return toUserAnswer(row, body.isAdmin);
    });
    return create.catch((error: unknown) => {
      throw isUniqueViolation(error) ? fail('user-exists') : error;
    });
  }

  async update(caller: Caller, username: string, body: UpdateUser): Promise<UserAnswer> {
    const known = await this.getRow(username);
    const { id } = known;
    const { password, isDisabled, isAdmin, ...fields } = body;
    const passwordHash = password === undefined ? undefined : await this.passwords.hash(password, known);
    return this.credentials.change(async (tx) => {
      const before = await lock(tx, id);
      if (!before) throw fail('user-not-found');
      requireVersion(caller, before);
      const answerBefore = await this.toAnswer(tx, before);
      const losesRights = (isAdmin === false && answerBefore.isAdmin) || isDisabled === true;
      if (losesRights && id === caller.actor.id) throw fail('user-is-yourself');
      if (passwordHash && before.issuer !== this.builtInIssuer) throw fail('user-is-external');
      const requireAdministratorLeft = await this.administrators.watch(tx);
      const disabledAt =
        isDisabled === undefined ? undefined : isDisabled ? (before.disabledAt ?? this.clock.now()) : null;
      const data = { ...fields, passwordHash, disabledAt, version: { increment: 1 } };
      const row = await tx.user.update({ where: { id }, data });
      if (isAdmin !== undefined) await this.administrators.set(tx, id, isAdmin, caller.actor.username);
      await requireAdministratorLeft();
      // Whoever was signed in by the old password is signed out, and so is who may not sign in any more.
      if (passwordHash || isDisabled) await this.sessions.endAllWithin(tx, id);
      const change = { before: answerBefore, after: body };
      await this.audit.record(tx, caller, { action: 'user.update', resource: `users/${row.username}`, ...change });
      return this.toAnswer(tx, row);
    });
  }

  async delete(caller: Caller, username: string): Promise<void> {
    const { id } = await this.getRow(username);
    if (id === caller.actor.id) throw fail('user-is-yourself');
    await this.credentials.change(async (tx) => {
      const before = await lock(tx, id);
      if (!before) throw fail('user-not-found');
      requireVersion(caller, before);
      const owners = { projectId: null, role: 'owner', expiresAt: null };
      const alone = await tx.tenant.findMany({
        where: {
          bindings: {
            some: { ...owners, userId: id },
            none: { ...owners, OR: [{ userId: null }, { userId: { not: id } }] },
          },
        },
        select: { name: true },
      });
      if (alone.length > 0)
        throw fail('user-is-last-owner', `Only owner of: ${alone.map(({ name }) => name).join(', ')}.`);
      const change = { before: await this.toAnswer(tx, before) };
      const requireAdministratorLeft = await this.administrators.watch(tx);
      await this.sessions.endAllWithin(tx, id);
      await tx.user.delete({ where: { id } });
      await requireAdministratorLeft();
      await this.audit.record(tx, caller, { action: 'user.delete', resource: `users/${before.username}`, ...change });
    });
  }

  /** The row by user name or id. Throws 404. */
  async getRow(username: string): Promise<UserModel> {
    const where = isId(username) ? { id: username } : { username };
    const row = await this.database.read.user.findUnique({ where });
    if (!row) throw fail('user-not-found');
    return row;
  }

  private async toAnswer(reader: Reader, row: UserModel): Promise<UserAnswer> {
    return toUserAnswer(row, (await this.administrators.findAmong(reader, [row.id])).has(row.id));
  }

  /** A user of the built-in issuer. */
  async insert(
    tx: Transaction,
    user: { username: string; email?: string; displayName?: string; isAdmin: boolean; passwordHash: string },
    createdBy: string,
  ): Promise<UserModel> {
    const id = newId();
    const { username, email, isAdmin, passwordHash } = user;
    const displayName = user.displayName ?? username;
    const data = { id, username, email, displayName, passwordHash, issuer: this.builtInIssuer, subject: id };
    const row = await tx.user.create({ data });
    if (isAdmin) await this.administrators.set(tx, id, true, createdBy);
    return row;
  }
}

async function lock(tx: Transaction, id: string): Promise<UserModel | null> {
  await tx.$queryRaw`SELECT 1 FROM users WHERE id = ${id}::uuid FOR UPDATE`;
  return tx.user.findUnique({ where: { id } });
}
