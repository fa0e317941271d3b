import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type ChangeConfig,
  type ChangeConfigQuery,
  changeConfigQuerySchema,
  changeConfigSchema,
  configSchema,
  type ImportConfig,
  importConfigSchema,
  importedConfigSchema,
  revealedSecretSchema,
} from './config.dto.js';
import { ConfigService } from './config.service.js';
import { RevealSecret } from './reveal-secret.service.js';

const tag = 'config';
const path = '/tenants/:tenant/projects/:project/applications/:application/environments/:environment/config';
const errors = ['application-not-found', 'environment-not-found-for-application'];

@Controller()
export class ConfigController {
  constructor(
    private readonly config: ConfigService,
    private readonly revealSecret: RevealSecret,
  ) {}

  @Route({
    method: 'GET',
    path,
    permission: 'config:read',
    summary: "Read an application's config in an environment",
    tag,
    answer: configSchema,
    errors,
  })
  get(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
  ) {
    return this.config.get(caller, project, application, environment);
  }

  @Route({
    method: 'PATCH',
    path,
    permission: 'config:write',
    summary: "Change an application's config in an environment",
    description:
      'Makes a release with the new config and rolls it out, unless `apply=false` or nothing has been rolled out yet.',
    tag,
    query: changeConfigQuerySchema,
    body: changeConfigSchema,
    answer: configSchema,
    errors: [...errors, 'config-name-twice', 'config-too-large', 'environment-not-ready', 'application-being-deleted'],
  })
  change(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Body() body: ChangeConfig,
    @Query() query: ChangeConfigQuery,
  ) {
    return this.config.change(caller, project, application, environment, { patch: body }, query);
  }

  @Route({
    method: 'POST',
    path: `${path}/import`,
    permission: 'config:write',
    summary: "Import variables and secrets from the text of a .env file into an application's config",
    description:
      'Names that the text leaves out stay as they are. Makes a release and rolls it out like any change of the config.',
    tag,
    status: 200,
    query: changeConfigQuerySchema,
    body: importConfigSchema,
    answer: importedConfigSchema,
    errors: [
      ...errors,
      'config-name-twice',
      'config-too-large',
      'config-import-empty',
      'environment-not-ready',
      'application-being-deleted',
    ],
  })
  import(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Body() body: ImportConfig,
    @Query() query: ChangeConfigQuery,
  ) {
    return this.config.import(caller, project, application, environment, body, query);
  }

  @Route({
    method: 'POST',
    path: `${path}/secrets/:secret/reveal`,
    permission: 'secrets:read',
    summary: 'Read a secret that was set to be revealable; the audit log says who did',
    tag,
    status: 200,
    answer: revealedSecretSchema,
    errors: [...errors, 'secret-not-found', 'secret-not-revealable'],
  })
  reveal(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Param('secret') secret: string,
  ) {
    return this.revealSecret.run(caller, project, application, environment, secret);
  }
}
