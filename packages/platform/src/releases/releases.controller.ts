import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type CreateRelease,
  createReleaseSchema,
  type DiffQuery,
  diffQuerySchema,
  releaseDiffSchema,
  releasePageSchema,
  releaseQuerySchema,
  releaseSchema,
} from './releases.dto.js';
import { ReleasesService } from './releases.service.js';

const tag = 'releases';
const collection = '/tenants/:tenant/projects/:project/applications/:application/releases';

@Controller()
export class ReleasesController {
  constructor(private readonly releases: ReleasesService) {}

  @Route({
    method: 'GET',
    path: collection,
    permission: 'releases:read',
    summary: "List an application's releases, newest first",
    tag,
    query: releaseQuerySchema,
    answer: releasePageSchema,
    errors: ['application-not-found'],
  })
  list(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Query() query: PageQuery,
  ) {
    return this.releases.list(caller, project, application, query);
  }

  @Route({
    method: 'POST',
    path: collection,
    permission: 'releases:write',
    summary: 'Make a release',
    description: 'Immutable: it binds an image to the processes, the config, the domains and the scaling of now.',
    tag,
    body: createReleaseSchema,
    answer: releaseSchema,
    errors: ['application-not-found', 'release-needs-image', 'image-of-another', 'image-refused', 'build-has-no-image'],
  })
  create(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Body() body: CreateRelease,
  ) {
    return this.releases.create(caller, project, application, body);
  }

  @Route({
    method: 'GET',
    path: `${collection}/:number`,
    permission: 'releases:read',
    summary: 'Read a release',
    tag,
    answer: releaseSchema,
    errors: ['application-not-found', 'release-not-found'],
  })
  get(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('number') number: string,
  ) {
    return this.releases.get(caller, project, application, number);
  }

  @Route({
    method: 'GET',
    path: `${collection}/:number/diff`,
    permission: 'releases:read',
    summary: 'Compare a release with another',
    tag,
    query: diffQuerySchema,
    answer: releaseDiffSchema,
    errors: ['application-not-found', 'release-not-found'],
  })
  diff(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('number') number: string,
    @Query() query: DiffQuery,
  ) {
    return this.releases.diff(caller, project, application, number, query.with);
  }
}
