import { Injectable } from '@nestjs/common';
import { ApplicationScopes } from '../applications/application-scopes.service.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import type { FreezeCheck } from './freezes.dto.js';
import { FreezesService } from './freezes.service.js';

/** Whether something may be rolled out to a place now. */
@Injectable()
export class FreezeChecks {
  constructor(
    private readonly scopes: ApplicationScopes,
    private readonly freezes: FreezesService,
  ) {}

  async check(caller: TenantCaller, project: string, name: string, environmentName: string): Promise<FreezeCheck> {
    const scope = await this.scopes.getApplication(caller.tenant, project, name);
    const { kind } = await this.scopes.getEnvironment(scope, environmentName);
    const place = { project: scope.project.name, environmentKind: kind, application: scope.application.name };
    return this.freezes.check(caller, scope.project.id, place);
  }
}
