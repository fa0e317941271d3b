import { Controller } from '@nestjs/common';
import { From, Param, Query, Route } from '../kernel/http/route.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { ArtifactRemoval } from './artifact-removal.service.js';
import { artifactPageSchema, repositoryPageSchema, repositoryQuerySchema } from './repositories.dto.js';
import { RepositoriesService } from './repositories.service.js';

const tag = 'repositories';
const collection = '/tenants/:tenant/repositories';

@Controller()
export class RepositoriesController {
  constructor(
    private readonly repositories: RepositoriesService,
    private readonly removal: ArtifactRemoval,
  ) {}

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

  @Route({
    method: 'DELETE',
    path: `${collection}/:repository/artifacts/:digest`,
    permission: 'repositories:delete',
    narrows: true,
    summary: 'Delete an image with all its tags',
    description: 'What it alone holds is given back to the quota at once. An image that runs somewhere is refused.',
    tag,
    status: 204,
    errors: ['repository-not-found', 'artifact-not-found', 'artifact-in-use', 'registry-unavailable'],
  })
  deleteArtifact(
    @From() caller: TenantCaller,
    @Param('repository') repository: string,
    @Param('digest') digest: string,
  ) {
    return this.removal.delete(caller, repository, digest);
  }
}
