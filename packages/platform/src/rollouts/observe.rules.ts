import type { ContainerStatus, Deployment, Pod } from '@slipway/orchestrator/kinds';
import type { ObservedProcess } from './observed-process.rules.js';

/** So often may a new process exit before more waiting is pointless. */
const crashLimit = 3;

/**
 * One process as its Deployment and its pods of the release show it; `deployment` is undefined where it is not there yet.
 * `replicas`: how many there shall be, where the Deployment may not yet know.
 */
export function observeProcess(
  name: string,
  release: number,
  deployment: Deployment | undefined,
  pods: readonly Pod[],
  replicas?: number,
): ObservedProcess {
  const shown = deployment?.spec.replicas ?? 1;
  const desired = replicas ?? shown;
  const status = deployment?.status;
  const updated = status?.updatedReplicas ?? 0;
  const available = status?.availableReplicas ?? 0;
  const seen = deployment !== undefined && (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0);
  const ofRelease = deployment?.metadata.labels?.['slipway.dev/release'] === String(release);
  const complete =
    seen &&
    ofRelease &&
    shown === desired &&
    updated === desired &&
    (status?.replicas ?? 0) === updated &&
    available === desired;
  const base = { name, desired, updated, available, complete };
  if (complete) return base;
  const own = pods.filter((pod) => pod.metadata.labels?.['slipway.dev/release'] === String(release));
  const failure =
    own.map(explainFailure).find((text) => text !== undefined) ?? (seen ? explainStall(deployment, own) : undefined);
  return failure ? { ...base, failure } : { ...base, waiting: own.map(explainWait).find((text) => text !== undefined) };
}

/** Why more waiting cannot help a pod; undefined where it may. */
export function explainFailure(pod: Pod): string | undefined {
  for (const container of pod.status?.containerStatuses ?? []) {
    const waiting = container.state?.waiting;
    if (waiting?.reason === 'ImagePullBackOff' || waiting?.reason === 'InvalidImageName') {
      return `the image cannot be pulled: ${waiting.message ?? waiting.reason}`;
    }
    if (waiting?.reason === 'CreateContainerConfigError' || waiting?.reason === 'RunContainerError') {
      return `the container cannot be started: ${waiting.message ?? waiting.reason}`;
    }
    if ((container.restartCount ?? 0) >= crashLimit && container.ready !== true) return explainExit(container);
  }
  return undefined;
}

function explainExit(container: ContainerStatus): string {
  const last = container.lastState?.terminated ?? container.state?.terminated;
  const times = `${container.restartCount} restarts`;
  if (!last) return `the process keeps stopping (${times}): see its log.`;
  if (last.reason === 'OOMKilled') return `the process ran out of memory (${times}): raise its memory limit.`;
  return `the process keeps exiting with code ${last.exitCode} (${times}): see its log.`;
}

function explainStall(deployment: Deployment, pods: readonly Pod[]): string | undefined {
  const progressing = deployment.status?.conditions?.find((condition) => condition.type === 'Progressing');
  if (progressing?.reason !== 'ProgressDeadlineExceeded') return undefined;
  return (
    pods.map(explainWait).find((text) => text !== undefined) ??
    progressing.message ??
    'it made no progress before its deadline.'
  );
}

function explainWait(pod: Pod): string | undefined {
  const unscheduled = pod.status?.conditions?.find(
    (condition) => condition.type === 'PodScheduled' && condition.status === 'False',
  );
  if (unscheduled) return `no node can take a pod: ${unscheduled.message ?? unscheduled.reason ?? 'unknown'}`;
  for (const container of pod.status?.containerStatuses ?? []) {
    const waiting = container.state?.waiting;
    if (waiting?.reason === 'ErrImagePull')
      return `the image cannot be pulled yet: ${waiting.message ?? waiting.reason}`;
    if (waiting?.reason === 'CrashLoopBackOff') return explainExit(container);
    if (container.state?.running && !container.ready)
      return 'a process runs but its readiness probe does not succeed: does it listen on its PORT?';
  }
  return undefined;
}
