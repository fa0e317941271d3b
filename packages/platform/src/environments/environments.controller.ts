import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type CreateEnvironment,
  createEnvironmentBody,
  type DeleteEnvironment,
  deleteEnvironmentQuery,
  environmentAnswer,
  environmentPage,
} from './environments.dto.js';
import { EnvironmentsService } from './environments.service.js';

const tag = 'environments';
const collection = '/tenants/:tenant/projects/:project/environments';
const item = `${collection}/:environment`;
const location = ({ operation }: Record<string, unknown>) => `/api/v1/operations/${operation}`;

@Controller()
export class EnvironmentsController {
  constructor(private readonly environments: EnvironmentsService) {}

  @Route({
    method: 'GET',
    path: collection,
    permission: 'environments:read',
    tag,
    summary: "List a project's environments",
    query: pageQuerySchema,
    answer: environmentPage,
    errors: ['project-not-found'],
  })
  list(@From() caller: TenantCaller, @Param('project') project: string, @Query() query: PageQuery) {
    return this.environments.list(caller, project, query);
  }

  @Route({
    method: 'POST',
    path: collection,
    permission: 'environments:write',
    tag,
    summary: 'Create an environment, with a namespace of its own',
    description: 'It can be used when its state is `ready`.',
    body: createEnvironmentBody,
    answer: environmentAnswer,
    location,
    errors: ['project-not-found', 'environment-name-taken', 'project-being-deleted'],
  })
  create(@From() caller: TenantCaller, @Param('project') project: string, @Body() body: CreateEnvironment) {
    return this.environments.create(caller, project, body);
  }

  @Route({
    method: 'GET',
    path: item,
    permission: 'environments:read',
    tag,
    summary: 'Read an environment',
    answer: environmentAnswer,
    errors: ['project-not-found', 'environment-not-found'],
  })
  get(@From() caller: TenantCaller, @Param('project') project: string, @Param('environment') environment: string) {
    return this.environments.get(caller, project, environment);
  }

  @Route({
    method: 'DELETE',
    path: item,
    permission: 'environments:delete',
    tag,
    summary: 'Delete an environment with all that runs in it; give an adopted namespace back',
    query: deleteEnvironmentQuery,
    answer: environmentAnswer,
    status: 202,
    location,
    errors: [
      'project-not-found',
      'environment-not-found',
      'environment-being-deleted',
      'environment-is-production',
      'environment-namespace-not-confirmed',
    ],
  })
  delete(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('environment') environment: string,
    @Query() query: DeleteEnvironment,
  ) {
    return this.environments.delete(caller, project, environment, query);
  }
}
