import { isAlreadyExists, isNotFound, type KubeClient } from '@slipway/orchestrator/client';
import {
  cronJobs,
  daemonSets,
  deployments,
  horizontalPodAutoscalers,
  jobs,
  type KubeObject,
  pods,
  type ResourceType,
  replicaSets,
  replicationControllers,
  resourceQuotas,
  statefulSets,
} from '@slipway/orchestrator/kinds';
import { labelPrefix, managedBy } from '../kernel/kubernetes/labels.js';

/** What an object was like before its tenant was suspended, kept on the object itself: the cluster alone can put it back. */
const pausedAnnotation = `${labelPrefix}before-suspension`;
/** No pod can be started beside what is paused, not by kubectl either. */
const quotaName = 'slipway-suspended';
const nowhere = { [`${labelPrefix}suspended`]: 'true' };

const scalable: readonly ResourceType<KubeObject>[] = [deployments, statefulSets, replicaSets, replicationControllers];
const suspendable: readonly ResourceType<KubeObject>[] = [cronJobs, jobs];
const workloads: readonly ResourceType<KubeObject>[] = [
  horizontalPodAutoscalers,
  ...suspendable,
  daemonSets,
  ...scalable,
  pods,
];

interface Spec {
  readonly replicas?: number;
  readonly suspend?: boolean;
}

const specOf = (object: KubeObject): Spec => (Reflect.get(object, 'spec') as Spec | undefined) ?? {};
const noteOf = ({ metadata }: KubeObject): string | undefined => metadata.annotations?.[pausedAnnotation];
const isOwned = ({ metadata }: KubeObject): boolean => (metadata.ownerReferences ?? []).length > 0;

/** Brings everything in a namespace to a stand, and forbids more. Gives how many objects had still been running. */
export async function pauseWorkloads(client: KubeClient, namespace: string): Promise<number> {
  await forbidPods(client, namespace);
  let changed = 0;
  const pause = async (type: ResourceType<KubeObject>, object: KubeObject, before: string, spec: object) => {
    const metadata = { annotations: { [pausedAnnotation]: before } };
    await patch(client, type, object, { metadata, spec });
    changed += 1;
  };
  for (const type of scalable) {
    for (const object of await list(client, type, namespace)) {
      const replicas = specOf(object).replicas ?? 1;
      if (!isOwned(object) && replicas > 0) await pause(type, object, String(replicas), { replicas: 0 });
    }
  }
  for (const type of suspendable) {
    for (const object of await list(client, type, namespace)) {
      if (!isOwned(object) && specOf(object).suspend !== true && !isFinished(object))
        await pause(type, object, 'running', { suspend: true });
    }
  }
  for (const object of await list(client, daemonSets, namespace)) {
    if (noteOf(object) === undefined)
      await pause(daemonSets, object, 'running', { template: { spec: { nodeSelector: nowhere } } });
  }
  return changed;
}

/** Lets everything run as before `pauseWorkloads`; what was at a stand already before stays so. */
export async function resumeWorkloads(client: KubeClient, namespace: string): Promise<void> {
  await removeObject(client, resourceQuotas, quotaName, namespace);
  const resume = async (type: ResourceType<KubeObject>, object: KubeObject, spec: object) =>
    patch(client, type, object, { metadata: { annotations: { [pausedAnnotation]: null } }, spec });
  for (const type of scalable) {
    for (const object of await list(client, type, namespace)) {
      const before = noteOf(object);
      if (before !== undefined) await resume(type, object, { replicas: Number(before) });
    }
  }
  for (const type of suspendable) {
    for (const object of await list(client, type, namespace))
      if (noteOf(object) !== undefined) await resume(type, object, { suspend: false });
  }
  const anywhere = Object.fromEntries(Object.keys(nowhere).map((key) => [key, null]));
  for (const object of await list(client, daemonSets, namespace)) {
    if (noteOf(object) !== undefined)
      await resume(daemonSets, object, { template: { spec: { nodeSelector: anywhere } } });
  }
}

/** Takes away all that runs or would start something to run; volumes, configuration, secrets and addresses stay. */
export async function removeWorkloads(client: KubeClient, namespace: string): Promise<void> {
  await forbidPods(client, namespace);
  for (const type of workloads) {
    for (const { metadata } of await list(client, type, namespace)) {
      if (!metadata.deletionTimestamp) await removeObject(client, type, metadata.name ?? '', namespace);
    }
  }
}

async function list(client: KubeClient, type: ResourceType<KubeObject>, namespace: string): Promise<KubeObject[]> {
  return [...(await client.list(type, { namespace })).items];
}

async function patch(client: KubeClient, type: ResourceType<KubeObject>, object: KubeObject, change: object) {
  const { name = '', namespace } = object.metadata;
  await client.patch(type, name, namespace, change, { type: 'merge' }).catch(ignoreMissing);
}

async function removeObject(client: KubeClient, type: ResourceType<KubeObject>, name: string, namespace: string) {
  await client.delete(type, name, namespace, { propagationPolicy: 'Background' }).catch(ignoreMissing);
}

async function forbidPods(client: KubeClient, namespace: string): Promise<void> {
  const metadata = { name: quotaName, namespace, labels: { ...managedBy } };
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard: { pods: '0' } } } as const;
  await client.create(resourceQuotas, quota).catch((error: unknown) => {
    if (!isAlreadyExists(error) && !isNotFound(error)) throw error;
  });
}

function isFinished(object: KubeObject): boolean {
  const status: unknown = Reflect.get(object, 'status');
  return typeof status === 'object' && status !== null && Reflect.get(status, 'completionTime') !== undefined;
}

function ignoreMissing(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
