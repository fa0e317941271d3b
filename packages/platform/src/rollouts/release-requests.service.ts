import { Injectable } from '@nestjs/common';
import { ApplicationScopes, eventIds, eventPathOf } from '../applications/application-scopes.service.js';
import { Clock } from '../kernel/clock/clock.js';
import type { RolloutModel, Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import {
  type DecidedRequest,
  Decides,
  type RefusedState,
  type RequestHandler,
} from '../requests/request-handlers.service.js';
import { approvalStep, decideApproval, explainRefusal } from './approval.rules.js';
import { type ReleaseRequest, releaseRequestSchema } from './release-requests.dto.js';
import { RolloutGate, waitSubjectOf } from './rollout-gate.service.js';
import { RolloutTransitions } from './rollout-transitions.service.js';
import { readApproval, readRollout, toApprovalColumn } from './rollouts.codec.js';
import { fail } from './rollouts.errors.js';
import { advanceRollout } from './rollouts.job-definitions.js';
import { isFinal } from './rollouts.rules.js';

/** That a release may be rolled out where a policy asks for it, or in spite of a freeze. */
@Decides('release')
@Injectable()
export class ReleaseRequests implements RequestHandler<ReleaseRequest> {
  readonly payload = releaseRequestSchema;
  readonly decidedBy = 'tenant';

  constructor(
    private readonly scopes: ApplicationScopes,
    private readonly gate: RolloutGate,
    private readonly transitions: RolloutTransitions,
    private readonly events: EventLog,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  describe({ project, application, environment, release, freeze }: ReleaseRequest) {
    const path = `${project}/${application} in ${environment}`;
    const spite = freeze === null ? '' : `, in spite of the freeze ${freeze}`;
    const changes = [{ path, before: null, after: `release ${release}` }];
    return { title: `Release ${release} of ${project}/${application} to ${environment}${spite}`, changes };
  }

  async granted(tx: Transaction, request: DecidedRequest<ReleaseRequest>, caller: Caller): Promise<void> {
    const row = await this.findLocked(tx, request.payload.rollout);
    const approval = row && readApproval(row);
    // Approved by a policy in the moment it was asked: it begins without having waited.
    if (row && !approval) return;
    if (!row || !approval || row.abortRequestedAt || isFinal(readRollout(row))) throw fail('rollout-over');
    const scope = await this.scopes.findById(row.applicationId);
    const place = {
      applicationId_environmentId: { applicationId: row.applicationId, environmentId: row.environmentId },
    };
    const placement = await tx.placement.findUnique({ where: place, include: { environment: true } });
    if (!scope || !placement) throw fail('rollout-over');
    const where = { ...scope, environment: placement.environment, placement };
    if (request.payload.freeze === null && row.freezeOverride === null) await this.gate.requireThawed(tx, where);
    const by = caller.actor.username;
    await tx.rollout.update({
      where: { id: row.id },
      data: {
        approval: toApprovalColumn(decideApproval(approval, 'approved', by, this.clock.now())),
        freezeOverride: request.payload.freeze === null ? undefined : request.reason,
        version: { increment: 1 },
      },
    });
    await this.note(tx, row, `Approved by ${by}.`, by);
    // What waits for room begins when there is some.
    if ((await tx.quotaWait.count({ where: waitSubjectOf(where, row.id) })) === 0)
      await this.outbox.enqueue(tx, advanceRollout, { rolloutId: row.id });
  }

  async refused(
    tx: Transaction,
    { payload: { rollout } }: DecidedRequest<ReleaseRequest>,
    caller: Caller,
    state: RefusedState,
  ): Promise<void> {
    const row = await this.findLocked(tx, rollout);
    const approval = row && readApproval(row);
    if (!row || !approval || row.abortRequestedAt || isFinal(readRollout(row))) return;
    const by = caller.actor.username;
    const now = this.clock.now();
    await tx.rollout.update({
      where: { id: row.id },
      data: {
        approval: toApprovalColumn(decideApproval(approval, state, by, now)),
        abortRequestedAt: now,
        abortRequestedBy: by,
        abortReason: explainRefusal(state, by),
        version: { increment: 1 },
      },
    });
    await this.outbox.enqueue(tx, advanceRollout, { rolloutId: row.id });
  }

  private async findLocked(tx: Transaction, id: string): Promise<RolloutModel | null> {
    await tx.$queryRaw`SELECT 1 FROM rollouts WHERE id = ${id}::uuid FOR UPDATE`;
    return tx.rollout.findUnique({ where: { id } });
  }

  private async note(tx: Transaction, row: RolloutModel, reason: string, by: string): Promise<void> {
    await this.transitions.record(tx, row, { from: row.state, to: row.state, step: approvalStep, reason }, by);
    const scope = await this.scopes.findById(row.applicationId);
    if (!scope) return;
    const event = { type: 'rollout.updated', resource: `${eventPathOf(scope)}/rollouts/${row.id}` };
    await this.events.record(tx, { ...eventIds(scope), ...event });
  }
}
