import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import {
  type Prisma,
  type RequestDecisionModel,
  type RequestModel,
  type Transaction,
} from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { newId } from '../kernel/ids/ids.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { newsChannel } from '../notifications/notifications.service.js';
import type { DecidedRequest } from './request-handler.js';
import type { DecisionVerb, RequestFacts, RequestState } from './requests.rules.js';

export type RequestWithDecisions = RequestModel & { decisions: RequestDecisionModel[] };

/** How a request and what was done to it are read and written. */
@Injectable()
export class RequestRecord {
  constructor(
    private readonly audit: AuditService,
    private readonly events: EventLog,
  ) {}

  /** The row, locked until the transaction ends: of two who decide at once, the second sees what the first did. */
  async findLocked(tx: Transaction, id: string): Promise<RequestWithDecisions | null> {
    await tx.$queryRaw`SELECT 1 FROM requests WHERE id = ${id}::uuid FOR UPDATE`;
    return tx.request.findUnique({ where: { id }, include: { decisions: { orderBy: { createdAt: 'asc' } } } });
  }

  async change(tx: Transaction, id: string, data: Prisma.RequestUpdateInput): Promise<RequestModel> {
    return tx.request.update({ where: { id }, data: { ...data, version: { increment: 1 } } });
  }

  /** Writes down what was done, with its audit entry, and tells the screens. */
  async note(
    tx: Transaction,
    caller: Caller,
    request: RequestModel,
    decision: { verb: DecisionVerb | 'ask'; principal?: { id: string; username: string } } & Pick<
      Partial<RequestDecisionModel>,
      'comment' | 'verdict'
    >,
  ): Promise<void> {
    const { verb, principal, comment, verdict } = decision;
    const onBehalf = principal && principal.id !== caller.actor.id ? principal : undefined;
    if (verb !== 'ask') {
      await tx.requestDecision.create({
        data: {
          id: newId(),
          requestId: request.id,
          tenantId: request.tenantId,
          verb,
          actorId: caller.actor.id,
          actor: caller.actor.username,
          onBehalfOfId: onBehalf?.id,
          onBehalfOf: onBehalf?.username,
          comment,
          verdict,
        },
      });
    }
    const { kind, state, subject } = request;
    await this.audit.record(tx, caller, {
      action: `request.${verb}`,
      resource: `requests/${request.id}`,
      tenant: request.tenantId ? { id: request.tenantId, name: request.tenant ?? '' } : undefined,
      after: { kind, subject, state, comment, verdict, onBehalfOf: onBehalf?.username },
    });
    if (request.tenantId) {
      await this.events.record(tx, {
        tenantId: request.tenantId,
        projectId: request.projectId ?? undefined,
        type: verb === 'ask' ? 'request.created' : 'request.updated',
        resource: `requests/${request.id}`,
        data: { kind, state },
      });
    }
    await tx.$executeRaw`SELECT pg_notify(${newsChannel}, '')`;
  }
}

export function toFacts(row: RequestWithDecisions): RequestFacts {
  const approvals = row.decisions.filter(({ verb }) => verb === 'approve');
  return {
    state: toState(row.state),
    requesterId: row.requesterId,
    approvalsNeeded: row.approvalsNeeded,
    approvals: approvals.map(({ actorId, onBehalfOfId }) => ({
      actorId: actorId ?? '',
      principalId: onBehalfOfId ?? actorId ?? '',
    })),
    expiresAt: row.expiresAt,
    endsAt: row.endsAt,
    review: row.review,
  };
}

export function toDecided(row: RequestModel, payload: object): DecidedRequest<object> {
  const { id, tenantId, projectId, subject, reason, requesterId, requester, endsAt } = row;
  return { id, tenantId, projectId, subject, payload, reason, requesterId, requester, endsAt };
}

function toState(text: string): RequestState {
  switch (text) {
    case 'approved':
    case 'rejected':
    case 'withdrawn':
    case 'expired':
    case 'ended':
      return text;
    default:
      return 'pending';
  }
}
