import { Injectable } from '@nestjs/common';
import { ApplicationScopes } from '../../applications/application-scopes.service.js';
import { Database } from '../../kernel/database/index.js';
import { isId } from '../../kernel/ids/ids.js';
import type { TenantCaller } from '../../kernel/tenancy/caller.js';
import { readRollout } from '../rollouts.codec.js';
import { fail } from '../rollouts.errors.js';
import type { Rollout } from '../rollouts.rules.js';
import type { AnalysisRunsAnswer } from './analysis.dto.js';
import { type AnalysisRun, oddsOfMetric } from './analysis.rules.js';

/** What was measured of a candidate, for those who want to see why it stayed or went. */
@Injectable()
export class AnalysisRuns {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
  ) {}

  async get(caller: TenantCaller, project: string, application: string, id: string): Promise<AnalysisRunsAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const where = { id, tenantId: scope.tenant.id, applicationId: scope.application.id };
    const row = isId(id) ? await this.database.read.rollout.findFirst({ where }) : null;
    if (!row) throw fail('rollout-not-found');
    const rollout = readRollout(row);
    return { runs: rollout.analyses.map((run) => toRun(rollout, run)) };
  }
}

const toRun = ({ steps }: Rollout, run: AnalysisRun): AnalysisRunsAnswer['runs'][number] => ({
  step: run.step === null ? null : (steps[run.step]?.name ?? null),
  verdict: run.verdict,
  reason: run.reason,
  startedAt: run.startedAt,
  measuredAt: run.measuredAt,
  finishedAt: run.finishedAt,
  probes: run.probes.map(({ consecutiveErrors: _, measurements, ...probe }) => ({
    ...probe,
    measurements: measurements.map((measurement) => ({ ...measurement })),
  })),
  metrics: run.metrics.map((metric) => ({
    name: metric.name,
    verdict: metric.verdict,
    reason: metric.reason,
    candidate: metric.candidate,
    stable: metric.stable,
    slowSeconds: metric.slowSeconds,
    odds: Math.round(oddsOfMetric(metric) * 1000) / 1000,
    oddsToFail: Math.round(metric.oddsToFail),
    points: metric.points.map((point) => ({ ...point })),
  })),
});
