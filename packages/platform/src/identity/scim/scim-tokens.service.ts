import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Clock } from '../../kernel/clock/clock.js';
import { Database, isUniqueViolation, type Prisma, type ScimTokenModel } from '../../kernel/database/index.js';
import { keyset, type Page, toPage } from '../../kernel/http/page.js';
import type { PageQuery } from '../../kernel/http/schemas.js';
import { createToken, hashToken, isId, isWellFormedToken, newId } from '../../kernel/ids/ids.js';
import type { Caller } from '../../kernel/tenancy/caller.js';
import { byHash, rotated, toExpiry } from '../credentials.rules.js';
import { fail } from '../identity.errors.js';
import { scimTokenPrefix, toTokenPrefix } from '../identity.rules.js';
import type { Rotate } from '../tokens.dto.js';
import {
  type CreateScimToken,
  type NewScimTokenAnswer,
  type ScimTokenAnswer,
  toScimTokenAnswer,
} from './scim-tokens.dto.js';

const noteUseEveryMilliseconds = 60_000;

/** The bearers of directories. Good at the SCIM door alone. */
@Injectable()
export class ScimTokens {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** The token of an Authorization header, when it is good. */
  async find(authorization: string | undefined, address: string | null): Promise<ScimTokenModel | undefined> {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (!token || !isWellFormedToken(token, scimTokenPrefix)) return undefined;
    const now = this.clock.now();
    const row = await this.database.read.scimToken.findFirst({ where: byHash(hashToken(token), now) });
    if (!row || (row.expiresAt && row.expiresAt <= now)) return undefined;
    if (now.getTime() - (row.lastUsedAt?.getTime() ?? 0) > noteUseEveryMilliseconds) {
      const data = { lastUsedAt: now, lastUsedFrom: address };
      await this.database.read.scimToken.updateMany({ where: { id: row.id }, data });
    }
    return row;
  }

  async list(query: PageQuery): Promise<Page<ScimTokenAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.ScimTokenWhereInput>(query, 'name');
    const name = query.q ? { contains: query.q } : undefined;
    const rows = await this.database.read.scimToken.findMany({ where: { AND: [where], name }, orderBy, take });
    return toPage(rows, query.limit, (row) => [row.name, row.id], toScimTokenAnswer);
  }

  async create(caller: Caller, { name, expiresInDays, adoptsUsers }: CreateScimToken): Promise<NewScimTokenAnswer> {
    const token = createToken(scimTokenPrefix);
    const create = this.database.transaction(async (tx) => {
      const expiresAt = expiresInDays ? toExpiry(this.clock.now(), expiresInDays) : null;
      const secret = { hash: hashToken(token), prefix: toTokenPrefix(token, scimTokenPrefix) };
      const row = await tx.scimToken.create({ data: { id: newId(), name, adoptsUsers, expiresAt, ...secret } });
      const resource = `identity/scim-tokens/${row.id}`;
      await this.audit.record(tx, caller, {
        action: 'scim-token.create',
        resource,
        after: { name, expiresInDays, adoptsUsers },
      });
      return { ...toScimTokenAnswer(row), token };
    });
    return create.catch((error: unknown) => {
      throw isUniqueViolation(error) ? fail('scim-token-exists') : error;
    });
  }

  async rotate(caller: Caller, id: string, { overlapSeconds, expiresInDays }: Rotate): Promise<NewScimTokenAnswer> {
    const token = createToken(scimTokenPrefix);
    return this.database.transaction(async (tx) => {
      const before = isId(id) ? await tx.scimToken.findUnique({ where: { id } }) : null;
      if (!before) throw fail('scim-token-not-found');
      const now = this.clock.now();
      const expiresAt = expiresInDays ? toExpiry(now, expiresInDays) : undefined;
      const secret = rotated(before, hashToken(token), now, overlapSeconds);
      const prefix = toTokenPrefix(token, scimTokenPrefix);
      const data = { ...secret, prefix, expiresAt, version: { increment: 1 } };
      const row = await tx.scimToken.update({ where: { id }, data });
      const entry = { action: 'scim-token.rotate', resource: `identity/scim-tokens/${id}` };
      await this.audit.record(tx, caller, { ...entry, after: { overlapSeconds, expiresInDays } });
      return { ...toScimTokenAnswer(row), token };
    });
  }

  async delete(caller: Caller, id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const { count } = isId(id) ? await tx.scimToken.deleteMany({ where: { id } }) : { count: 0 };
      if (count === 0) throw fail('scim-token-not-found');
      await this.audit.record(tx, caller, { action: 'scim-token.delete', resource: `identity/scim-tokens/${id}` });
    });
  }
}
