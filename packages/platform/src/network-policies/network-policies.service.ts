import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { NamespaceReconciler } from '../environments/namespace-reconciler.service.js';
import { Database, type NetworkSettingModel } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { ProjectsService } from '../projects/projects.service.js';
import type {
  ProjectNetworkAnswer,
  PutProjectNetwork,
  PutTenantNetwork,
  TenantNetworkAnswer,
} from './network-policies.dto.js';
import {
  NetworkPoliciesRepository,
  type PlaceWithProject,
  toMode,
  toTenantNetwork,
} from './network-policies.repository.js';
import { isReachable, type Mode, type TenantNetwork } from './network-policies.rules.js';
import { ProjectNetworks } from './project-networks.service.js';

type Row = Pick<NetworkSettingModel, 'version' | 'updatedAt'>;

/** All that a tenant has set, and its namespaces. */
interface World {
  readonly tenantId: string;
  readonly network: TenantNetwork;
  readonly rows: ReadonlyMap<string, Row>;
  /** By project. */
  readonly modes: ReadonlyMap<string, Mode>;
  readonly places: readonly PlaceWithProject[];
}

@Injectable()
export class NetworkPoliciesService {
  constructor(
    private readonly networks: NetworkPoliciesRepository,
    private readonly projects: ProjectsService,
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly reconciler: NamespaceReconciler,
    private readonly modes: ProjectNetworks,
  ) {}

  async getOfTenant(caller: TenantCaller): Promise<TenantNetworkAnswer> {
    return toTenantAnswer(await this.load(caller));
  }

  async getOfProject(caller: TenantCaller, project: string): Promise<ProjectNetworkAnswer> {
    const { id } = await this.projects.getRow(caller, project);
    return toProjectAnswer(await this.load(caller), id);
  }

  async putOfTenant(caller: TenantCaller, body: PutTenantNetwork, isDryRun: boolean): Promise<TenantNetworkAnswer> {
    const { id: tenantId, name } = caller.tenant;
    const before = await this.load(caller);
    if (isDryRun) return toTenantAnswer({ ...before, network: body });
    await this.database.transaction(async (tx) => {
      await this.networks.lock(tx, tenantId);
      const row = (await this.networks.listOf(tenantId, tx)).find((one) => one.id === tenantId);
      requireVersion(caller, row ?? { version: 0 });
      await this.networks.put(tx, { id: tenantId, tenantId, projectId: null }, body);
      const resource = `tenants/${name}/network`;
      const entry = { action: 'network.update', resource, tenant: caller.tenant };
      await this.audit.record(tx, caller, { ...entry, before: toTenantNetwork(row), after: body });
      await this.events.record(tx, { tenantId, type: 'network.updated', resource: 'network' });
      await this.reconciler.reconcile(tx, { tenantId });
    });
    return this.getOfTenant(caller);
  }

  async putOfProject(
    caller: TenantCaller,
    project: string,
    { mode }: PutProjectNetwork,
    isDryRun: boolean,
  ): Promise<ProjectNetworkAnswer> {
    const { id: tenantId } = caller.tenant;
    const { id: projectId, name: projectName } = await this.projects.getRow(caller, project);
    const before = await this.load(caller);
    if (isDryRun) {
      const modes = new Map(before.modes);
      if (mode) modes.set(projectId, mode);
      else modes.delete(projectId);
      return toProjectAnswer({ ...before, modes }, projectId);
    }
    await this.database.transaction(async (tx) => {
      await this.networks.lock(tx, tenantId);
      await this.modes.set(tx, caller, { id: projectId, name: projectName }, mode);
    });
    return this.getOfProject(caller, projectId);
  }

  private async load({ tenant }: TenantCaller): Promise<World> {
    const [rows, places] = await Promise.all([
      this.networks.listOf(tenant.id),
      this.networks.listPlaces(tenant.id, tenant.name),
    ]);
    return {
      tenantId: tenant.id,
      network: toTenantNetwork(rows.find((row) => row.id === tenant.id)),
      rows: new Map(rows.map((row) => [row.id, row])),
      modes: new Map(
        rows.flatMap((row) => {
          const mode = toMode(row.mode);
          return row.projectId && mode ? [[row.projectId, mode] as const] : [];
        }),
      ),
      places,
    };
  }
}

function toTenantAnswer(world: World): TenantNetworkAnswer {
  const { mode, egress, allow, builds } = world.network;
  const ranges = allow.map(({ cidr, ports }) => ({
    cidr,
    ...(ports && { ports: ports.map((port) => ({ ...port })) }),
  }));
  return { mode, egress, allow: ranges, builds, ...commonOf(world, world.tenantId) };
}

/** Its own namespaces only: who sees one project does not see the others. */
function toProjectAnswer(world: World, projectId: string): ProjectNetworkAnswer {
  const mode = world.modes.get(projectId) ?? null;
  const own = world.places.filter((place) => place.projectId === projectId);
  const { egress } = world.network;
  return { mode, inForce: mode ?? world.network.mode, egress, ...commonOf({ ...world, places: own }, projectId) };
}

function commonOf({ rows, places, modes, network }: World, id: string) {
  const row = rows.get(id);
  const withModes = places.map((place) => ({ ...place, mode: modes.get(place.projectId) ?? network.mode }));
  return {
    places: withModes.map(({ project, environment, namespace, mode }, index) => {
      const from = withModes[index];
      const reaches = withModes.filter((to) => from && isReachable(from, to)).map((to) => to.namespace);
      return { project, environment, namespace, mode, reaches };
    }),
    version: row?.version ?? 0,
    updatedAt: row?.updatedAt.toISOString() ?? null,
  };
}
