import type { Pod } from '../../kinds/index.js';
import { isLive, newestOf, type Observed } from './observed.js';

/** As kubelets say it: programs look for the reason. */
export const deadlineExceeded = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
} as const;

/** When `activeDeadlineSeconds` are over, counted from when the node took the pod up; undefined where it has none. */
export function deadlineOf({ spec, status }: Pod): number | undefined {
  const startedAtMs = Date.parse(status?.startTime ?? '');
  if (spec?.activeDeadlineSeconds === undefined || Number.isNaN(startedAtMs)) return undefined;
  return startedAtMs + spec.activeDeadlineSeconds * 1000;
}

/** Is its time over, and something of it still went on then? What is over or being deleted has no deadline any more. */
export function exceedsDeadline(observed: Observed, nowMs: number): boolean {
  const { pod } = observed;
  const deadlineMs = deadlineOf(pod);
  if (deadlineMs === undefined || nowMs < deadlineMs || pod.metadata.deletionTimestamp !== undefined) return false;
  return !isOver(pod) && !endedBefore(observed, deadlineMs);
}

/** The API already knows that the pod has ended: it never runs again. */
export function isOver({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Its containers had ended for good by then, and only the look at them is late. */
function endedBefore(observed: Observed, deadlineMs: number): boolean {
  const { spec } = observed.pod;
  if (!spec || spec.restartPolicy === 'Always' || spec.restartPolicy === undefined) return false;
  if (observed.containers.some(isLive)) return false;
  const mains = spec.containers.map(({ name }) => newestOf(observed, name));
  const isForGood = (exitCode: number): boolean => exitCode === 0 || spec.restartPolicy === 'Never';
  return mains.every(
    (one) => one?.state === 'CONTAINER_EXITED' && isForGood(one.exitCode) && one.finishedAtMs <= deadlineMs,
  );
}
