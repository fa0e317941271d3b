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
import { PlacementQuota } from './placement-quota.service.js';
import { readCommands, readRollout, readStrategy, toColumns } from './rollouts.codec.js';
import { retireRelease } from './rollouts.job-definitions.js';
import { isFinal, type Rollout } from './rollouts.rules.js';
import { scaleDownDelayOf } from './strategy.rules.js';

/** A promoted candidate's slot becomes the stable one; what was changed in place stays where it is. */
const slotAfter = ({ placement }: PlacementScope, { plan }: Rollout) => {
  const slot = readSlot(placement);
  return plan.at(-1)?.do === 'promote' ? otherSlot(slot) : slot;
};

export interface LoadedRollout {
  readonly row: RolloutModel;
  readonly scope: PlacementScope;
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
    { isPromoted = false, isObeyed = false }: { isPromoted?: boolean; isObeyed?: boolean },
  ): Promise<boolean> {
    const before = readRollout(row);
    if (!isObeyed && JSON.stringify(before) === JSON.stringify(next)) return true;
    const saved = await this.database.transaction(async (tx) => {
      const finishedAt = isFinal(next) ? this.clock.now() : null;
      const commands = isObeyed
        ? {
            commands: readCommands(row)
              .slice(1)
              .map((each) => ({ ...each })),
          }
        : {};
      const data = { ...toColumns(next), ...commands, finishedAt, version: { increment: 1 } };
      const { count } = await tx.rollout.updateMany({ where: { id: row.id, version: row.version }, data });
      if (count === 0) return false;
      if (isPromoted) {
        const slot = slotAfter(scope, next);
        await tx.placement.update({
          where: { id: scope.placement.id },
          data: { releaseId: row.releaseId, slot, version: { increment: 1 } },
        });
        if (slot !== scope.placement.slot) {
          const options = { delaySeconds: scaleDownDelayOf(readStrategy(row.strategy)) };
          await this.outbox.enqueue(tx, retireRelease, { rolloutId: row.id }, options);
        }
      }
      if (next.state === 'healthy') await this.quota.settle(tx, scope, row.releaseId);
      if (next.state === 'aborted' && row.previousReleaseId) await this.quota.settle(tx, scope, row.previousReleaseId);
      const resource = `${eventPathOf(scope)}/rollouts/${row.id}`;
      await this.events.record(tx, {
        ...eventIds(scope),
        type: 'rollout.updated',
        resource,
        data: { state: next.state },
      });
      return true;
    });
    if (saved && row.operationId) await this.report(row.operationId, row.id, before, next);
    return saved;
  }

  private async report(operation: string, rollout: string, before: Rollout, next: Rollout): Promise<void> {
    for (const step of next.steps) {
      const old = before.steps.find((candidate) => candidate.name === step.name);
      if (old?.state !== step.state || old.message !== step.message) {
        await this.operations.step(operation, step.name, step.state, step.message);
      }
    }
    if (next.state === 'healthy') await this.operations.succeed(operation, { rollout });
    if (next.state === 'failed')
      await this.operations.fail(operation, { code: 'rollout-failed', message: next.error ?? '' });
    if (next.state === 'aborted') await this.database.transaction((tx) => this.operations.markCancelled(tx, operation));
  }
}
