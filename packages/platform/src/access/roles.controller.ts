import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import { type CreateRole, createRoleBody, roleAnswer, rolePage, type UpdateRole, updateRoleBody } from './roles.dto.js';
import { RolesService } from './roles.service.js';

const tag = 'roles';
const [ofPlatform, onePlatform] = ['/roles', '/roles/:role'];
const [ofTenant, oneOfTenant] = ['/tenants/:tenant/roles', '/tenants/:tenant/roles/:role'];
const changeErrors = ['role-not-found', 'role-is-built-in', 'permission-not-yours'];
const createErrors = ['role-name-reserved', 'role-name-taken', 'role-limit', 'permission-not-yours'];

@Controller()
export class RolesController {
  constructor(private readonly roles: RolesService) {}

  @Route({
    method: 'GET',
    path: ofPlatform,
    permission: 'roles:read',
    tag,
    summary: 'List the roles of the platform: the built-in ones, and custom ones that every tenant can use',
    query: pageQuerySchema,
    answer: rolePage,
  })
  list(@Query() query: PageQuery) {
    return this.roles.list(null, query);
  }

  @Route({
    method: 'POST',
    path: ofPlatform,
    permission: 'roles:write',
    tag,
    summary: 'Make a custom role of the platform',
    body: createRoleBody,
    answer: roleAnswer,
    errors: createErrors,
  })
  create(@From() caller: Caller, @Body() body: CreateRole) {
    return this.roles.create(caller, null, body);
  }

  @Route({
    method: 'GET',
    path: onePlatform,
    permission: 'roles:read',
    tag,
    summary: 'Read a role of the platform',
    answer: roleAnswer,
    errors: ['role-not-found'],
  })
  get(@Param('role') role: string) {
    return this.roles.get(null, role);
  }

  @Route({
    method: 'PATCH',
    path: onePlatform,
    permission: 'roles:write',
    tag,
    summary: 'Change a custom role of the platform',
    body: updateRoleBody,
    answer: roleAnswer,
    errors: changeErrors,
  })
  update(@From() caller: Caller, @Param('role') role: string, @Body() body: UpdateRole) {
    return this.roles.update(caller, null, role, body);
  }

  @Route({
    method: 'DELETE',
    path: onePlatform,
    permission: 'roles:write',
    tag,
    summary: 'Delete a custom role of the platform that nobody has',
    errors: [...changeErrors, 'role-in-use'],
  })
  delete(@From() caller: Caller, @Param('role') role: string) {
    return this.roles.delete(caller, null, role);
  }

  @Route({
    method: 'GET',
    path: ofTenant,
    permission: 'roles:read',
    tag,
    summary: 'List the roles that can be given in a tenant: built-in, of the platform, and its own',
    query: pageQuerySchema,
    answer: rolePage,
  })
  listOfTenant(@From() caller: TenantCaller, @Query() query: PageQuery) {
    return this.roles.list(caller.tenant, query);
  }

  @Route({
    method: 'POST',
    path: ofTenant,
    permission: 'roles:write',
    tag,
    summary: 'Make a custom role of a tenant, with no more than you have yourself',
    body: createRoleBody,
    answer: roleAnswer,
    errors: [...createErrors, 'permission-not-here'],
  })
  createOfTenant(@From() caller: TenantCaller, @Body() body: CreateRole) {
    return this.roles.create(caller, caller.tenant, body);
  }

  @Route({
    method: 'GET',
    path: oneOfTenant,
    permission: 'roles:read',
    tag,
    summary: 'Read a role that can be given in a tenant',
    answer: roleAnswer,
    errors: ['role-not-found'],
  })
  getOfTenant(@From() caller: TenantCaller, @Param('role') role: string) {
    return this.roles.get(caller.tenant, role);
  }

  @Route({
    method: 'PATCH',
    path: oneOfTenant,
    permission: 'roles:write',
    tag,
    summary: 'Change a custom role of a tenant',
    body: updateRoleBody,
    answer: roleAnswer,
    errors: [...changeErrors, 'permission-not-here'],
  })
  updateOfTenant(@From() caller: TenantCaller, @Param('role') role: string, @Body() body: UpdateRole) {
    return this.roles.update(caller, caller.tenant, role, body);
  }

  @Route({
    method: 'DELETE',
    path: oneOfTenant,
    permission: 'roles:write',
    tag,
    summary: 'Delete a custom role of a tenant that nobody has',
    errors: [...changeErrors, 'role-in-use'],
  })
  deleteOfTenant(@From() caller: TenantCaller, @Param('role') role: string) {
    return this.roles.delete(caller, caller.tenant, role);
  }
}
