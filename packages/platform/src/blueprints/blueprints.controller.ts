import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import {
  blueprintAnswer,
  blueprintPage,
  blueprintVersionAnswer,
  blueprintVersionPage,
  type CreateBlueprint,
  createBlueprintBody,
  type UpdateBlueprint,
  updateBlueprintBody,
} from './blueprints.dto.js';
import { BlueprintsService } from './blueprints.service.js';

const tag = 'blueprints';
const [collection, item] = ['/blueprints', '/blueprints/:blueprint'];
const [ofTenant, itemOfTenant] = ['/tenants/:tenant/blueprints', '/tenants/:tenant/blueprints/:blueprint'];

@Controller()
export class BlueprintsController {
  constructor(private readonly blueprints: BlueprintsService) {}

  @Route({
    method: 'GET',
    path: collection,
    permission: 'signed-in',
    tag,
    summary: 'List the blueprints that every tenant can use',
    query: pageQuerySchema,
    answer: blueprintPage,
  })
  list(@Query() query: PageQuery) {
    return this.blueprints.list(null, query);
  }

  @Route({
    method: 'POST',
    path: collection,
    permission: 'blueprints:write',
    tag,
    summary: 'Make a blueprint for every tenant',
    body: createBlueprintBody,
    answer: blueprintAnswer,
    errors: ['blueprint-name-taken', 'quota-resource-unknown', 'quota-amount-unreadable'],
  })
  create(@From() caller: Caller, @Body() body: CreateBlueprint) {
    return this.blueprints.create(caller, null, body);
  }

  @Route({
    method: 'GET',
    path: item,
    permission: 'signed-in',
    tag,
    summary: 'Read a blueprint of the platform',
    answer: blueprintAnswer,
    errors: ['blueprint-not-found'],
  })
  get(@Param('blueprint') blueprint: string) {
    return this.blueprints.get(null, blueprint);
  }

  @Route({
    method: 'PATCH',
    path: item,
    permission: 'blueprints:write',
    tag,
    summary: 'Change a blueprint of the platform; a new version; projects that exist stay as they are',
    body: updateBlueprintBody,
    answer: blueprintAnswer,
    errors: ['blueprint-not-found', 'blueprint-built-in', 'quota-resource-unknown', 'quota-amount-unreadable'],
  })
  update(@From() caller: Caller, @Param('blueprint') blueprint: string, @Body() body: UpdateBlueprint) {
    return this.blueprints.update(caller, null, blueprint, body);
  }

  @Route({
    method: 'DELETE',
    path: item,
    permission: 'blueprints:write',
    tag,
    summary: 'Delete a blueprint of the platform',
    errors: ['blueprint-not-found', 'blueprint-built-in'],
  })
  delete(@From() caller: Caller, @Param('blueprint') blueprint: string) {
    return this.blueprints.delete(caller, null, blueprint);
  }

  @Route({
    method: 'GET',
    path: `${item}/versions`,
    permission: 'signed-in',
    tag,
    summary: 'List the versions of a blueprint of the platform, newest first',
    query: pageQuerySchema,
    answer: blueprintVersionPage,
    errors: ['blueprint-not-found'],
  })
  versions(@Param('blueprint') blueprint: string, @Query() query: PageQuery) {
    return this.blueprints.listVersions(null, blueprint, query);
  }

  @Route({
    method: 'GET',
    path: `${item}/versions/:version`,
    permission: 'signed-in',
    tag,
    summary: 'Read a version of a blueprint of the platform',
    answer: blueprintVersionAnswer,
    errors: ['blueprint-not-found', 'blueprint-version-not-found'],
  })
  version(@Param('blueprint') blueprint: string, @Param('version') version: string) {
    return this.blueprints.getVersion(null, blueprint, version);
  }
}

@Controller()
export class TenantBlueprintsController {
  constructor(private readonly blueprints: BlueprintsService) {}

  @Route({
    method: 'GET',
    path: ofTenant,
    permission: 'blueprints:read',
    tag,
    summary: "List the blueprints that a tenant can use: its own, the platform's and the built-in ones",
    query: pageQuerySchema,
    answer: blueprintPage,
  })
  list(@From() caller: TenantCaller, @Query() query: PageQuery) {
    return this.blueprints.list(caller.tenant, query);
  }

  @Route({
    method: 'POST',
    path: ofTenant,
    permission: 'blueprints:write',
    tag,
    summary: 'Make a blueprint of a tenant',
    body: createBlueprintBody,
    answer: blueprintAnswer,
    errors: ['blueprint-name-taken', 'quota-resource-unknown', 'quota-amount-unreadable'],
  })
  create(@From() caller: TenantCaller, @Body() body: CreateBlueprint) {
    return this.blueprints.create(caller, caller.tenant, body);
  }

  @Route({
    method: 'GET',
    path: itemOfTenant,
    permission: 'blueprints:read',
    tag,
    summary: 'Read a blueprint',
    answer: blueprintAnswer,
    errors: ['blueprint-not-found'],
  })
  get(@From() caller: TenantCaller, @Param('blueprint') blueprint: string) {
    return this.blueprints.get(caller.tenant, blueprint);
  }

  @Route({
    method: 'PATCH',
    path: itemOfTenant,
    permission: 'blueprints:write',
    tag,
    summary: "Change a tenant's blueprint; a new version; projects that exist stay as they are",
    body: updateBlueprintBody,
    answer: blueprintAnswer,
    errors: ['blueprint-not-found', 'blueprint-built-in', 'quota-resource-unknown', 'quota-amount-unreadable'],
  })
  update(@From() caller: TenantCaller, @Param('blueprint') blueprint: string, @Body() body: UpdateBlueprint) {
    return this.blueprints.update(caller, caller.tenant, blueprint, body);
  }

  @Route({
    method: 'DELETE',
    path: itemOfTenant,
    permission: 'blueprints:write',
    tag,
    summary: "Delete a tenant's blueprint",
    errors: ['blueprint-not-found', 'blueprint-built-in'],
  })
  delete(@From() caller: TenantCaller, @Param('blueprint') blueprint: string) {
    return this.blueprints.delete(caller, caller.tenant, blueprint);
  }

  @Route({
    method: 'GET',
    path: `${itemOfTenant}/versions`,
    permission: 'blueprints:read',
    tag,
    summary: 'List the versions of a blueprint, newest first',
    query: pageQuerySchema,
    answer: blueprintVersionPage,
    errors: ['blueprint-not-found'],
  })
  versions(@From() caller: TenantCaller, @Param('blueprint') blueprint: string, @Query() query: PageQuery) {
    return this.blueprints.listVersions(caller.tenant, blueprint, query);
  }

  @Route({
    method: 'GET',
    path: `${itemOfTenant}/versions/:version`,
    permission: 'blueprints:read',
    tag,
    summary: 'Read a version of a blueprint',
    answer: blueprintVersionAnswer,
    errors: ['blueprint-not-found', 'blueprint-version-not-found'],
  })
  version(@From() caller: TenantCaller, @Param('blueprint') blueprint: string, @Param('version') version: string) {
    return this.blueprints.getVersion(caller.tenant, blueprint, version);
  }
}
