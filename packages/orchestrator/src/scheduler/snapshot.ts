import type { Node } from '../kinds/index.js';
import { type Amounts, type PodInfo, toAmounts } from './pod-info.js';

/** A node and what its pods have taken of it. */
export interface NodeState {
  readonly node: Node;
  readonly name: string;
  readonly allocatable: Amounts;
  readonly requested: Amounts;
  readonly podCount: number;
  readonly hostPorts: readonly string[];
  /** How many of its pods each owner has. */
  readonly owners: ReadonlyMap<string, number>;
}

export type Snapshot = ReadonlyMap<string, NodeState>;

export function emptyState(node: Node): NodeState {
  return {
    node,
    name: node.metadata.name,
    allocatable: toAmounts(node.status?.allocatable ?? node.status?.capacity),
    requested: {},
    podCount: 0,
    hostPorts: [],
    owners: new Map(),
  };
}

/** The state with one pod more (`sign` 1) or less (-1). */
export function withPod(state: NodeState, pod: PodInfo, sign: 1 | -1 = 1): NodeState {
  const requested: Record<string, number> = { ...state.requested };
  for (const [name, amount] of Object.entries(pod.requests)) requested[name] = (requested[name] ?? 0) + sign * amount;
  let { owners, hostPorts } = state;
  if (pod.ownerUid !== undefined) {
    owners = new Map(owners).set(pod.ownerUid, Math.max(0, (owners.get(pod.ownerUid) ?? 0) + sign));
  }
  if (pod.hostPorts.length > 0) {
    hostPorts = sign > 0 ? [...hostPorts, ...pod.hostPorts] : hostPorts.filter((port) => !pod.hostPorts.includes(port));
  }
  return { ...state, requested, podCount: state.podCount + sign, owners, hostPorts };
}
