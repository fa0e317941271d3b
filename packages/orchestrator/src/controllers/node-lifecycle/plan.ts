import type { Node, NodeCondition, Pod, Taint } from '../../kinds/index.js';
import { fromTime, isDeleting, toTime } from '../../runtime/index.js';
import { isPodFinished, podConditionOf } from '../pods.js';
import { isSame } from '../same.js';

export interface Observed {
  readonly node: Node;
  readonly pods: readonly Pod[];
  /** When this process last saw the node give a sign of life; its clock need not agree with the node's. */
  readonly lastSeenAt: number;
}

export type Action =
  | { readonly do: 'set-conditions'; readonly conditions: readonly NodeCondition[]; readonly why: string }
  | { readonly do: 'set-taints'; readonly taints: readonly Taint[]; readonly why: string }
  | {
      readonly do: 'mark-unready';
      readonly pod: { name: string; namespace: string; uid: string };
      readonly why: string;
    }
  | { readonly do: 'evict'; readonly pod: { name: string; namespace: string; uid: string }; readonly why: string };

export interface Plan {
  readonly actions: readonly Action[];
  readonly waitSeconds: number;
}

export const graceMs = 40_000;
/** How long a pod that does not say otherwise may stay on a lost node. */
const defaultTolerationSeconds = 300;
const unreachable = 'node.kubernetes.io/unreachable';
const notReady = 'node.kubernetes.io/not-ready';
const lostConditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** Decides whether a node is lost, and what that means for it and its pods. Pure. */
export function plan({ node, pods, lastSeenAt }: Observed, now: number): Plan {
  if (isDeleting(node)) return { actions: [], waitSeconds: graceMs / 1000 };
  const isLost = now - lastSeenAt >= graceMs;
  const actions: Action[] = [];
  const reported = node.status?.conditions ?? [];
  const conditions = isLost ? lose(reported, now) : reported;
  if (!isSame(conditions, reported)) {
    actions.push({ do: 'set-conditions', conditions, why: `no sign of life for ${graceMs / 1000} s` });
  }
  const ready = conditions.find((condition) => condition.type === 'Ready');
  const key = ready?.status === 'True' ? undefined : ready?.status === 'False' ? notReady : unreachable;
  const taints = taintsFor(node, ready ? key : notReady, now);
  if (!isSame(taints, node.spec?.taints ?? [])) {
    actions.push({
      do: 'set-taints',
      taints,
      why:
        key === undefined
          ? 'the node is ready'
          : `the node is ${ready?.status === 'False' ? 'not ready' : 'unreachable'}`,
    });
  }
  let waitSeconds = isLost ? graceMs / 1000 : Math.max(1, (lastSeenAt + graceMs - now) / 1000);
  if (key !== undefined && ready) {
    const since = fromTime(ready.lastTransitionTime) ?? now;
    for (const pod of pods) {
      const { name, namespace = '', uid = '' } = pod.metadata;
      const target = { name, namespace, uid };
      if (isLost && !isPodFinished(pod) && podConditionOf(pod, 'Ready')?.status === 'True') {
        actions.push({ do: 'mark-unready', pod: target, why: 'its node is unreachable' });
      }
      const seconds = isDeleting(pod) || isPodFinished(pod) ? undefined : tolerationSeconds(pod, key);
      if (seconds === undefined) continue;
      const leftSeconds = (since + seconds * 1000 - now) / 1000;
      if (leftSeconds <= 0)
        actions.push({ do: 'evict', pod: target, why: `it tolerates a lost node for ${seconds} s` });
      else waitSeconds = Math.min(waitSeconds, leftSeconds + 0.1);
    }
  }
  return { actions, waitSeconds };
}

function lose(reported: readonly NodeCondition[], now: number): NodeCondition[] {
  const types = [...new Set([...reported.map(({ type }) => type), 'Ready'])];
  return types.map((type) => {
    const before = reported.find((condition) => condition.type === type);
    if (before && (before.status === 'Unknown' || !lostConditions.includes(type))) return before;
    return {
      type,
      status: 'Unknown',
      reason: before ? 'NodeStatusUnknown' : 'NodeStatusNeverUpdated',
      message: before ? 'Kubelet stopped posting node status.' : 'Kubelet never posted node status.',
      lastHeartbeatTime: before?.lastHeartbeatTime,
      lastTransitionTime: toTime(now),
    };
  });
}

function taintsFor(node: Node, key: string | undefined, now: number): Taint[] {
  const current = node.spec?.taints ?? [];
  const others = current.filter((taint) => taint.key !== unreachable && taint.key !== notReady);
  if (key === undefined) return others;
  const wanted = ['NoSchedule', 'NoExecute'].map((effect): Taint => {
    const before = current.find((taint) => taint.key === key && taint.effect === effect);
    return before ?? { key, effect, ...(effect === 'NoExecute' ? { timeAdded: toTime(now) } : {}) };
  });
  return [...others, ...wanted];
}

/** How long a pod bears the taint; undefined: for ever. */
export function tolerationSeconds(pod: Pod, key: string): number | undefined {
  const matching = (pod.spec?.tolerations ?? []).filter(
    (toleration) =>
      (toleration.key === key || (toleration.key === undefined && toleration.operator === 'Exists')) &&
      (toleration.effect === undefined || toleration.effect === '' || toleration.effect === 'NoExecute'),
  );
  if (matching.length === 0) return defaultTolerationSeconds;
  const limited = matching.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
  return limited.length === 0 ? undefined : Math.max(0, Math.min(...limited));
}
