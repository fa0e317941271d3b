import {
  compareQuantities,
  formatQuantity,
  isJsonObject,
  type JsonObject,
  objectAt,
  objectsAt,
  type Quantity,
  stringAt,
} from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { forbidden } from '../api-error.js';
import { derived } from '../derived.js';
import { asJson } from '../registry.js';
import { type AdmissionPlugin, isNewPod } from './admission.js';
import { type Amounts, amountsOf, podAmounts } from './pod-resources.js';

interface Limit {
  readonly type: string;
  readonly min: Amounts;
  readonly max: Amounts;
  readonly ratio: Amounts;
  readonly defaultLimits: JsonObject;
  readonly defaultRequests: JsonObject;
}

const isClaim = (kind: { type: { group: string; plural: string } }) =>
  kind.type.group === '' && kind.type.plural === 'persistentvolumeclaims';

/** Gives containers the namespace's defaults and holds containers, pods and claims within its limits. */
export function limitRangerAdmission(store: Store): AdmissionPlugin {
  const limitsByNamespace = derived(store, ['limitranges'], () => {
    const byNamespace = new Map<string, Limit[][]>();
    for (const { namespace, value } of store.list('limitranges')) {
      const ranges = byNamespace.get(namespace) ?? [];
      byNamespace.set(namespace, ranges);
      ranges.push(objectsAt(objectAt(asJson(value), 'spec'), 'limits').map(toLimit));
    }
    return byNamespace;
  });
  return {
    name: 'LimitRanger',
    handles: (kind, operation, subresource) =>
      isNewPod(kind, operation, subresource) ||
      (isClaim(kind) && (operation === 'CREATE' || operation === 'UPDATE') && subresource === ''),
    mutate: ({ kind, namespace, object }) => {
      if (!object || isClaim(kind)) return;
      for (const limit of limitsByNamespace().get(namespace)?.flat() ?? [])
        if (limit.type === 'Container') setDefaults(object, limit);
    },
    validate: ({ kind, namespace, name, object }) => {
      if (!object || objectAt(object, 'metadata').deletionTimestamp !== undefined) return;
      const spec = objectAt(object, 'spec');
      for (const range of limitsByNamespace().get(namespace) ?? []) {
        const errors = range.flatMap((limit) => (isClaim(kind) ? judgeClaim(spec, limit) : judgePod(spec, limit)));
        if (errors.length === 0) continue;
        const distinct = [...new Set(errors)];
        throw forbidden(kind.type, name, distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`);
      }
    },
  };
}

function toLimit(item: JsonObject): Limit {
  const max = objectAt(item, 'max');
  const isContainer = item.type === 'Container';
  // The defaults of the kind itself, for what was written before they were known.
  const defaultLimits = { ...(isContainer && max), ...objectAt(item, 'default') };
  const defaultRequests = {
    ...(isContainer && objectAt(item, 'min')),
    ...(isContainer && defaultLimits),
    ...objectAt(item, 'defaultRequest'),
  };
  return {
    type: stringAt(item, 'type'),
    min: amountsOf(objectAt(item, 'min')),
    max: amountsOf(max),
    ratio: amountsOf(objectAt(item, 'maxLimitRequestRatio')),
    defaultLimits,
    defaultRequests,
  };
}

const annotation = 'kubernetes.io/limit-ranger';

function setDefaults(pod: JsonObject, limit: Limit): void {
  const spec = objectAt(pod, 'spec');
  const notes = [
    ...objectsAt(spec, 'containers').flatMap((each) => setContainerDefaults(each, limit, 'container')),
    ...objectsAt(spec, 'initContainers').flatMap((each) => setContainerDefaults(each, limit, 'init container')),
  ];
  if (notes.length === 0) return;
  const metadata = objectAt(pod, 'metadata');
  metadata.annotations = {
    ...objectAt(metadata, 'annotations'),
    [annotation]: `LimitRanger plugin set: ${notes.join('; ')}`,
  };
}

function setContainerDefaults(container: JsonObject, limit: Limit, what: string): string[] {
  const resources = isJsonObject(container.resources) ? container.resources : {};
  const set = (field: 'requests' | 'limits', defaults: JsonObject, word: string): string[] => {
    const list = objectAt(resources, field);
    const names = Object.keys(defaults).filter((name) => list[name] === undefined);
    if (names.length === 0) return [];
    resources[field] = { ...list, ...Object.fromEntries(names.map((name) => [name, defaults[name]])) };
    container.resources = resources;
    return [`${names.sort().join(', ')} ${word} for ${what} ${stringAt(container, 'name')}`];
  };
  return [...set('requests', limit.defaultRequests, 'request'), ...set('limits', limit.defaultLimits, 'limit')];
}

function judgePod(spec: JsonObject, limit: Limit): string[] {
  if (limit.type === 'Pod') return judge(limit, podAmounts(spec, 'requests', false), podAmounts(spec, 'limits', false));
  if (limit.type !== 'Container') return [];
  return [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')].flatMap((container) => {
    const resources = objectAt(container, 'resources');
    return judge(limit, amountsOf(objectAt(resources, 'requests')), amountsOf(objectAt(resources, 'limits')));
  });
}

function judge({ type, min, max, ratio }: Limit, requests: Amounts, limits: Amounts): string[] {
  const errors: string[] = [];
  for (const [name, least] of sorted(min)) {
    const bound = `minimum ${name} usage per ${type} is ${formatQuantity(least)}`;
    const request = requests.get(name);
    const amount = limits.get(name);
    if (!request) errors.push(`${bound}.  No request is specified`);
    else if (amount && compareQuantities(amount, least) < 0)
      errors.push(`${bound}, but limit is ${formatQuantity(amount)}`);
    else if (compareQuantities(request, least) < 0) errors.push(`${bound}, but request is ${formatQuantity(request)}`);
  }
  for (const [name, most] of sorted(max)) {
    const bound = `maximum ${name} usage per ${type} is ${formatQuantity(most)}`;
    const request = requests.get(name);
    const amount = limits.get(name);
    if (!amount) errors.push(`${bound}.  No limit is specified`);
    else if (compareQuantities(amount, most) > 0) errors.push(`${bound}, but limit is ${formatQuantity(amount)}`);
    else if (request && compareQuantities(request, most) > 0)
      errors.push(`${bound}, but request is ${formatQuantity(request)}`);
  }
  for (const [name, most] of sorted(ratio)) {
    const bound = `${name} max limit to request ratio per ${type} is ${formatQuantity(most)}`;
    const request = requests.get(name);
    const amount = limits.get(name);
    if (!request || request.nano === 0n) errors.push(`${bound}, but no request is specified or request is 0`);
    else if (!amount || amount.nano === 0n) errors.push(`${bound}, but no limit is specified or limit is 0`);
    else if (amount.nano * 1_000_000_000n > most.nano * request.nano)
      errors.push(`${bound}, but provided ratio is ${(Number(amount.nano) / Number(request.nano)).toFixed(6)}`);
  }
  return errors;
}

function judgeClaim(spec: JsonObject, { type, min, max }: Limit): string[] {
  if (type !== 'PersistentVolumeClaim') return [];
  const requests = amountsOf(objectAt(objectAt(spec, 'resources'), 'requests'));
  const check = (word: string, bounds: Amounts, isBeyond: (request: Quantity, bound: Quantity) => boolean) =>
    sorted(bounds).flatMap(([name, bound]) => {
      const text = `${word} ${name} usage per ${type} is ${formatQuantity(bound)}`;
      const request = requests.get(name);
      if (!request) return [`${text}.  No request is specified`];
      return isBeyond(request, bound) ? [`${text}, but request is ${formatQuantity(request)}`] : [];
    });
  return [
    ...check('minimum', min, (request, bound) => compareQuantities(request, bound) < 0),
    ...check('maximum', max, (request, bound) => compareQuantities(request, bound) > 0),
  ];
}

const sorted = (amounts: Amounts) => [...amounts].sort(([a], [b]) => (a < b ? -1 : 1));
