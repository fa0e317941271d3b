import type { Labels, Namespace, NetworkPolicy, Pod } from '../../kinds/index.js';
import { contains } from '../cidr.js';
import type { HostPeer, Observed, PodFact } from './facts.js';

/** A pod whose address the node has told before the API does. */
export interface EarlyPod {
  readonly pod: Pod;
  readonly ip: string;
}

export interface Observation {
  readonly podCidr: string;
  readonly pods: readonly Pod[];
  /** By uid. */
  readonly early: ReadonlyMap<string, EarlyPod>;
  readonly namespaces: readonly Namespace[];
  readonly policies: readonly NetworkPolicy[];
  readonly hostPeers: readonly HostPeer[];
}

/** Pods with addresses, each address of one pod only: the one told last, else the youngest. Pure. */
export function observe({ pods, early, namespaces, ...rest }: Observation): Observed {
  const byAddress = new Map<string, { fact: PodFact; order: string }>();
  const keep = (pod: Pod, ip: string, order: string) => {
    const present = byAddress.get(ip);
    if (!present || present.order < order) byAddress.set(ip, { fact: toFact(pod, ip), order });
  };
  for (const pod of pods) {
    const told = early.get(pod.metadata.uid ?? '');
    const ip = told?.ip ?? pod.status?.podIP ?? '';
    if (ip === '' || ip.includes(':') || pod.spec?.hostNetwork || hasEnded(pod)) continue;
    keep(pod, ip, `${told ? 1 : 0} ${pod.metadata.creationTimestamp ?? ''}`);
  }
  for (const { pod, ip } of early.values()) keep(pod, ip, `1 ${pod.metadata.creationTimestamp ?? ''}`);
  return {
    ...rest,
    pods: [...byAddress.values()].map((one) => one.fact),
    namespaces: new Map(
      namespaces.map((one): [string, Labels] => [one.metadata.name ?? '', one.metadata.labels ?? {}]),
    ),
  };
}

/** Whether the API tells by now what the node has told, so that the latter may be forgotten. */
export function isTold(pod: Pod, ip: string): boolean {
  return pod.status?.podIP === ip || hasEnded(pod);
}

/** Whether rules are needed for it: an address of this machine's range. */
export function hasOwnAddress(pod: Pod, ip: string, podCidr: string): boolean {
  return ip !== '' && !ip.includes(':') && !pod.spec?.hostNetwork && contains(podCidr, ip);
}

/** Its address has been given back. */
function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

function toFact(pod: Pod, ip: string): PodFact {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  return {
    namespace: pod.metadata.namespace ?? '',
    name: pod.metadata.name ?? '',
    ip,
    labels: pod.metadata.labels ?? {},
    ports: containers.flatMap((container) =>
      (container.ports ?? []).map(({ name, protocol = 'TCP', containerPort }) => ({
        name,
        protocol,
        port: containerPort,
      })),
    ),
  };
}
