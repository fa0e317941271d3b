import { Inject, Injectable } from '@nestjs/common';
import { deployments, pods } from '@slipway/orchestrator/kinds';
import {
  ApplicationScopes,
  labelSelectorOf,
  liveStateOf,
  type PlacementScope,
  stateOf,
} from '../applications/application-scopes.service.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { domainUrl } from '../domains/hostnames.service.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database } from '../kernel/database/index.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import type { EnvironmentStatus, PodAnswer } from './pods.dto.js';
import { toPodAnswer } from './pods.rules.js';

export const selectorOf = (scope: PlacementScope, process?: string): string =>
  labelSelectorOf(
    {
      tenant: scope.tenant.name,
      project: scope.project.name,
      environment: scope.environment.name,
      application: scope.application.name,
    },
    process,
  );

/** What runs of an application, as the cluster shows it now. */
@Injectable()
export class PodsService {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly clusters: ClustersService,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {}

  async place(
    caller: TenantCaller,
    project: string,
    application: string,
    environment: string,
  ): Promise<PlacementScope> {
    return this.scopes.getPlacement(await this.scopes.getApplication(caller.tenant, project, application), environment);
  }

  async list(
    caller: TenantCaller,
    project: string,
    application: string,
    environment: string,
  ): Promise<{ items: PodAnswer[]; nextCursor: null }> {
    const scope = await this.place(caller, project, application, environment);
    const selection = { namespace: scope.environment.namespace, labelSelector: selectorOf(scope) };
    const { items } = await this.clusters.use(scope.environment.cluster, (client) => client.list(pods, selection));
    return { items: items.map(toPodAnswer).sort((a, b) => (a.name < b.name ? -1 : 1)), nextCursor: null };
  }

  async status(
    caller: TenantCaller,
    project: string,
    application: string,
    environment: string,
  ): Promise<EnvironmentStatus> {
    const scope = await this.place(caller, project, application, environment);
    const where = { applicationId: scope.application.id, environmentId: scope.environment.id };
    const [rollout, release, domain, drift] = await Promise.all([
      this.database.read.rollout.findFirst({ where, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] }),
      scope.placement.releaseId
        ? this.database.read.release.findUnique({ where: { id: scope.placement.releaseId } })
        : null,
      this.database.read.domain.findFirst({
        where: { placementId: scope.placement.id, state: 'verified' },
        orderBy: [{ isDefault: 'asc' }, { createdAt: 'asc' }],
        include: { certificate: { select: { notAfter: true } } },
      }),
      this.database.read.drift.findUnique({ where: { placementId: scope.placement.id } }),
    ]);
    const rolling = rollout && (await this.database.read.release.findUnique({ where: { id: rollout.releaseId } }));
    const processes = await this.processes(scope);
    return {
      state: liveStateOf(stateOf(rollout?.state, release !== null), processes),
      release: release?.number ?? null,
      url: domain && release ? domainUrl(domain, this.config) : null,
      processes,
      rollout:
        rollout && rolling
          ? { id: rollout.id, release: rolling.number, state: rollout.state, error: rollout.error }
          : null,
      lastChange: rollout?.updatedAt.toISOString() ?? null,
      drift: drift?.openCount ?? 0,
    };
  }

  private async processes(scope: PlacementScope) {
    const selection = { namespace: scope.environment.namespace, labelSelector: selectorOf(scope) };
    const { items } = await this.clusters.use(scope.environment.cluster, (client) =>
      client.list(deployments, selection),
    );
    const isStable = (slot: string | undefined) => slot === undefined || slot === scope.placement.slot;
    return items
      .filter(({ metadata }) => isStable(metadata.labels?.['slipway.dev/slot']))
      .map(({ metadata, spec, status }) => ({
        name: metadata.labels?.['slipway.dev/process'] ?? '',
        desired: spec.replicas ?? 1,
        ready: status?.readyReplicas ?? 0,
      }))
      .sort((a, b) => (a.name === 'web' ? -1 : b.name === 'web' ? 1 : a.name < b.name ? -1 : 1));
  }
}
