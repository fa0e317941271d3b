import { Controller } from '@nestjs/common';
import { Body, From, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type CreateTenant,
  createTenantBody,
  type DeleteTenant,
  deleteTenantQuery,
  tenantAnswer,
  tenantDeletion,
  tenantPage,
  type UpdateTenant,
  updateTenantBody,
} from './tenants.dto.js';
import { TenantsService } from './tenants.service.js';

const tag = 'tenants';

@Controller()
export class TenantsController {
  constructor(private readonly tenants: TenantsService) {}

  @Route({
    method: 'GET',
    path: '/tenants',
    permission: 'signed-in',
    tag,
    summary: 'List the tenants you are a member of; an administrator sees all',
    query: pageQuerySchema,
    answer: tenantPage,
  })
  list(@From() caller: Caller, @Query() query: PageQuery) {
    return this.tenants.list(caller, query);
  }

  @Route({
    method: 'POST',
    path: '/tenants',
    permission: 'tenants:create',
    tag,
    summary: 'Create a tenant',
    body: createTenantBody,
    answer: tenantAnswer,
    errors: ['tenant-name-taken', 'tenant-name-reserved', 'user-unknown'],
  })
  create(@From() caller: Caller, @Body() body: CreateTenant) {
    return this.tenants.create(caller, body);
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant',
    permission: 'tenants:read',
    narrows: true,
    tag,
    summary: 'Read a tenant',
    answer: tenantAnswer,
  })
  get(@From() caller: TenantCaller) {
    return this.tenants.get(caller);
  }

  @Route({
    method: 'PATCH',
    path: '/tenants/:tenant',
    permission: 'tenants:write',
    tag,
    summary: 'Change a tenant',
    body: updateTenantBody,
    answer: tenantAnswer,
    errors: ['tenant-being-deleted'],
  })
  update(@From() caller: TenantCaller, @Body() body: UpdateTenant) {
    return this.tenants.update(caller, body);
  }

  @Route({
    method: 'DELETE',
    path: '/tenants/:tenant',
    permission: 'tenants:delete',
    tag,
    summary: 'Delete a tenant with all it has',
    description: 'From the state `archived`; from any other with `confirm`, the name of the tenant.',
    query: deleteTenantQuery,
    allowedIn: ['requested', 'cordoned', 'suspended', 'archived'],
    answer: tenantDeletion,
    status: 202,
    location: ({ operation }) => `/api/v1/operations/${operation}`,
    errors: ['tenant-being-deleted', 'tenant-not-confirmed'],
  })
  delete(@From() caller: TenantCaller, @Query() { confirm }: DeleteTenant) {
    return this.tenants.delete(caller, confirm);
  }
}
