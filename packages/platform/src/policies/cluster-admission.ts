import { Inject, Injectable } from '@nestjs/common';
import { isNotFound, type KubeClient } from '@slipway/orchestrator/client';
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
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database } from '../kernel/database/index.js';
import { type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { type AdmissionObject, admissionLabels, placeLabels, toAdmission } from './cluster-admission.rules.js';
import { ImageReports } from './image-reports.service.js';
import { toPolicy, withExemptions } from './policies.codec.js';
import { applyPolicies } from './policies.job-definitions.js';

/** Makes a cluster's admission policies what the rows say: writes those that there are, removes those that are gone. */
@Injectable()
export class ClusterAdmission {
  constructor(
    private readonly database: Database,
    private readonly reports: ImageReports,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'registryHost'>,
  ) {}

  async apply(client: KubeClient): Promise<void> {
    const rows = await this.database.read.imagePolicy.findMany({ include: withExemptions });
    const policies = rows.map(toPolicy);
    const reports = policies.some(({ vulnerabilities }) => vulnerabilities) ? await this.reports.listAll() : [];
    const { registryHost } = this.config;
    const now = this.clock.now();
    const wanted = policies.flatMap((policy) => toAdmission(policy, registryHost, now, reports) ?? []);
    // A policy before its binding, and away in the reverse order: a binding without its policy means nothing.
    for (const { policy } of wanted) await put(client, validatingAdmissionPolicies, policy);
    for (const { binding } of wanted) await put(client, validatingAdmissionPolicyBindings, binding);
    const names = new Set(wanted.map(({ policy }) => policy.metadata.name));
    await prune(client, validatingAdmissionPolicyBindings, names);
    await prune(client, validatingAdmissionPolicies, names);
  }
}

async function put(client: KubeClient, type: ResourceType<KubeObject>, object: AdmissionObject): Promise<void> {
  await client.patch(type, object.metadata.name, undefined, object, { type: 'apply', force: true });
}

async function prune(client: KubeClient, type: ResourceType<KubeObject>, kept: ReadonlySet<string>): Promise<void> {
  const labelSelector = Object.entries(admissionLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const { items } = await client.list(type, { labelSelector });
  for (const { metadata } of items) {
    if (!metadata.name || kept.has(metadata.name)) continue;
    await client.delete(type, metadata.name).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
}

@Processes(applyPolicies)
@Injectable()
export class ApplyPoliciesProcessor implements JobProcessor<{ cluster: string }> {
  constructor(
    private readonly clusters: ClustersService,
    private readonly admission: ClusterAdmission,
  ) {}

  async run({ cluster }: { cluster: string }): Promise<void> {
    await this.clusters.use(cluster, (client) => this.admission.apply(client));
  }
}

/** The label by which policies choose kinds of environments; the policies themselves stand in the cluster already. */
@ProvidesInNamespace({ step: 'admission policies', order: 60 })
@Injectable()
export class AdmissionLabels implements NamespacePart {
  private readonly done = new WeakSet<KubeClient>();

  constructor(private readonly admission: ClusterAdmission) {}

  async ensure(client: KubeClient, { namespace, kind, tenantId }: NamespacePlace): Promise<void> {
    if (!this.done.has(client)) {
      await this.admission.apply(client);
      this.done.add(client);
    }
    const labels = { [placeLabels.environmentKind]: kind, [placeLabels.tenantId]: tenantId };
    const { metadata } = await client.get(namespaces, namespace);
    if (Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value)) return;
    await client.patch(namespaces, namespace, undefined, { metadata: { labels } }, { type: 'merge' });
  }
}
