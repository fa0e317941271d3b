import type { Container, Pod } from '../kinds/index.js';
import { parseQuantity } from '../kinds/quantity.js';
import { controllerOf } from '../runtime/index.js';

/** Amounts by resource: cores, bytes, and whatever else nodes offer. */
export type Amounts = Readonly<Record<string, number>>;

/** What the scheduler needs of a pod, worked out once. */
export interface PodInfo {
  readonly pod: Pod;
  readonly uid: string;
  readonly requests: Amounts;
  /** `TCP 0.0.0.0 8080` */
  readonly hostPorts: readonly string[];
  readonly ownerUid: string | undefined;
  readonly priority: number;
}

export function toPodInfo(pod: Pod): PodInfo {
  return {
    pod,
    uid: pod.metadata.uid ?? '',
    requests: requestsOf(pod),
    hostPorts: hostPortsOf(pod),
    ownerUid: controllerOf(pod)?.uid,
    priority: pod.spec?.priority ?? 0,
  };
}

/**
 * What a pod needs at its busiest: its containers and sidecars together, or any one init container beside the
 * sidecars started before it, whichever is more; then the overhead. Requests of the pod as a whole come first.
 */
export function requestsOf(pod: Pod): Amounts {
  const { containers = [], initContainers = [], overhead, resources } = pod.spec ?? { containers: [] };
  let running: Record<string, number> = {};
  let initPeak: Record<string, number> = {};
  for (const container of initContainers) {
    const needs = needsOf(container);
    if (container.restartPolicy === 'Always') running = combine(running, needs, (a, b) => a + b);
    else
      initPeak = combine(
        initPeak,
        combine(running, needs, (a, b) => a + b),
        Math.max,
      );
  }
  for (const container of containers) running = combine(running, needsOf(container), (a, b) => a + b);
  const needed = combine(running, initPeak, Math.max);
  return combine({ ...needed, ...toAmounts(resources?.requests) }, toAmounts(overhead), (a, b) => a + b);
}

/** A limit without a request is a request of the same. */
const needsOf = ({ resources }: Container) => ({ ...toAmounts(resources?.limits), ...toAmounts(resources?.requests) });

export function toAmounts(quantities: Readonly<Record<string, string>> | undefined): Record<string, number> {
  return Object.fromEntries(Object.entries(quantities ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
}

function combine(a: Amounts, b: Amounts, merge: (a: number, b: number) => number): Record<string, number> {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...names].map((name) => [name, merge(a[name] ?? 0, b[name] ?? 0)]));
}

function hostPortsOf(pod: Pod): string[] {
  const ports = (pod.spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  return ports.flatMap(({ hostPort, hostIP, protocol, containerPort }) => {
    const port = hostPort ?? (pod.spec?.hostNetwork ? containerPort : undefined);
    return port ? [`${protocol ?? 'TCP'} ${hostIP || '0.0.0.0'} ${port}`] : [];
  });
}

/** Two ports collide when they are equal, or equal but for an address that one of them leaves open. */
export function collides(a: string, b: string): boolean {
  const [protocolA, addressA, portA] = a.split(' ');
  const [protocolB, addressB, portB] = b.split(' ');
  const isOpen = addressA === '0.0.0.0' || addressB === '0.0.0.0';
  return protocolA === protocolB && portA === portB && (isOpen || addressA === addressB);
}
