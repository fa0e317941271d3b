import { Controller, type Type } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type ChangeScopeConfig,
  changedScopeConfigSchema,
  changeScopeConfigSchema,
  configVersionPageSchema,
  configVersionQuerySchema,
  configVersionSchema,
  type DryRunQuery,
  dryRunQuerySchema,
  effectiveConfigSchema,
  type ImportConfig,
  importConfigSchema,
  importedScopeConfigSchema,
  type RestoreConfig,
  restoreConfigSchema,
  scopeConfigSchema,
} from './config.dto.js';
import { ConfigHistory } from './config-history.service.js';
import { ScopeConfig } from './scope-config.service.js';

const tag = 'config';
const description =
  'Its applications get it with their next release, where no nearer scope sets the name: the answer says which. With `dryRun=true` nothing is changed.';
const writeErrors = ['config-name-twice', 'config-too-large'];

/** The same routes of each scope around an application. */
function createController(className: string, name: string, path: string, errors: readonly string[]): Type {
  @Controller()
  class ScopeConfigController {
    constructor(
      readonly config: ScopeConfig,
      readonly history: ConfigHistory,
    ) {}

    @Route({
      method: 'GET',
      path,
      permission: 'config:read',
      summary: `Read the config of ${name}`,
      tag,
      answer: scopeConfigSchema,
      errors,
    })
    get(@From() caller: TenantCaller, @Param('project') project?: string, @Param('environment') environment?: string) {
      return this.config.get(caller, { project, environment });
    }

    @Route({
      method: 'PATCH',
      path,
      permission: 'config:write',
      summary: `Change the config of ${name}`,
      description,
      tag,
      query: dryRunQuerySchema,
      body: changeScopeConfigSchema,
      answer: changedScopeConfigSchema,
      errors: [...errors, ...writeErrors],
    })
    change(
      @From() caller: TenantCaller,
      @Body() patch: ChangeScopeConfig,
      @Query() { dryRun }: DryRunQuery,
      @Param('project') project?: string,
      @Param('environment') environment?: string,
    ) {
      return this.config.change(caller, { project, environment }, { patch }, dryRun === 'true');
    }

    @Route({
      method: 'POST',
      path: `${path}/import`,
      permission: 'config:write',
      summary: `Import variables and secrets from the text of a .env file into the config of ${name}`,
      description,
      tag,
      status: 200,
      query: dryRunQuerySchema,
      body: importConfigSchema,
      answer: importedScopeConfigSchema,
      errors: [...errors, ...writeErrors, 'config-import-empty'],
    })
    import(
      @From() caller: TenantCaller,
      @Body() body: ImportConfig,
      @Query() { dryRun }: DryRunQuery,
      @Param('project') project?: string,
      @Param('environment') environment?: string,
    ) {
      return this.config.import(caller, { project, environment }, body, dryRun === 'true');
    }

    @Route({
      method: 'POST',
      path: `${path}/restore`,
      permission: 'config:write',
      summary: `Bring an earlier version of the config of ${name} back, as its next version`,
      description,
      tag,
      status: 200,
      query: dryRunQuerySchema,
      body: restoreConfigSchema,
      answer: changedScopeConfigSchema,
      errors: [...errors, 'config-too-large', 'config-version-not-found'],
    })
    restore(
      @From() caller: TenantCaller,
      @Body() body: RestoreConfig,
      @Query() { dryRun }: DryRunQuery,
      @Param('project') project?: string,
      @Param('environment') environment?: string,
    ) {
      return this.config.change(caller, { project, environment }, { restore: body.version }, dryRun === 'true');
    }

    @Route({
      method: 'GET',
      path: `${path}/effective`,
      permission: 'config:read',
      summary: `Read what counts in ${name}, and which scope says so`,
      tag,
      answer: effectiveConfigSchema,
      errors,
    })
    effective(
      @From() caller: TenantCaller,
      @Param('project') project?: string,
      @Param('environment') environment?: string,
    ) {
      return this.history.effective(caller, { project, environment });
    }

    @Route({
      method: 'GET',
      path: `${path}/versions`,
      permission: 'config:read',
      summary: `List the versions of the config of ${name}, newest first`,
      tag,
      query: configVersionQuerySchema,
      answer: configVersionPageSchema,
      errors,
    })
    list(
      @From() caller: TenantCaller,
      @Query() query: PageQuery,
      @Param('project') project?: string,
      @Param('environment') environment?: string,
    ) {
      return this.history.list(caller, { project, environment }, query);
    }

    @Route({
      method: 'GET',
      path: `${path}/versions/:number`,
      permission: 'config:read',
      summary: `Read a version of the config of ${name}`,
      tag,
      answer: configVersionSchema,
      errors: [...errors, 'config-version-not-found'],
    })
    getVersion(
      @From() caller: TenantCaller,
      @Param('number') number: string,
      @Param('project') project?: string,
      @Param('environment') environment?: string,
    ) {
      return this.history.get(caller, { project, environment }, number);
    }
  }
  // Operations are named after their class.
  return Object.defineProperty(ScopeConfigController, 'name', { value: className });
}

const project = '/tenants/:tenant/projects/:project';

export const scopeConfigControllers: readonly Type[] = [
  createController('TenantConfigController', 'a tenant', '/tenants/:tenant/config', []),
  createController('ProjectConfigController', 'a project', `${project}/config`, ['project-not-found']),
  createController('EnvironmentConfigController', 'an environment', `${project}/environments/:environment/config`, [
    'project-not-found',
    'environment-not-found',
  ]),
];
