import { Injectable } from '@nestjs/common';
import {
  ApplicationScopes,
  eventIds,
  eventPathOf,
  otherSlot,
  type PlacementScope,
  readSlot,
} from '../applications/application-scopes.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type RolloutModel } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import { OperationsService } from '../operations/operations.service.js';
import { hasNeverBegun, stepsOf } from './hooks/hook.rules.js';
import { PlacementQuota } from './placement-quota.service.js';
import { postRolloutHooks } from './probes/web-hooks.rules.js';
import { findNews } from './rollout-news.rules.js';
import { RolloutTransitions } from './rollout-transitions.service.js';
import { readCommands, readRollout, readStrategy, toColumns } from './rollouts.codec.js';
import { advanceRollout, callRolloutHook, notifyOfRollout, retireRelease } from './rollouts.job-definitions.js';
import { isFinal, isOnPrevious, type Rollout } from './rollouts.rules.js';
import type { Step } from './steps.rules.js';
import { scaleDownDelayOf } from './strategy.rules.js';
import { describeTransition } from './transitions.rules.js';

/** A promoted candidate's slot becomes the stable one; what was changed in place stays where it is. */
const slotAfter = ({ placement }: PlacementScope, { plan }: Rollout) => {
  const slot = readSlot(placement);
  return plan.at(-1)?.do === 'promote' ? otherSlot(slot) : slot;
};

export interface LoadedRollout {
  readonly row: RolloutModel;
  readonly scope: PlacementScope;
}

/** Who had it change, and why, where it did not go on by itself. */
interface SaveCause {
  readonly actor: string;
  readonly reason: string;
}

/** Reads a rollout with its place, writes down what was decided about it, and tells those who watch. */
@Injectable()
export class RolloutRecord {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly events: EventLog,
    private readonly operations: OperationsService,
    private readonly clock: Clock,
    private readonly quota: PlacementQuota,
    private readonly outbox: Outbox,
    private readonly transitions: RolloutTransitions,
  ) {}

  /** Undefined where there is nothing left to roll out to. */
  async load(id: string): Promise<LoadedRollout | undefined> {
    const row = await this.database.read.rollout.findUnique({ where: { id }, include: { environment: true } });
    const scope = row && (await this.scopes.findById(row.applicationId));
    if (!row || !scope || scope.application.state === 'deleting') return undefined;
    const { applicationId, environmentId, environment } = row;
    const place = { applicationId_environmentId: { applicationId, environmentId } };
    const placement = await this.database.read.placement.findUnique({ where: place });
    return placement ? { row, scope: { ...scope, environment, placement } } : undefined;
  }

  /** False when another worker was quicker: then nothing is written, and the row must be read again. */
  async save(
    { row, scope }: LoadedRollout,
    next: Rollout,
    { isPromoted = false, isObeyed = false, cause }: { isPromoted?: boolean; isObeyed?: boolean; cause?: SaveCause },
  ): Promise<boolean> {
    const before = readRollout(row);
    if (!isObeyed && JSON.stringify(before) === JSON.stringify(next)) return true;
    // What was measured is written every second: that is no change of the rollout that anybody is told of.
    if (!isObeyed && JSON.stringify({ ...before, analyses: [] }) === JSON.stringify({ ...next, analyses: [] })) {
      // Of two workers that measured neither may write over what the other did.
      const isUnchanged = { version: row.version, analyses: { equals: toColumns(before).analyses } };
      const { count } = await this.database.read.rollout.updateMany({
        where: { id: row.id, ...isUnchanged },
        data: { analyses: toColumns(next).analyses },
      });
      return count === 1;
    }
    const saved = await this.database.transaction(async (tx) => {
      const finishedAt = isFinal(next) ? this.clock.now() : null;
      const commands = isObeyed
        ? {
            commands: readCommands(row)
              .slice(1)
              .map((each) => ({ ...each })),
          }
        : {};
      // Where the new release stands is known when it begins; at the end the slot that is free is the other one.
      const own = slotAfter(scope, next);
      const slot = row.slot ?? (next.state === 'pending' ? null : own);
      const data = { ...toColumns(next), ...commands, slot, finishedAt, version: { increment: 1 } };
      const { count } = await tx.rollout.updateMany({ where: { id: row.id, version: row.version }, data });
      if (count === 0) return false;
      const transition = describeTransition(before, next, cause?.reason);
      const actor = cause?.actor ?? 'system:rollouts';
      if (transition) await this.transitions.record(tx, row, transition, actor);
      const news = findNews(before, next);
      if (news) {
        const about = { rolloutId: row.id, type: news, actor, reason: transition?.reason ?? '', step: next.index };
        await this.outbox.enqueue(tx, notifyOfRollout, about, { tenantId: row.tenantId });
      }
      const told = isFinal(next) && !isFinal(before) ? postRolloutHooks(readStrategy(row.strategy)) : [];
      for (const { name } of told) {
        const payload = { rolloutId: row.id, hook: name };
        await this.outbox.enqueue(tx, callRolloutHook, payload, { tenantId: row.tenantId });
      }
      if (isPromoted) {
        await tx.placement.update({
          where: { id: scope.placement.id },
          data: { releaseId: row.releaseId, slot: own, version: { increment: 1 } },
        });
        if (own !== scope.placement.slot) {
          const options = { delaySeconds: scaleDownDelayOf(readStrategy(row.strategy)) };
          await this.outbox.enqueue(tx, retireRelease, { rolloutId: row.id }, options);
        }
      }
      if (next.state === 'healthy') await this.quota.settle(tx, scope, row.releaseId);
      if (
        isFinal(next) &&
        (isOnPrevious(next) || hasNeverBegun(next)) &&
        row.previousReleaseId &&
        next.state !== 'healthy'
      )
        await this.quota.settle(tx, scope, row.previousReleaseId);
      const resource = `${eventPathOf(scope)}/rollouts/${row.id}`;
      await this.events.record(tx, {
        ...eventIds(scope),
        type: 'rollout.updated',
        resource,
        data: { state: next.state },
      });
      return true;
    });
    if (saved && row.operationId) await this.report(row.operationId, stepsOf(before), stepsOf(next));
    return saved;
  }

  /** Has a worker look at it again. */
  async wake({ id, tenantId }: Pick<RolloutModel, 'id' | 'tenantId'>): Promise<void> {
    await this.database.transaction((tx) => this.outbox.enqueue(tx, advanceRollout, { rolloutId: id }, { tenantId }));
  }

  async isConcluded({ operationId }: RolloutModel): Promise<boolean> {
    return operationId === null || (await this.operations.isOver(operationId));
  }

  /** Ends the operation as the rollout ended; what a worker left out that died before is told as well. */
  async conclude({ id, operationId }: RolloutModel, rollout: Rollout): Promise<void> {
    if (operationId === null) return;
    await this.report(operationId, [], stepsOf(rollout));
    if (rollout.state === 'healthy') await this.operations.succeed(operationId, { rollout: id });
    if (rollout.state === 'failed')
      await this.operations.fail(operationId, { code: 'rollout-failed', message: rollout.error ?? '' });
    if (rollout.state === 'aborted')
      await this.database.transaction((tx) => this.operations.markCancelled(tx, operationId));
  }

  private async report(operation: string, before: readonly Step[], next: readonly Step[]): Promise<void> {
    const isAsBefore = ({ name, state, message }: Step): boolean =>
      before.some((old) => old.name === name && old.state === state && old.message === message);
    const changed = next.filter((step) => !isAsBefore(step));
    if (changed.length > 0) await this.operations.steps(operation, changed);
  }
}
