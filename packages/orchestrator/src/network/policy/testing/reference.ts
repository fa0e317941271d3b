// What NetworkPolicies mean, written down a second time and as plainly as can be, to hold the rules against.
import type {
  LabelSelector,
  Labels,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../../../kinds/index.js';
import type { HostPeer, PodFact } from '../facts.js';

export interface World {
  readonly namespaces: ReadonlyMap<string, Labels>;
  readonly policies: readonly NetworkPolicy[];
}

export interface Call {
  readonly from: PodFact;
  readonly to: PodFact | HostPeer;
  readonly protocol: string;
  readonly port: number;
}

/** Whether a pod may open a connection: what it may send and what the other may receive. */
export function isPermitted(call: Call, world: World): boolean {
  if ('name' in call.to && call.to.ip === call.from.ip) return true;
  return (
    isSideOpen('Egress', call.from, call, world) &&
    (!('name' in call.to) || isSideOpen('Ingress', call.to, call, world))
  );
}

function isSideOpen(type: 'Ingress' | 'Egress', subject: PodFact, call: Call, world: World): boolean {
  const selecting = world.policies.filter(({ metadata, spec }) => {
    const types = spec.policyTypes ?? (spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress']);
    return (
      metadata.namespace === subject.namespace && types.includes(type) && fits(spec.podSelector ?? {}, subject.labels)
    );
  });
  if (selecting.length === 0) return true;
  const other = type === 'Ingress' ? call.from : call.to;
  for (const policy of selecting) {
    const rules = type === 'Ingress' ? policy.spec.ingress : policy.spec.egress;
    for (const rule of rules ?? []) {
      const peers = 'from' in rule ? rule.from : 'to' in rule ? rule.to : undefined;
      if (isPeer(peers ?? [], other, policy, world) && isPort(rule.ports ?? [], call)) return true;
    }
  }
  return false;
}

function isPeer(
  peers: readonly NetworkPolicyPeer[],
  other: PodFact | HostPeer,
  policy: NetworkPolicy,
  world: World,
): boolean {
  if (peers.length === 0) return true;
  for (const { ipBlock, namespaceSelector, podSelector } of peers) {
    if (ipBlock) {
      if (inRange(other.ip, ipBlock.cidr) && !(ipBlock.except ?? []).some((one) => inRange(other.ip, one))) return true;
      continue;
    }
    const inNamespace = namespaceSelector
      ? fits(namespaceSelector, world.namespaces.get(other.namespace) ?? {})
      : other.namespace === policy.metadata.namespace;
    if (inNamespace && fits(podSelector ?? {}, other.labels)) return true;
  }
  return false;
}

function isPort(ports: readonly NetworkPolicyPort[], { to, protocol, port }: Call): boolean {
  if (ports.length === 0) return true;
  for (const one of ports) {
    if ((one.protocol ?? 'TCP') !== protocol) continue;
    if (one.port === undefined) return true;
    if (typeof one.port === 'number' && port >= one.port && port <= (one.endPort ?? one.port)) return true;
    if (to.ports.some((named) => named.name === one.port && named.protocol === protocol && named.port === port))
      return true;
  }
  return false;
}

function fits(selector: LabelSelector, labels: Labels): boolean {
  const isEqual = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    isEqual &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      if (operator === 'Exists') return key in labels;
      if (operator === 'DoesNotExist') return !(key in labels);
      const isIn = key in labels && values.includes(labels[key] ?? '');
      return operator === 'In' ? isIn : !isIn;
    })
  );
}

function inRange(ip: string, cidr: string): boolean {
  const [base = '', bits = '32'] = cidr.split('/');
  const toBits = (address: string) =>
    address
      .split('.')
      .map((one) => Number(one).toString(2).padStart(8, '0'))
      .join('');
  return toBits(ip).slice(0, Number(bits)) === toBits(base).slice(0, Number(bits));
}
