import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type ApplyBlueprint,
  appliedBlueprintAnswer,
  applyBlueprintBody,
  type PlanQuery,
  planQuerySchema,
  projectBlueprintAnswer,
} from './project-blueprints.dto.js';
import { ProjectBlueprints } from './project-blueprints.service.js';

const tag = 'blueprints';
const path = '/tenants/:tenant/projects/:project/blueprint';

@Controller()
export class ProjectBlueprintsController {
  constructor(private readonly blueprints: ProjectBlueprints) {}

  @Route({
    method: 'GET',
    path,
    permission: 'projects:read',
    tag,
    summary: 'Read what another version of its blueprint would change in a project',
    description:
      'Compares the version that the project was made from, the one asked for, and what the project has: what both versions say alike is not told.',
    query: planQuerySchema,
    answer: projectBlueprintAnswer,
    errors: ['project-not-found', 'blueprint-version-not-found'],
  })
  get(@From() caller: TenantCaller, @Param('project') project: string, @Query() query: PlanQuery) {
    return this.blueprints.get(caller, project, query.version);
  }

  @Route({
    method: 'POST',
    path: `${path}/apply`,
    permission: 'projects:write',
    tag,
    summary: 'Apply a version of its blueprint to a project',
    description:
      'What it adds is added, and what the project has as it was given is changed. Nothing is removed, and nothing that the project has changed itself is overwritten, unless it is named. Each part needs the permission that changes it by its own route.',
    body: applyBlueprintBody,
    answer: appliedBlueprintAnswer,
    status: 200,
    errors: [
      'project-not-found',
      'project-being-deleted',
      'blueprint-version-not-found',
      'blueprint-gone',
      'blueprint-change-unknown',
      'quota-exceeded',
      'quota-above-parent',
      'config-too-large',
    ],
  })
  apply(@From() caller: TenantCaller, @Param('project') project: string, @Body() body: ApplyBlueprint) {
    return this.blueprints.apply(caller, project, body);
  }
}
