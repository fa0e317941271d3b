import { Injectable } from '@nestjs/common';
import { ApplicationScopes, eventPathOf, type PlacementScope } from '../applications/application-scopes.service.js';
import { EnvironmentsService } from '../environments/environments.service.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { ProjectsService } from '../projects/projects.service.js';
import type { ConfigScope } from './effective.rules.js';
import { outerNodeOf, ownerOf } from './outer-nodes.service.js';

interface Owner {
  readonly scope: ConfigScope;
  readonly ownerId: string;
  readonly name: string;
}

/** A scope that has a config of its own. */
export interface ConfigNode extends Owner {
  readonly tenant: { readonly id: string; readonly name: string };
  readonly projectId?: string;
  readonly applicationId?: string;
  /** Whose names it inherits, from the outermost, and itself. */
  readonly owners: readonly Owner[];
  /** Under the tenant, for events; '' for the tenant. */
  readonly path: string;
}

/** The parts of a path that lead to a scope outside an application. */
export interface OuterPath {
  readonly project?: string;
  readonly environment?: string;
}

/** Leads from the names in a path to the scope that they mean; throws 404. */
@Injectable()
export class ConfigNodes {
  constructor(
    private readonly projects: ProjectsService,
    private readonly environments: EnvironmentsService,
    private readonly scopes: ApplicationScopes,
  ) {}

  async getOuter(caller: TenantCaller, { project, environment }: OuterPath): Promise<ConfigNode> {
    const { tenant } = caller;
    if (project === undefined) return outerNodeOf(tenant);
    const projectRow = await this.projects.getRow(caller, project);
    if (environment === undefined) return outerNodeOf(tenant, projectRow);
    return outerNodeOf(tenant, projectRow, await this.environments.getRow(caller, project, environment));
  }

  async getPlacement(caller: TenantCaller, project: string, application: string, environment: string) {
    const found = await this.scopes.getApplication(caller.tenant, project, application);
    const scope = await this.scopes.getPlacement(found, environment);
    return { scope, node: toNode(scope) };
  }
}

function toNode(place: PlacementScope): ConfigNode {
  const { tenant, project, environment, application, placement } = place;
  const own = ownerOf('application', { id: placement.id, name: application.name });
  return {
    ...own,
    tenant,
    projectId: project.id,
    applicationId: application.id,
    owners: [ownerOf('tenant', tenant), ownerOf('project', project), ownerOf('environment', environment), own],
    path: `${eventPathOf(place)}/environments/${environment.name}`,
  };
}
