import { Controller } from '@nestjs/common';
import { From, Incoming, Param, Query, Reply, type Request, type Response, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { LogsService } from './logs.service.js';
import { environmentStatusSchema, type LogsQuery, logsQuerySchema, podPageSchema } from './pods.dto.js';
import { PodsService } from './pods.service.js';

const tag = 'pods';
const place = '/tenants/:tenant/projects/:project/applications/:application/environments/:environment';
const errors = ['application-not-found', 'environment-not-found-for-application', 'cluster-unavailable'];

@Controller()
export class PodsController {
  constructor(
    private readonly pods: PodsService,
    private readonly logs: LogsService,
  ) {}

  @Route({
    method: 'GET',
    path: `${place}/status`,
    permission: 'applications:read',
    summary: 'Read where an application stands in an environment',
    tag,
    answer: environmentStatusSchema,
    errors,
  })
  status(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
  ) {
    return this.pods.status(caller, project, application, environment);
  }

  @Route({
    method: 'GET',
    path: `${place}/pods`,
    permission: 'pods:read',
    summary: "List an application's pods in an environment",
    tag,
    answer: podPageSchema,
    errors,
  })
  list(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
  ) {
    return this.pods.list(caller, project, application, environment);
  }

  @Route({
    method: 'GET',
    path: `${place}/logs`,
    permission: 'logs:read',
    summary: "Read an application's logs in an environment, or follow them",
    description:
      'The logs of all its pods, merged. Plain text, or with `Accept: text/event-stream` events `line` with `{ pod, process, at, text }`.',
    tag,
    query: logsQuerySchema,
    produces: ['text/plain', 'text/event-stream'],
    errors,
  })
  async log(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Query() query: LogsQuery,
    @Incoming() request: Request,
    @Reply() response: Response,
  ) {
    await this.logs.send(await this.pods.place(caller, project, application, environment), query, request, response);
  }
}
