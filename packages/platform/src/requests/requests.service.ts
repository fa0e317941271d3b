import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type Reader, type RequestModel, type Transaction } from '../kernel/database/index.js';
import { toFieldErrors } from '../kernel/errors/problem.js';
import { newId } from '../kernel/ids/ids.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { Actor, Caller } from '../kernel/tenancy/caller.js';
import { toPolicyRow } from './approval-policies.dto.js';
import { defaultTerms, findPolicy, type PolicyQuestion, type PolicyRow } from './approval-policies.rules.js';
import type { RefusedState, RequestHandler } from './request-handler.js';
import { RequestHandlers } from './request-handlers.service.js';
import { RequestRecord, toDecided } from './request-record.js';
import { fail } from './requests.errors.js';
import { notifyOfRequest, passRequest } from './requests.job-definitions.js';
import type { RequestKind } from './requests.rules.js';

export { execSubject, revealSubject } from './subjects.rules.js';

/** The longest that broken glass lets anybody in. */
const breakGlassSeconds = 4 * 3600;

export interface NewRequest {
  readonly kind: RequestKind;
  readonly tenant?: { readonly id: string; readonly name: string };
  readonly projectId?: string;
  readonly environmentKind?: string;
  /** What it is about, e.g. `tenants/acme`: with the kind and the asker, the key of a grant. */
  readonly subject: string;
  /** Default: what the handler says of the payload. */
  readonly title?: string;
  readonly payload: object;
  readonly reason: string;
  /** How long the grant is to last; default: what the kind says. */
  readonly grantSeconds?: number;
}

interface AskOptions {
  /** Granted at once, to be reviewed. The caller's right to it is checked by whoever sets this. */
  readonly isBreakGlass?: boolean;
  /** About something that is not there: nobody but the asker hears of it, and it expires. */
  readonly isUnknown?: boolean;
}

export interface Grant {
  readonly id: string;
  readonly endsAt: Date | null;
}

/** What other features use: to ask for consent, and to see whether it was given. */
@Injectable()
export class RequestsService {
  constructor(
    private readonly database: Database,
    private readonly handlers: RequestHandlers,
    private readonly record: RequestRecord,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /**
   * Writes a request down. Where a policy approves by itself, it is granted in the same transaction and `state` is `approved`.
   * Throws 409 when the caller has asked the same and waits.
   */
  async ask(
    tx: Transaction,
    caller: Caller,
    request: NewRequest,
    options: AskOptions = {},
  ): Promise<{ id: string; state: 'pending' | 'approved' }> {
    const handler = this.handlers.get(request.kind);
    const payload = parsePayload(handler, request.payload);
    const grantSeconds = toGrantSeconds(handler, request.grantSeconds, options.isBreakGlass === true);
    await this.refuseTwice(tx, caller, request);
    await handler.claim?.(tx, payload);
    const question = { ...toQuestion(request, payload), grantSeconds };
    const policy = options.isUnknown
      ? undefined
      : findPolicy(await this.listPolicies(tx, question), question, handler.decidedBy);
    const terms = policy ?? defaultTerms(handler.decidedBy, toPlace(request));
    const isApproved = options.isBreakGlass === true || terms.approvalsNeeded === 0;
    const { title, changes } = handler.describe(payload);
    const now = this.clock.now();
    const row = await tx.request.create({
      data: {
        id: newId(),
        kind: request.kind,
        tenantId: request.tenant?.id,
        tenant: request.tenant?.name,
        projectId: request.projectId,
        environmentKind: request.environmentKind,
        subject: request.subject,
        title: request.title ?? title,
        payload: toJson(payload),
        changes: toJson(changes),
        reason: request.reason,
        requesterId: caller.actor.id,
        requester: caller.actor.username,
        policyId: terms.id,
        approvalsNeeded: terms.approvalsNeeded,
        approverScope: terms.approverScope,
        approverPermission: options.isUnknown ? null : terms.approverPermission,
        approverRoles: [...terms.approverRoles],
        approverGroups: [...terms.approverGroups],
        approverUsers: [...terms.approverUsers],
        isBreakGlass: options.isBreakGlass === true,
        review: options.isBreakGlass ? 'due' : null,
        grantSeconds,
        maxGrantSeconds: handler.grantSeconds ? terms.maxGrantSeconds : null,
        expiresAt: new Date(now.getTime() + terms.expiresAfterSeconds * 1000),
      },
    });
    await this.record.note(tx, caller, row, { verb: 'ask' });
    const share = { tenantId: row.tenantId };
    if (isApproved) {
      const granted = await this.grant(tx, caller, row);
      // A policy's consent is nobody's vote: the row says that none was needed.
      if (options.isBreakGlass)
        await this.record.note(tx, caller, granted, { verb: 'break-glass', comment: request.reason });
      if (options.isBreakGlass)
        await this.outbox.enqueue(tx, notifyOfRequest, { requestId: row.id, type: 'request-review' }, share);
      return { id: row.id, state: 'approved' };
    }
    await this.outbox.enqueue(tx, notifyOfRequest, { requestId: row.id, type: 'request-asked' }, share);
    const delaySeconds = terms.expiresAfterSeconds;
    await this.outbox.enqueue(tx, passRequest, { requestId: row.id }, { ...share, delaySeconds });
    return { id: row.id, state: 'pending' };
  }

  /** Makes the request's effect. The caller holds the row's lock, or has just created it. */
  async grant(tx: Transaction, caller: Caller, row: RequestModel): Promise<RequestModel> {
    const handler = this.handlers.get(row.kind);
    const now = this.clock.now();
    const seconds = shorter(row.grantSeconds, row.maxGrantSeconds);
    const endsAt = seconds === null ? null : new Date(now.getTime() + seconds * 1000);
    const approved = await this.record.change(tx, row.id, { state: 'approved', decidedAt: now, endsAt });
    await handler.granted(tx, toDecided(approved, parsePayload(handler, Object(row.payload))), caller);
    if (seconds !== null) {
      const options = { tenantId: row.tenantId, delaySeconds: seconds };
      await this.outbox.enqueue(tx, passRequest, { requestId: row.id }, options);
    }
    return approved;
  }

  /** Unmakes it. The caller holds the row's lock. */
  async revoke(tx: Transaction, caller: Caller, row: RequestModel): Promise<RequestModel> {
    const handler = this.handlers.get(row.kind);
    const ended = await this.record.change(tx, row.id, { state: 'ended', endsAt: this.clock.now() });
    await handler.ended?.(tx, toDecided(ended, parsePayload(handler, Object(row.payload))), caller);
    return ended;
  }

  /** Tells the handler that nothing will come of it. */
  async refuse(tx: Transaction, caller: Caller, row: RequestModel, state: RefusedState): Promise<void> {
    const handler = this.handlers.get(row.kind);
    await handler.refused?.(tx, toDecided(row, parsePayload(handler, Object(row.payload))), caller, state);
  }

  /** What was asked for is not wanted any more: nobody needs to decide. The caller undoes by himself what waited for it. */
  async cancel(tx: Transaction, caller: Caller, id: string, comment: string): Promise<void> {
    const row = await this.record.findLocked(tx, id);
    if (row?.state !== 'pending') return;
    const withdrawn = await this.record.change(tx, id, { state: 'withdrawn', decidedAt: this.clock.now() });
    await this.record.note(tx, caller, withdrawn, { verb: 'withdraw', comment });
  }

  /** Whether a policy of this kind is about the place: then somebody is to be asked. */
  async isRuled(reader: Reader, place: Omit<NewRequest, 'reason' | 'title'>): Promise<boolean> {
    const handler = this.handlers.get(place.kind);
    const question = { ...toQuestion(place, place.payload), grantSeconds: null };
    return findPolicy(await this.listPolicies(reader, question), question, handler.decidedBy) !== undefined;
  }

  /** The grant of this kind for this subject that is in force for the actor. */
  async findGrant(actor: Actor, kind: RequestKind, subject: string): Promise<Grant | undefined> {
    if (actor.id === null) return undefined;
    const now = this.clock.now();
    const row = await this.database.read.request.findFirst({
      where: {
        requesterId: actor.id,
        kind,
        subject,
        state: 'approved',
        OR: [{ endsAt: null }, { endsAt: { gt: now } }],
      },
      orderBy: { createdAt: 'desc' },
      select: { id: true, endsAt: true },
    });
    return row ?? undefined;
  }

  /**
   * Throws 403 `request-needed` where a policy of this kind is about the place and the actor has no grant in force. Where no policy
   * is, nothing but the permission is needed.
   */
  async requireGrant(actor: Actor, place: Omit<NewRequest, 'reason' | 'title'>): Promise<void> {
    if (!(await this.isRuled(this.database.read, place))) return;
    if (await this.findGrant(actor, place.kind, place.subject)) return;
    throw fail('request-needed', `This needs a request of the kind ${place.kind} for ${place.subject}.`);
  }

  /** Throws 422 with the fields that are wrong. */
  parsePayload(kind: RequestKind, payload: object): object {
    return parsePayload(this.handlers.get(kind), payload);
  }

  private async listPolicies(reader: Reader, { kind, tenantId }: PolicyQuestion): Promise<PolicyRow[]> {
    const owners = [{ tenantId: null }, ...(tenantId === null ? [] : [{ tenantId }])];
    const rows = await reader.approvalPolicy.findMany({ where: { kind, OR: owners } });
    return rows.map(toPolicyRow);
  }

  private async refuseTwice(tx: Transaction, caller: Caller, { kind, subject }: NewRequest): Promise<void> {
    const waiting = await tx.request.findFirst({
      where: { requesterId: caller.actor.id, kind, subject, state: 'pending', expiresAt: { gt: this.clock.now() } },
      select: { id: true },
    });
    if (waiting) throw fail('request-already-pending', `Your request ${waiting.id} waits for its decision.`);
  }
}

const toPlace = ({ tenant, projectId }: NewRequest) => ({
  hasTenant: tenant !== undefined,
  hasProject: projectId !== undefined,
});

function parsePayload(handler: RequestHandler<object>, payload: object): object {
  const parsed = handler.payload.safeParse(payload);
  if (!parsed.success) throw fail('request-payload-invalid', { errors: toFieldErrors(parsed.error, 'body.payload') });
  return parsed.data;
}

/** Null: for ever. */
function toGrantSeconds(
  handler: RequestHandler<object>,
  asked: number | undefined,
  isBreakGlass: boolean,
): number | null {
  const { grantSeconds: limits } = handler;
  if (!limits) {
    if (isBreakGlass) throw fail('break-glass-refused', 'What this kind of request grants does not end by time.');
    if (asked !== undefined) throw fail('request-time-unlimited');
    return null;
  }
  const max = isBreakGlass ? Math.min(limits.max, breakGlassSeconds) : limits.max;
  if (asked !== undefined && asked > max) throw fail('request-time-limited', `At most ${max} seconds.`);
  return asked ?? limits.default ?? (isBreakGlass ? Math.min(max, 3600) : null);
}

function shorter(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}

function toQuestion(
  { kind, tenant, environmentKind }: Pick<NewRequest, 'kind' | 'tenant' | 'environmentKind'>,
  payload: object,
): Omit<PolicyQuestion, 'grantSeconds'> {
  return { kind, tenantId: tenant?.id ?? null, environmentKind: environmentKind ?? null, payload };
}

function toJson(value: object) {
  return JSON.parse(JSON.stringify(value));
}
