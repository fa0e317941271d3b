import { Injectable } from '@nestjs/common';
import { contentOf, findLatest } from '../config/effective-config.service.js';
import type { EnvironmentModel, Reader } from '../kernel/database/index.js';
import { ProjectNetworks } from '../network-policies/project-networks.service.js';
import { QuotasService } from '../quotas/quotas.service.js';
import {
  deleting,
  entriesOf,
  type Given,
  groupGiven,
  networkGiven,
  type ProjectState,
  pathOf,
  toGivens,
} from './blueprint-plan.rules.js';

/** What a project has of all that a blueprint can give, with its environments by name. */
export interface ObservedProject extends ProjectState {
  readonly environments: ReadonlyMap<string, EnvironmentModel>;
}

/** Looks at a project as a blueprint would have it. */
@Injectable()
export class ProjectStates {
  constructor(
    private readonly quotas: QuotasService,
    private readonly networks: ProjectNetworks,
  ) {}

  async observe(reader: Reader, tenantId: string, projectId: string): Promise<ObservedProject> {
    const environments = await reader.environment.findMany({
      where: { tenantId, projectId },
      orderBy: { ordinal: 'asc' },
    });
    const scopes = [
      { id: projectId, environment: null },
      ...environments.map(({ id, name }) => ({ id, environment: name })),
    ];
    const ids = scopes.map(({ id }) => id);
    const limits = await this.quotas.limitsOf(reader, tenantId, ids);
    const configs = await findLatest(reader, tenantId, ids);
    const bindings = await reader.roleBinding.findMany({
      where: { tenantId, projectId, groupId: { not: null }, roleId: null },
      select: { role: true, group: { select: { name: true } } },
    });
    const mode = await this.networks.modeOf(reader, tenantId, projectId);
    const givens: Given[] = [
      ...environments.map(
        ({ name, kind, state }): Given => ({
          part: 'environments',
          environment: null,
          name,
          value: state === 'deleting' ? deleting : kind,
        }),
      ),
      ...scopes.flatMap(({ id, environment }) => [
        ...entriesOf('limits', environment, limits.get(id) ?? {}),
        ...entriesOf('config', environment, contentOf(configs.get(id)).variables),
      ]),
      ...bindings.flatMap(({ role, group }) => (group ? [groupGiven(group.name, role)] : [])),
      ...(mode ? [networkGiven(mode)] : []),
    ];
    const secrets = scopes.flatMap(({ id, environment }) =>
      Object.keys(contentOf(configs.get(id)).secrets).map((name) => pathOf({ part: 'config', environment, name })),
    );
    return {
      givens: toGivens(givens),
      secrets: new Set(secrets),
      environments: new Map(environments.map((row) => [row.name, row])),
    };
  }
}
