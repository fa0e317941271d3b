import { Injectable } from '@nestjs/common';
import { isNotFound, type KubeClient } from '@slipway/orchestrator/client';
import {
  configMaps,
  deployments,
  httpRoutes,
  type KubeObject,
  limitRanges,
  type Namespace,
  namespaces,
  networkPolicies,
  type ResourceType,
  resourceQuotas,
  roleBindings,
  secrets,
  services,
} from '@slipway/orchestrator/kinds';
import { ClustersService } from '../clusters/clusters.service.js';
import { Database } from '../kernel/database/index.js';
import { labelPrefix, managedBy, toSelector } from '../kernel/kubernetes/labels.js';
import { resumeWorkloads } from '../tenants/tenant-workloads.service.js';
import { adoptedLabel, isLabelOfOurs, podSecurity } from './environments.rules.js';

/** What we make in a namespace: the parts' objects, and those of applications that were released to it. Routes first. */
const kindsOfOurs: readonly ResourceType<KubeObject>[] = [
  httpRoutes,
  services,
  deployments,
  configMaps,
  secrets,
  resourceQuotas,
  limitRanges,
  networkPolicies,
  roleBindings,
];
const labelSelector = toSelector(managedBy);

/** Labels of the namespace before it was adopted, where a part of ours writes others; null: it had none. */
export interface AdoptedFrom {
  readonly uid: string;
  readonly labels: Readonly<Record<string, string | null>>;
}

interface Place {
  readonly namespace: string;
  readonly cluster: string;
}

/** Gives adopted namespaces back: what is ours goes, all else stays as it is. */
@Injectable()
export class AdoptedNamespaces {
  constructor(
    private readonly database: Database,
    private readonly clusters: ClustersService,
  ) {}

  /** Every adopted namespace of a tenant, project or environment. Harmless to repeat. */
  async giveBackAll(where: { tenantId: string; projectId?: string; environmentId?: string }): Promise<void> {
    const { tenantId, projectId, environmentId: id } = where;
    const rows = await this.database.read.environment.findMany({
      where: { tenantId, projectId, id, isAdopted: true },
      orderBy: { id: 'asc' },
    });
    for (const row of rows) await this.giveBack(row, row.adoptedFrom);
  }

  /**
   * Removes our objects and labels from one namespace and puts its own labels back. What a suspension brought to a stand runs
   * again. A namespace that is gone, or another one of that name, is left alone.
   */
  async giveBack({ cluster, namespace }: Place, adoptedFrom: unknown): Promise<void> {
    const before = readAdoptedFrom(adoptedFrom);
    await this.clusters.use(cluster, async (client) => {
      const found = await client.find(namespaces, namespace);
      if (!found || found.metadata.deletionTimestamp || (before && found.metadata.uid !== before.uid)) return;
      // The label is the last that goes: without it the namespace is not known as adopted any more.
      if (found.metadata.labels?.[adoptedLabel] === undefined) return;
      await resumeWorkloads(client, namespace);
      for (const type of kindsOfOurs) await removeOurs(client, type, namespace);
      const ours = Object.keys(found.metadata.labels).filter(isLabelOfOurs);
      const labels = { ...Object.fromEntries(ours.map((key) => [key, null])), ...before?.labels };
      const annotations = Object.keys(found.metadata.annotations ?? {}).filter((key) => key.startsWith(labelPrefix));
      const metadata = { labels, annotations: Object.fromEntries(annotations.map((key) => [key, null])) };
      await client.patch(namespaces, namespace, undefined, { metadata }, { type: 'merge' });
    });
  }

  /** Objects that a namespace has already and that giving it back would take for ours, as `Kind/name`. */
  async listOurs(client: KubeClient, namespace: string): Promise<string[]> {
    const lists = await Promise.all(kindsOfOurs.map((type) => client.list(type, { namespace, labelSelector })));
    return lists.flatMap(({ items }, index) =>
      items.map((item) => `${kindsOfOurs[index]?.kind}/${item.metadata.name ?? ''}`),
    );
  }
}

/** What has to be put back one day, read before anything of ours is written. */
export function noteAdopted({ metadata }: Namespace): AdoptedFrom {
  const keys = [...Object.keys(managedBy), ...Object.keys(podSecurity)];
  return {
    uid: metadata.uid ?? '',
    labels: Object.fromEntries(keys.map((key) => [key, metadata.labels?.[key] ?? null])),
  };
}

export function readAdoptedFrom(value: unknown): AdoptedFrom | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { uid, labels } = value as Partial<AdoptedFrom>;
  return typeof uid === 'string' ? { uid, labels: labels ?? {} } : undefined;
}

async function removeOurs(client: KubeClient, type: ResourceType<KubeObject>, namespace: string): Promise<void> {
  const { items } = await client.list(type, { namespace, labelSelector }).catch((error: unknown) => {
    // A cluster without the Gateway API has no routes.
    if (isNotFound(error)) return { items: [] };
    throw error;
  });
  for (const { metadata } of items) {
    if (metadata.deletionTimestamp || (metadata.ownerReferences ?? []).length > 0) continue;
    await client
      .delete(type, metadata.name ?? '', namespace, { propagationPolicy: 'Background' })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }
}
