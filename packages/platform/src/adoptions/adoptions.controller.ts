import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { AdoptableNamespaces } from './adoptable-namespaces.service.js';
import {
  adoptionAnswer,
  adoptionPage,
  type CreateAdoption,
  type CreateAdoptionQuery,
  createAdoptionBody,
  createAdoptionQuery,
  namespacePage,
  releaseAnswer,
} from './adoptions.dto.js';
import { AdoptionsService } from './adoptions.service.js';

const tag = 'clusters';
const permission = 'namespaces:adopt';
const adoptions = '/clusters/:cluster/adoptions';

@Controller()
export class AdoptionsController {
  constructor(
    private readonly adoptions: AdoptionsService,
    private readonly namespaces: AdoptableNamespaces,
  ) {}

  @Route({
    method: 'GET',
    path: '/clusters/:cluster/namespaces',
    permission,
    tag,
    summary: 'List the namespaces that no tenant owns, with what is in them',
    description: 'Those of the cluster and of the platform itself are left out.',
    query: pageQuerySchema,
    answer: namespacePage,
    errors: ['cluster-not-found', 'cluster-unavailable'],
  })
  listNamespaces(@Param('cluster') cluster: string, @Query() query: PageQuery) {
    return this.namespaces.list(cluster, query);
  }

  @Route({
    method: 'POST',
    path: '/clusters/:cluster/namespaces/:namespace/release',
    permission,
    tag,
    summary: 'Give an adopted namespace back',
    description: 'Its environment and what the platform made in it go; everything else in it stays as it is.',
    answer: releaseAnswer,
    status: 202,
    location: ({ operation }) => `/api/v1/operations/${operation}`,
    errors: ['namespace-not-found', 'namespace-not-adopted', 'adoption-place-gone'],
  })
  release(@From() caller: Caller, @Param('cluster') cluster: string, @Param('namespace') namespace: string) {
    return this.adoptions.release(caller, cluster, namespace);
  }

  @Route({
    method: 'POST',
    path: adoptions,
    permission,
    tag,
    summary: 'Give namespaces to projects, as environments',
    description:
      'With `dryRun`, answers what would be set on each and what stands in the way. Without, each namespace is a step of one ' +
      'operation with a result of its own; what is in the namespaces runs on.',
    query: createAdoptionQuery,
    body: createAdoptionBody,
    answer: adoptionAnswer,
    status: 202,
    location: ({ operation, cluster }) =>
      operation ? `/api/v1/operations/${operation}` : `/api/v1/clusters/${cluster}/adoptions`,
    errors: ['cluster-not-found', 'cluster-unavailable', 'adoption-refused'],
  })
  create(
    @From() caller: Caller,
    @Param('cluster') cluster: string,
    @Body() body: CreateAdoption,
    @Query() query: CreateAdoptionQuery,
  ) {
    return query.dryRun === 'true'
      ? this.adoptions.plan(caller, cluster, body)
      : this.adoptions.create(caller, cluster, body);
  }

  @Route({
    method: 'GET',
    path: adoptions,
    permission,
    tag,
    summary: 'List the adoptions of namespaces, newest first',
    query: pageQuerySchema,
    answer: adoptionPage,
  })
  list(@Param('cluster') cluster: string, @Query() query: PageQuery) {
    return this.adoptions.list(cluster, query);
  }

  @Route({
    method: 'GET',
    path: `${adoptions}/:adoption`,
    permission,
    tag,
    summary: 'Read an adoption, with what became of each namespace',
    answer: adoptionAnswer,
    errors: ['adoption-not-found'],
  })
  get(@Param('cluster') cluster: string, @Param('adoption') adoption: string) {
    return this.adoptions.get(cluster, adoption);
  }
}
