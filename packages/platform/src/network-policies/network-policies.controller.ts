import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type PutNetworkQuery,
  type PutProjectNetwork,
  type PutTenantNetwork,
  projectNetworkAnswer,
  putNetworkQuery,
  putProjectNetworkBody,
  putTenantNetworkBody,
  tenantNetworkAnswer,
} from './network-policies.dto.js';
import { NetworkPoliciesService } from './network-policies.service.js';

const tag = 'network';
const [ofTenant, ofProject] = ['/tenants/:tenant/network', '/tenants/:tenant/projects/:project/network'];

@Controller()
export class NetworkPoliciesController {
  constructor(private readonly networks: NetworkPoliciesService) {}

  @Route({
    method: 'GET',
    path: ofTenant,
    permission: 'policies:read',
    tag,
    summary: 'Read who reaches whom in a tenant, and where its pods may go',
    answer: tenantNetworkAnswer,
  })
  getOfTenant(@From() caller: TenantCaller) {
    return this.networks.getOfTenant(caller);
  }

  @Route({
    method: 'PUT',
    path: ofTenant,
    permission: 'policies:write',
    tag,
    summary: 'Set who reaches whom in a tenant, and where its pods may go',
    query: putNetworkQuery,
    body: putTenantNetworkBody,
    answer: tenantNetworkAnswer,
  })
  putOfTenant(@From() caller: TenantCaller, @Query() query: PutNetworkQuery, @Body() body: PutTenantNetwork) {
    return this.networks.putOfTenant(caller, body, query.dryRun === 'true');
  }

  @Route({
    method: 'GET',
    path: ofProject,
    permission: 'policies:read',
    tag,
    summary: 'Read who reaches whom in a project',
    answer: projectNetworkAnswer,
    errors: ['project-not-found'],
  })
  getOfProject(@From() caller: TenantCaller, @Param('project') project: string) {
    return this.networks.getOfProject(caller, project);
  }

  @Route({
    method: 'PUT',
    path: ofProject,
    permission: 'policies:write',
    tag,
    summary: "Set how far a project's namespaces reach",
    query: putNetworkQuery,
    body: putProjectNetworkBody,
    answer: projectNetworkAnswer,
    errors: ['project-not-found'],
  })
  putOfProject(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Query() query: PutNetworkQuery,
    @Body() body: PutProjectNetwork,
  ) {
    return this.networks.putOfProject(caller, project, body, query.dryRun === 'true');
  }
}
