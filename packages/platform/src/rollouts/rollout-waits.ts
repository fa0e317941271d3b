import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ApplicationScopes } from '../applications/application-scopes.service.js';
import { Clock } from '../kernel/clock/clock.js';
import type { Transaction } from '../kernel/database/index.js';
import { type Attempt, QuotaQueue, type WaitHandler } from '../quotas/quota-queue.service.js';
import { PlacementQuota } from './placement-quota.service.js';
import { readStrategy } from './rollouts.codec.js';
import { RolloutsService } from './rollouts.service.js';

/** Rollouts that wait in the quota's queue: begins them when there is room. */
@Injectable()
export class RolloutWaits implements WaitHandler, OnModuleInit {
  constructor(
    private readonly queue: QuotaQueue,
    private readonly scopes: ApplicationScopes,
    private readonly quota: PlacementQuota,
    private readonly rollouts: RolloutsService,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.queue.register('rollout', this);
  }

  async attempt(tx: Transaction, rolloutId: string): Promise<Attempt> {
    const row = await tx.rollout.findUnique({ where: { id: rolloutId }, include: { environment: true } });
    const scope = row && (await this.scopes.findById(row.applicationId));
    if (!row || !scope) return 'gone';
    const where = {
      applicationId_environmentId: { applicationId: row.applicationId, environmentId: row.environmentId },
    };
    const placement = await tx.placement.findUnique({ where });
    const release = await tx.release.findUnique({ where: { id: row.releaseId } });
    const isWaiting = row.state === 'pending' && !row.abortRequestedAt;
    if (!placement || !release || !isWaiting) return 'gone';
    const newer = await tx.rollout.count({
      where: { applicationId: row.applicationId, environmentId: row.environmentId, createdAt: { gt: row.createdAt } },
    });
    if (newer > 0) {
      await this.rollouts.wake(tx, row.id);
      return 'gone';
    }
    const strategy = readStrategy(row.strategy);
    const place = { ...scope, environment: row.environment, placement };
    const refusal = await this.quota.charge(tx, place, release, strategy);
    if (refusal) return refusal;
    await this.rollouts.begin(tx, row.id);
    return 'done';
  }

  async cancel(tx: Transaction, rolloutId: string): Promise<void> {
    const data = { abortRequestedAt: this.clock.now(), version: { increment: 1 } };
    await tx.rollout.updateMany({ where: { id: rolloutId, state: 'pending', abortRequestedAt: null }, data });
    await this.rollouts.wake(tx, rolloutId);
  }
}
