import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { RolloutRequests } from './rollout-requests.service.js';
import { RolloutTransitions } from './rollout-transitions.service.js';
import {
  type CreateRollout,
  createRolloutSchema,
  type Promote,
  promoteSchema,
  type Rollback,
  type RolloutQuery,
  rollbackSchema,
  rolloutPageSchema,
  rolloutQuerySchema,
  rolloutSchema,
  transitionPageSchema,
  transitionQuerySchema,
  type WhenFull,
  whenFullQuery,
} from './rollouts.dto.js';

const tag = 'rollouts';
const application = '/tenants/:tenant/projects/:project/applications/:application';
const collection = `${application}/rollouts`;
const location = (answer: Record<string, unknown>): string => `/api/v1/operations/${answer['operation']}`;
const startErrors = [
  'application-not-found',
  'environment-not-found-for-application',
  'environment-not-ready',
  'application-being-deleted',
  'release-not-found',
  'quota-exceeded',
  'image-refused',
  'rollout-frozen',
];
const steerErrors = [
  'application-not-found',
  'rollout-not-found',
  'rollout-over',
  'rollout-without-steps',
  'rollout-waits-for-approval',
];

@Controller()
export class RolloutsController {
  constructor(
    private readonly rollouts: RolloutRequests,
    private readonly transitions: RolloutTransitions,
  ) {}

  @Route({
    method: 'GET',
    path: collection,
    permission: 'rollouts:read',
    summary: "List an application's rollouts, newest first",
    tag,
    query: rolloutQuerySchema,
    answer: rolloutPageSchema,
    errors: ['application-not-found'],
  })
  list(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') name: string,
    @Query() query: RolloutQuery,
  ) {
    return this.rollouts.list(caller, project, name, query);
  }

  @Route({
    method: 'POST',
    path: collection,
    permission: 'rollouts:write',
    summary: 'Roll a release out to an environment',
    tag,
    query: whenFullQuery,
    body: createRolloutSchema,
    answer: rolloutSchema,
    status: 202,
    location,
    errors: startErrors,
  })
  create(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') name: string,
    @Query() query: WhenFull,
    @Body() body: CreateRollout,
  ) {
    return this.rollouts.create(caller, project, name, body, query);
  }

  @Route({
    method: 'GET',
    path: `${collection}/:id`,
    permission: 'rollouts:read',
    summary: 'Read a rollout',
    tag,
    answer: rolloutSchema,
    errors: ['application-not-found', 'rollout-not-found'],
  })
  get(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') name: string,
    @Param('id') id: string,
  ) {
    return this.rollouts.get(caller, project, name, id);
  }

  @Route({
    method: 'GET',
    path: `${collection}/:id/transitions`,
    permission: 'rollouts:read',
    summary: 'List what a rollout went through, by whom and why, the oldest first',
    tag,
    query: transitionQuerySchema,
    answer: transitionPageSchema,
    errors: ['application-not-found', 'rollout-not-found'],
  })
  listTransitions(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') name: string,
    @Param('id') id: string,
    @Query() query: PageQuery,
  ) {
    return this.transitions.list(caller, project, name, id, query);
  }

  @Route({
    method: 'POST',
    path: `${collection}/:id/abort`,
    permission: 'rollouts:write',
    summary: 'Abort a rollout and put the release before back',
    tag,
    answer: rolloutSchema,
    status: 202,
    location,
    errors: ['application-not-found', 'rollout-not-found', 'rollout-over'],
  })
  abort(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') name: string,
    @Param('id') id: string,
  ) {
    return this.rollouts.abort(caller, project, name, id);
  }

  @Route({
    method: 'POST',
    path: `${collection}/:id/pause`,
    permission: 'rollouts:write',
    summary: 'Hold a rollout where it is',
    tag,
    answer: rolloutSchema,
    status: 202,
    location,
    errors: steerErrors,
  })
  pause(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') name: string,
    @Param('id') id: string,
  ) {
    return this.rollouts.command(caller, project, name, id, 'pause');
  }

  @Route({
    method: 'POST',
    path: `${collection}/:id/resume`,
    permission: 'rollouts:write',
    summary: 'Let a held rollout go on',
    tag,
    answer: rolloutSchema,
    status: 202,
    location,
    errors: steerErrors,
  })
  resume(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') name: string,
    @Param('id') id: string,
  ) {
    return this.rollouts.command(caller, project, name, id, 'resume');
  }

  @Route({
    method: 'POST',
    path: `${collection}/:id/promote`,
    permission: 'rollouts:promote',
    summary: 'Go on to the next step, or past all of them',
    tag,
    body: promoteSchema,
    answer: rolloutSchema,
    status: 202,
    location,
    errors: [...steerErrors, 'rollout-frozen'],
  })
  promote(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') name: string,
    @Param('id') id: string,
    @Body() { full, overrideFreeze }: Promote,
  ) {
    return this.rollouts.command(caller, project, name, id, full ? 'promote-full' : 'promote', overrideFreeze);
  }

  @Route({
    method: 'POST',
    path: `${collection}/:id/retry`,
    permission: 'rollouts:write',
    summary: 'Roll the same release out once more, in the same way',
    tag,
    answer: rolloutSchema,
    status: 202,
    location,
    errors: [...startErrors, 'rollout-not-found', 'rollout-not-over'],
  })
  retry(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') name: string,
    @Param('id') id: string,
  ) {
    return this.rollouts.retry(caller, project, name, id);
  }

  @Route({
    method: 'POST',
    path: `${application}/rollback`,
    permission: 'rollouts:rollback',
    summary: 'Roll an earlier release out',
    tag,
    body: rollbackSchema,
    answer: rolloutSchema,
    status: 202,
    location,
    errors: [...startErrors, 'nothing-to-roll-back-to'],
  })
  rollback(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') name: string,
    @Body() body: Rollback,
  ) {
    return this.rollouts.rollback(caller, project, name, body);
  }
}
