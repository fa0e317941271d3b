import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { rolloutSchema } from '../rollouts/rollouts.service.js';
import {
  type PromoteRelease,
  type PromotionPlanQuery,
  promoteBody,
  promotionPlanAnswer,
  promotionPlanQuery,
} from './promotions.dto.js';
import { PromotionsService } from './promotions.service.js';

const tag = 'promotions';
const path = '/tenants/:tenant/projects/:project/applications/:application/environments/:environment/promotions';
const errors = [
  'application-not-found',
  'environment-not-found-for-application',
  'release-not-found',
  'promotion-to-itself',
  'promotion-without-release',
];

@Controller()
export class PromotionsController {
  constructor(private readonly promotions: PromotionsService) {}

  @Route({
    method: 'POST',
    path,
    permission: 'rollouts:promote',
    tag,
    summary: 'Roll out here the release that runs in another environment',
    description: 'The same release, by its hash; configuration, domains and scaling are this environment’s.',
    body: promoteBody,
    answer: rolloutSchema,
    status: 202,
    location: ({ operation }) => `/api/v1/operations/${operation}`,
    errors: [
      ...errors,
      'promotion-not-healthy',
      'environment-not-ready',
      'application-being-deleted',
      'quota-exceeded',
      'image-refused',
      'rollout-frozen',
    ],
  })
  promote(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Body() body: PromoteRelease,
  ) {
    return this.promotions.promote(caller, project, application, environment, body);
  }

  @Route({
    method: 'GET',
    path: `${path}/plan`,
    permission: 'rollouts:read',
    tag,
    summary: 'Say what a promotion would change, and what stands in its way',
    query: promotionPlanQuery,
    answer: promotionPlanAnswer,
    errors,
  })
  plan(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Query() query: PromotionPlanQuery,
  ) {
    return this.promotions.plan(caller, project, application, environment, query);
  }
}
