import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type ChangeConfigQuery,
  changeConfigQuerySchema,
  configSchema,
  configVersionPageSchema,
  configVersionQuerySchema,
  configVersionSchema,
  effectiveConfigSchema,
  type RestoreConfig,
  restoreConfigSchema,
} from './config.dto.js';
import { ConfigService } from './config.service.js';
import { ConfigHistory } from './config-history.service.js';

const tag = 'config';
const path = '/tenants/:tenant/projects/:project/applications/:application/environments/:environment/config';
const errors = ['application-not-found', 'environment-not-found-for-application'];

@Controller()
export class ConfigHistoryController {
  constructor(
    private readonly config: ConfigService,
    private readonly history: ConfigHistory,
  ) {}

  @Route({
    method: 'GET',
    path: `${path}/effective`,
    permission: 'config:read',
    summary: 'Read what counts for an application in an environment, of all scopes, and which scope says so',
    description:
      "The application's next release takes it. The nearest scope wins: application, environment, project, tenant.",
    tag,
    answer: effectiveConfigSchema,
    errors,
  })
  effective(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
  ) {
    return this.history.effective(caller, { project, application, environment });
  }

  @Route({
    method: 'GET',
    path: `${path}/versions`,
    permission: 'config:read',
    summary: "List the versions of an application's config in an environment, newest first",
    tag,
    query: configVersionQuerySchema,
    answer: configVersionPageSchema,
    errors,
  })
  list(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Query() query: PageQuery,
  ) {
    return this.history.list(caller, { project, application, environment }, query);
  }

  @Route({
    method: 'GET',
    path: `${path}/versions/:number`,
    permission: 'config:read',
    summary: "Read a version of an application's config in an environment",
    tag,
    answer: configVersionSchema,
    errors: [...errors, 'config-version-not-found'],
  })
  get(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Param('number') number: string,
  ) {
    return this.history.get(caller, { project, application, environment }, number);
  }

  @Route({
    method: 'POST',
    path: `${path}/restore`,
    permission: 'config:write',
    summary: "Bring an earlier version of an application's config back, as its next version",
    description: 'Makes a release and rolls it out like any change of the config.',
    tag,
    status: 200,
    query: changeConfigQuerySchema,
    body: restoreConfigSchema,
    answer: configSchema,
    errors: [
      ...errors,
      'config-version-not-found',
      'config-too-large',
      'environment-not-ready',
      'application-being-deleted',
    ],
  })
  restore(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Body() body: RestoreConfig,
    @Query() query: ChangeConfigQuery,
  ) {
    const edit = { restore: body.version };
    return this.config.change(caller, project, application, environment, edit, query);
  }
}
