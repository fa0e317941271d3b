import {
  cloneJson,
  isJsonObject,
  type JsonObject,
  type KindDefinition,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
} from '../kinds/index.js';
import type { StoredObject } from '../store/index.js';
import { badRequest, conflict, invalid } from './api-error.js';
import { deleteObject, parseDeleteOptions } from './deletion.js';
import { takeFromBudget } from './eviction.js';
import { asJson, nowText, type Registry, type WriteContext } from './registry.js';
import { issuer, type TokenSigner } from './tokens.js';

const success = (code: number): JsonObject => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  code,
});

/** `pods/binding`: the scheduler's decision, once. */
export async function bindPod(
  registry: Registry,
  kind: KindDefinition,
  namespace: string,
  name: string,
  binding: JsonObject,
  context: WriteContext,
): Promise<JsonObject> {
  const target = objectAt(binding, 'target');
  const node = stringAt(target, 'name');
  if (node === '' || (stringAt(target, 'kind') || 'Node') !== 'Node')
    throw invalid(kind, name, [{ field: 'target.name', reason: 'FieldValueRequired', message: 'Required value' }]);
  const wanted = stringAt(objectAt(binding, 'metadata'), 'uid');
  await registry.update(
    {
      kind,
      namespace,
      name,
      subresource: 'binding',
      isRetried: true,
      change: (current) => {
        const pod = cloneJson(current);
        const spec = objectAt(pod, 'spec');
        const uid = objectAt(pod, 'metadata').uid;
        if (wanted !== '' && wanted !== uid)
          throw conflict(
            kind.type,
            name,
            `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${String(uid)}`,
          );
        if (objectAt(pod, 'metadata').deletionTimestamp !== undefined)
          throw conflict(kind.type, name, `pod ${name} is being deleted, cannot be assigned to a host`);
        if (stringAt(spec, 'nodeName') !== '')
          throw conflict(kind.type, name, `pod ${name} is already assigned to node ${JSON.stringify(spec.nodeName)}`);
        spec.nodeName = node;
        const metadata = objectAt(pod, 'metadata');
        const annotations = {
          ...objectAt(metadata, 'annotations'),
          ...objectAt(objectAt(binding, 'metadata'), 'annotations'),
        };
        if (Object.keys(annotations).length > 0) metadata.annotations = annotations;
        const status = objectAt(pod, 'status');
        const others = objectsAt(status, 'conditions').filter((each) => each.type !== 'PodScheduled');
        const condition = { type: 'PodScheduled', status: 'True', lastTransitionTime: nowText() };
        pod.status = { ...status, conditions: [...others, condition] };
        return pod;
      },
    },
    context,
  );
  return success(201);
}

/** `pods/eviction`: a deletion that others may hold back. */
export async function evictPod(
  registry: Registry,
  kind: KindDefinition,
  namespace: string,
  name: string,
  eviction: JsonObject,
  query: URLSearchParams,
  context: WriteContext,
): Promise<JsonObject> {
  const options = parseDeleteOptions(eviction.deleteOptions, query);
  const isDryRun = context.isDryRun || options.isDryRun;
  const current = registry.get(kind, namespace, name);
  await takeFromBudget(registry.store, current, isDryRun);
  const noted = isDryRun ? current : await noteEviction(registry, kind, namespace, name, context);
  // The caller means the pod as it was before the note.
  const isAsMeant = options.resourceVersion === String(current.revision);
  const resourceVersion = isAsMeant ? String(noted.revision) : options.resourceVersion;
  await deleteObject(registry, kind, namespace, name, { ...options, resourceVersion }, context);
  return success(201);
}

/** Who manages the pod learns from it that it did not fail by itself. */
async function noteEviction(
  registry: Registry,
  kind: KindDefinition,
  namespace: string,
  name: string,
  context: WriteContext,
): Promise<StoredObject> {
  const type = 'DisruptionTarget';
  const change = (pod: JsonObject): JsonObject => {
    const status = objectAt(pod, 'status');
    const conditions = objectsAt(status, 'conditions');
    if (conditions.some((each) => each.type === type && each.status === 'True')) return pod;
    const condition = {
      type,
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
      lastTransitionTime: nowText(),
    };
    return {
      ...pod,
      status: { ...status, conditions: [...conditions.filter((each) => each.type !== type), condition] },
    };
  };
  return registry.update({ kind, namespace, name, subresource: 'status', change, isRetried: true }, context);
}

const boundResources: Readonly<Record<string, string>> = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' };
const minimumSeconds = 600;

/** `serviceaccounts/token`: a token for the account, bound to a pod where one is named. */
export function requestToken(
  registry: Registry,
  kind: KindDefinition,
  namespace: string,
  name: string,
  request: JsonObject,
  tokens: TokenSigner,
): JsonObject {
  const account = registry.get(kind, namespace, name);
  const spec = objectAt(request, 'spec');
  const seconds = numberAt(spec, 'expirationSeconds') ?? 3600;
  if (seconds < minimumSeconds)
    throw invalid({ ...kind, type: { ...kind.type, group: 'authentication.k8s.io', kind: 'TokenRequest' } }, '', [
      {
        field: 'spec.expirationSeconds',
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${seconds}: may not specify a duration less than 10 minutes`,
      },
    ]);
  const audiences = Array.isArray(spec.audiences) && spec.audiences.length > 0 ? spec.audiences.map(String) : [issuer];
  const reference = objectAt(spec, 'boundObjectRef');
  const bound: JsonObject = {};
  if (isJsonObject(spec.boundObjectRef)) {
    const kindOf = stringAt(reference, 'kind');
    const resource = boundResources[kindOf];
    if (!resource)
      throw badRequest(
        `cannot bind token for serviceaccount ${JSON.stringify(name)} to object of type ${kindOf}: name a Pod, a Secret or a Node`,
      );
    const target = registry.store.get(resource, resource === 'nodes' ? '' : namespace, stringAt(reference, 'name'));
    const uid = stringAt(reference, 'uid');
    if (!target || (uid !== '' && uid !== target.value.metadata.uid))
      throw conflict(
        { group: '', plural: resource },
        stringAt(reference, 'name'),
        'the object the token is bound to does not exist',
      );
    bound[kindOf.toLowerCase()] = { name: target.name, uid: target.value.metadata.uid ?? '' };
    const node = resource === 'pods' ? stringAt(objectAt(asJson(target.value), 'spec'), 'nodeName') : '';
    if (node !== '') {
      const uid = registry.store.get('nodes', '', node)?.value.metadata.uid;
      bound.node = { name: node, ...(uid !== undefined && { uid }) };
    }
  }
  const claims: JsonObject = {
    sub: `system:serviceaccount:${namespace}:${name}`,
    aud: audiences,
    'kubernetes.io': { namespace, serviceaccount: { name, uid: account.value.metadata.uid ?? '' }, ...bound },
  };
  const { token, expires } = tokens.sign(claims, Math.min(seconds, 365 * 24 * 3600));
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: nowText() },
    spec: {
      audiences,
      expirationSeconds: seconds,
      ...(isJsonObject(spec.boundObjectRef) && { boundObjectRef: spec.boundObjectRef }),
    },
    status: { token, expirationTimestamp: expires.toISOString().replace(/\.\d+Z$/, 'Z') },
  };
}

export function toScale(object: JsonObject, selector: string): JsonObject {
  const metadata = objectAt(object, 'metadata');
  const kept = ['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp'].map((key) => [key, metadata[key]]);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: Object.fromEntries(kept),
    spec: { replicas: numberAt(objectAt(object, 'spec'), 'replicas') ?? 0 },
    status: { replicas: numberAt(objectAt(object, 'status'), 'replicas') ?? 0, selector },
  };
}
