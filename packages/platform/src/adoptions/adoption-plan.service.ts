import { Injectable } from '@nestjs/common';
import type { KubeClient } from '@slipway/orchestrator/client';
import { ClustersService } from '../clusters/clusters.service.js';
import { AdoptedNamespaces } from '../environments/adopted-namespaces.service.js';
import { NamespaceParts, type NamespacePlace } from '../environments/namespace-parts.service.js';
import { Database } from '../kernel/database/index.js';
import { SlipwayError } from '../kernel/errors/errors.js';
import { newId } from '../kernel/ids/ids.js';
import { isManaged } from '../kernel/kubernetes/labels.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { AdoptableNamespaces, type SeenNamespace } from './adoptable-namespaces.service.js';
import { toChanges } from './adoption-changes.rules.js';
import {
  type AdoptionChange,
  type AdoptionChoice,
  type AdoptionItem,
  type AdoptionProblem,
  findRepeated,
  isRunning,
  placeOf,
  sizeOfPods,
} from './adoptions.rules.js';

const enforceLabel = 'pod-security.kubernetes.io/enforce';
const none = '00000000-0000-0000-0000-000000000000';

/** Told before anything is changed: what would be set on each namespace, and what stands in the way. */
@Injectable()
export class AdoptionPlan {
  constructor(
    private readonly database: Database,
    private readonly clusters: ClustersService,
    private readonly namespaces: AdoptableNamespaces,
    private readonly adopted: AdoptedNamespaces,
    private readonly parts: NamespaceParts,
    private readonly quotas: QuotasService,
  ) {}

  /** In the order of the choices; `state` is `planned`. */
  async plan(cluster: string, choices: readonly AdoptionChoice[]): Promise<AdoptionItem[]> {
    const repeated = findRepeated(choices);
    const planned: { item: AdoptionItem; seen: SeenNamespace | undefined }[] = [];
    for (const choice of choices) {
      const { ids, problems } = await this.findPlace(choice);
      if (repeated.namespaces.has(choice.namespace)) problems.push(error('namespace-repeated', 'It is chosen twice.'));
      if (repeated.places.has(placeOf(choice)))
        problems.push(error('place-repeated', `${placeOf(choice)} is chosen for two namespaces.`));
      const base = { ...choice, ...ids, environmentId: newId(), state: 'planned' as const, error: null };
      planned.push(
        await this.clusters.use(cluster, async (client) => {
          const seen = await this.namespaces.get(client, cluster, choice.namespace).catch((thrown: unknown) => {
            if (!(thrown instanceof SlipwayError)) throw thrown;
            problems.push(error(thrown.code, thrown.message));
            return undefined;
          });
          const looked = seen
            ? await this.look(client, { ...base, cluster, isAdopted: true }, seen)
            : { changes: [], problems: [] };
          return { seen, item: { ...base, changes: looked.changes, problems: [...problems, ...looked.problems] } };
        }),
      );
    }
    const refusals = await this.findRefusals(cluster, planned);
    return planned.map(({ item }) => {
      const refusal = refusals.get(item.environmentId);
      return refusal ? { ...item, problems: [...item.problems, error('quota-exceeded', refusal)] } : item;
    });
  }

  private async findPlace({ tenant, project, environment }: AdoptionChoice) {
    const problems: AdoptionProblem[] = [];
    const owner = await this.database.read.tenant.findUnique({ where: { name: tenant } });
    if (!owner) problems.push(error('tenant-not-found', `There is no tenant ${tenant}.`));
    else if (owner.state !== 'active')
      problems.push(error('tenant-not-active', `The tenant ${tenant} is ${owner.state}.`));
    const where = { tenantId: owner?.id ?? none, name: project };
    const found = await this.database.read.project.findFirst({ where, include: { environments: true } });
    if (owner && found?.state !== 'active')
      problems.push(error('project-not-found', `The tenant ${tenant} has no project ${project}.`));
    if (found?.environments.some(({ name }) => name === environment))
      problems.push(error('name-taken', `${tenant}/${project} has an environment ${environment} already.`));
    return { ids: { tenantId: owner?.id ?? none, projectId: found?.id ?? none }, problems };
  }

  /** What the parts would write, and what they would meet. */
  private async look(client: KubeClient, place: NamespacePlace, seen: SeenNamespace) {
    const problems: AdoptionProblem[] = [];
    const writes = await this.parts.plan(client, place);
    const changes = toChanges(writes, seen.object.metadata.labels ?? {}, await this.hasLimits(place));
    for (const taken of await this.adopted.listOurs(client, place.namespace))
      problems.push(
        error('object-labelled', `${taken} is labelled as Slipway’s, and would go when the namespace is given back.`),
      );
    for (const { type, name, namespace } of writes) {
      if (namespace === undefined) continue;
      const standing = await client.find(type, name, namespace);
      if (standing && !isManaged(standing.metadata.labels))
        problems.push(error('object-name-taken', `${type.kind}/${name} stands there already, and is not Slipway’s.`));
    }
    const [first, ...rest] = await readPodSecurityWarnings(client, place.namespace, changes);
    if (first !== undefined)
      problems.push(
        warning('pod-security', `Pods that run stay; new ones like them are refused. ${rest.join('; ') || first}`),
      );
    if (seen.services > 0)
      problems.push(
        warning(
          'network',
          `${seen.services} services are reached from then on only as the tenant’s network settings say.`,
        ),
      );
    return { changes, problems };
  }

  private async hasLimits({ tenantId, projectId }: NamespacePlace): Promise<string[]> {
    const rows = await this.database.read.quotaLimit.findMany({
      where: { tenantId, scopeId: { in: [tenantId, projectId] } },
      select: { resource: true },
    });
    return [...new Set(rows.map(({ resource }) => resource))].sort();
  }

  /** Charges all of it, as adopting would, and rolls that back. By environment id: what has no room. */
  private async findRefusals(
    cluster: string,
    planned: readonly { item: AdoptionItem; seen: SeenNamespace | undefined }[],
  ): Promise<ReadonlyMap<string, string>> {
    const refusals = new Map<string, string>();
    for (const tenantId of new Set(planned.map(({ item }) => item.tenantId))) {
      if (tenantId === none) continue;
      const tried = this.database.transaction(async (tx) => {
        for (const { item, seen } of planned) {
          if (item.tenantId !== tenantId || item.projectId === none || !seen) continue;
          for (const { place, charge } of chargesOf(item, cluster, seen)) {
            const refusal = await this.quotas.tryCharge(tx, place, charge);
            if (refusal) refusals.set(item.environmentId, await this.quotas.explain(tx, refusal));
          }
        }
        throw new OnlyTried();
      });
      await tried.catch((thrown: unknown) => {
        if (!(thrown instanceof OnlyTried)) throw thrown;
      });
    }
    return refusals;
  }
}

/** Takes a transaction back that was for finding out. */
class OnlyTried extends Error {}

/** What an adopted namespace holds of its tenant's quotas: an environment, and what stands in it. */
export function chargesOf(
  { tenantId, projectId, environmentId }: AdoptionItem,
  cluster: string,
  seen: Pick<SeenNamespace, 'pods' | 'services' | 'volumes'>,
) {
  const pods = seen.pods.filter(isRunning).length;
  const amounts = { ...sizeOfPods(seen.pods), pods, services: seen.services, persistentvolumeclaims: seen.volumes };
  return [
    {
      place: { tenantId, projectId },
      charge: { subject: `environments/${environmentId}`, amounts: { environments: 1 } },
    },
    {
      place: { tenantId, projectId, environmentId, cluster },
      charge: { subject: `namespaces/${environmentId}`, amounts },
    },
  ];
}

/** What the cluster itself says of the pods that stand, asked without a change. */
async function readPodSecurityWarnings(
  client: KubeClient,
  namespace: string,
  changes: readonly AdoptionChange[],
): Promise<string[]> {
  const level = changes.find(({ path }) => path === `labels/${enforceLabel}`)?.after;
  if (!level) return [];
  const answer = await client.request('PATCH', `/api/v1/namespaces/${namespace}?dryRun=All`, {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { metadata: { labels: { [enforceLabel]: level } } },
  });
  await answer.arrayBuffer();
  const header = answer.headers.get('warning') ?? '';
  return [...header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replaceAll(/\\(.)/g, '$1'));
}

const error = (code: string, message: string): AdoptionProblem => ({ code, severity: 'error', message });
const warning = (code: string, message: string): AdoptionProblem => ({ code, severity: 'warning', message });
