import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { RobotAccounts } from './robot-accounts.service.js';
import {
  type CreateRobot,
  createRobotBody,
  newRobotAnswer,
  type RobotQuery,
  robotAnswer,
  robotPage,
  robotQuery,
  type UpdateRobot,
  updateRobotBody,
} from './robots.dto.js';
import { type Rotate, rotateBody } from './tokens.dto.js';

const tag = 'robots';

@Controller()
export class RobotsController {
  constructor(private readonly robots: RobotAccounts) {}

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/robots',
    permission: 'robots:read',
    tag,
    summary: "List a tenant's robots",
    query: robotQuery,
    answer: robotPage,
  })
  listOfTenant(@From() caller: TenantCaller, @Query() query: RobotQuery) {
    return this.robots.list(caller, undefined, query);
  }

  @Route({
    method: 'POST',
    path: '/tenants/:tenant/robots',
    permission: 'robots:write',
    tag,
    summary: 'Create a robot of a tenant',
    body: createRobotBody,
    answer: newRobotAnswer,
    errors: ['robot-exists', 'robot-scope-lacking', 'token-life-too-long'],
  })
  createInTenant(@From() caller: TenantCaller, @Body() body: CreateRobot) {
    return this.robots.create(caller, undefined, body);
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/robots/:robot',
    permission: 'robots:read',
    tag,
    summary: "Read a tenant's robot",
    answer: robotAnswer,
    errors: ['robot-not-found'],
  })
  getOfTenant(@From() caller: TenantCaller, @Param('robot') robot: string) {
    return this.robots.get(caller, undefined, robot);
  }

  @Route({
    method: 'PATCH',
    path: '/tenants/:tenant/robots/:robot',
    permission: 'robots:write',
    tag,
    summary: "Change, disable or enable a tenant's robot",
    body: updateRobotBody,
    answer: robotAnswer,
    errors: ['robot-not-found', 'robot-is-managed', 'robot-scope-lacking'],
  })
  updateOfTenant(@From() caller: TenantCaller, @Param('robot') robot: string, @Body() body: UpdateRobot) {
    return this.robots.update(caller, undefined, robot, body);
  }

  @Route({
    method: 'POST',
    path: '/tenants/:tenant/robots/:robot/rotate',
    permission: 'robots:write',
    tag,
    summary: "Give a tenant's robot a new token",
    body: rotateBody,
    answer: newRobotAnswer,
    errors: ['robot-not-found', 'robot-is-managed', 'robot-scope-lacking', 'token-life-too-long'],
  })
  rotateOfTenant(@From() caller: TenantCaller, @Param('robot') robot: string, @Body() body: Rotate) {
    return this.robots.rotate(caller, undefined, robot, body);
  }

  @Route({
    method: 'DELETE',
    path: '/tenants/:tenant/robots/:robot',
    permission: 'robots:write',
    tag,
    summary: "Delete a tenant's robot",
    errors: ['robot-not-found', 'robot-is-managed'],
  })
  deleteOfTenant(@From() caller: TenantCaller, @Param('robot') robot: string) {
    return this.robots.delete(caller, undefined, robot);
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/projects/:project/robots',
    permission: 'robots:read',
    tag,
    summary: "List a project's robots",
    query: robotQuery,
    answer: robotPage,
  })
  listOfProject(@From() caller: TenantCaller, @Param('project') project: string, @Query() query: RobotQuery) {
    return this.robots.list(caller, project, query);
  }

  @Route({
    method: 'POST',
    path: '/tenants/:tenant/projects/:project/robots',
    permission: 'robots:write',
    tag,
    summary: 'Create a robot of a project',
    body: createRobotBody,
    answer: newRobotAnswer,
    errors: ['robot-exists', 'robot-scope-lacking', 'token-life-too-long'],
  })
  createInProject(@From() caller: TenantCaller, @Param('project') project: string, @Body() body: CreateRobot) {
    return this.robots.create(caller, project, body);
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/projects/:project/robots/:robot',
    permission: 'robots:read',
    tag,
    summary: "Read a project's robot",
    answer: robotAnswer,
    errors: ['robot-not-found'],
  })
  getOfProject(@From() caller: TenantCaller, @Param('project') project: string, @Param('robot') robot: string) {
    return this.robots.get(caller, project, robot);
  }

  @Route({
    method: 'PATCH',
    path: '/tenants/:tenant/projects/:project/robots/:robot',
    permission: 'robots:write',
    tag,
    summary: "Change, disable or enable a project's robot",
    body: updateRobotBody,
    answer: robotAnswer,
    errors: ['robot-not-found', 'robot-is-managed', 'robot-scope-lacking'],
  })
  updateOfProject(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('robot') robot: string,
    @Body() body: UpdateRobot,
  ) {
    return this.robots.update(caller, project, robot, body);
  }

  @Route({
    method: 'POST',
    path: '/tenants/:tenant/projects/:project/robots/:robot/rotate',
    permission: 'robots:write',
    tag,
    summary: "Give a project's robot a new token",
    body: rotateBody,
    answer: newRobotAnswer,
    errors: ['robot-not-found', 'robot-is-managed', 'robot-scope-lacking', 'token-life-too-long'],
  })
  rotateOfProject(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('robot') robot: string,
    @Body() body: Rotate,
  ) {
    return this.robots.rotate(caller, project, robot, body);
  }

  @Route({
    method: 'DELETE',
    path: '/tenants/:tenant/projects/:project/robots/:robot',
    permission: 'robots:write',
    tag,
    summary: "Delete a project's robot",
    errors: ['robot-not-found', 'robot-is-managed'],
  })
  deleteOfProject(@From() caller: TenantCaller, @Param('project') project: string, @Param('robot') robot: string) {
    return this.robots.delete(caller, project, robot);
  }
}
