import {
  addQuantities,
  formatQuantity,
  isJsonObject,
  type JsonObject,
  numberAt,
  objectAt,
  objectsAt,
  parseExact,
  type Quantity,
  qosClassOf,
  stringAt,
  subtractQuantities,
} from '../../../kinds/index.js';
import { type Amounts, addTo, amountsOf, podAmounts } from '../pod-resources.js';

/** A resource by its group and plural. */
export interface Countable {
  readonly group: string;
  readonly plural: string;
}

const one = parseExact(1);
const countOf = (count: number): Quantity => ({ nano: BigInt(count) * 1_000_000_000n, format: 'DecimalSI' });
const plainCounts = ['configmaps', 'replicationcontrollers', 'resourcequotas', 'secrets'];
const standard = ['cpu', 'memory', 'ephemeral-storage'];
const storageClassInfix = '.storageclass.storage.k8s.io/';

/** `count/pods`, `count/deployments.apps`. */
const countName = ({ group, plural }: Countable) => `count/${plural}${group === '' ? '' : `.${group}`}`;

/** Everything that one object uses, by the names a quota may limit. */
export function usageOf(type: Countable, object: JsonObject): Amounts {
  const usage: Amounts = new Map();
  if (!one) return usage;
  usage.set(countName(type), one);
  if (type.group !== '') return usage;
  const spec = objectAt(object, 'spec');
  if (plainCounts.includes(type.plural)) usage.set(type.plural, one);
  else if (type.plural === 'services') addTo(usage, serviceUsage(spec));
  else if (type.plural === 'persistentvolumeclaims') addTo(usage, claimUsage(object));
  else if (type.plural === 'pods' && !isTerminal(object)) addTo(usage, podUsage(spec));
  return usage;
}

export function isTerminal(pod: JsonObject): boolean {
  const phase = objectAt(pod, 'status').phase;
  return phase === 'Succeeded' || phase === 'Failed';
}

function podUsage(spec: JsonObject): Amounts {
  return new Map([['pods', countOf(1)], ...containerNames(podAmounts(spec, 'requests'), podAmounts(spec, 'limits'))]);
}

/** `cpu` → `cpu` and `requests.cpu`; limits and extended resources under their prefix only. */
function containerNames(requests: Amounts, limits: Amounts): Amounts {
  const names: Amounts = new Map();
  for (const [name, amount] of requests) {
    if (standard.includes(name) || name.startsWith('hugepages-')) names.set(name, amount);
    if (standard.includes(name) || name.startsWith('hugepages-') || name.includes('/'))
      names.set(`requests.${name}`, amount);
  }
  for (const [name, amount] of limits) if (standard.includes(name)) names.set(`limits.${name}`, amount);
  return names;
}

function serviceUsage(spec: JsonObject): Amounts {
  const ports = objectsAt(spec, 'ports');
  const usage: Amounts = new Map([
    ['services', countOf(1)],
    ['services.nodeports', countOf(0)],
    ['services.loadbalancers', countOf(0)],
  ]);
  if (spec.type === 'NodePort') usage.set('services.nodeports', countOf(ports.length));
  if (spec.type === 'LoadBalancer') {
    const withPort = ports.filter((each) => (numberAt(each, 'nodePort') ?? 0) !== 0).length;
    usage.set('services.nodeports', countOf(spec.allocateLoadBalancerNodePorts === false ? withPort : ports.length));
    usage.set('services.loadbalancers', countOf(1));
  }
  return usage;
}

function claimUsage(claim: JsonObject): Amounts {
  const spec = objectAt(claim, 'spec');
  const usage: Amounts = new Map([['persistentvolumeclaims', countOf(1)]]);
  const annotations = objectAt(objectAt(claim, 'metadata'), 'annotations');
  const storageClass =
    stringAt(annotations, 'volume.beta.kubernetes.io/storage-class') || stringAt(spec, 'storageClassName');
  if (storageClass !== '') usage.set(`${storageClass}${storageClassInfix}persistentvolumeclaims`, countOf(1));
  const asked = amountsOf(objectAt(objectAt(spec, 'resources'), 'requests')).get('storage');
  const allocated = amountsOf(objectAt(objectAt(claim, 'status'), 'allocatedResources')).get('storage');
  const storage = asked && allocated && allocated.nano > asked.nano ? allocated : asked;
  if (!storage) return usage;
  usage.set('requests.storage', storage);
  if (storageClass !== '') usage.set(`${storageClass}${storageClassInfix}requests.storage`, storage);
  return usage;
}

/** Which resources have to be looked at to know how much of these names is used. */
export function countedBy(names: readonly string[]): Countable[] {
  const found = new Map<string, Countable>();
  const note = (plural: string, group = '') => found.set(`${group}/${plural}`, { group, plural });
  for (const name of names) {
    const counted = /^count\/([^.]+)\.?(.*)$/.exec(name);
    if (counted) note(counted[1] ?? '', counted[2] ?? '');
    else if (plainCounts.includes(name)) note(name);
    else if (name === 'services' || name.startsWith('services.')) note('services');
    else if (name === 'persistentvolumeclaims' || name === 'requests.storage' || name.includes(storageClassInfix))
      note('persistentvolumeclaims');
    else note('pods');
  }
  return [...found.values()];
}

const computeNames = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

/** Why a pod cannot be held to limits of these names: a container that does not say what it needs. Undefined: it can. */
export function missingAmounts(pod: JsonObject, names: readonly string[]): string | undefined {
  const wanted = names.filter((name) => computeNames.includes(name));
  const spec = objectAt(pod, 'spec');
  if (wanted.length === 0 || isJsonObject(spec.resources)) return undefined;
  const missing = new Map<string, string[]>();
  for (const container of [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')]) {
    const resources = objectAt(container, 'resources');
    const given = containerNames(amountsOf(objectAt(resources, 'requests')), amountsOf(objectAt(resources, 'limits')));
    for (const name of wanted)
      if (!given.has(name)) missing.set(name, [...(missing.get(name) ?? []), stringAt(container, 'name')]);
  }
  if (missing.size === 0) return undefined;
  const texts = [...missing].sort(([a], [b]) => (a < b ? -1 : 1));
  return `must specify ${texts.map(([name, containers]) => `${name} for: ${containers.sort().join(',')}`).join('; ')}`;
}

/** Whether a quota's scopes let it count the object; only pods (and claims, by attributes class) have scopes. */
export function isInScope(quotaSpec: JsonObject, type: Countable, object: JsonObject): boolean {
  const terms = scopesOf(quotaSpec);
  if (terms.length === 0) return true;
  if (type.group !== '') return false;
  if (type.plural === 'pods') return terms.every((term) => podMatches(term, object));
  if (type.plural === 'persistentvolumeclaims')
    return terms.every(
      (term) =>
        term.scopeName === 'VolumeAttributesClass' &&
        matchesValue(term, stringAt(objectAt(object, 'spec'), 'volumeAttributesClassName')),
    );
  return false;
}

export function scopesOf(quotaSpec: JsonObject): JsonObject[] {
  const plain = Array.isArray(quotaSpec.scopes) ? quotaSpec.scopes : [];
  return [
    ...plain.map((scopeName): JsonObject => ({ scopeName, operator: 'Exists' })),
    ...objectsAt(objectAt(quotaSpec, 'scopeSelector'), 'matchExpressions'),
  ];
}

function podMatches(term: JsonObject, pod: JsonObject): boolean {
  const spec = objectAt(pod, 'spec');
  const hasDeadline = (numberAt(spec, 'activeDeadlineSeconds') ?? -1) >= 0;
  const isNegated = term.operator === 'DoesNotExist';
  switch (term.scopeName) {
    case 'Terminating':
      return hasDeadline !== isNegated;
    case 'NotTerminating':
      return hasDeadline === isNegated;
    case 'BestEffort':
      return (qosClassOf(spec) === 'BestEffort') !== isNegated;
    case 'NotBestEffort':
      return (qosClassOf(spec) === 'BestEffort') === isNegated;
    case 'CrossNamespacePodAffinity':
      return hasCrossNamespaceAffinity(spec) !== isNegated;
    case 'PriorityClass':
      return matchesValue(term, stringAt(spec, 'priorityClassName'));
    default:
      return false;
  }
}

function matchesValue(term: JsonObject, value: string): boolean {
  const values = Array.isArray(term.values) ? term.values : [];
  switch (term.operator) {
    case 'In':
      return values.includes(value);
    case 'NotIn':
      return !values.includes(value);
    case 'DoesNotExist':
      return value === '';
    default:
      return value !== '';
  }
}

function hasCrossNamespaceAffinity(spec: JsonObject): boolean {
  const affinity = objectAt(spec, 'affinity');
  return ['podAffinity', 'podAntiAffinity'].some((which) => {
    const part = objectAt(affinity, which);
    const terms = [
      ...objectsAt(part, 'requiredDuringSchedulingIgnoredDuringExecution'),
      ...objectsAt(part, 'preferredDuringSchedulingIgnoredDuringExecution').map((each) =>
        objectAt(each, 'podAffinityTerm'),
      ),
    ];
    return terms.some(
      (term) => (Array.isArray(term.namespaces) && term.namespaces.length > 0) || isJsonObject(term.namespaceSelector),
    );
  });
}

/** `after` less `before`, without what stayed the same. */
export function differenceOf(after: Amounts, before: Amounts): Amounts {
  const difference: Amounts = new Map();
  for (const name of new Set([...after.keys(), ...before.keys()])) {
    const zero = countOf(0);
    const change = subtractQuantities(after.get(name) ?? zero, before.get(name) ?? zero);
    if (change.nano !== 0n) difference.set(name, change);
  }
  return difference;
}

export interface Charged {
  readonly used: JsonObject;
  /** Set where the limits do not allow it; `used` is as before then. */
  readonly refusal?: string;
}

/** A quota's usage after a change, and why the change is refused: only what grows is held to the limits. */
export function charge(name: string, hard: JsonObject, used: JsonObject, change: Amounts): Charged {
  const limits = amountsOf(hard);
  const before = amountsOf(used);
  const after: JsonObject = { ...used };
  const exceeded: string[] = [];
  for (const [resource, amount] of change) {
    const limit = limits.get(resource);
    if (!limit) continue;
    const sum = addQuantities(before.get(resource) ?? countOf(0), amount);
    if (amount.nano > 0n && sum.nano > limit.nano) exceeded.push(resource);
    after[resource] = formatQuantity(sum.nano < 0n ? countOf(0) : sum);
  }
  if (exceeded.length === 0) return { used: after };
  const list = (amounts: Amounts) =>
    exceeded
      .sort()
      .map((each) => `${each}=${formatQuantity(amounts.get(each) ?? countOf(0))}`)
      .join(',');
  const refusal = `exceeded quota: ${name}, requested: ${list(change)}, used: ${list(before)}, limited: ${list(limits)}`;
  return { used, refusal };
}
