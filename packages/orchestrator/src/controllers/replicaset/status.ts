import type { Pod, ReplicaSet, ReplicaSetStatus } from '../../kinds/index.js';
import { isDeleting, matchesLabels, toTime } from '../../runtime/index.js';
import { availableAt, isPodActive, isPodFinished, isPodReady } from '../pods.js';

/** Counts the pods that are there now. `waitSeconds`: until the next ready pod becomes available. */
export function statusOf(
  replicaSet: ReplicaSet,
  members: readonly Pod[],
  doomed: ReadonlySet<string>,
  now: number,
): { status: ReplicaSetStatus; waitSeconds?: number } {
  const minReadySeconds = replicaSet.spec.minReadySeconds ?? 0;
  const active = members.filter((pod) => isPodActive(pod) && !doomed.has(pod.metadata.uid ?? ''));
  const ready = active.filter(isPodReady);
  const times = ready.map((pod) => availableAt(pod, minReadySeconds) ?? Number.POSITIVE_INFINITY);
  const next = Math.min(...times.filter((time) => time > now && Number.isFinite(time)));
  const templateLabels = replicaSet.spec.template?.metadata?.labels ?? {};
  const leaving = members.filter(
    (pod) => !isPodFinished(pod) && (isDeleting(pod) || doomed.has(pod.metadata.uid ?? '')),
  );
  return {
    status: {
      replicas: active.length,
      fullyLabeledReplicas: active.filter((pod) => matchesLabels(templateLabels, pod.metadata.labels)).length,
      readyReplicas: ready.length,
      availableReplicas: times.filter((time) => time <= now).length,
      terminatingReplicas: leaving.length,
      observedGeneration: replicaSet.metadata.generation,
      conditions: replicaSet.status?.conditions,
    },
    ...(Number.isFinite(next) ? { waitSeconds: (next - now) / 1000 } : {}),
  };
}

/** The status after pods could not be made (or could again, with `message` undefined). */
export function withFailure(status: ReplicaSetStatus, message: string | undefined, now: number): ReplicaSetStatus {
  const current = status.conditions?.find((condition) => condition.type === 'ReplicaFailure');
  const others = (status.conditions ?? []).filter((condition) => condition.type !== 'ReplicaFailure');
  if (message === undefined) return { ...status, conditions: others.length > 0 ? others : undefined };
  const failure = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message };
  const lastTransitionTime = current?.status === 'True' ? current.lastTransitionTime : toTime(now);
  return { ...status, conditions: [...others, { ...failure, lastTransitionTime }] };
}
