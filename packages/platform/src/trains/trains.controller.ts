import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type CreateTrain,
  createTrainBody,
  type TrainsQuery,
  trainAnswer,
  trainPage,
  trainsQuery,
} from './trains.dto.js';
import { TrainsService } from './trains.service.js';

const tag = 'trains';
const collection = '/tenants/:tenant/projects/:project/trains';
const one = `${collection}/:train`;
const errors = ['project-not-found', 'train-not-found'];
const steer = { tag, answer: trainAnswer, status: 202 } as const;

@Controller()
export class TrainsController {
  constructor(private readonly trains: TrainsService) {}

  @Route({
    method: 'GET',
    path: collection,
    permission: 'rollouts:read',
    tag,
    summary: "List a project's release trains, newest first",
    query: trainsQuery,
    answer: trainPage,
    errors: ['project-not-found'],
  })
  list(@From() caller: TenantCaller, @Param('project') project: string, @Query() query: TrainsQuery) {
    return this.trains.list(caller, project, query);
  }

  @Route({
    method: 'POST',
    path: collection,
    permission: 'rollouts:write',
    tag,
    summary: 'Release several applications together, in the order of their dependencies',
    description:
      'A car from another environment needs rollouts:promote too, `onFailure: revert` rollouts:rollback, and ' +
      '`overrideFreeze` releases:override-freeze.',
    body: createTrainBody,
    answer: trainAnswer,
    status: 202,
    errors: ['project-not-found', 'environment-not-found', 'train-exists', 'train-underway', 'train-invalid'],
  })
  create(@From() caller: TenantCaller, @Param('project') project: string, @Body() body: CreateTrain) {
    return this.trains.create(caller, project, body);
  }

  @Route({
    method: 'GET',
    path: one,
    permission: 'rollouts:read',
    tag,
    summary: 'Read a release train',
    answer: trainAnswer,
    errors,
  })
  get(@From() caller: TenantCaller, @Param('project') project: string, @Param('train') train: string) {
    return this.trains.get(caller, project, train);
  }

  @Route({
    ...steer,
    method: 'POST',
    path: `${one}/promote`,
    permission: 'rollouts:promote',
    summary: 'Have the cars go on from the lane, or the first of those that wait',
    errors: [...errors, 'train-over', 'train-not-waiting'],
  })
  promote(@From() caller: TenantCaller, @Param('project') project: string, @Param('train') train: string) {
    return this.trains.command(caller, project, train, 'promote');
  }

  @Route({
    ...steer,
    method: 'POST',
    path: `${one}/pause`,
    permission: 'rollouts:write',
    summary: 'Hold a train: no further car begins',
    errors: [...errors, 'train-over'],
  })
  pause(@From() caller: TenantCaller, @Param('project') project: string, @Param('train') train: string) {
    return this.trains.command(caller, project, train, 'pause');
  }

  @Route({
    ...steer,
    method: 'POST',
    path: `${one}/resume`,
    permission: 'rollouts:write',
    summary: 'Let a held train go on',
    errors: [...errors, 'train-over'],
  })
  resume(@From() caller: TenantCaller, @Param('project') project: string, @Param('train') train: string) {
    return this.trains.command(caller, project, train, 'resume');
  }

  @Route({
    ...steer,
    method: 'POST',
    path: `${one}/abort`,
    permission: 'rollouts:write',
    summary: 'Stop a train: what goes on is aborted, and what was released stays or goes back, as `onFailure` says',
    errors: [...errors, 'train-over'],
  })
  abort(@From() caller: TenantCaller, @Param('project') project: string, @Param('train') train: string) {
    return this.trains.command(caller, project, train, 'abort');
  }
}
