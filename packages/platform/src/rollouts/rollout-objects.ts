import { Injectable } from '@nestjs/common';
import { isNotFound, type KubeClient, KubeError } from '@slipway/orchestrator/client';
import {
  configMaps,
  deployments,
  httpRoutes,
  type KubeObject,
  pods,
  type ResourceType,
  secrets,
  services,
} from '@slipway/orchestrator/kinds';
import {
  configName,
  deploymentName,
  type Manifest,
  type PlacementScope,
  type Processes,
  planObjects,
  readScaling,
  resolveProcesses,
  selectorLabels,
} from '../applications/application-scopes.service.js';
import { openSecrets } from '../config/secret-values.service.js';
import { Crypto } from '../kernel/crypto/crypto.js';
import { Database, type ReleaseModel } from '../kernel/database/index.js';
import { readContent } from '../releases/release-content.service.js';
import { observeProcess } from './observe.rules.js';
import { PlacementQuota } from './placement-quota.service.js';
import type { ObservedProcess } from './rollouts.rules.js';

const types: Readonly<Record<Manifest['kind'], ResourceType<KubeObject>>> = {
  ConfigMap: configMaps,
  Secret: secrets,
  Deployment: deployments,
  Service: services,
  HTTPRoute: httpRoutes,
};
/** Configs of so many releases stay behind the one in force, for a quick way back and for pods that still end. */
const keptConfigs = 3;

/** Carries a release into the cluster and reads back what became of it. Every call may be repeated. */
@Injectable()
export class RolloutObjects {
  constructor(
    private readonly database: Database,
    private readonly crypto: Crypto,
    private readonly quota: PlacementQuota,
  ) {}

  async apply(client: KubeClient, scope: PlacementScope, release: ReleaseModel): Promise<void> {
    await this.quota.makeRoom(scope);
    for (const manifest of await this.plan(scope, release)) await put(client, manifest);
  }

  async observe(client: KubeClient, scope: PlacementScope, release: ReleaseModel): Promise<ObservedProcess[]> {
    const { namespace } = scope.environment;
    const labelSelector = toSelector(selectorLabels(namesOf(scope)));
    const names = resolveProcesses(processesOf(release), readScaling(scope.placement.scaling)).map(
      (process) => process.name,
    );
    const [shown, running] = await Promise.all([
      client.list(deployments, { namespace, labelSelector }),
      client.list(pods, { namespace, labelSelector }),
    ]);
    return names.map((name) => {
      const deployment = shown.items.find(
        (item) => item.metadata.name === deploymentName(scope.application.name, name),
      );
      const own = running.items.filter((pod) => pod.metadata.labels?.['slipway.dev/process'] === name);
      return observeProcess(name, release.number, deployment, own);
    });
  }

  /** Removes what the release in force does not have: processes, their services, the route, configs of older releases. */
  async prune(client: KubeClient, scope: PlacementScope, release: ReleaseModel): Promise<void> {
    const { namespace } = scope.environment;
    const labelSelector = toSelector(selectorLabels(namesOf(scope)));
    const planned = await this.plan(scope, release);
    const wanted = new Set(planned.map((manifest) => `${manifest.kind}/${manifest.metadata.name}`));
    for (const kind of ['Deployment', 'Service', 'HTTPRoute'] as const) {
      const { items } = await client.list(types[kind], { namespace, labelSelector });
      for (const item of items) {
        if (!wanted.has(`${kind}/${item.metadata.name}`)) await remove(client, types[kind], item);
      }
    }
    for (const type of [configMaps, secrets]) {
      const { items } = await client.list<KubeObject>(type, { namespace, labelSelector });
      const old = items
        .filter((item) => item.metadata.name !== configName(scope.application.name, release.number))
        .sort((a, b) => releaseOf(b) - releaseOf(a))
        .slice(keptConfigs);
      for (const item of old) await remove(client, type, item);
    }
  }

  private async plan(scope: PlacementScope, release: ReleaseModel): Promise<readonly Manifest[]> {
    const reference = readContent(release.content).config[scope.environment.name];
    const config = reference
      ? await this.database.read.configVersion.findUnique({
          where: { placementId_number: { placementId: scope.placement.id, number: reference.version } },
        })
      : null;
    const { podSecurity } = await this.database.read.project.findUniqueOrThrow({ where: { id: scope.project.id } });
    const domains = await this.database.read.domain.findMany({
      where: { placementId: scope.placement.id },
      orderBy: { hostname: 'asc' },
    });
    return planObjects({
      ...namesOf(scope),
      namespace: scope.environment.namespace,
      release: release.number,
      image: release.image,
      processes: processesOf(release),
      scaling: readScaling(scope.placement.scaling),
      variables: (config?.variables ?? {}) as Record<string, string>,
      secrets: config ? openSecrets(this.crypto, scope.placement.id, config.secrets) : {},
      hostnames: domains.map((domain) => domain.hostname),
      podSecurity: podSecurity === 'baseline' ? 'baseline' : 'restricted',
    });
  }
}

const processesOf = (release: ReleaseModel): Processes => readContent(release.content).processes as Processes;
const namesOf = (scope: PlacementScope) => ({
  tenant: scope.tenant.name,
  project: scope.project.name,
  environment: scope.environment.name,
  application: scope.application.name,
});
export const toSelector = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
const releaseOf = (object: KubeObject): number => Number(object.metadata.labels?.['slipway.dev/release'] ?? 0);

/**
 * Creates the object or brings what we own of it to the plan. Configs are immutable and named by release: one that exists
 * is as planned. A Service keeps its addresses: only ports and selector are ours.
 */
async function put(client: KubeClient, manifest: Manifest): Promise<void> {
  const type = types[manifest.kind];
  const { name, namespace } = manifest.metadata;
  const existing = await client.find(type, name, namespace);
  if (!existing) {
    try {
      await client.create(type, manifest as unknown as KubeObject);
      return;
    } catch (error) {
      if (!(error instanceof KubeError) || error.reason !== 'AlreadyExists') throw error;
    }
  }
  if (manifest.kind === 'ConfigMap' || manifest.kind === 'Secret') return;
  const { apiVersion, kind, metadata, ...content } = manifest;
  const patch = { metadata: { labels: metadata.labels }, ...content };
  await client.patch(type, name, namespace, patch, { type: 'merge' });
}

async function remove(client: KubeClient, type: ResourceType, object: KubeObject): Promise<void> {
  try {
    await client.delete(type, object.metadata.name ?? '', object.metadata.namespace, {
      propagationPolicy: 'Background',
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
