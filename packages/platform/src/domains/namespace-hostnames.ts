import { Inject, Injectable } from '@nestjs/common';
import { isConflict, isNotFound, type KubeClient } from '@slipway/orchestrator/client';
import {
  type KubeObject,
  namespaces,
  type ResourceType,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '@slipway/orchestrator/kinds';
import { ClustersService } from '../clusters/clusters.service.js';
import {
  type NamespacePart,
  type NamespacePlace,
  ProvidesInNamespace,
} from '../environments/namespace-parts.service.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database } from '../kernel/database/index.js';
import { type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { labelPrefix } from '../kernel/kubernetes/labels.js';
import { listHostnames } from './domains.job-definitions.js';
import { previewHostname } from './domains.rules.js';
import { hostnamesAnnotation, toHostnameAdmission, toHostnameList } from './hostname-admission.rules.js';

/** So often is a list made anew whose namespace somebody else changed meanwhile. */
const mostAttempts = 10;

type Target = Pick<NamespacePlace, 'environmentId' | 'namespace'>;

/** Says on each namespace which host names may be routed there, and has the cluster itself hold everybody to it. */
@ProvidesInNamespace({ step: 'host names', order: 70 })
@Injectable()
export class NamespaceHostnames implements NamespacePart {
  private readonly done = new WeakSet<KubeClient>();

  constructor(
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'appsDomain'>,
  ) {}

  async ensure(client: KubeClient, place: NamespacePlace): Promise<void> {
    await this.write(client, place);
    if (this.done.has(client)) return;
    const { policy, binding } = toHostnameAdmission();
    await put(client, validatingAdmissionPolicies, policy);
    await put(client, validatingAdmissionPolicyBindings, binding);
    this.done.add(client);
  }

  /**
   * Writes the list where it differs. The namespace is read before the rows, and written only as it was read: of two that
   * run at once the later one has seen the later rows.
   */
  async write(client: KubeClient, { environmentId, namespace }: Target): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const found = await client.find(namespaces, namespace);
      // Provisioning writes it when the namespace is ours.
      if (!found || found.metadata.deletionTimestamp || !found.metadata.labels?.[`${labelPrefix}environment`]) return;
      const list = toHostnameList(await this.namesIn(environmentId));
      if ((found.metadata.annotations?.[hostnamesAnnotation] ?? null) === list) return;
      const { resourceVersion } = found.metadata;
      const patch = { metadata: { resourceVersion, annotations: { [hostnamesAnnotation]: list } } };
      try {
        await client.patch(namespaces, namespace, undefined, patch, { type: 'merge' });
        return;
      } catch (error) {
        if (isNotFound(error)) return;
        if (!isConflict(error) || attempt === mostAttempts) throw error;
      }
    }
  }

  /** What is verified there, the default host names among it, and where releases are looked at before their promotion. */
  private async namesIn(environmentId: string): Promise<string[]> {
    const placements = await this.database.read.placement.findMany({
      where: { environmentId },
      select: { applicationId: true, domains: { where: { state: 'verified' }, select: { hostname: true } } },
    });
    const { appsDomain } = this.config;
    return placements.flatMap(({ applicationId, domains }) => [
      ...domains.map(({ hostname }) => hostname),
      previewHostname({ applicationId, environmentId, appsDomain }),
    ]);
  }
}

async function put(
  client: KubeClient,
  type: ResourceType<KubeObject>,
  object: { readonly metadata: { readonly name: string } },
): Promise<void> {
  await client.patch(type, object.metadata.name, undefined, object, { type: 'apply', force: true });
}

/** After the commit of what adds a host name to an environment or takes one from it. */
@Processes(listHostnames)
@Injectable()
export class ListHostnamesProcessor implements JobProcessor<{ environmentId: string }> {
  constructor(
    private readonly database: Database,
    private readonly clusters: ClustersService,
    private readonly hostnames: NamespaceHostnames,
  ) {}

  async run({ environmentId }: { environmentId: string }): Promise<void> {
    const select = { namespace: true, cluster: true } as const;
    const row = await this.database.read.environment.findUnique({ where: { id: environmentId }, select });
    if (!row) return;
    const { namespace, cluster } = row;
    await this.clusters.use(cluster, (client) => this.hostnames.write(client, { environmentId, namespace }));
  }
}
