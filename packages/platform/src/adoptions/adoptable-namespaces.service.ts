import { Injectable } from '@nestjs/common';
import type { KubeClient } from '@slipway/orchestrator/client';
import {
  cronJobs,
  daemonSets,
  deployments,
  type KubeObject,
  type Namespace,
  namespaces,
  type Pod,
  persistentVolumeClaims,
  pods,
  type ResourceType,
  services,
  statefulSets,
} from '@slipway/orchestrator/kinds';
import { ClustersService } from '../clusters/clusters.service.js';
import { Database } from '../kernel/database/index.js';
import type { Page } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isManaged } from '../kernel/kubernetes/labels.js';
import type { NamespaceAnswer } from './adoptions.dto.js';
import { fail } from './adoptions.errors.js';
import { isRunning, isSystemNamespace, sizeOfPods } from './adoptions.rules.js';

const workloads: readonly ResourceType<KubeObject>[] = [deployments, statefulSets, daemonSets, cronJobs];
const podSecurityLabel = 'pod-security.kubernetes.io/enforce';

/** A namespace with what stands in it. */
export interface SeenNamespace {
  readonly object: Namespace;
  readonly pods: readonly Pod[];
  readonly workloads: number;
  readonly services: number;
  readonly volumes: number;
}

/** Namespaces of a cluster that no tenant owns. */
@Injectable()
export class AdoptableNamespaces {
  constructor(
    private readonly database: Database,
    private readonly clusters: ClustersService,
  ) {}

  /** By name; the cursor is the last name of the page before. What stands in each is read for those of the page alone. */
  async list(cluster: string, { limit, cursor, q }: PageQuery): Promise<Page<NamespaceAnswer>> {
    const rows = await this.database.read.environment.findMany({ where: { cluster }, select: { namespace: true } });
    const owned = new Set(rows.map(({ namespace }) => namespace));
    return this.clusters.use(cluster, async (client) => {
      const { items } = await client.list(namespaces);
      const after = cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString('utf8');
      const free = items
        .filter(({ metadata: { name = '' } }) => !isSystemNamespace(name) && !owned.has(name))
        .filter(({ metadata: { name = '' } }) => name > after && name.includes(q ?? ''))
        .sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
      const page = free.slice(0, limit);
      const seen: NamespaceAnswer[] = [];
      for (let at = 0; at < page.length; at += 8)
        seen.push(...(await Promise.all(page.slice(at, at + 8).map(async (one) => toAnswer(await look(client, one))))));
      const last = free.length > limit ? page.at(-1)?.metadata.name : undefined;
      return { items: seen, nextCursor: last === undefined ? null : Buffer.from(last).toString('base64url') };
    });
  }

  /** One that can be adopted, with what stands in it. Throws 404, and 409 with the reason where it cannot. */
  async get(client: KubeClient, cluster: string, name: string): Promise<SeenNamespace> {
    if (isSystemNamespace(name))
      throw fail('namespace-not-adoptable', `${name} is the platform’s or the cluster’s own.`);
    const found = await client.find(namespaces, name);
    if (!found) throw fail('namespace-not-found', `The cluster has no namespace ${name}.`);
    const owner = await this.database.read.environment.findFirst({
      where: { cluster, namespace: name },
      include: { project: { select: { name: true, tenant: { select: { name: true } } } } },
    });
    if (owner) {
      const place = `${owner.project.tenant.name}/${owner.project.name}/${owner.name}`;
      throw fail('namespace-not-adoptable', `${name} belongs to ${place} already.`);
    }
    if (found.metadata.deletionTimestamp) throw fail('namespace-not-adoptable', `${name} is being deleted.`);
    if (isManaged(found.metadata.labels))
      throw fail('namespace-not-adoptable', `${name} is labelled as the work of a Slipway platform.`);
    return look(client, found);
  }
}

async function look(client: KubeClient, object: Namespace): Promise<SeenNamespace> {
  const namespace = object.metadata.name ?? '';
  const count = async (type: ResourceType<KubeObject>) => (await client.list(type, { namespace })).items.length;
  const [found, volumes, reached, ...counts] = await Promise.all([
    client.list(pods, { namespace }),
    count(persistentVolumeClaims),
    count(services),
    ...workloads.map(count),
  ]);
  return { object, pods: found.items, workloads: counts.reduce((a, b) => a + b, 0), services: reached, volumes };
}

function toAnswer({ object, ...seen }: SeenNamespace): NamespaceAnswer {
  const { name = '', creationTimestamp, deletionTimestamp, labels } = object.metadata;
  const size = sizeOfPods(seen.pods);
  return {
    name,
    createdAt: creationTimestamp ?? null,
    state: deletionTimestamp ? 'terminating' : 'active',
    pods: seen.pods.filter(isRunning).length,
    workloads: seen.workloads,
    services: seen.services,
    volumes: seen.volumes,
    requests: { cpu: size['requests.cpu'] ?? '0', memory: size['requests.memory'] ?? '0' },
    podSecurity: labels?.[podSecurityLabel] ?? null,
  };
}
