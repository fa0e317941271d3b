import {
  formatQuantity,
  type JsonObject,
  type KindDefinition,
  type KubeObject,
  objectAt,
  zeroQuantity,
} from '../../../kinds/index.js';
import type { Change, Store, StoredObject } from '../../../store/index.js';
import { forbidden } from '../../api-error.js';
import { asJson } from '../../registry.js';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.js';
import { type Amounts, addTo, amountsOf } from '../pod-resources.js';
import { charge, countedBy, differenceOf, isInScope, missingAmounts, usageOf } from './usage.js';

const resource = 'resourcequotas';
/** Whose usage can change while they exist. */
const changing = ['pods', 'services', 'persistentvolumeclaims'];
const isQuota = (kind: KindDefinition) => kind.type.group === '' && kind.type.plural === resource;

/**
 * Holds what is made in a namespace to its quotas. What an object uses is added to the quota's status in the commit that
 * writes the object, by the store's one writer on the newest status, and taken off in the commit that removes it.
 */
export function quotaAdmission(store: Store): AdmissionPlugin {
  const quotasOf = (namespace: string) => store.list(resource, undefined, namespace).map((each) => asJson(each.value));
  return {
    name: 'ResourceQuota',
    handles: ({ type, storedAs, custom }, operation, subresource) => {
      if (!type.namespaced || (storedAs && !custom)) return false;
      if (operation === 'CREATE') return subresource === '';
      if (operation === 'DELETE') return true;
      const isOwn = type.group === '' && (changing.includes(type.plural) || type.plural === resource);
      return operation === 'UPDATE' && isOwn;
    },
    mutate: ({ kind, operation, subresource, namespace, object, old }) => {
      if (!isQuota(kind) || operation !== 'UPDATE' || subresource !== 'status' || !object) return;
      // Who takes the usage out of the status wants it counted. What is counted in this quota changes it in the same commit:
      // as long as the quota is still the one that was read, so is the count.
      if (objectAt(object, 'status').used !== undefined) return;
      const spec = objectAt(object, 'spec');
      const used = keepSame(objectAt(objectAt(old, 'status'), 'used'), measure(store, namespace, spec));
      object.status = { hard: { ...objectAt(spec, 'hard') }, used };
    },
    validate: (request) => {
      const { kind, operation, namespace, name, object, context } = request;
      if (operation === 'DELETE') return;
      for (const quota of quotasOf(namespace)) {
        const spec = objectAt(quota, 'spec');
        if (operation === 'CREATE' && kind.type.plural === 'pods' && object && isInScope(spec, kind.type, object)) {
          const missing = missingAmounts(object, Object.keys(objectAt(spec, 'hard')));
          if (missing)
            throw forbidden(kind.type, name, `failed quota: ${String(objectAt(quota, 'metadata').name)}: ${missing}`);
        }
        if (context.isDryRun) chargeQuota(store, quota, request);
      }
    },
    reserve: (request) => {
      const { kind, namespace, name, operation, object, old } = request;
      const changes: Change[] = quotasOf(namespace)
        .filter((quota) => changeFor(objectAt(quota, 'spec'), request).size > 0)
        .map((quota) => ({
          resource,
          namespace,
          name: String(objectAt(quota, 'metadata').name),
          value: (current) => current && chargeQuota(store, asJson(current.value), request),
        }));
      if (!isQuota(kind) || operation === 'DELETE') return changes;
      // A new quota, or one with other limits, knows at once what is used.
      const isSameSpec = JSON.stringify(objectAt(object, 'spec')) === JSON.stringify(objectAt(old, 'spec'));
      if (!isSameSpec || operation === 'CREATE')
        changes.push({ resource, namespace, name, value: (current) => current && measured(store, current) });
      return changes;
    },
  };
}

/** What the request adds to, or takes from, a quota of that spec; by the names that it limits. */
function changeFor(quotaSpec: JsonObject, { kind, operation, object, old }: AdmissionRequest): Amounts {
  const use = (state: JsonObject | undefined): Amounts =>
    state && isInScope(quotaSpec, kind.type, state) ? usageOf(kind.type, state) : new Map();
  const change = differenceOf(operation === 'DELETE' ? new Map() : use(object), use(old));
  const hard = objectAt(quotaSpec, 'hard');
  for (const name of [...change.keys()]) if (hard[name] === undefined) change.delete(name);
  return change;
}

/** The quota with the request's usage; undefined where it does not change. Throws 403 where the quota does not allow it. */
function chargeQuota(store: Store, quota: JsonObject, request: AdmissionRequest): KubeObject | undefined {
  const spec = objectAt(quota, 'spec');
  const change = changeFor(spec, request);
  if (change.size === 0) return undefined;
  const { name, namespace } = objectAt(quota, 'metadata');
  const hard = objectAt(spec, 'hard');
  const known = objectAt(objectAt(quota, 'status'), 'used');
  const isKnown = Object.keys(hard).every((each) => known[each] !== undefined);
  const used = isKnown ? known : measure(store, String(namespace), spec);
  const charged = charge(String(name), hard, used, change);
  if (charged.refusal) throw forbidden(request.kind.type, request.name, charged.refusal);
  return withStatus(quota, charged.used);
}

function measured(store: Store, current: StoredObject): KubeObject | undefined {
  const quota = asJson(current.value);
  return withStatus(quota, measure(store, current.namespace, objectAt(quota, 'spec')));
}

/** What the namespace uses of everything that a quota of that spec limits, by what is committed. */
function measure(store: Store, namespace: string, quotaSpec: JsonObject): JsonObject {
  const names = Object.keys(objectAt(quotaSpec, 'hard'));
  const sum: Amounts = new Map();
  for (const type of countedBy(names)) {
    const key = type.group === '' ? type.plural : `${type.group}/${type.plural}`;
    for (const each of store.list(key, undefined, namespace)) {
      if (!isInScope(quotaSpec, type, asJson(each.value))) continue;
      const usage = usageOf(type, asJson(each.value));
      addTo(sum, new Map([...usage].filter(([name]) => names.includes(name))));
    }
  }
  return Object.fromEntries(names.map((name) => [name, formatQuantity(sum.get(name) ?? zeroQuantity)]));
}

/** The count, in the words of the one before where they say the same amount. */
function keepSame(before: JsonObject, counted: JsonObject): JsonObject {
  const [old, now] = [amountsOf(before), amountsOf(counted)];
  const entries = Object.entries(counted).map(([name, amount]) => {
    const isSame = old.get(name) !== undefined && old.get(name)?.nano === now.get(name)?.nano;
    return [name, isSame ? before[name] : amount];
  });
  return Object.fromEntries(entries);
}

function withStatus(quota: JsonObject, used: JsonObject): KubeObject {
  const hard = { ...objectAt(objectAt(quota, 'spec'), 'hard') };
  const changed = { ...quota, metadata: { ...objectAt(quota, 'metadata') }, status: { hard, used } };
  return changed as unknown as KubeObject;
}
