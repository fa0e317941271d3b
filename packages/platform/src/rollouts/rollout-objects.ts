import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { isNotFound, type KubeClient, KubeError } from '@slipway/orchestrator/client';
import {
  configMaps,
  deployments,
  httpRoutes,
  type KubeObject,
  listenerSets,
  type Pod,
  pods,
  type ResourceType,
  secrets,
  services,
} from '@slipway/orchestrator/kinds';
import {
  configName,
  deploymentName,
  isCertificate,
  labelSelectorOf,
  type Manifest,
  otherSlot,
  type PlacementScope,
  planCertificates,
  planRelease,
  planTraffic,
  previewName,
  type ReleaseInput,
  type ResolvedProcess,
  readScaling,
  readSlot,
  resolveProcesses,
  type Slot,
  slotOf,
  slotServiceName,
} from '../applications/application-scopes.service.js';
import { openSecrets } from '../config/effective-config.service.js';
import { loadDomains, previewHostname } from '../domains/hostnames.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Crypto } from '../kernel/crypto/crypto.js';
import { Database, type ReleaseModel } from '../kernel/database/index.js';
import { namesOf, processesOf } from '../releases/release-content.service.js';
import { experimentLabel, experimentServiceName } from './experiment.rules.js';
import { isOfAnother, isOneOf, planExperiment, removeExperiments, requireOwn } from './experiment-objects.js';
import { leadsTo, untilFollowed, withoutServices } from './experiment-traffic.js';
import { observeProcess } from './observe.rules.js';
import type { ObservedProcess } from './observed-process.rules.js';
import { PlacementQuota } from './placement-quota.service.js';
import { loadReleaseInput } from './release-input.js';
import type { Target } from './rollouts.rules.js';
import { candidateReplicas } from './strategy.rules.js';

export const types: Readonly<Record<Manifest['kind'], ResourceType<KubeObject>>> = {
  ConfigMap: configMaps,
  Secret: secrets,
  Pod: pods,
  Deployment: deployments,
  Service: services,
  HTTPRoute: httpRoutes,
  ListenerSet: listenerSets,
};
/** Requests of our own carry the id of the rollout in it, and meet its candidate. */
export const candidateHeader = 'x-slipway-candidate';
const syntheticMatch = (rolloutId: string) => ({
  headers: [{ type: 'Exact' as const, name: candidateHeader, value: rolloutId }],
});
/** Configs of so many releases stay behind the one in force, for a quick way back and for pods that still end. */
const keptConfigs = 3;

/** Carries a release into the cluster and reads back what became of it. Every call may be repeated. */
@Injectable()
export class RolloutObjects {
  constructor(
    private readonly database: Database,
    private readonly crypto: Crypto,
    private readonly quota: PlacementQuota,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {}

  /** Brings the cluster to the target. Pods come before the traffic that they are for, and go after it. */
  async apply(client: KubeClient, { scope, target, releases, rolloutId }: Placed): Promise<void> {
    await this.quota.makeRoom(scope);
    const { experiment: templates } = target;
    const wanted = await this.plan(scope, target, releases, rolloutId);
    const isRoute = ({ kind }: Manifest): boolean => kind === 'HTTPRoute';
    await removeExperiments(client, scope, isOneOf(templates && { rolloutId, templates }), async (leaving) => {
      const routes = await findRoutesTo(client, scope, leaving);
      if (routes.length === 0) return;
      for (const manifest of wanted.filter(isRoute)) await put(client, manifest);
      for (const { metadata } of routes) await untilFollowed(client, this.clock, metadata);
    });
    const shown = await client.list(deployments, selectionOf(scope));
    const shrinks = (manifest: Manifest): boolean => {
      const before = shown.items.find(({ metadata }) => metadata.name === manifest.metadata.name)?.spec.replicas ?? 0;
      return manifest.kind === 'Deployment' && replicasOf(manifest) < before;
    };
    for (const manifest of wanted.filter((each) => !shrinks(each) && !isRoute(each))) await put(client, manifest);
    for (const template of templates ?? []) {
      const input = await this.input(scope, releases[template.release]);
      for (const manifest of planExperiment(input, template, rolloutId)) {
        await requireOwn(client, manifest);
        await put(client, manifest);
      }
    }
    for (const manifest of wanted.filter(isRoute)) await put(client, manifest);
    for (const manifest of wanted.filter(shrinks)) await put(client, manifest);
    if (!target.candidate) await removeFree(client, scope, shown.items);
  }

  /** Takes away what a rollout that is over may have left beside the slots; who met it meets the stable release. */
  async clearExperiments(client: KubeClient, scope: PlacementScope, rolloutId: string): Promise<void> {
    await removeExperiments(client, scope, isOfAnother(rolloutId), async (leaving) => {
      const heir = slotServiceName(scope.application.name, readSlot(scope.placement));
      for (const { metadata, spec } of await findRoutesTo(client, scope, leaving)) {
        const patch = { spec: { rules: withoutServices(spec.rules, leaving, heir) } };
        await client.patch(httpRoutes, metadata.name ?? '', metadata.namespace, patch, { type: 'merge' });
        await untilFollowed(client, this.clock, metadata);
      }
    });
  }

  /** What stands for itself when the rollout is over; the slot that was left keeps its pods, for the way back. */
  async settle(client: KubeClient, scope: PlacementScope, release: ReleaseModel): Promise<void> {
    for (const manifest of await this.planInForce(scope, release)) await put(client, manifest);
  }

  /** What the cluster has of a release when nothing is being rolled out. */
  planInForce(scope: PlacementScope, release: ReleaseModel): Promise<readonly Manifest[]> {
    return this.plan(scope, inForce, { previous: release, next: release });
  }

  /** What the stable slot and the candidate show of the target. */
  async observe(client: KubeClient, { scope, target, releases }: Placed): Promise<Observed> {
    const selection = selectionOf(scope);
    const [shown, running] = await Promise.all([client.list(deployments, selection), client.list(pods, selection)]);
    const look = (process: ResolvedProcess, slot: Slot, release: ReleaseModel, replicas?: number): ObservedProcess => {
      const own = slotOf(process, slot);
      const name = deploymentName(scope.application.name, process.name, own);
      const deployment = shown.items.find((item) => item.metadata.name === name);
      const isOwn = ({ metadata: { labels = {} } }: Pod) =>
        labels['slipway.dev/process'] === process.name && (!listens(process) || labels['slipway.dev/slot'] === own);
      return observeProcess(process.name, release.number, deployment, running.items.filter(isOwn), replicas);
    };
    const stable = readSlot(scope.placement);
    const [held, workers] = [releases[target.stable], releases[target.workers]];
    const processes = [
      ...processesIn(scope, held)
        .filter(listens)
        .map((process) => look(process, stable, held)),
      ...processesIn(scope, workers)
        .filter((process) => !listens(process))
        .map((process) => look(process, stable, workers)),
    ];
    const { candidate } = target;
    if (!candidate) return { processes };
    const experiment = target.experiment?.map(({ name, release, replicas }): ObservedProcess => {
      const isOwn = ({ metadata }: KubeObject) => metadata.labels?.[experimentLabel] === name;
      const own = running.items.filter(isOwn);
      return observeProcess(name, releases[release].number, shown.items.find(isOwn), own, replicas);
    });
    return {
      processes,
      ...(experiment ? { experiment } : {}),
      candidate: processesIn(scope, releases.next)
        .filter(listens)
        .map((process) => {
          const replicas = candidateReplicas(candidate.scale, candidate.weight, process.replicas);
          return look(process, otherSlot(stable), releases.next, replicas);
        }),
    };
  }

  /** Removes what the release in force does not have: processes, their services, the route, configs of older releases. */
  async prune(client: KubeClient, scope: PlacementScope, release: ReleaseModel): Promise<void> {
    const selection = selectionOf(scope);
    const planned = await this.planInForce(scope, release);
    const wanted = new Set(planned.map((manifest) => `${manifest.kind}/${manifest.metadata.name}`));
    for (const kind of ['Deployment', 'Service', 'HTTPRoute', 'ListenerSet'] as const) {
      const items = await listKind(client, kind, selection);
      for (const item of items) {
        const isSpared = kind === 'Deployment' && isFree(scope, item);
        if (!wanted.has(`${kind}/${item.metadata.name}`) && !isSpared) await remove(client, types[kind], item);
      }
    }
    for (const type of [configMaps, secrets]) {
      const { items } = await client.list<KubeObject>(type, selection);
      const unused = items.filter(
        ({ metadata: { name, labels } }) => isCertificate(labels) && !wanted.has(`Secret/${name}`),
      );
      for (const item of unused) await remove(client, type, item);
      const old = items
        .filter(({ metadata }) => !isCertificate(metadata.labels))
        .filter((item) => item.metadata.name !== configName(scope.application.name, release.number))
        .sort((a, b) => releaseOf(b) - releaseOf(a))
        .slice(keptConfigs);
      for (const item of old) await remove(client, type, item);
    }
  }

  /** Ends the pods of the slot that no traffic goes to. */
  async retire(client: KubeClient, scope: PlacementScope): Promise<void> {
    await removeFree(client, scope, (await client.list(deployments, selectionOf(scope))).items);
  }

  private async plan(
    scope: PlacementScope,
    target: Target,
    releases: Releases,
    rolloutId = '',
  ): Promise<readonly Manifest[]> {
    const stable = readSlot(scope.placement);
    const { recreates, candidate } = target;
    const [held, workers] = [releases[target.stable], releases[target.workers]];
    const domains = await loadDomains(this.database.read, scope.placement.id, scope.application.name);
    const base = await this.input(scope, held);
    const planned =
      held.id === workers.id
        ? planRelease(base, { slot: stable, processes: 'all', recreates })
        : [
            ...planRelease(base, { slot: stable, processes: 'listening', recreates }),
            ...planRelease(await this.input(scope, workers), { slot: stable, processes: 'workers', recreates }),
          ];
    const next = candidate && (await this.input(scope, releases.next));
    const added = next
      ? planRelease(next, {
          slot: otherSlot(stable),
          processes: 'listening',
          replicas: (process) => candidateReplicas(candidate.scale, candidate.weight, process.replicas),
        })
      : [];
    const traffic = planTraffic({
      ...namesOf(scope),
      namespace: scope.environment.namespace,
      stable,
      processes: {
        [stable]: processesIn(scope, held),
        ...(candidate ? { [otherSlot(stable)]: processesIn(scope, releases.next) } : {}),
      },
      weight: target.weight,
      shares: target.shares?.map((share) => ({
        service: experimentServiceName(scope.application.name, share.name),
        weight: share.weight,
      })),
      matches: [
        ...(target.hasSyntheticTraffic ? [syntheticMatch(rolloutId)] : []),
        ...target.headerRoutes.flatMap(({ matches }) => matches),
      ],
      mirrored: Math.min(100, Math.max(0, ...target.mirrorRoutes.map(({ percentage }) => percentage))),
      hostnames: domains.hostnames,
      secured: { port: this.config.gatewayTlsPort, hosts: domains.secured },
      previewHostname: target.hasPreview ? this.previewHost(scope) : undefined,
      stickyBy: target.stickyBy ?? undefined,
      recreates,
    });
    return [...planned, ...added, ...planCertificates(base, domains.open(this.crypto)), ...traffic];
  }

  private previewHost({ application, environment }: PlacementScope): string {
    const ids = { applicationId: application.id, environmentId: environment.id };
    return previewHostname({ ...ids, appsDomain: this.config.appsDomain });
  }

  /** A release with its config in clear, for what else runs of it. */
  input(scope: PlacementScope, release: ReleaseModel): Promise<ReleaseInput> {
    return loadReleaseInput(this.database.read, scope, release, ({ sealed }) => openSecrets(this.crypto, sealed));
  }
}

interface Observed {
  readonly processes: readonly ObservedProcess[];
  readonly candidate?: readonly ObservedProcess[];
  readonly experiment?: readonly ObservedProcess[];
}

/** The two releases of a rollout; the same where there is no release before. */
export interface Releases {
  readonly previous: ReleaseModel;
  readonly next: ReleaseModel;
}

export interface Placed {
  readonly scope: PlacementScope;
  readonly target: Target;
  readonly releases: Releases;
  readonly rolloutId: string;
}

/** The routes by which users of an application meet one of these Services. */
async function findRoutesTo(client: KubeClient, scope: PlacementScope, leaving: readonly string[]) {
  return (await client.list(httpRoutes, selectionOf(scope))).items.filter((route) => leadsTo(route, leaving));
}

const inForce: Target = {
  stable: 'next',
  workers: 'next',
  weight: 0,
  headerRoutes: [],
  mirrorRoutes: [],
  recreates: false,
};
const listens = (process: ResolvedProcess): boolean => process.port !== undefined;
const processesIn = (scope: PlacementScope, release: ReleaseModel): readonly ResolvedProcess[] =>
  resolveProcesses(processesOf(release), readScaling(scope.placement.scaling));
const replicasOf = ({ spec }: Manifest): number => Number(Reflect.get(Object(spec), 'replicas') ?? 1);

/** A Deployment in the slot that is not stable: of a process that listens. */
function isFree(scope: PlacementScope, { metadata: { name, labels = {} } }: KubeObject): boolean {
  const free = otherSlot(readSlot(scope.placement));
  const process = labels['slipway.dev/process'] ?? '';
  return labels['slipway.dev/slot'] === free && name === deploymentName(scope.application.name, process, free);
}

async function removeFree(client: KubeClient, scope: PlacementScope, items: readonly KubeObject[]): Promise<void> {
  const preview = await client.find(httpRoutes, previewName(scope.application.name), scope.environment.namespace);
  if (preview) await remove(client, httpRoutes, preview);
  for (const item of items) if (isFree(scope, item)) await remove(client, deployments, item);
}

const selectionOf = (scope: PlacementScope) => ({
  namespace: scope.environment.namespace,
  labelSelector: labelSelectorOf(namesOf(scope)),
});
const releaseOf = (object: KubeObject): number => Number(object.metadata.labels?.['slipway.dev/release'] ?? 0);

/**
 * Creates the object or brings what we own of it to the plan. Configs are immutable and named by release: one that exists
 * is as planned. A Service keeps its addresses: only ports and selector are ours.
 */
export async function put(client: KubeClient, manifest: Manifest): Promise<void> {
  const type = types[manifest.kind];
  const { name, namespace } = manifest.metadata;
  let existing = await client.find(type, name, namespace);
  if (existing && manifest.kind === 'Deployment' && !hasSelectorOf(existing, manifest)) {
    // A selector cannot change: what an older version of ours made is made anew.
    await remove(client, type, existing);
    existing = undefined;
  }
  if (!existing) {
    try {
      await client.create(type, withoutNulls(manifest) as KubeObject);
      return;
    } catch (error) {
      if (!(error instanceof KubeError) || error.reason !== 'AlreadyExists') throw error;
    }
  }
  if (isImmutable(manifest)) return;
  const { apiVersion, kind, metadata, ...content } = manifest;
  const { labels, annotations } = metadata;
  const patch = { metadata: { labels, ...(annotations ? { annotations } : {}) }, ...content };
  await client.patch(type, name, namespace, patch, { type: 'merge' });
}

/** A config is named by its release, and never changes. */
export const isImmutable = (manifest: Manifest): boolean => manifest['immutable'] === true;

/** What there is of a kind; nothing where the cluster does not know it, as those whose Gateway API is older. */
export async function listKind(
  client: KubeClient,
  kind: Manifest['kind'],
  selection: { readonly namespace: string; readonly labelSelector: string },
): Promise<readonly KubeObject[]> {
  try {
    return (await client.list(types[kind], selection)).items;
  } catch (error) {
    if (kind === 'ListenerSet' && isNotFound(error)) return [];
    throw error;
  }
}

function hasSelectorOf(existing: KubeObject, manifest: Manifest): boolean {
  const labels = (object: object) => Object(Reflect.get(Object(Reflect.get(object, 'spec')), 'selector')).matchLabels;
  return isDeepStrictEqual(labels(existing), labels(manifest));
}

/** Null takes a field away in a patch; what is made new does not have it. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => (member === null ? [] : [[key, withoutNulls(member)]])),
  );
}

/** What is gone already is gone. */
export async function remove(client: KubeClient, type: ResourceType, object: KubeObject): Promise<void> {
  try {
    await client.delete(type, object.metadata.name ?? '', object.metadata.namespace, {
      propagationPolicy: 'Background',
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
