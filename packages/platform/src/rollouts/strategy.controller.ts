import { Controller } from '@nestjs/common';
import { Body, From, Param, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { type ChangeStrategy, changeStrategySchema, placementStrategySchema } from './strategy.dto.js';
import { StrategyService } from './strategy.service.js';

const tag = 'rollouts';
const path = '/tenants/:tenant/projects/:project/applications/:application/environments/:environment/strategy';
const errors = ['application-not-found', 'environment-not-found-for-application'];

@Controller()
export class StrategyController {
  constructor(private readonly strategies: StrategyService) {}

  @Route({
    method: 'GET',
    path,
    permission: 'rollouts:read',
    summary: 'Read how releases are rolled out here',
    tag,
    answer: placementStrategySchema,
    errors,
  })
  get(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
  ) {
    return this.strategies.get(caller, project, application, environment);
  }

  @Route({
    method: 'PUT',
    path,
    permission: 'rollouts:write',
    summary: 'Say how releases are rolled out here',
    description: 'Counts from the next rollout on. Strategies and steps have the words and fields of Argo Rollouts.',
    tag,
    body: changeStrategySchema,
    answer: placementStrategySchema,
    errors,
  })
  change(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Body() body: ChangeStrategy,
  ) {
    return this.strategies.change(caller, project, application, environment, body);
  }
}
