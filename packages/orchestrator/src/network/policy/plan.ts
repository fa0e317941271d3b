import { createHash } from 'node:crypto';
import {
  type LabelSelector,
  matchesLabelSelector,
  type NetworkPolicy,
  type NetworkPolicyPeer,
  type NetworkPolicyPort,
} from '../../kinds/index.js';
import { contains } from '../cidr.js';
import type { NamedPort, Observed, PodFact, PolicyRules, SetType } from './facts.js';

type Direction = 'ingress' | 'egress';

/**
 * The rules that all policies together come to. Pure.
 *
 * A pod that some policy selects in a direction is isolated in it: its address leads to a chain that asks each of these policies in
 * turn and drops what none accepts. Pods that the same policies select share that chain. Peers are sets of addresses, one for each
 * different selector, so that a pod that comes or goes is a few elements.
 */
export function planRules(observed: Observed): PolicyRules {
  const scope = createScope(observed);
  const chains = new Map<string, readonly string[]>();
  const selectedBy = { ingress: new Map<string, string[]>(), egress: new Map<string, string[]>() };
  for (const policy of observed.policies) {
    const namespace = policy.metadata.namespace ?? '';
    const subjects = scope.podsOf({ namespace, pods: policy.spec.podSelector ?? {} });
    for (const direction of directionsOf(policy)) {
      const name = `${direction}-${hash([namespace, policy.metadata.name])}`;
      chains.set(name, toLines(policy, direction, scope));
      for (const { ip } of subjects) push(selectedBy[direction], ip, name);
    }
  }
  const known = new Set(scope.local.map((pod) => pod.ip));
  const group = (direction: Direction): Map<string, string> => {
    const chainOf = new Map<string, string>();
    for (const [ip, names] of selectedBy[direction]) {
      if (!known.has(ip)) continue;
      const sorted = [...names].sort();
      const name = `pods-${direction}-${hash(sorted)}`;
      if (!chains.has(name)) chains.set(name, [...sorted.map((one) => `jump ${one}`), 'drop']);
      chainOf.set(ip, name);
    }
    return chainOf;
  };
  return { ingress: group('ingress'), egress: group('egress'), chains, known, sets: scope.sets };
}

/** As the API fills it in: ingress always, egress where rules for it are written. */
function directionsOf({ spec }: NetworkPolicy): Direction[] {
  const types = spec.policyTypes?.length ? spec.policyTypes : ['Ingress', ...(spec.egress?.length ? ['Egress'] : [])];
  return [
    ...(types.includes('Ingress') ? ['ingress' as const] : []),
    ...(types.includes('Egress') ? ['egress' as const] : []),
  ];
}

function toLines(policy: NetworkPolicy, direction: Direction, scope: Scope): string[] {
  const { spec } = policy;
  const namespace = policy.metadata.namespace ?? '';
  const rules =
    direction === 'ingress'
      ? (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from ?? [], ports: ports ?? [] }))
      : (spec.egress ?? []).map(({ to, ports }) => ({ peers: to ?? [], ports: ports ?? [] }));
  return rules.flatMap(({ peers, ports }) => {
    const numeric = portMatches(ports);
    const names = ports.flatMap(({ port, protocol }) =>
      typeof port === 'string' ? [{ name: port, protocol: protocol ?? 'TCP' }] : [],
    );
    const wide: Peer[] =
      peers.length === 0
        ? [{ selection: {}, match: '' }]
        : peers.flatMap((one) => toPeer(one, namespace, direction, scope));
    return wide.flatMap((peer) => {
      const lines = numeric.map((match) => join(peer.match, match, 'accept'));
      for (const { name, protocol } of names) {
        // A name is resolved by who is called: the policy's own pods, or the peers; with addresses as peers, anybody there.
        const isIngress = direction === 'ingress';
        const called = isIngress ? { namespace, pods: spec.podSelector ?? {} } : (peer.selection ?? {});
        const set = scope.endpointSet(['named', called, name, protocol, isIngress], () =>
          [...scope.podsOf(called), ...(isIngress ? [] : scope.hostPeersOf(called))].flatMap(({ ip, ports: own }) =>
            endpointsOf(
              ip,
              own.filter((one) => one.name === name && one.protocol === protocol),
            ),
          ),
        );
        lines.push(join(isIngress || !peer.selection ? peer.match : '', `${endpointKey} @${set}`, 'accept'));
      }
      if (direction === 'egress' && peer.selection) {
        const called = peer.selection;
        const served = () =>
          scope.hostPeersOf(called).flatMap((one) =>
            endpointsOf(
              one.ip,
              one.ports.filter((port) => isAllowed(port, ports)),
            ),
          );
        if (peers.length > 0 && served().length > 0)
          lines.push(join(`${endpointKey} @${scope.endpointSet(['host', called, ports], served)}`, 'accept'));
      }
      return lines;
    });
  });
}

const endpointKey = 'ip daddr . meta l4proto . th dport';

/** Pods by namespace (name or labels) and labels; what is left out leaves open. */
interface Selection {
  readonly namespace?: string;
  readonly namespaces?: LabelSelector;
  readonly pods?: LabelSelector;
}

interface Peer {
  /** None for addresses. */
  readonly selection?: Selection;
  readonly match: string;
}

function toPeer(peer: NetworkPolicyPeer, namespace: string, direction: Direction, scope: Scope): Peer[] {
  const field = direction === 'ingress' ? 'ip saddr' : 'ip daddr';
  if (peer.ipBlock) {
    const { cidr, except = [] } = peer.ipBlock;
    if (cidr.includes(':')) return [];
    const excepted = except.filter((one) => !one.includes(':'));
    const left = excepted.length > 0 ? `${field} != { ${excepted.join(', ')} }` : '';
    return [{ match: join(cidr.endsWith('/0') ? '' : `${field} ${cidr}`, left) }];
  }
  const selection = peer.namespaceSelector
    ? { namespaces: peer.namespaceSelector, pods: peer.podSelector ?? {} }
    : { namespace, pods: peer.podSelector ?? {} };
  return [{ selection, match: `${field} @${scope.addressSet(selection)}` }];
}

/** One match for each protocol that numbers are given for; one that takes all where no port is asked for. */
function portMatches(ports: readonly NetworkPolicyPort[]): string[] {
  if (ports.length === 0) return [''];
  const byProtocol = new Map<string, string[] | 'all'>();
  for (const { port, endPort, protocol = 'TCP' } of ports) {
    if (typeof port === 'string') continue;
    const found = byProtocol.get(protocol);
    if (port === undefined || found === 'all') byProtocol.set(protocol, 'all');
    else
      byProtocol.set(protocol, [
        ...(found ?? []),
        endPort !== undefined && endPort > port ? `${port}-${endPort}` : String(port),
      ]);
  }
  return [...byProtocol].map(([protocol, numbers]) => {
    const name = protocol.toLowerCase();
    return numbers === 'all' ? `meta l4proto ${name}` : `${name} dport { ${[...new Set(numbers)].join(', ')} }`;
  });
}

function isAllowed(served: NamedPort, ports: readonly NetworkPolicyPort[]): boolean {
  if (ports.length === 0) return true;
  return ports.some(({ port, endPort, protocol = 'TCP' }) => {
    if (protocol !== served.protocol) return false;
    if (port === undefined) return true;
    return typeof port === 'string' ? port === served.name : served.port >= port && served.port <= (endPort ?? port);
  });
}

function endpointsOf(ip: string, ports: readonly NamedPort[]): string[] {
  return ports.map(({ protocol, port }) => `${ip} . ${protocol.toLowerCase()} . ${port}`);
}

interface Scope {
  /** Pods whose addresses are of this machine's range. */
  readonly local: readonly PodFact[];
  readonly sets: Map<string, { type: SetType; elements: Set<string> }>;
  podsOf(selection: Selection): readonly PodFact[];
  hostPeersOf(selection: Selection): Observed['hostPeers'];
  addressSet(selection: Selection): string;
  endpointSet(meaning: readonly unknown[], elements: () => readonly string[]): string;
}

function createScope({ podCidr, pods, hostPeers, namespaces }: Observed): Scope {
  const sets = new Map<string, { type: SetType; elements: Set<string> }>();
  const byNamespace = new Map<string, PodFact[]>();
  for (const pod of pods) push(byNamespace, pod.namespace, pod);
  const isInScope = (selection: Selection, namespace: string): boolean => {
    if (selection.namespace !== undefined) return selection.namespace === namespace;
    if (!selection.namespaces) return true;
    return matchesLabelSelector(selection.namespaces, {
      ...namespaces.get(namespace),
      'kubernetes.io/metadata.name': namespace,
    });
  };
  const isMatch = (selection: Selection, labels: PodFact['labels']) =>
    !selection.pods || matchesLabelSelector(selection.pods, labels);
  const selected = new Map<string, readonly PodFact[]>();
  const podsOf = (selection: Selection): readonly PodFact[] => {
    const key = JSON.stringify(selection);
    const found = selected.get(key);
    if (found) return found;
    const inside =
      selection.namespace !== undefined
        ? (byNamespace.get(selection.namespace) ?? [])
        : [...byNamespace].flatMap(([name, list]) => (isInScope(selection, name) ? list : []));
    const list = inside.filter((pod) => isMatch(selection, pod.labels));
    selected.set(key, list);
    return list;
  };
  const keep = (name: string, type: SetType, elements: () => readonly string[]): string => {
    if (!sets.has(name)) sets.set(name, { type, elements: new Set(elements()) });
    return name;
  };
  return {
    local: pods.filter((pod) => contains(podCidr, pod.ip)),
    sets,
    podsOf,
    hostPeersOf: (selection) =>
      hostPeers.filter((one) => isInScope(selection, one.namespace) && isMatch(selection, one.labels)),
    addressSet: (selection) => keep(`pods-${hash(selection)}`, 'address', () => podsOf(selection).map((pod) => pod.ip)),
    endpointSet: (meaning, elements) => keep(`ports-${hash(meaning)}`, 'endpoint', elements),
  };
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

function join(...parts: readonly string[]): string {
  return parts.filter(Boolean).join(' ');
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
