import { Controller } from '@nestjs/common';
import { From, Param, Query, Route } from '../kernel/http/route.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { artifactPageSchema, repositoryPageSchema, repositoryQuerySchema } from './repositories.dto.js';
import { RepositoriesService } from './repositories.service.js';

const tag = 'repositories';
const collection = '/tenants/:tenant/repositories';

@Controller()
export class RepositoriesController {
  constructor(private readonly repositories: RepositoriesService) {}

  @Route({
    method: 'GET',
    path: collection,
    permission: 'repositories:read',
    narrows: true,
    summary: "List a tenant's image repositories",
    tag,
    query: repositoryQuerySchema,
    answer: repositoryPageSchema,
    errors: ['registry-unavailable'],
  })
  list(@From() caller: TenantCaller, @Query() query: PageQuery) {
    return this.repositories.list(caller, query);
  }

  @Route({
    method: 'GET',
    path: `${collection}/:repository/artifacts`,
    permission: 'repositories:read',
    narrows: true,
    summary: 'List the images in a repository',
    description: 'The name is `{project}/{application}` with the slash written as %2F.',
    tag,
    query: repositoryQuerySchema,
    answer: artifactPageSchema,
    errors: ['repository-not-found', 'registry-unavailable'],
  })
  listArtifacts(@From() caller: TenantCaller, @Param('repository') repository: string, @Query() query: PageQuery) {
    return this.repositories.listArtifacts(caller, repository, query);
  }
}
