import { Injectable } from '@nestjs/common';
import { EnvironmentsService } from '../environments/environments.service.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { ProjectsService } from '../projects/projects.service.js';
import type { QuotaScope } from './quota-views.service.js';

/** Leads from the names in a path to the scope of a quota; everything else is the same 404. */
@Injectable()
export class QuotaScopes {
  constructor(
    private readonly projects: ProjectsService,
    private readonly environments: EnvironmentsService,
  ) {}

  async get(caller: TenantCaller, project?: string, environment?: string): Promise<QuotaScope> {
    const { id: tenantId, name: tenant } = caller.tenant;
    if (project === undefined)
      return { level: 'tenant', id: tenantId, name: tenant, tenantId, path: `tenants/${tenant}` };
    const { id: projectId, name } = await this.projects.getRow(caller, project);
    const path = `tenants/${tenant}/projects/${name}`;
    if (environment === undefined) return { level: 'project', id: projectId, name, tenantId, projectId, path };
    const row = await this.environments.getRow(caller, project, environment);
    return {
      level: 'environment',
      id: row.id,
      name: row.name,
      tenantId,
      projectId,
      environmentId: row.id,
      path: `${path}/environments/${row.name}`,
    };
  }
}
