import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { QuotaScopes } from './quota-scopes.service.js';
import { QuotaSettings } from './quota-settings.service.js';
import { QuotaViews } from './quota-views.service.js';
import {
  type PutQuota,
  type PutQuotaQuery,
  putQuotaBody,
  putQuotaQuery,
  quotaAnswer,
  type UsageQuery,
  usageAnswer,
  usageQuery,
} from './quotas.dto.js';

const tag = 'quotas';
const ofProject = '/tenants/:tenant/projects/:project';
const ofEnvironment = `${ofProject}/environments/:environment`;
const refusals = ['quota-resource-unknown', 'quota-amount-unreadable', 'quota-above-parent'];
const put = {
  method: 'PUT',
  tag,
  body: putQuotaBody,
  query: putQuotaQuery,
  answer: quotaAnswer,
  errors: refusals,
} as const;
const get = { method: 'GET', permission: 'quotas:read', tag, answer: quotaAnswer } as const;
const usage = { method: 'GET', permission: 'quotas:read', tag, query: usageQuery, answer: usageAnswer } as const;

@Controller()
export class QuotasController {
  constructor(
    private readonly scopes: QuotaScopes,
    private readonly views: QuotaViews,
    private readonly settings: QuotaSettings,
  ) {}

  @Route({ ...get, path: '/tenants/:tenant/quota', summary: "Read a tenant's limits, use and forecasts" })
  async getTenant(@From() caller: TenantCaller) {
    return this.views.get(await this.scopes.get(caller));
  }

  @Route({
    ...put,
    path: '/tenants/:tenant/quota',
    permission: 'tenant-quotas:write',
    summary: "Set a tenant's limits",
  })
  async putTenant(@From() caller: TenantCaller, @Query() query: PutQuotaQuery, @Body() body: PutQuota) {
    return this.settings.put(caller, await this.scopes.get(caller), body, query.dryRun === 'true');
  }

  @Route({ ...usage, path: '/tenants/:tenant/quota/usage', summary: "Read a tenant's use over time" })
  async usageOfTenant(@From() caller: TenantCaller, @Query() query: UsageQuery) {
    return this.views.usage(await this.scopes.get(caller), query);
  }

  @Route({ ...get, path: `${ofProject}/quota`, summary: "Read a project's limits, use and forecasts" })
  async getProject(@From() caller: TenantCaller, @Param('project') project: string) {
    return this.views.get(await this.scopes.get(caller, project));
  }

  @Route({ ...put, path: `${ofProject}/quota`, permission: 'quotas:write', summary: "Set a project's limits" })
  async putProject(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Query() query: PutQuotaQuery,
    @Body() body: PutQuota,
  ) {
    return this.settings.put(caller, await this.scopes.get(caller, project), body, query.dryRun === 'true');
  }

  @Route({ ...usage, path: `${ofProject}/quota/usage`, summary: "Read a project's use over time" })
  async usageOfProject(@From() caller: TenantCaller, @Param('project') project: string, @Query() query: UsageQuery) {
    return this.views.usage(await this.scopes.get(caller, project), query);
  }

  @Route({ ...get, path: `${ofEnvironment}/quota`, summary: "Read an environment's limits, use and forecasts" })
  async getEnvironment(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('environment') environment: string,
  ) {
    return this.views.get(await this.scopes.get(caller, project, environment));
  }

  @Route({ ...put, path: `${ofEnvironment}/quota`, permission: 'quotas:write', summary: "Set an environment's limits" })
  async putEnvironment(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('environment') environment: string,
    @Query() query: PutQuotaQuery,
    @Body() body: PutQuota,
  ) {
    const scope = await this.scopes.get(caller, project, environment);
    return this.settings.put(caller, scope, body, query.dryRun === 'true');
  }

  @Route({ ...usage, path: `${ofEnvironment}/quota/usage`, summary: "Read an environment's use over time" })
  async usageOfEnvironment(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('environment') environment: string,
    @Query() query: UsageQuery,
  ) {
    return this.views.usage(await this.scopes.get(caller, project, environment), query);
  }
}
