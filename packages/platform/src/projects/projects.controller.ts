import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type CreateProject,
  createProjectBody,
  projectAnswer,
  projectDeletion,
  projectPage,
  type UpdateProject,
  updateProjectBody,
} from './projects.dto.js';
import { ProjectsService } from './projects.service.js';

const tag = 'projects';
const [collection, item] = ['/tenants/:tenant/projects', '/tenants/:tenant/projects/:project'];

@Controller()
export class ProjectsController {
  constructor(private readonly projects: ProjectsService) {}

  @Route({
    method: 'GET',
    path: collection,
    permission: 'projects:read',
    narrows: true,
    tag,
    summary: "List a tenant's projects",
    query: pageQuerySchema,
    answer: projectPage,
  })
  list(@From() caller: TenantCaller, @Query() query: PageQuery) {
    return this.projects.list(caller, query);
  }

  @Route({
    method: 'POST',
    path: collection,
    permission: 'projects:write',
    tag,
    summary: 'Create a project with the environments of a blueprint',
    body: createProjectBody,
    answer: projectAnswer,
    errors: ['project-name-taken', 'blueprint-unknown', 'quota-exceeded', 'quota-above-parent', 'config-too-large'],
  })
  create(@From() caller: TenantCaller, @Body() body: CreateProject) {
    return this.projects.create(caller, body);
  }

  @Route({
    method: 'GET',
    path: item,
    permission: 'projects:read',
    tag,
    summary: 'Read a project',
    answer: projectAnswer,
    errors: ['project-not-found'],
  })
  get(@From() caller: TenantCaller, @Param('project') project: string) {
    return this.projects.get(caller, project);
  }

  @Route({
    method: 'PATCH',
    path: item,
    permission: 'projects:write',
    tag,
    summary: 'Change a project',
    body: updateProjectBody,
    answer: projectAnswer,
    errors: ['project-not-found', 'project-being-deleted'],
  })
  update(@From() caller: TenantCaller, @Param('project') project: string, @Body() body: UpdateProject) {
    return this.projects.update(caller, project, body);
  }

  @Route({
    method: 'DELETE',
    path: item,
    permission: 'projects:delete',
    tag,
    summary: 'Delete a project with all it has',
    answer: projectDeletion,
    status: 202,
    location: ({ operation }) => `/api/v1/operations/${operation}`,
    errors: ['project-not-found', 'project-being-deleted'],
  })
  delete(@From() caller: TenantCaller, @Param('project') project: string) {
    return this.projects.delete(caller, project);
  }
}
