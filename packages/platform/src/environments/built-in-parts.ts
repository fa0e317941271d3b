import { Inject, Injectable } from '@nestjs/common';
import { isAlreadyExists, isNotFound, type KubeClient } from '@slipway/orchestrator/client';
import { namespaces, secrets } from '@slipway/orchestrator/kinds';
import { RobotsService } from '../identity/robots.service.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { JobAbandoned } from '../kernel/jobs/job.js';
import { labelPrefix } from '../kernel/kubernetes/labels.js';
import {
  adoptedLabel,
  enforceLabel,
  findDockerPassword,
  podSecurity,
  pullSecretName,
  toDockerConfig,
  toLabels,
} from './environments.rules.js';
import { type NamespacePart, type NamespacePlace, ProvidesInNamespace } from './namespace-parts.service.js';

const ownerOf = ({ tenant, project, environment }: NamespacePlace) => ({ tenant, project, environment });

/** It begins at the strictest level, and the part for Pod Security goes on from there; an adopted one was let in as it ran. */
function labelsOf(place: NamespacePlace, current: Readonly<Record<string, string>> = {}): Record<string, string> {
  const ours = toLabels(ownerOf(place));
  if (!place.isAdopted) return current[enforceLabel] === undefined ? { ...ours, ...podSecurity } : ours;
  const level: Record<string, string> = current[enforceLabel] === 'restricted' ? {} : { [enforceLabel]: 'baseline' };
  return { ...ours, [adoptedLabel]: 'true', ...level };
}

@ProvidesInNamespace({ step: 'namespace', order: 10 })
@Injectable()
export class NamespaceItself implements NamespacePart {
  async ensure(client: KubeClient, place: NamespacePlace): Promise<void> {
    const name = place.namespace;
    const existing = await client.find(namespaces, name);
    const labels = labelsOf(place, existing?.metadata.labels);
    if (place.isAdopted && !existing) throw new JobAbandoned(`The namespace ${name} is gone.`);
    if (existing?.metadata.deletionTimestamp) throw new Error(`The namespace ${name} is still being deleted.`);
    if (existing) {
      const current = existing.metadata.labels ?? {};
      if (Object.entries(labels).every(([key, value]) => current[key] === value)) return;
      await client.patch(namespaces, name, undefined, { metadata: { labels } }, { type: 'merge' });
      return;
    }
    await client
      .create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels }, spec: {} })
      .catch((error: unknown) => {
        if (!isAlreadyExists(error)) throw error;
      });
  }

  /** Only where it is labelled as this environment's: another's is never touched. */
  async undo(client: KubeClient, place: NamespacePlace): Promise<void> {
    const existing = await client.find(namespaces, place.namespace);
    const labels = existing?.metadata.labels ?? {};
    if (place.isAdopted || labels[adoptedLabel] !== undefined) return;
    const isOurs = Object.entries(ownerOf(place)).every(([key, value]) => labels[`${labelPrefix}${key}`] === value);
    if (!existing || !isOurs || existing.metadata.deletionTimestamp) return;
    await client.delete(namespaces, place.namespace).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
}

/** The registry's credentials for the pods, as a robot that may pull and nothing else. */
@ProvidesInNamespace({ step: 'pull secret', order: 20 })
@Injectable()
export class PullSecret implements NamespacePart {
  constructor(
    private readonly robots: RobotsService,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'registryHost'>,
  ) {}

  async ensure(client: KubeClient, place: NamespacePlace): Promise<void> {
    const { tenantId, projectId, namespace } = place;
    const existing = await client.find(secrets, pullSecretName, namespace);
    const host = this.config.registryHost;
    const password = findDockerPassword(existing?.data?.['.dockerconfigjson'], host);
    if (password && (await this.robots.isValid(password))) return;
    const username = toPullRobot(place);
    const robot = await this.robots.issue({ tenantId, projectId, username, permissions: ['repositories:read'] });
    const data = { '.dockerconfigjson': toBase64(toDockerConfig(host, username, robot.token)) };
    if (existing) {
      await client.patch(secrets, pullSecretName, namespace, { data }, { type: 'merge' });
      return;
    }
    await client.create(secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: pullSecretName, namespace, labels: toLabels(ownerOf(place)) },
      type: 'kubernetes.io/dockerconfigjson',
      data,
    });
  }

  /** Its token is made when the Secret is. */
  foretell({ namespace }: NamespacePlace) {
    const type = secrets;
    return [
      { verb: 'create' as const, type, name: pullSecretName, namespace, object: { type: 'the registry’s login' } },
    ];
  }

  async undo(_client: KubeClient, place: NamespacePlace): Promise<void> {
    await this.robots.revoke(place.tenantId, toPullRobot(place));
  }
}

const toPullRobot = ({ project, environment }: NamespacePlace): string => `robot$${project}+pull-${environment}`;

const toBase64 = (text: string): string => Buffer.from(text).toString('base64');
