import type { LabelSelector, NetworkPolicy, NetworkPolicyPeer, NetworkPolicySpec } from '@slipway/orchestrator/kinds';
import { labelPrefix, managedBy } from '../kernel/kubernetes/labels.js';

/** As namespaces are labelled by their first part. */

export const modes = ['tenant', 'project', 'namespace'] as const;
/** How far a namespace's pods reach, and from how far they are reached. */
export type Mode = (typeof modes)[number];

export interface AllowedRange {
  /** IPv4, `203.0.113.0/24`. */
  readonly cidr: string;
  /** None: all. */
  readonly ports?: readonly { readonly protocol: 'TCP' | 'UDP'; readonly port: number; readonly endPort?: number }[];
}

export interface TenantNetwork {
  readonly mode: Mode;
  readonly egress: 'open' | 'closed' | 'list';
  readonly allow: readonly AllowedRange[];
  readonly builds: 'open' | 'closed';
}

export const defaultNetwork: TenantNetwork = { mode: 'tenant', egress: 'open', allow: [], builds: 'open' };

/** A namespace, as far as its network is concerned. */
export interface NetworkPlace {
  readonly tenant: string;
  readonly project: string;
  readonly environment: string;
  readonly namespace: string;
}

export const policyName = 'slipway-default';

/** Where no pod of a tenant may go, whatever is allowed: loopback, link-local with the clouds' metadata, multicast. */
const alwaysClosed = ['127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4'];

const toDns = {
  to: [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ],
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
};
/** On the embedded cluster the gateway is the machine itself, which every pod answers; elsewhere its namespace has this label. */
const fromGateway: NetworkPolicyPeer = { namespaceSelector: { matchLabels: { [`${labelPrefix}gateway`]: 'true' } } };
/** The platform's API, for the source and the registry. */
const toApi = {
  to: [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'slipway-system' } },
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'slipway-api' } },
    },
  ],
};

/**
 * What stands in an environment's namespace: nothing comes in but from the namespaces within its mode and from the gateway, nothing
 * goes out but to these, to DNS and to where the tenant's pods may go. `inner`: the cluster's own ranges (pods, nodes).
 */
export function planPolicy(
  place: NetworkPlace,
  network: TenantNetwork,
  inner: readonly string[],
  gatewayPorts: readonly number[] = [],
): NetworkPolicy {
  const neighbours: NetworkPolicyPeer[] = [neighboursOf(place, network.mode)];
  return toPolicy(place.namespace, place.tenant, {
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from: [...neighbours, fromGateway] }],
    egress: [
      { to: neighbours },
      toDns,
      ...toOutside(network.egress, network.allow, inner),
      ...(network.egress === 'open' ? toGateway(inner, gatewayPorts) : []),
    ],
  });
}

/** Build pods: the API's door and DNS; outside as the tenant's builds may; nobody comes in. */
export function planBuildPolicy(
  namespace: string,
  tenant: string,
  builds: TenantNetwork['builds'],
  inner: readonly string[],
): NetworkPolicy {
  return toPolicy(namespace, tenant, {
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
    ingress: [],
    egress: [toApi, toDns, ...toOutside(builds, [], inner)],
  });
}

/** What the gateway serves to the world it serves to pods that may go everywhere; on the nodes it is their only open door. */
function toGateway(inner: readonly string[], ports: readonly number[]): NonNullable<NetworkPolicySpec['egress']> {
  const nodes = inner.filter((cidr) => cidr.endsWith('/32') && !isClosedRange(cidr));
  if (nodes.length === 0 || ports.length === 0) return [];
  return [
    { to: nodes.map((cidr) => ({ ipBlock: { cidr } })), ports: ports.map((port) => ({ protocol: 'TCP', port })) },
  ];
}

/** Whether pods of one namespace reach those of another one of the same tenant: both must have the other within their mode. */
export function isReachable(from: NetworkPlace & { mode: Mode }, to: NetworkPlace & { mode: Mode }): boolean {
  const isWithin = (mode: Mode) =>
    mode === 'tenant' || (mode === 'project' ? from.project === to.project : from.namespace === to.namespace);
  return isWithin(from.mode) && isWithin(to.mode);
}

/** The cluster's own ranges, in which no outside is: as nodes tell them. */
export function innerRanges(
  nodes: readonly { readonly podCidrs: readonly string[]; readonly addresses: readonly string[] }[],
): string[] {
  const ranges = nodes.flatMap(({ podCidrs, addresses }) => [...podCidrs, ...addresses.map((one) => `${one}/32`)]);
  return [...new Set(ranges)].filter((one) => /^\d+\.\d+\.\d+\.\d+\/\d+$/.test(one)).sort();
}

function neighboursOf({ tenant, project, environment }: NetworkPlace, mode: Mode): NetworkPolicyPeer {
  const names = { tenant, ...(mode !== 'tenant' && { project }), ...(mode === 'namespace' && { environment }) };
  const matchLabels = Object.fromEntries(Object.entries(names).map(([key, value]) => [`${labelPrefix}${key}`, value]));
  // Namespaces of builds have no environment: they are nobody's neighbours.
  const namespaceSelector: LabelSelector = {
    matchLabels,
    matchExpressions: [{ key: `${labelPrefix}environment`, operator: 'Exists' }],
  };
  return { namespaceSelector };
}

function toOutside(
  egress: TenantNetwork['egress'],
  allow: readonly AllowedRange[],
  inner: readonly string[],
): NonNullable<NetworkPolicySpec['egress']> {
  const ranges: readonly AllowedRange[] = egress === 'open' ? [{ cidr: '0.0.0.0/0' }] : egress === 'list' ? allow : [];
  const closed = [...alwaysClosed, ...inner];
  return ranges
    .filter(({ cidr }) => !closed.some((one) => isInside(cidr, one)))
    .map(({ cidr, ports }) => {
      const except = closed.filter((one) => isInside(one, cidr) && one !== cidr);
      const outside = { to: [{ ipBlock: { cidr, ...(except.length > 0 && { except }) } }] };
      return ports && ports.length > 0 ? { ...outside, ports: ports.map((port) => ({ ...port })) } : outside;
    });
}

/** Whether no address of a range could ever be reached, and the range should be refused. */
export function isClosedRange(cidr: string): boolean {
  return alwaysClosed.some((one) => isInside(cidr, one));
}

function isInside(inner: string, outer: string): boolean {
  const [a, b] = [toNumbers(inner), toNumbers(outer)];
  if (b.bits > a.bits) return false;
  const size = 2 ** (32 - b.bits);
  return Math.floor(a.base / size) === Math.floor(b.base / size);
}

function toNumbers(cidr: string): { base: number; bits: number } {
  const [address = '', bits = '32'] = cidr.split('/');
  return { base: address.split('.').reduce((sum, one) => sum * 256 + Number(one), 0), bits: Number(bits) };
}

function toPolicy(namespace: string, tenant: string, spec: NetworkPolicySpec): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: policyName, namespace, labels: { ...managedBy, [`${labelPrefix}tenant`]: tenant } },
    spec,
  };
}
