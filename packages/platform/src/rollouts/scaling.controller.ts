import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type ChangeScaling,
  changeScalingSchema,
  type ScalingQuery,
  scalingQuerySchema,
  scalingSchema,
} from './scaling.dto.js';
import { ScalingService } from './scaling.service.js';

const tag = 'scaling';
const path = '/tenants/:tenant/projects/:project/applications/:application/environments/:environment/scaling';
const errors = ['application-not-found', 'environment-not-found-for-application'];

@Controller()
export class ScalingController {
  constructor(private readonly scaling: ScalingService) {}

  @Route({
    method: 'GET',
    path,
    permission: 'scaling:read',
    summary: 'Read how many of each process run',
    tag,
    answer: scalingSchema,
    errors,
  })
  get(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
  ) {
    return this.scaling.get(caller, project, application, environment);
  }

  @Route({
    method: 'PATCH',
    path,
    permission: 'scaling:write',
    summary: 'Change how many of each process run',
    description: 'A merge patch. Other replicas start no process anew; other resources do, one by one.',
    tag,
    query: scalingQuerySchema,
    body: changeScalingSchema,
    answer: scalingSchema,
    errors: [...errors, 'process-unknown', 'environment-not-ready', 'amount-invalid', 'quota-exceeded'],
  })
  change(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Query() query: ScalingQuery,
    @Body() body: ChangeScaling,
  ) {
    return this.scaling.change(caller, project, application, environment, body, query);
  }
}
