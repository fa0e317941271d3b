import { isAlreadyExists, isNotFound, type KubeClient } from '../../client/index.js';
import { type Deployment, deployments, type ReplicaSet, replicaSets } from '../../kinds/index.js';
import { type EventRecorder, isControlledBy, toControllerReference } from '../../runtime/index.js';
import { revisionAnnotation } from './annotations.js';
import type { Action } from './plan.js';
import { isSameTemplate } from './template.js';

/** The name that the template's hash gives belongs to a set with another template. */
export class HashCollisionError extends Error {
  constructor(readonly setName: string) {
    super(`another ReplicaSet is called ${setName} already: the next hash will be tried`);
  }
}

/**
 * Performs one action; doing it again changes nothing. Gives the set's new revision where one was written.
 * Throws `HashCollisionError`, or `KubeError` where the cluster refuses or the set has changed meanwhile.
 */
export async function apply(
  action: Action,
  deployment: Deployment,
  { client, recorder }: { client: KubeClient; recorder: EventRecorder },
): Promise<string | undefined> {
  const { namespace, name } = deployment.metadata;
  const patchSet = async (target: { name: string }, patch: unknown, type: 'merge' | 'strategic' = 'merge') => {
    const set = await client.patch(replicaSets, target.name, namespace, patch, { type });
    return set.metadata.resourceVersion;
  };
  switch (action.do) {
    case 'adopt': {
      const ownerReferences = [toControllerReference(deployments, deployment)];
      return patchSet(action.target, { metadata: { uid: action.target.uid, ownerReferences } }, 'strategic');
    }
    case 'release': {
      const ownerReferences = [{ $patch: 'delete', uid: deployment.metadata.uid }];
      return patchSet(action.target, { metadata: { uid: action.target.uid, ownerReferences } }, 'strategic');
    }
    case 'create': {
      const set = await createSet(client, deployment, action.set);
      const message = `Scaled up replica set ${set.metadata.name} from 0 to ${set.spec.replicas ?? 0}`;
      recorder.record(deployments, deployment, 'Normal', 'ScalingReplicaSet', message);
      return set.metadata.resourceVersion;
    }
    case 'scale': {
      const { target, from, to, annotations } = action;
      // The version holds the decision to what was seen: sizes are relative to each other.
      const metadata = { uid: target.uid, resourceVersion: target.resourceVersion, annotations };
      const written = await patchSet(target, { metadata, spec: { replicas: to } });
      const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${target.name} from ${from} to ${to}`;
      recorder.record(deployments, deployment, 'Normal', 'ScalingReplicaSet', message);
      return written;
    }
    case 'annotate': {
      const { target, annotations, minReadySeconds } = action;
      return patchSet(target, { metadata: { uid: target.uid, annotations }, spec: { minReadySeconds } });
    }
    case 'set-revision': {
      const annotations = { [revisionAnnotation]: String(action.revision) };
      await client.patch(deployments, name, namespace, { metadata: { annotations } }, { type: 'merge' });
      return undefined;
    }
    case 'delete': {
      const { target } = action;
      const options = { uid: target.uid, propagationPolicy: 'Background' as const };
      await client.delete(replicaSets, target.name, namespace, options).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
      return undefined;
    }
    default:
      return action satisfies never;
  }
}

async function createSet(client: KubeClient, deployment: Deployment, set: ReplicaSet): Promise<ReplicaSet> {
  try {
    return await client.create(replicaSets, set);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const existing = await client.get(replicaSets, set.metadata.name, set.metadata.namespace);
    const isOurs = isControlledBy(existing, deployment) && isSameTemplate(existing.spec.template, set.spec.template);
    if (!isOurs) throw new HashCollisionError(set.metadata.name);
    return existing;
  }
}
