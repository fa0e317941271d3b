import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import {
  applicationPageSchema,
  applicationQuerySchema,
  applicationSchema,
  type CreateApplication,
  createApplicationSchema,
  type UpdateApplication,
  updateApplicationSchema,
} from './applications.dto.js';
import { ApplicationsService } from './applications.service.js';

const tag = 'applications';
const collection = '/tenants/:tenant/projects/:project/applications';
const one = `${collection}/:application`;

@Controller()
export class ApplicationsController {
  constructor(private readonly applications: ApplicationsService) {}

  @Route({
    method: 'GET',
    path: collection,
    permission: 'applications:read',
    summary: "List a project's applications",
    tag,
    query: applicationQuerySchema,
    answer: applicationPageSchema,
  })
  list(@From() caller: TenantCaller, @Param('project') project: string, @Query() query: PageQuery) {
    return this.applications.list(caller, project, query);
  }

  @Route({
    method: 'POST',
    path: collection,
    permission: 'applications:write',
    summary: 'Create an application',
    tag,
    body: createApplicationSchema,
    answer: applicationSchema,
    errors: ['application-name-taken', 'project-not-found-for-application', 'url-not-allowed'],
  })
  create(@From() caller: TenantCaller, @Param('project') project: string, @Body() body: CreateApplication) {
    return this.applications.create(caller, project, body);
  }

  @Route({
    method: 'GET',
    path: one,
    permission: 'applications:read',
    summary: 'Read an application',
    tag,
    answer: applicationSchema,
    errors: ['application-not-found'],
  })
  get(@From() caller: TenantCaller, @Param('project') project: string, @Param('application') application: string) {
    return this.applications.get(caller, project, application);
  }

  @Route({
    method: 'PATCH',
    path: one,
    permission: 'applications:write',
    summary: 'Change an application',
    tag,
    body: updateApplicationSchema,
    answer: applicationSchema,
    errors: ['application-not-found', 'application-deleting', 'application-without-process', 'url-not-allowed'],
  })
  update(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Body() body: UpdateApplication,
  ) {
    return this.applications.update(caller, project, application, body);
  }

  @Route({
    method: 'DELETE',
    path: one,
    permission: 'applications:delete',
    summary: 'Delete an application and everything that runs of it',
    tag,
    status: 202,
    errors: ['application-not-found'],
  })
  delete(@From() caller: TenantCaller, @Param('project') project: string, @Param('application') application: string) {
    return this.applications.delete(caller, project, application);
  }
}
