import { Injectable } from '@nestjs/common';
import type { ApplicationScope } from '../applications/application-scopes.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { type BuildModel, Database, type Transaction } from '../kernel/database/index.js';
import { QuotasService } from '../quotas/quotas.service.js';

/** So much is set aside when a build is asked for, and so much more each time it comes near to the end of that. */
const firstMinutes = 10n;
const moreMinutes = 5n;

/** A build uses up minutes of its tenant's month: set aside in steps, settled at its end. Waiting costs nothing. */
@Injectable()
export class BuildMinutes {
  constructor(
    private readonly quotas: QuotasService,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Refuses where not a minute is left. */
  async reserve(tx: Transaction, scope: ApplicationScope, buildId: string): Promise<void> {
    const refusal = await this.set(tx, scope, buildId, firstMinutes);
    if (!refusal) return;
    const amounts = { 'build-minutes': String(refusal.left > 0n ? refusal.left : 1n) };
    await this.quotas.charge(tx, placeOf(scope), { subject: subjectOf(buildId), amounts });
  }

  /** Sets more aside for a build that has run for `seconds`. False when it has used all that there is. */
  async extend(scope: ApplicationScope, row: BuildModel, seconds: number): Promise<boolean> {
    const used = BigInt(Math.ceil(seconds / 60));
    const has = await this.quotas.held(this.database.read, row.tenantId, subjectOf(row.id), 'build-minutes');
    if (used + 1n < has) return true;
    return this.database.transaction(async (tx) => {
      const refusal = await this.set(tx, scope, row.id, has + moreMinutes);
      if (!refusal) return true;
      if (refusal.left > 0n) await this.set(tx, scope, row.id, has + refusal.left);
      return used <= has + refusal.left;
    });
  }

  /** The build is over: what it ran for, in whole minutes, stays counted. */
  async settle(tx: Transaction, scope: ApplicationScope, buildId: string): Promise<void> {
    const { startedAt } = await tx.build.findUniqueOrThrow({ where: { id: buildId }, select: { startedAt: true } });
    const milliseconds = startedAt ? this.clock.now().getTime() - startedAt.getTime() : 0;
    const minutes = BigInt(Math.max(0, Math.ceil(milliseconds / 60_000)));
    const has = await this.quotas.held(tx, scope.tenant.id, subjectOf(buildId), 'build-minutes');
    await this.set(tx, scope, buildId, minutes < has ? minutes : has);
  }

  private set(tx: Transaction, scope: ApplicationScope, buildId: string, minutes: bigint) {
    const amounts = { 'build-minutes': String(minutes) };
    return this.quotas.tryCharge(tx, placeOf(scope), { subject: subjectOf(buildId), amounts });
  }
}

const subjectOf = (buildId: string): string => `builds/${buildId}`;
const placeOf = (scope: ApplicationScope) => ({ tenantId: scope.tenant.id, projectId: scope.project.id });
