import { Controller } from '@nestjs/common';
import { Body, From, Param, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { type DryRunStrategy, dryRunStrategySchema, strategyDryRunSchema } from './strategy-dry-run.dto.js';
import { StrategyDryRuns } from './strategy-dry-run.service.js';

@Controller()
export class StrategyDryRunController {
  constructor(private readonly runs: StrategyDryRuns) {}

  @Route({
    method: 'POST',
    path: '/tenants/:tenant/projects/:project/applications/:application/environments/:environment/strategy/dry-run',
    permission: 'rollouts:read',
    summary: 'Say what a canary would have met on the traffic of the last hours',
    description:
      'When each step is reached, how many requests meet the candidate there, and when an error would be caught. Nothing is changed.',
    tag: 'rollouts',
    body: dryRunStrategySchema,
    answer: strategyDryRunSchema,
    status: 200,
    errors: ['application-not-found', 'environment-not-found-for-application'],
  })
  run(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Body() body: DryRunStrategy,
  ) {
    return this.runs.run(caller, project, application, environment, body);
  }
}
