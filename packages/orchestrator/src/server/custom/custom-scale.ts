import { type CustomBehaviour, type JsonObject, objectAt } from '../../kinds/index.js';
import { ApiError } from '../api-error.js';
import type { SimplePath } from './simple-path.js';

type Scale = NonNullable<CustomBehaviour['scale']>;

/** A custom resource as autoscaling/v1 Scale. Throws 500 when the object has no replicas where its definition says. */
export function toCustomScale(object: JsonObject, scale: Scale): JsonObject {
  const replicas = scale.replicasOf(object);
  if (replicas === undefined)
    throw new ApiError(
      500,
      'InternalError',
      `Internal error occurred: the spec replicas field ${JSON.stringify(scale.replicasPath)} does not exist`,
    );
  const metadata = objectAt(object, 'metadata');
  const kept = ['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp'].map((key) => [key, metadata[key]]);
  const selector = scale.selectorOf(object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: Object.fromEntries(kept),
    spec: { replicas },
    status: { replicas: scale.statusReplicasOf(object), ...(selector !== '' && { selector }) },
  };
}

export function scaleBehaviour(spec: SimplePath, status: SimplePath, selector: SimplePath | undefined): Scale {
  const numberOf = (path: SimplePath, object: JsonObject) => {
    const value = path.get(object);
    return typeof value === 'number' ? value : undefined;
  };
  return {
    replicasPath: spec.text,
    replicasOf: (object) => numberOf(spec, object),
    setReplicas: (draft, replicas) => spec.set(draft, replicas),
    statusReplicasOf: (object) => numberOf(status, object) ?? 0,
    selectorOf: (object) => {
      const value = selector?.get(object);
      return typeof value === 'string' ? value : '';
    },
  };
}
