import { isAlreadyExists, isNamespaceTerminating, isNotFound, type KubeClient } from '../../client/index.js';
import { type Pod, pods, type ReplicaSet, replicaSets } from '../../kinds/index.js';
import { type EventRecorder, isControlledBy, isDeleting, toControllerReference } from '../../runtime/index.js';
import type { Action } from './plan.js';

/** What this process must remember of a ReplicaSet until its copy of the cluster shows it. */
export interface Memory {
  readonly doomed: Set<string>;
  sequence: number;
  /** The newest revision that a write of ours was answered with. */
  resourceVersion: string | undefined;
}

/** Performs one action; doing it again changes nothing. Throws where the cluster refuses. */
export async function apply(
  action: Action,
  replicaSet: ReplicaSet,
  memory: Memory,
  { client, recorder }: { client: KubeClient; recorder: EventRecorder },
): Promise<void> {
  const { namespace } = replicaSet.metadata;
  switch (action.do) {
    case 'adopt': {
      const patch = {
        metadata: { uid: action.target.uid, ownerReferences: [toControllerReference(replicaSets, replicaSet)] },
      };
      const pod = await ifFound(client.patch(pods, action.target.name, namespace, patch, { type: 'strategic' }));
      memory.resourceVersion = pod?.metadata.resourceVersion ?? memory.resourceVersion;
      return;
    }
    case 'release': {
      const reference = { $patch: 'delete', uid: replicaSet.metadata.uid };
      const patch = { metadata: { uid: action.target.uid, ownerReferences: [reference] } };
      const pod = await ifFound(client.patch(pods, action.target.name, namespace, patch, { type: 'strategic' }));
      memory.resourceVersion = pod?.metadata.resourceVersion ?? memory.resourceVersion;
      return;
    }
    case 'create': {
      const pod = await createPod(client, replicaSet, action.name).catch((error: unknown) => {
        if (isNamespaceTerminating(error)) throw error;
        const text = error instanceof Error ? error.message : String(error);
        recorder.record(replicaSets, replicaSet, 'Warning', 'FailedCreate', `Error creating: ${text}`);
        throw error;
      });
      memory.sequence = action.sequence + 1;
      if (!pod) throw new Error(`the name ${action.name} is still in use: another will be taken`);
      memory.resourceVersion = pod.metadata.resourceVersion;
      recorder.record(replicaSets, replicaSet, 'Normal', 'SuccessfulCreate', `Created pod: ${action.name}`);
      return;
    }
    case 'delete': {
      const { name, uid } = action.target;
      // 409: another pod has that name now, so this one is gone.
      await client.delete(pods, name, namespace, { uid, propagationPolicy: 'Background' }).catch((error: unknown) => {
        if (!isNotFound(error) && !isOtherUid(error)) throw error;
      });
      memory.doomed.add(uid);
      recorder.record(replicaSets, replicaSet, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
      return;
    }
    default:
      return action satisfies never;
  }
}

const isOtherUid = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 409;

async function ifFound<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isNotFound(error) || isOtherUid(error)) return undefined;
    throw error;
  }
}

/** Undefined where the name is taken by a pod that is not ours, or ours but on its way out. */
async function createPod(client: KubeClient, replicaSet: ReplicaSet, name: string): Promise<Pod | undefined> {
  try {
    return await client.create(pods, podOf(replicaSet, name));
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const existing = await client.find(pods, name, replicaSet.metadata.namespace);
    return existing && isControlledBy(existing, replicaSet) && !isDeleting(existing) ? existing : undefined;
  }
}

/** The pod that the template describes, managed by the ReplicaSet. */
export function podOf(replicaSet: ReplicaSet, name: string): Pod {
  const template = replicaSet.spec.template;
  if (!template?.spec) throw new Error(`ReplicaSet ${replicaSet.metadata.name} has no pod template`);
  return {
    metadata: {
      name,
      generateName: `${replicaSet.metadata.name}-`,
      namespace: replicaSet.metadata.namespace,
      labels: template.metadata?.labels,
      annotations: template.metadata?.annotations,
      finalizers: template.metadata?.finalizers,
      ownerReferences: [toControllerReference(replicaSets, replicaSet)],
    },
    spec: template.spec,
  };
}
