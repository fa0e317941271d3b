import { fromTime } from '../runtime/index.js';
import type { Plugins } from './plugins.js';
import type { PodInfo } from './pod-info.js';
import { type NodeState, type Snapshot, withPod } from './snapshot.js';

export type Action =
  | { readonly do: 'bind'; readonly pod: PodInfo; readonly nodeName: string; readonly why: string }
  | { readonly do: 'refuse'; readonly pod: PodInfo; readonly why: string };

/**
 * Gives each pod a node, or the reason why it gets none, the important and the old first. Each decision counts as
 * carried out for the next. Pure: the snapshot is not changed.
 */
export function plan(pods: readonly PodInfo[], snapshot: Snapshot, plugins: Plugins): Action[] {
  const states = new Map(snapshot);
  return inOrder(pods).map((pod) => {
    const decision = place(pod, states, plugins);
    if (decision.do === 'bind') {
      const state = states.get(decision.nodeName);
      if (state) states.set(decision.nodeName, withPod(state, pod));
    }
    return decision;
  });
}

function inOrder(pods: readonly PodInfo[]): PodInfo[] {
  const age = new Map(pods.map((info) => [info, fromTime(info.pod.metadata.creationTimestamp) ?? 0]));
  return [...pods].sort((a, b) => b.priority - a.priority || (age.get(a) ?? 0) - (age.get(b) ?? 0));
}

function place(pod: PodInfo, states: Snapshot, plugins: Plugins): Action {
  const total = states.size;
  if (total === 0) return { do: 'refuse', pod, why: 'no nodes available to schedule pods' };
  for (const { preFilter } of plugins.preFilters) {
    const reason = preFilter(pod, states);
    if (reason !== undefined) return { do: 'refuse', pod, why: `0/${total} nodes are available: ${reason}.` };
  }
  const feasible: NodeState[] = [];
  const refusals = new Map<string, number>();
  for (const state of states.values()) {
    const reasons = refusalOf(pod, state, plugins);
    if (reasons.length === 0) feasible.push(state);
    for (const reason of reasons) refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
  }
  if (feasible.length === 0) return { do: 'refuse', pod, why: explain(total, refusals) };
  const best = bestOf(pod, feasible, plugins);
  return { do: 'bind', pod, nodeName: best.name, why: `best of ${feasible.length} out of ${total} nodes` };
}

function refusalOf(pod: PodInfo, state: NodeState, { filters }: Plugins): readonly string[] {
  for (const plugin of filters) {
    const reasons = plugin.filter(pod, state);
    if (reasons.length > 0) return reasons;
  }
  return [];
}

/** As Kubernetes words it: `0/3 nodes are available: 1 Too many pods, 2 Insufficient memory.` */
export function explain(total: number, refusals: ReadonlyMap<string, number>): string {
  const parts = [...refusals].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${total} nodes are available: ${parts.join(', ')}.`;
}

function bestOf(pod: PodInfo, feasible: readonly NodeState[], { scores }: Plugins): NodeState {
  const [first] = feasible;
  if (!first) throw new Error('there is no node to choose from');
  if (feasible.length === 1) return first;
  const sums = feasible.map(() => 0);
  for (const plugin of scores) {
    for (const [index, score] of plugin.score(pod, feasible).entries()) {
      sums[index] = (sums[index] ?? 0) + plugin.weight * score;
    }
  }
  let best = 0;
  for (const [index, sum] of sums.entries()) {
    const lead = sum - (sums[best] ?? 0);
    const isFirstByName = (feasible[index]?.name ?? '') < (feasible[best]?.name ?? '');
    if (lead > 1e-9 || (Math.abs(lead) <= 1e-9 && isFirstByName)) best = index;
  }
  return feasible[best] ?? first;
}
