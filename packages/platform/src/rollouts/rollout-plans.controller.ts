import { Controller } from '@nestjs/common';
import { Body, From, Param, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { type PlanRollout, planRolloutSchema, rolloutPlanSchema } from './rollout-plans.dto.js';
import { RolloutPlans } from './rollout-plans.service.js';

@Controller()
export class RolloutPlansController {
  constructor(private readonly plans: RolloutPlans) {}

  @Route({
    method: 'POST',
    path: '/tenants/:tenant/projects/:project/applications/:application/environments/:environment/plan',
    permission: 'rollouts:read',
    summary: 'Say what a rollout would change here',
    description: 'Objects, routes, quota, image policies, consent and the steps with their times. Nothing is changed.',
    tag: 'rollouts',
    body: planRolloutSchema,
    answer: rolloutPlanSchema,
    status: 200,
    errors: [
      'application-not-found',
      'environment-not-found-for-application',
      'release-not-found',
      'release-needs-image',
      'build-has-no-image',
      'image-of-another',
    ],
  })
  plan(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Body() body: PlanRollout,
  ) {
    return this.plans.plan(caller, project, application, environment, body);
  }
}
