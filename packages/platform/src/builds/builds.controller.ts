import { Controller } from '@nestjs/common';
import { Body, From, Incoming, Param, Query, Reply, type Request, type Response, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { BuildLogs } from './build-logs.service.js';
import {
  type BuildQuery,
  buildPageSchema,
  buildQuerySchema,
  buildSchema,
  type CreateBuild,
  createBuildSchema,
} from './builds.dto.js';
import { BuildsService } from './builds.service.js';

const tag = 'builds';
const collection = '/tenants/:tenant/projects/:project/applications/:application/builds';
const one = `${collection}/:number`;
const location = (answer: Record<string, unknown>): string => `/api/v1/operations/${answer['operation']}`;

@Controller()
export class BuildsController {
  constructor(
    private readonly builds: BuildsService,
    private readonly logs: BuildLogs,
  ) {}

  @Route({
    method: 'GET',
    path: collection,
    permission: 'builds:read',
    summary: "List an application's builds, newest first",
    tag,
    query: buildQuerySchema,
    answer: buildPageSchema,
    errors: ['application-not-found'],
  })
  list(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Query() query: BuildQuery,
  ) {
    return this.builds.list(caller, project, application, query);
  }

  @Route({
    method: 'POST',
    path: collection,
    permission: 'builds:write',
    summary: 'Build the application, and deploy it if asked',
    tag,
    body: createBuildSchema,
    answer: buildSchema,
    status: 202,
    location,
    errors: [
      'application-not-found',
      'environment-not-found-for-application',
      'build-needs-source',
      'upload-unknown',
      'url-not-allowed',
    ],
  })
  create(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Body() body: CreateBuild,
  ) {
    return this.builds.create(caller, project, application, body);
  }

  @Route({
    method: 'GET',
    path: one,
    permission: 'builds:read',
    summary: 'Read a build',
    tag,
    answer: buildSchema,
    errors: ['application-not-found', 'build-not-found'],
  })
  get(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('number') number: string,
  ) {
    return this.builds.get(caller, project, application, number);
  }

  @Route({
    method: 'POST',
    path: `${one}/cancel`,
    permission: 'builds:write',
    summary: 'Cancel a build',
    tag,
    answer: buildSchema,
    status: 202,
    location,
    errors: ['application-not-found', 'build-not-found', 'build-over'],
  })
  cancel(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('number') number: string,
  ) {
    return this.builds.cancel(caller, project, application, number);
  }

  @Route({
    method: 'GET',
    path: `${one}/log`,
    permission: 'builds:read',
    summary: "Read a build's log, or follow it",
    description:
      'Plain text of what there is; with `Accept: text/event-stream` it is followed: `event: line` with `{ at, stream, text }`, then `event: end`.',
    tag,
    produces: ['text/plain', 'text/event-stream'],
    errors: ['application-not-found', 'build-not-found'],
  })
  log(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('number') number: string,
    @Incoming() request: Request,
    @Reply() response: Response,
  ) {
    return this.logs.send(caller, project, application, number, request, response);
  }
}
