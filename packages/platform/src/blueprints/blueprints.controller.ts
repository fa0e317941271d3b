import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import {
  blueprintAnswer,
  blueprintPage,
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
    errors: ['blueprint-name-taken'],
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
    summary: 'Change a blueprint of the platform; projects that exist stay as they are',
    body: updateBlueprintBody,
    answer: blueprintAnswer,
    errors: ['blueprint-not-found', 'blueprint-built-in'],
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
    errors: ['blueprint-name-taken'],
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
    summary: "Change a tenant's blueprint; projects that exist stay as they are",
    body: updateBlueprintBody,
    answer: blueprintAnswer,
    errors: ['blueprint-not-found', 'blueprint-built-in'],
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
}
