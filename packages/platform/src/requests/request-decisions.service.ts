import { Injectable } from '@nestjs/common';
import { Access } from '../kernel/access/access.js';
import { isAllowed } from '../kernel/access/policy.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type RequestModel, type Transaction } from '../kernel/database/index.js';
import { fail as refuse } from '../kernel/errors/kernel.errors.js';
import { requireVersion } from '../kernel/http/etag.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { Actor, Caller } from '../kernel/tenancy/caller.js';
import { ApproversService } from './approvers.service.js';
import type { RequestPlace } from './request-handler.js';
import { RequestHandlers } from './request-handlers.service.js';
import { RequestRecord, type RequestWithDecisions, toFacts } from './request-record.js';
import { RequestViews } from './request-views.service.js';
import type { CreateRequest, RequestAnswer, Review } from './requests.dto.js';
import { fail } from './requests.errors.js';
import { type NotifyPayload, notifyOfRequest } from './requests.job-definitions.js';
import {
  approve,
  type Decider,
  type DecisionVerb,
  end,
  type Outcome,
  pass,
  reject,
  review,
  withdraw,
} from './requests.rules.js';
import { RequestsService } from './requests.service.js';

type Accepted = Exclude<Outcome, { refusal: string }>;

/** What people do to requests. Every decision holds the row's lock, so exactly one approval is the last. */
@Injectable()
export class RequestDecisions {
  constructor(
    private readonly database: Database,
    private readonly requests: RequestsService,
    private readonly views: RequestViews,
    private readonly approvers: ApproversService,
    private readonly record: RequestRecord,
    private readonly handlers: RequestHandlers,
    private readonly access: Access,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  async create(caller: Caller, body: CreateRequest): Promise<RequestAnswer> {
    if (caller.actor.kind !== 'user') throw refuse('forbidden', 'Requests are made by people.');
    const handler = this.handlers.get(body.kind);
    const payload = this.requests.parsePayload(body.kind, body.payload);
    if (!handler.place) throw fail('request-kind-unknown', `The kind ${body.kind} is asked for by a route of its own.`);
    const place = await handler.place(caller, payload);
    if (body.breakGlass) await this.requireBreakGlass(caller.actor, place);
    const { kind, reason, grantSeconds } = body;
    const { tenant, isUnknown, ...rest } = place;
    const { id } = await this.database.transaction((tx) =>
      this.requests.ask(
        tx,
        caller,
        { ...rest, tenant: tenant ?? undefined, kind, reason, grantSeconds },
        { isBreakGlass: body.breakGlass, isUnknown },
      ),
    );
    return this.views.get(caller.actor, id);
  }

  approve(caller: Caller, id: string, comment?: string): Promise<RequestAnswer> {
    return this.decide(
      caller,
      id,
      'approve',
      (row, decider) => approve(toFacts(row), decider, this.clock.now()),
      comment,
    );
  }

  reject(caller: Caller, id: string, comment?: string): Promise<RequestAnswer> {
    return this.decide(
      caller,
      id,
      'reject',
      (row, decider) => reject(toFacts(row), decider, this.clock.now()),
      comment,
    );
  }

  withdraw(caller: Caller, id: string, comment?: string): Promise<RequestAnswer> {
    const now = this.clock.now();
    return this.decide(caller, id, 'withdraw', (row, decider) => withdraw(toFacts(row), decider.actorId, now), comment);
  }

  end(caller: Caller, id: string, comment?: string): Promise<RequestAnswer> {
    return this.decide(caller, id, 'end', (row, decider) => end(toFacts(row), decider), comment);
  }

  review(caller: Caller, id: string, { verdict, comment }: Review): Promise<RequestAnswer> {
    return this.decide(caller, id, 'review', (row, decider) => review(toFacts(row), decider), comment, verdict);
  }

  /** By anybody who sees the request. */
  async comment(caller: Caller, id: string, comment: string): Promise<RequestAnswer> {
    await this.views.requireVisible(caller.actor, id);
    await this.database.transaction(async (tx) => {
      const row = await this.load(tx, id);
      await this.record.change(tx, row.id, {});
      await this.record.note(tx, caller, row, { verb: 'comment', comment });
    });
    return this.views.get(caller.actor, id);
  }

  /** What time has done to a request. Gives when to look again. */
  async pass(caller: Caller, id: string): Promise<Date | undefined> {
    return this.database.transaction(async (tx) => {
      const row = await this.record.findLocked(tx, id);
      if (!row) return undefined;
      const what = pass(toFacts(row), this.clock.now());
      if (what === 'expire') {
        const expired = await this.record.change(tx, id, { state: 'expired', decidedAt: this.clock.now() });
        await this.requests.refuse(tx, caller, expired, 'expired');
        await this.record.note(tx, caller, expired, { verb: 'expire' });
        await this.tell(tx, row, 'request-expired');
      } else if (what === 'end') {
        const ended = await this.requests.revoke(tx, caller, row);
        await this.record.note(tx, caller, ended, { verb: 'end' });
        await this.tell(tx, row, 'request-ended');
      } else {
        return row.state === 'pending'
          ? row.expiresAt
          : row.state === 'approved'
            ? (row.endsAt ?? undefined)
            : undefined;
      }
      return undefined;
    });
  }

  private async decide(
    caller: Caller,
    id: string,
    verb: DecisionVerb,
    rule: (row: RequestWithDecisions, decider: Decider) => Outcome,
    comment?: string,
    verdict?: string,
  ): Promise<RequestAnswer> {
    await this.views.requireVisible(caller.actor, id);
    await this.database.transaction(async (tx) => {
      const row = await this.load(tx, id);
      requireVersion(caller, row);
      const decider = await this.approvers.findDecider(tx, caller.actor, row);
      const outcome = rule(row, decider);
      if (outcome.refusal) throw fail(outcome.refusal);
      const changed = await this.carryOut(tx, caller, row, outcome, verdict);
      const { principalId } = outcome;
      const username = principalId === null ? undefined : decider.names.get(principalId);
      const principal = principalId !== null && username !== undefined ? { id: principalId, username } : undefined;
      await this.record.note(tx, caller, changed, { verb, principal, comment, verdict });
      const news = newsOf(outcome, verb);
      if (news) await this.tell(tx, row, news);
    });
    return this.views.get(caller.actor, id);
  }

  private async carryOut(
    tx: Transaction,
    caller: Caller,
    row: RequestWithDecisions,
    { effect, state }: Accepted,
    verdict?: string,
  ) {
    if (effect === 'grant') return this.requests.grant(tx, caller, row);
    if (effect === 'end') return this.requests.revoke(tx, caller, row);
    const decidedAt = state === row.state ? undefined : this.clock.now();
    if (decidedAt && (state === 'rejected' || state === 'withdrawn'))
      await this.requests.refuse(tx, caller, row, state);
    return this.record.change(tx, row.id, { state, decidedAt, review: verdict });
  }

  private async load(tx: Transaction, id: string): Promise<RequestWithDecisions> {
    const row = await this.record.findLocked(tx, id);
    if (!row) throw fail('request-not-found');
    return row;
  }

  private async tell(tx: Transaction, { id, tenantId }: RequestModel, type: NotifyPayload['type']): Promise<void> {
    await this.outbox.enqueue(tx, notifyOfRequest, { requestId: id, type }, { tenantId });
  }

  private async requireBreakGlass(actor: Actor, place: RequestPlace<object>): Promise<void> {
    const scope = place.tenant ? await this.access.findTenantScope(actor, place.tenant.id) : undefined;
    if (!scope || !isAllowed(actor, scope, 'requests:break-glass', place.projectId)) throw fail('break-glass-refused');
  }
}

function newsOf({ state, effect }: Accepted, verb: DecisionVerb): NotifyPayload['type'] | undefined {
  if (effect === 'grant') return 'request-approved';
  if (verb === 'reject') return 'request-rejected';
  return verb === 'end' && state === 'ended' ? 'request-ended' : undefined;
}
