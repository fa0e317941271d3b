import { formatAmount, parseAmount, toResource } from './quantities.rules.js';

/** As much of a Kubernetes object as says what it will hold. */
interface Objectlike {
  readonly apiVersion: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}

const plurals: Readonly<Record<string, string>> = {
  Deployment: 'deployments.apps',
  ConfigMap: 'configmaps',
  Secret: 'secrets',
  Service: 'services',
  HTTPRoute: 'httproutes.gateway.networking.k8s.io',
};

/** What a set of objects will hold: pods with their requests and limits, services, routes, and each kind's number. */
export function amountsOf(objects: readonly Objectlike[]): Readonly<Record<string, string>> {
  const sums = new Map<string, bigint>();
  const add = (resource: string, amount: bigint) => sums.set(resource, (sums.get(resource) ?? 0n) + amount);
  for (const object of objects) {
    const plural = plurals[object.kind];
    if (plural) add(`count/${plural}`, 1n);
    if (object.kind === 'Service') add('services', 1n);
    if (object.kind === 'HTTPRoute') add('routes', 1n);
    if (object.kind !== 'Deployment') continue;
    const replicas = BigInt(Number(at(object, 'spec', 'replicas') ?? 1));
    add('pods', replicas);
    const containers = at(object, 'spec', 'template', 'spec', 'containers');
    for (const container of Array.isArray(containers) ? containers : [])
      for (const list of ['requests', 'limits'])
        for (const [name, quantity] of Object.entries(at(container, 'resources', list) ?? {})) {
          const resource = toResource(`${list}.${name}`);
          const amount = resource && parseAmount(resource, String(quantity));
          if (resource && amount) add(resource, amount * replicas);
        }
  }
  return toAmounts(sums);
}

/** The larger of each resource. */
export function largestOf(many: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>> {
  const most = new Map<string, bigint>();
  for (const amounts of many)
    for (const [resource, text] of Object.entries(amounts)) {
      const amount = parseAmount(resource, text) ?? 0n;
      if (amount > (most.get(resource) ?? -1n)) most.set(resource, amount);
    }
  return toAmounts(most);
}

const toAmounts = (sums: ReadonlyMap<string, bigint>) =>
  Object.fromEntries([...sums].map(([resource, amount]) => [resource, formatAmount(resource, amount)]));

function at(value: unknown, ...path: readonly string[]): object | undefined {
  let found: unknown = value;
  for (const key of path) found = typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined;
  return found as object | undefined;
}
