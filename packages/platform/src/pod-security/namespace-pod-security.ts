import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { isConflict, type KubeClient } from '@slipway/orchestrator/client';
import { type Deployment, deployments, namespaces } from '@slipway/orchestrator/kinds';
import { secureContainer, securePod } from '../applications/application-scopes.service.js';
import {
  type NamespacePart,
  type NamespacePlace,
  ProvidesInNamespace,
} from '../environments/namespace-parts.service.js';
import { Database } from '../kernel/database/index.js';
import { managedBy } from '../kernel/kubernetes/labels.js';
import {
  enforceLabel,
  type PodSecurityLevel,
  toNamespaceMarks,
  toPodSecurityLevel,
  userOfEnvironment,
} from './pod-security.rules.js';

const ourDeployments = [...Object.entries(managedBy).map(([key, value]) => `${key}=${value}`), 'slipway.dev/process'];

/**
 * Holds the namespace to its project's level and tells the API server which user its pods get. What Slipway runs there already
 * follows, pod by pod as in any rollout: else its next pods would be refused, or would lack what the new level gives them.
 */
@ProvidesInNamespace({ step: 'pod security', order: 15 })
@Injectable()
export class NamespacePodSecurity implements NamespacePart {
  constructor(private readonly database: Database) {}

  async ensure(client: KubeClient, place: NamespacePlace): Promise<void> {
    const { read } = this.database;
    const { podSecurity } = await read.project.findUniqueOrThrow({ where: { id: place.projectId } });
    // None while it is only tried what adopting a namespace would do.
    const environment = await read.environment.findUnique({ where: { id: place.environmentId } });
    const level = toPodSecurityLevel(podSecurity);
    await mark(client, place, {
      level,
      isAdopted: environment?.isAdopted ?? true,
      user: environment ? userOfEnvironment(environment.ordinal) : undefined,
    });
    const { items } = await client.list(deployments, {
      namespace: place.namespace,
      labelSelector: ourDeployments.join(','),
    });
    for (const deployment of items) await follow(client, deployment, level);
  }
}

interface Marks {
  readonly level: PodSecurityLevel;
  readonly isAdopted: boolean;
  readonly user: number | undefined;
}

async function mark(client: KubeClient, place: NamespacePlace, { level, isAdopted, user }: Marks): Promise<void> {
  const { metadata } = await client.get(namespaces, place.namespace);
  // What runs in one that was adopted came with it: its level is what it was let in at.
  const held = isAdopted ? toPodSecurityLevel(metadata.labels?.[enforceLabel] ?? '') : level;
  const { labels, annotations } = toNamespaceMarks(held, user, place);
  const has = (wanted: object, there: Readonly<Record<string, string>> = {}) =>
    Object.entries(wanted).every(([key, value]) => there[key] === value);
  if (has(labels, metadata.labels) && has(annotations, metadata.annotations)) return;
  await client.patch(namespaces, place.namespace, undefined, { metadata: { labels, annotations } }, { type: 'merge' });
}

async function follow(client: KubeClient, deployment: Deployment, level: PodSecurityLevel): Promise<void> {
  const { name = '', namespace, resourceVersion } = deployment.metadata;
  const spec = deployment.spec?.template.spec;
  if (!spec) return;
  const securityContext = securePod(level);
  const containers = spec.containers.map((one) => ({ ...one, securityContext: secureContainer(level) }));
  if (isDeepStrictEqual([spec.securityContext, spec.containers], [securityContext, containers])) return;
  const template = { spec: { securityContext, containers } };
  await client
    .patch(deployments, name, namespace, { metadata: { resourceVersion }, spec: { template } }, { type: 'merge' })
    .catch((error: unknown) => {
      // A rollout was quicker: it writes the level of now itself.
      if (!isConflict(error)) throw error;
    });
}
