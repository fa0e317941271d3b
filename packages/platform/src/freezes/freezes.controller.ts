import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import { FreezeChecks } from './freeze-checks.service.js';
import {
  type CreateFreeze,
  createFreezeBody,
  createPlatformFreezeBody,
  freezeAnswer,
  freezeCheckAnswer,
  freezePage,
  freezesQuery,
  type UpdateFreeze,
  updateFreezeBody,
  updatePlatformFreezeBody,
} from './freezes.dto.js';
import { FreezesService } from './freezes.service.js';

const tag = 'freezes';
const ofPlatform = '/freezes';
const ofTenant = '/tenants/:tenant/freezes';
const errors = ['freeze-not-found'];

@Controller()
export class FreezesController {
  constructor(
    private readonly freezes: FreezesService,
    private readonly checks: FreezeChecks,
  ) {}

  @Route({
    method: 'GET',
    path: ofPlatform,
    permission: 'freezes:read',
    tag,
    summary: "List the platform's freezes",
    query: freezesQuery,
    answer: freezePage,
  })
  list(@From() caller: Caller, @Query() query: PageQuery) {
    return this.freezes.list(caller, null, query);
  }

  @Route({
    method: 'POST',
    path: ofPlatform,
    permission: 'freezes:write',
    tag,
    summary: 'Create a freeze for all tenants',
    body: createPlatformFreezeBody,
    answer: freezeAnswer,
    location: ({ name }) => `/api/v1/freezes/${name}`,
    errors: ['freeze-exists', 'freeze-schedule-invalid'],
  })
  create(@From() caller: Caller, @Body() body: CreateFreeze) {
    return this.freezes.create(caller, null, body);
  }

  @Route({
    method: 'GET',
    path: `${ofPlatform}/:freeze`,
    permission: 'freezes:read',
    tag,
    summary: 'Read a freeze of the platform',
    answer: freezeAnswer,
    errors,
  })
  get(@From() caller: Caller, @Param('freeze') freeze: string) {
    return this.freezes.get(caller, null, freeze);
  }

  @Route({
    method: 'PATCH',
    path: `${ofPlatform}/:freeze`,
    permission: 'freezes:write',
    tag,
    summary: 'Change a freeze of the platform',
    body: updatePlatformFreezeBody,
    answer: freezeAnswer,
    errors: [...errors, 'freeze-schedule-invalid'],
  })
  update(@From() caller: Caller, @Param('freeze') freeze: string, @Body() body: UpdateFreeze) {
    return this.freezes.update(caller, null, freeze, body);
  }

  @Route({
    method: 'DELETE',
    path: `${ofPlatform}/:freeze`,
    permission: 'freezes:write',
    tag,
    summary: 'Delete a freeze of the platform',
    errors,
  })
  delete(@From() caller: Caller, @Param('freeze') freeze: string) {
    return this.freezes.delete(caller, null, freeze);
  }

  @Route({
    method: 'GET',
    path: ofTenant,
    permission: 'freezes:read',
    narrows: true,
    tag,
    summary: "List a tenant's freezes, with the platform's",
    query: freezesQuery,
    answer: freezePage,
  })
  listOfTenant(@From() caller: TenantCaller, @Query() query: PageQuery) {
    return this.freezes.list(caller, caller.tenant, query);
  }

  @Route({
    method: 'POST',
    path: ofTenant,
    permission: 'freezes:write',
    tag,
    summary: 'Create a freeze: a time in which nothing new is rolled out',
    body: createFreezeBody,
    answer: freezeAnswer,
    errors: ['freeze-exists', 'freeze-schedule-invalid'],
  })
  createOfTenant(@From() caller: TenantCaller, @Body() body: CreateFreeze) {
    return this.freezes.create(caller, caller.tenant, body);
  }

  @Route({
    method: 'GET',
    path: `${ofTenant}/:freeze`,
    permission: 'freezes:read',
    narrows: true,
    tag,
    summary: 'Read a freeze of a tenant',
    answer: freezeAnswer,
    errors,
  })
  getOfTenant(@From() caller: TenantCaller, @Param('freeze') freeze: string) {
    return this.freezes.get(caller, caller.tenant, freeze);
  }

  @Route({
    method: 'PATCH',
    path: `${ofTenant}/:freeze`,
    permission: 'freezes:write',
    tag,
    summary: 'Change a freeze of a tenant',
    body: updateFreezeBody,
    answer: freezeAnswer,
    errors: [...errors, 'freeze-schedule-invalid'],
  })
  updateOfTenant(@From() caller: TenantCaller, @Param('freeze') freeze: string, @Body() body: UpdateFreeze) {
    return this.freezes.update(caller, caller.tenant, freeze, body);
  }

  @Route({
    method: 'DELETE',
    path: `${ofTenant}/:freeze`,
    permission: 'freezes:write',
    tag,
    summary: 'Delete a freeze of a tenant',
    errors,
  })
  deleteOfTenant(@From() caller: TenantCaller, @Param('freeze') freeze: string) {
    return this.freezes.delete(caller, caller.tenant, freeze);
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/projects/:project/applications/:application/environments/:environment/freezes',
    permission: 'freezes:read',
    tag,
    summary: 'Check whether something new may be rolled out here now',
    answer: freezeCheckAnswer,
    errors: ['application-not-found', 'environment-not-found-for-application'],
  })
  check(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
  ) {
    return this.checks.check(caller, project, application, environment);
  }
}
