import type { Pod } from '@slipway/orchestrator/kinds';
import type { PodAnswer } from './pods.dto.js';

/** A pod as its owner sees it. */
export function toPodAnswer(pod: Pod): PodAnswer {
  const { labels = {}, name = '', deletionTimestamp } = pod.metadata;
  const statuses = pod.status?.containerStatuses ?? [];
  const release = Number(labels['slipway.dev/release']);
  return {
    name,
    process: labels['slipway.dev/process'] ?? '',
    release: Number.isInteger(release) ? release : null,
    phase: deletionTimestamp ? 'Terminating' : (pod.status?.phase ?? 'Unknown'),
    ready:
      pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false,
    restarts: statuses.reduce((sum, status) => sum + (status.restartCount ?? 0), 0),
    startedAt: pod.status?.startTime ?? null,
    node: pod.spec?.nodeName ?? null,
    ip: pod.status?.podIP ?? null,
    message: messageOf(pod),
    containers: statuses.map((status) => ({
      name: status.name,
      image: status.image ?? '',
      ready: status.ready ?? false,
      restarts: status.restartCount ?? 0,
      state: stateOf(status.state),
    })),
  };
}

type ContainerState = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number]['state'];

function stateOf(state: ContainerState): string {
  if (state?.running) return 'running';
  if (state?.terminated) return `terminated: ${state.terminated.reason ?? `exit code ${state.terminated.exitCode}`}`;
  return state?.waiting?.reason ? `waiting: ${state.waiting.reason}` : 'waiting';
}

function messageOf(pod: Pod): string | null {
  const waiting = pod.status?.containerStatuses
    ?.map((status) => status.state?.waiting)
    .find((state) => state !== undefined);
  const failing = pod.status?.conditions?.find((condition) => condition.status === 'False' && condition.message);
  return pod.status?.message ?? waiting?.message ?? waiting?.reason ?? failing?.message ?? null;
}

/** `90s`, `5m`, `1h` in seconds. */
export function parseSeconds(duration: string): number {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
  return Number(duration.slice(0, -1)) * (units[duration.slice(-1)] ?? 1);
}

/** A log line of the Kubernetes API with `timestamps`: `2026-01-01T00:00:00.000000000Z text`. */
export function parseLogLine(line: string): { at: string | null; text: string } {
  const [, at, text] = /^(\d{4}-\d\d-\d\dT\S+) (.*)$/s.exec(line) ?? [];
  return at === undefined ? { at: null, text: line } : { at, text: text ?? '' };
}
