import { Injectable } from '@nestjs/common';
import { ApplicationScopes, slotServiceName } from '../applications/application-scopes.service.js';
import { Clock } from '../kernel/clock/clock.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { GatewayHistory } from './analysis/gateway-history.js';
import { type DryRunStrategy, type StrategyDryRun, strategyDryRunSchema } from './strategy-dry-run.dto.js';
import { dryRun, type PastTraffic } from './strategy-dry-run.rules.js';

/** What a canary would have met on the traffic that there was. */
@Injectable()
export class StrategyDryRuns {
  constructor(
    private readonly scopes: ApplicationScopes,
    private readonly history: GatewayHistory,
    private readonly clock: Clock,
  ) {}

  async run(
    caller: TenantCaller,
    project: string,
    application: string,
    environment: string,
    { strategy, hours, errorPercent, promoteAfterSeconds }: DryRunStrategy,
  ): Promise<StrategyDryRun> {
    const found = await this.scopes.getApplication(caller.tenant, project, application);
    const scope = await this.scopes.getPlacement(found, environment);
    const names = (['a', 'b'] as const).map((slot) => slotServiceName(scope.application.name, slot));
    const until = this.clock.now();
    const measured = await this.history.read({ namespace: scope.environment.namespace, names }, { until, hours });
    const traffic: PastTraffic = measured ?? { startsAt: until, bucketSeconds: 60, buckets: [] };
    const canary = strategy.type === 'canary' ? strategy : { type: 'canary' as const, steps: [] };
    return strategyDryRunSchema.parse({
      ...dryRun(canary, traffic, { errorShare: errorPercent / 100, promoteAfterSeconds }),
      isMeasured: measured !== null,
      startsAt: traffic.startsAt.toISOString(),
      bucketSeconds: traffic.bucketSeconds,
      traffic: traffic.buckets,
    });
  }
}
