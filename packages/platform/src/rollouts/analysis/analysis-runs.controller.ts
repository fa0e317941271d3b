import { Controller } from '@nestjs/common';
import { From, Param, Route } from '../../kernel/http/route.js';
import type { TenantCaller } from '../../kernel/tenancy/caller.js';
import { analysisRunsSchema } from './analysis.dto.js';
import { AnalysisRuns } from './analysis-runs.service.js';

@Controller()
export class AnalysisRunsController {
  constructor(private readonly runs: AnalysisRuns) {}

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/projects/:project/applications/:application/rollouts/:id/analysis-runs',
    permission: 'rollouts:read',
    summary: 'Read what was measured of the new release, and what was found',
    tag: 'rollouts',
    answer: analysisRunsSchema,
    errors: ['application-not-found', 'rollout-not-found'],
  })
  get(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('id') id: string,
  ) {
    return this.runs.get(caller, project, application, id);
  }
}
