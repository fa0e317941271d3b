import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { Crypto } from '../kernel/crypto/crypto.js';
import {
  type AuditStreamModel,
  Database,
  type Prisma,
  type Reader,
  type Transaction,
} from '../kernel/database/index.js';
import { requireVersion } from '../kernel/http/etag.js';
import { Outgoing } from '../kernel/http/outgoing.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId, newId } from '../kernel/ids/ids.js';
import type { Caller, TenantScope } from '../kernel/tenancy/caller.js';
import { fail } from './audit.errors.js';
import { AuditService } from './audit.service.js';
import type { AuditRuleFilter } from './audit-rules.dto.js';
import { AuditStreamSender } from './audit-stream-sender.service.js';
import {
  type AuditStreamAnswer,
  type AuditStreamTarget,
  type AuditStreamTestAnswer,
  auditStreamTarget,
  type CreateAuditStream,
  toAuditStreamAnswer,
  type UpdateAuditStream,
} from './audit-streams.dto.js';
import { streamContext } from './sealed-webhooks.store.js';

type Owner = Pick<TenantScope, 'id' | 'name'> | undefined;

const mostStreams = 20;
/** Held while a stream is made: names are unique, and the platform's have no tenant that an index could tell apart. */
const lockName = 'slipway_audit_streams';

/** Where the audit log goes to, besides. */
@Injectable()
export class AuditStreams {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly crypto: Crypto,
    private readonly outgoing: Outgoing,
    private readonly sender: AuditStreamSender,
    private readonly clock: Clock,
  ) {}

  async list(query: PageQuery, owner: Owner): Promise<Page<AuditStreamAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.AuditStreamWhereInput>(query, 'name');
    const name = query.q ? { contains: query.q } : undefined;
    const rows = await this.database.read.auditStream.findMany({
      where: { AND: [where], tenantId: owner?.id ?? null, name },
      orderBy,
      take,
    });
    const lags = new Map<string, number>();
    for (const row of rows) lags.set(row.id, await this.lagOf(row));
    return toPage(
      rows,
      query.limit,
      (row) => [row.name, row.id],
      (row) => toAuditStreamAnswer(row, { lagSeconds: lags.get(row.id) }),
    );
  }

  async get(nameOrId: string, owner: Owner): Promise<AuditStreamAnswer> {
    const row = await find(this.database.read, nameOrId, owner);
    return toAuditStreamAnswer(row, { lagSeconds: await this.lagOf(row) });
  }

  async create(caller: Caller, body: CreateAuditStream, owner: Owner): Promise<AuditStreamAnswer> {
    const { name, target, filter = {}, description, isEnabled, secretAccessKey } = body;
    await this.requireSound(target, filter, owner);
    const id = newId();
    const secrets = secretsOf(target, secretAccessKey);
    if (target.type === 's3' && secretAccessKey === undefined) throw fail('audit-stream-secret-missing');
    return this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtext(${lockName}))::text`;
      const tenantId = owner?.id ?? null;
      if (await tx.auditStream.findFirst({ where: { tenantId, name } })) throw fail('audit-stream-name-taken');
      if ((await tx.auditStream.count({ where: { tenantId } })) >= mostStreams) throw fail('audit-streams-too-many');
      const sealer = await tx.auditFollower.findUnique({ where: { name: 'sealer' } });
      const row = await tx.auditStream.create({
        data: {
          id,
          tenantId,
          tenant: owner?.name,
          name,
          description,
          target,
          credentials: secrets && this.crypto.seal(secrets, streamContext(id)),
          filter,
          isEnabled,
          position: sealer?.position,
          nextAt: this.clock.now(),
          createdBy: caller.actor.username,
        },
      });
      await this.record(tx, caller, owner, 'create', row, { after: body });
      return toAuditStreamAnswer(row, { webhookSecret: target.type === 'webhook' ? secrets : null });
    });
  }

  /** Begins again at once, also where it had failed. A webhook at another address gets another secret. */
  async update(caller: Caller, nameOrId: string, body: UpdateAuditStream, owner: Owner): Promise<AuditStreamAnswer> {
    const now = toAuditStreamAnswer(await find(this.database.read, nameOrId, owner));
    await this.requireSound(body.target ?? now.target, body.filter ?? now.filter, owner);
    return this.database.transaction(async (tx) => {
      const row = await find(tx, nameOrId, owner);
      requireVersion(caller, row);
      const before = auditStreamTarget.parse(row.target);
      const target = body.target ?? before;
      const isElsewhere = addressOf(target) !== addressOf(before);
      // What is kept was given for the address before.
      if (target.type === 's3' && isElsewhere && body.secretAccessKey === undefined)
        throw fail('audit-stream-secret-missing');
      const isKept = !isElsewhere && (target.type === 'webhook' || body.secretAccessKey === undefined);
      const secrets = isKept ? undefined : secretsOf(target, body.secretAccessKey);
      const { description, filter, isEnabled } = body;
      const changed = await tx.auditStream.update({
        where: { id: row.id },
        data: {
          ...{ description, filter, isEnabled, target },
          credentials: secrets && this.crypto.seal(secrets, streamContext(row.id)),
          ...(isElsewhere && secrets === null && { credentials: null }),
          ...{ failures: 0, failingSince: null, lastError: null, nextAt: this.clock.now() },
          version: { increment: 1 },
        },
      });
      await this.record(tx, caller, owner, 'update', row, { before: toAuditStreamAnswer(row), after: body });
      return toAuditStreamAnswer(changed, { webhookSecret: target.type === 'webhook' ? (secrets ?? null) : null });
    });
  }

  async delete(caller: Caller, nameOrId: string, owner: Owner): Promise<void> {
    await this.database.transaction(async (tx) => {
      const row = await find(tx, nameOrId, owner);
      requireVersion(caller, row);
      await tx.auditStream.delete({ where: { id: row.id } });
      await this.record(tx, caller, owner, 'delete', row, { before: toAuditStreamAnswer(row) });
    });
  }

  /** Sends a row that stands nowhere. */
  async test(caller: Caller, nameOrId: string, owner: Owner): Promise<AuditStreamTestAnswer> {
    const row = await find(this.database.read, nameOrId, owner);
    const begun = this.clock.now();
    const resource = resourceOf(owner, row.name);
    const event = {
      ...{ id: newId(), at: begun.toISOString(), actor: caller.actor.username, impersonator: null },
      ...{ action: 'audit-stream.test', resource, outcome: 'success' as const, tenant: row.tenant },
      ...{ cluster: null, namespace: null, before: null, after: null, requestId: caller.requestId },
      ...{ source: caller.source, userAgent: null, sessionId: null, seq: null, hash: null },
    };
    const error = await this.sender.send(row, { events: [event], first: 0n, last: 0n }).then(
      () => null,
      (thrown: unknown) => toReason(thrown),
    );
    const outcome = error === null ? 'success' : 'failed';
    const after = error === null ? undefined : { error };
    await this.audit.note(caller, { action: 'audit-stream.test', resource, tenant: owner, outcome, after });
    return { isDelivered: error === null, error, milliseconds: this.clock.now().getTime() - begun.getTime() };
  }

  private async lagOf({ position, tenantId }: AuditStreamModel): Promise<number> {
    const next = await this.database.read.auditEvent.findFirst({
      where: { position: { gt: position }, tenantId: tenantId ?? undefined },
      orderBy: { position: 'asc' },
      select: { at: true },
    });
    return next ? Math.max(0, Math.round((this.clock.now().getTime() - next.at.getTime()) / 1000)) : 0;
  }

  private async requireSound(target: AuditStreamTarget, filter: AuditRuleFilter, owner: Owner): Promise<void> {
    if (owner && filter.tenant !== undefined) throw fail('audit-rule-tenant-fixed');
    await this.outgoing.refuseForbidden(addressOf(target));
  }

  private async record(
    tx: Transaction,
    caller: Caller,
    tenant: Owner,
    verb: 'create' | 'update' | 'delete',
    { name }: AuditStreamModel,
    change: { before?: object; after?: object },
  ): Promise<void> {
    const resource = resourceOf(tenant, name);
    await this.audit.record(tx, caller, { action: `audit-stream.${verb}`, resource, tenant, ...change });
  }
}

async function find(reader: Reader, nameOrId: string, owner: Owner): Promise<AuditStreamModel> {
  const key = isId(nameOrId) ? { id: nameOrId } : { name: nameOrId };
  const row = await reader.auditStream.findFirst({ where: { ...key, tenantId: owner?.id ?? null } });
  if (!row) throw fail('audit-stream-not-found');
  return row;
}

const resourceOf = (owner: Owner, name: string): string =>
  `${owner ? `tenants/${owner.name}/` : ''}audit-streams/${name}`;

/** What the target knows us by: a webhook's is made here, in the form of Standard Webhooks. */
function secretsOf(target: AuditStreamTarget, secretAccessKey: string | undefined): string | null {
  if (target.type === 'webhook') return `whsec_${randomBytes(24).toString('base64')}`;
  return target.type === 's3' ? (secretAccessKey ?? null) : null;
}

/** Where it leads, as the guard of addresses reads it. */
function addressOf(target: AuditStreamTarget): string {
  switch (target.type) {
    case 'syslog':
      return `http://${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
    case 'webhook':
      return target.url;
    case 's3':
      return target.endpoint;
  }
}

/** What may be told of why: an error of the catalogue says it in its detail. */
export function toReason(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'It failed.';
  const detail: unknown = Reflect.get(thrown, 'detail');
  return (typeof detail === 'string' ? detail : thrown.message).slice(0, 500);
}
