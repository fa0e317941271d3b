import { type Json, type JsonObject, type KindDefinition, objectAt } from '../../kinds/index.js';
import { badRequest } from '../api-error.js';
import { type Apply, applyTo } from './apply.js';

const scaleVersion = 'autoscaling/v1';

/**
 * Server-side apply to an object's scale: the object with the number of replicas that the applied Scale states, owned
 * through the subresource. `replicasPath` is where the kind keeps it. Throws what `applyTo` throws.
 */
export function applyScale(
  kind: KindDefinition,
  current: JsonObject,
  scale: JsonObject,
  apply: Omit<Apply, 'subresource'>,
  replicasPath: readonly string[] = ['spec', 'replicas'],
): JsonObject {
  const given = { apiVersion: scale.apiVersion ?? scaleVersion, kind: scale.kind ?? 'Scale' };
  if (given.apiVersion !== scaleVersion || given.kind !== 'Scale')
    throw badRequest(`invalid object type: ${String(given.apiVersion)}, Kind=${String(given.kind)}`);
  const { name, namespace, uid, resourceVersion, managedFields } = objectAt(scale, 'metadata');
  const metadata = { name, namespace, uid, resourceVersion, managedFields };
  const { replicas } = objectAt(scale, 'spec');
  const stated: JsonObject = replicas === undefined ? {} : nested(replicasPath, replicas);
  return applyTo(kind, current, { ...stated, metadata }, { ...apply, subresource: 'scale' });
}

function nested(path: readonly string[], value: Json): JsonObject {
  const [name = '', ...rest] = path;
  return { [name]: rest.length === 0 ? value : nested(rest, value) };
}
