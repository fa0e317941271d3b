import { isNotFound } from '../../client/index.js';
import { type Deployment, deployments, pods, replicaSets } from '../../kinds/index.js';
import {
  type Controller,
  controllerOf,
  createController,
  createEventRecorder,
  keyOf,
  matchesSelector,
  sourceOf,
  toKey,
} from '../../runtime/index.js';
import type { ControllerContext } from '../context.js';
import { isSame } from '../same.js';
import { apply, HashCollisionError } from './apply.js';
import { observe } from './observe.js';
import { plan } from './plan.js';

/** Rolls templates out: moves pods from the ReplicaSets of old templates to that of the current one. */
export function createDeploymentController(context: ControllerContext): Controller {
  const { client, clock, logger, metrics, informers } = context;
  const copies = informers.of(deployments);
  const sets = informers.of(replicaSets);
  const podCopies = informers.of(pods);
  const recorder = createEventRecorder({ client, component: 'deployment-controller', clock, logger });
  /** The newest revision of a set that was written for a deployment, by the deployment's key. */
  const written = new Map<string, string>();
  copies.onChange(({ type, object }) => {
    if (type === 'removed') written.delete(keyOf(object));
  });

  const writeStatus = async (deployment: Deployment, status: Deployment['status']) => {
    if (isSame(status, deployment.status)) return;
    await client.update(deployments, { ...deployment, status }, { subresource: 'status' }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  };

  return createController({
    name: 'deployment',
    clock,
    logger,
    metrics,
    workers: 4,
    sources: [
      sourceOf(copies, (deployment) => [keyOf(deployment)]),
      sourceOf(sets, (set) => {
        const owner = controllerOf(set);
        if (owner) return owner.kind === 'Deployment' ? [toKey(owner.name, set.metadata.namespace)] : [];
        return copies
          .list(set.metadata.namespace)
          .filter((deployment) => matchesSelector(deployment.spec.selector, set.metadata.labels))
          .map(keyOf);
      }),
      // Only Recreate waits for pods; the sets' status tells everybody else enough.
      sourceOf(podCopies, (pod) => {
        const set = sets.get(toKey(controllerOf(pod)?.name ?? '', pod.metadata.namespace));
        const owner = set && controllerOf(set);
        const key = owner && toKey(owner.name, pod.metadata.namespace);
        return key !== undefined && copies.get(key)?.spec.strategy?.type === 'Recreate' ? [key] : [];
      }),
    ],
    reconcile: async (key) => {
      const deployment = copies.get(key);
      if (!deployment) return;
      if (!(await sets.caughtUp(written.get(key)))) {
        throw new Error('the copy of the ReplicaSets does not show our own writes yet');
      }
      const { actions, status, waitSeconds } = plan(observe(deployment, sets, podCopies), clock.now());
      let failure: unknown;
      for (const action of actions) {
        try {
          const resourceVersion = await apply(action, deployment, { client, recorder });
          if (resourceVersion !== undefined) written.set(key, resourceVersion);
        } catch (error) {
          failure = error;
          break;
        }
      }
      if (failure instanceof HashCollisionError) {
        await writeStatus(deployment, { ...status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 });
      } else if (!actions.some((action) => action.do === 'set-revision')) {
        // Else the deployment has just changed under us, and the change brings us back here.
        await writeStatus(deployment, status);
      }
      if (failure !== undefined) throw failure;
      return { waitSeconds, actions: actions.length };
    },
  });
}
