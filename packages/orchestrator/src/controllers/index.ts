// Owns: the loops that bring the cluster's objects from what is to what is wanted. Any of them may run twice for one key,
// and in several processes one after the other; every action is idempotent. Never starts a container, never reaches the
// store but through the API, and keeps nothing that a restart must not lose.

import type { KubeObject, Pod } from '../kinds/index.js';
import {
  controllerUid,
  createInformers,
  type IndexFunctions,
  type Informers,
  type Stoppable,
} from '../runtime/index.js';
import { createCertificatesController } from './certificates/controller.js';
import type { ControllerContext, ControllersContext } from './context.js';
import { createDeploymentController } from './deployment/controller.js';
import { createDisruptionController } from './disruption/controller.js';
import { createEndpointSliceController } from './endpointslice/controller.js';
import { createGarbageCollector } from './garbage-collector/controller.js';
import { createNamespaceController } from './namespace/controller.js';
import { createNodeLifecycleController } from './node-lifecycle/controller.js';
import { createPodGarbageController } from './pod-gc/controller.js';
import { createReplicaSetController } from './replicaset/controller.js';
import { createResourceQuotaController } from './resource-quota/controller.js';

export type { ControllersContext } from './context.js';

const isPod = (object: KubeObject): object is Pod => object.kind === 'Pod';

/** What the controllers (and the scheduler, which may share the informers) look objects up by. */
export const clusterIndices: Readonly<Record<string, IndexFunctions<KubeObject>>> = {
  pods: {
    node: (object) => (isPod(object) && object.spec?.nodeName ? [object.spec.nodeName] : []),
    controller: controllerUid,
  },
};

/** Informers for `startControllers` and `startScheduler` in one process, so that each object is kept once. */
export function createClusterInformers(context: Omit<ControllersContext, 'informers'>): Informers {
  return createInformers({ ...context, indices: clusterIndices });
}

/**
 * Starts every controller; resolves when all have read the cluster and work. Run them in one process at a time (see
 * `startLeaderLease`). `stop` ends them in reverse and waits for what they are doing.
 */
export async function startControllers(context: ControllersContext): Promise<Stoppable> {
  const informers = context.informers ?? createClusterInformers(context);
  const own: ControllerContext = { ...context, informers };
  const started: Stoppable[] = context.informers ? [] : [informers];
  const stop = async () => {
    for (const part of started.reverse()) await part.stop();
  };
  const controllers = [
    createReplicaSetController(own),
    createDeploymentController(own),
    createEndpointSliceController(own, { mirrorEndpoints: true }),
    createNamespaceController(own),
    createNodeLifecycleController(own),
    createPodGarbageController(own),
    createDisruptionController(own),
    createResourceQuotaController(own),
    createCertificatesController(own),
    // Last, so that it shares the full informers of all the others.
    createGarbageCollector(own),
  ];
  started.push(...controllers);
  try {
    await Promise.all(controllers.map((controller) => controller.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}
