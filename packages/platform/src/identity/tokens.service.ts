import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Access } from '../kernel/access/access.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, isUniqueViolation, type PersonalTokenModel, type Prisma } from '../kernel/database/index.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { createToken, hashToken, isId, newId } from '../kernel/ids/ids.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { CredentialCache } from './credential-cache.service.js';
import { earlier, rotated, toExpiry } from './credentials.rules.js';
import { fail } from './identity.errors.js';
import { kubeTokenPrefix, personalTokenPrefix, requireUser, toTokenPrefix } from './identity.rules.js';
import { IdentitySettings } from './settings.service.js';
import {
  type CreateKubeToken,
  type CreateToken,
  type KubeTokenAnswer,
  type NewTokenAnswer,
  type Rotate,
  type TokenAnswer,
  toTokenAnswer,
} from './tokens.dto.js';

const kubeTokenMilliseconds = 3_600_000;

/** Users' own tokens. Only hashes are kept. */
@Injectable()
export class PersonalTokens {
  constructor(
    private readonly database: Database,
    private readonly credentials: CredentialCache,
    private readonly access: Access,
    private readonly settings: IdentitySettings,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  async list(userId: string, query: PageQuery): Promise<Page<TokenAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.PersonalTokenWhereInput>(query, 'createdAt', {
      direction: 'desc',
      type: 'date',
    });
    const name = query.q ? { contains: query.q } : undefined;
    const rows = await this.database.read.personalToken.findMany({
      where: { AND: [where], userId, name, kind: { in: ['personal', 'login'] } },
      orderBy,
      take,
    });
    const names = await this.tenantNames(rows);
    return toPage(
      rows,
      query.limit,
      (row) => [row.createdAt, row.id],
      (row) => toTokenAnswer(row, names.get(row.tenantId ?? '') ?? null),
    );
  }

  /** The token itself is in this answer only. */
  async create(caller: Caller, body: CreateToken): Promise<NewTokenAnswer> {
    const userId = requireUser(caller);
    const { name, kind, scopes = [], ranges } = body;
    const tenant = body.tenant ? await this.access.getTenantScope(caller.actor, body.tenant) : undefined;
    const token = createToken(personalTokenPrefix);
    const life = await this.settings.toLife(body.expiresInDays);
    const expiresAt = toExpiry(this.clock.now(), life);
    const device = kind === 'login' ? (caller.userAgent ?? null) : null;
    const create = this.database.transaction(async (tx) => {
      const prefix = toTokenPrefix(token, personalTokenPrefix);
      const keys = { id: newId(), userId, kind, name, prefix, hash: hashToken(token), createdAt: this.clock.now() };
      const data = { ...keys, scopes, ranges, device, lifeDays: life, expiresAt, tenantId: tenant?.id };
      const row = await tx.personalToken.create({ data });
      const entry = { action: 'token.create', resource: `me/tokens/${row.id}`, after: body };
      await this.audit.record(tx, caller, entry);
      return { ...toTokenAnswer(row, tenant?.name ?? null), token };
    });
    return create.catch((error: unknown) => {
      throw isUniqueViolation(error) ? fail('token-name-taken') : error;
    });
  }

  /** A new secret under the same id, scopes and ranges. */
  async rotate(caller: Caller, id: string, { overlapSeconds, expiresInDays }: Rotate): Promise<NewTokenAnswer> {
    const userId = requireUser(caller);
    if (!isId(id)) throw fail('token-not-found');
    const found = await this.database.read.personalToken.findFirst({ where: { id, userId, kind: 'personal' } });
    if (!found) throw fail('token-not-found');
    const now = this.clock.now();
    const life = await this.settings.toLife(expiresInDays, found.lifeDays);
    const expiresAt = toExpiry(now, life);
    const token = createToken(personalTokenPrefix);
    const row = await this.credentials.change(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM personal_tokens WHERE id = ${id}::uuid FOR UPDATE`;
      const before = await tx.personalToken.findFirst({ where: { id, userId } });
      if (!before) throw fail('token-not-found');
      const prefix = toTokenPrefix(token, personalTokenPrefix);
      const change = { ...rotated(before, hashToken(token), now, overlapSeconds), prefix, expiresAt, lifeDays: life };
      const after = await tx.personalToken.update({ where: { id }, data: { ...change, version: { increment: 1 } } });
      const entry = { action: 'token.rotate', resource: `me/tokens/${id}`, after: { overlapSeconds } };
      await this.audit.record(tx, caller, entry);
      return after;
    });
    const names = await this.tenantNames([row]);
    return { ...toTokenAnswer(row, names.get(row.tenantId ?? '') ?? null), token };
  }

  async delete(caller: Caller, user: { id: string; username: string }, id: string): Promise<void> {
    if (!isId(id)) throw fail('token-not-found');
    await this.credentials.change(async (tx) => {
      const { count } = await tx.personalToken.deleteMany({ where: { id, userId: user.id } });
      if (count === 0) throw fail('token-not-found');
      await tx.personalToken.deleteMany({ where: { madeBy: id } });
      const resource = user.id === caller.actor.id ? `me/tokens/${id}` : `users/${user.username}/tokens/${id}`;
      await this.audit.record(tx, caller, { action: 'token.delete', resource });
    });
  }

  /** For an hour, for the Kubernetes door alone; ends with what made it. kubectl asks for a new one by itself. */
  async createKubeToken(caller: Caller, body: CreateKubeToken): Promise<KubeTokenAnswer> {
    const userId = requireUser(caller);
    const tenant = body.tenant ? await this.access.getTenantScope(caller.actor, body.tenant) : undefined;
    const token = createToken(kubeTokenPrefix);
    const now = this.clock.now();
    const madeBy = caller.sessionId ?? null;
    const maker = madeBy ? await this.database.read.personalToken.findUnique({ where: { id: madeBy } }) : null;
    const expiresAt = earlier(new Date(now.getTime() + kubeTokenMilliseconds), maker?.expiresAt ?? null);
    await this.database.transaction(async (tx) => {
      const id = newId();
      const prefix = toTokenPrefix(token, kubeTokenPrefix);
      const keys = { id, userId, kind: 'kube', name: `kube-${id}`, prefix, hash: hashToken(token), createdAt: now };
      const data = { ...keys, tenantId: tenant?.id, ranges: maker?.ranges ?? [], madeBy, expiresAt };
      await tx.personalToken.create({ data });
      await this.audit.record(tx, caller, {
        action: 'token.create-kube',
        resource: `me/kube-tokens/${id}`,
        after: body,
      });
    });
    return { token, expiresAt: expiresAt.toISOString(), tenant: tenant?.name ?? null };
  }

  private async tenantNames(rows: readonly PersonalTokenModel[]): Promise<ReadonlyMap<string, string>> {
    const ids = rows.flatMap(({ tenantId }) => tenantId ?? []);
    if (ids.length === 0) return new Map();
    const tenants = await this.database.read.tenant.findMany({ where: { id: { in: ids } } });
    return new Map(tenants.map(({ id, name }) => [id, name]));
  }
}
