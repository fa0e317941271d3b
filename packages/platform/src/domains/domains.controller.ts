import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type CreateDomain,
  createDomainSchema,
  domainPageSchema,
  domainQuerySchema,
  domainSchema,
} from './domains.dto.js';
import { DomainsService } from './domains.service.js';

const tag = 'domains';
const collection = '/tenants/:tenant/projects/:project/applications/:application/environments/:environment/domains';
const errors = ['application-not-found', 'environment-not-found-for-application'];

@Controller()
export class DomainsController {
  constructor(private readonly domains: DomainsService) {}

  @Route({
    method: 'GET',
    path: collection,
    permission: 'domains:read',
    summary: 'List the host names that lead to an application',
    tag,
    query: domainQuerySchema,
    answer: domainPageSchema,
    errors,
  })
  list(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Query() query: PageQuery,
  ) {
    return this.domains.list(caller, project, application, environment, query);
  }

  @Route({
    method: 'POST',
    path: collection,
    permission: 'domains:write',
    summary: 'Add a host name',
    tag,
    body: createDomainSchema,
    answer: domainSchema,
    errors: [...errors, 'hostname-refused', 'hostname-taken'],
  })
  add(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Body() body: CreateDomain,
  ) {
    return this.domains.add(caller, project, application, environment, body.hostname);
  }

  @Route({
    method: 'DELETE',
    path: `${collection}/:hostname`,
    permission: 'domains:write',
    summary: 'Remove a host name',
    tag,
    errors: [...errors, 'domain-not-found', 'domain-is-default'],
  })
  remove(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Param('hostname') hostname: string,
  ) {
    return this.domains.remove(caller, project, application, environment, hostname);
  }
}
