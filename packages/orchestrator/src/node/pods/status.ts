import type {
  Container as ContainerSpec,
  ContainerState,
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
} from '../../kinds/index.js';
import { toTime } from '../../runtime/index.js';
import { deadlineExceeded, exceedsDeadline } from './deadline.js';
import { isLive, isSidecar, newestOf, type Observed, type ObservedContainer } from './observed.js';
import { isFinished } from './plan.js';
import { qosClassOf } from './pod-resources.js';

/** The pod's status as the API shall show it; pure. Conditions keep their transition time while they do not change. */
export function toPodStatus(observed: Observed, hostIp: string, nowMs: number): PodStatus {
  const { pod } = observed;
  const spec = pod.spec;
  const before = pod.status;
  const inits = spec?.initContainers ?? [];
  const mains = spec?.containers ?? [];
  const initStatuses = inits.map((one) => toContainerStatus(observed, one, true, nowMs));
  const statuses = mains.map((one) => toContainerStatus(observed, one, false, nowMs));
  const ephemerals = (spec?.ephemeralContainers ?? []).map((one) => toEphemeralStatus(observed, one, nowMs));
  // Told once nothing of it runs any more: who hears of the end may rely on it.
  const isLate = exceedsDeadline(observed, nowMs) && !observed.containers.some(isLive);
  const phase = isLate ? 'Failed' : phaseOf(observed, statuses);
  const { reason, message } = isLate ? deadlineExceeded : { reason: before?.reason, message: before?.message };
  const over = phase === 'Succeeded' || phase === 'Failed';
  const sandbox = observed.sandboxes[0];
  const podIp = spec?.hostNetwork ? hostIp : sandbox?.ip || before?.podIP || '';

  const pendingInits = inits.filter((one, index) => !initDone(one, initStatuses[index]));
  const hasRun = statuses.some((one) => one.state?.running || one.state?.terminated || one.lastState?.terminated);
  const initialized = over || hasRun || pendingInits.length === 0;
  const unready = over ? [] : [...statuses, ...sidecarStatuses(inits, initStatuses)].filter((one) => !one.ready);
  const gates = (spec?.readinessGates ?? []).map((gate) => gate.conditionType);
  const openGates = gates.filter((type) => before?.conditions?.find((one) => one.type === type)?.status !== 'True');
  const completed = { status: 'False', reason: 'PodCompleted' } as const;
  const containersReady: Verdict =
    over && phase === 'Succeeded'
      ? completed
      : over
        ? { status: 'False', reason: 'PodFailed' }
        : unready.length > 0
          ? {
              status: 'False',
              reason: 'ContainersNotReady',
              message: `containers with unready status: [${unready.map((one) => one.name).join(' ')}]`,
            }
          : { status: 'True' };
  const ready: Verdict =
    containersReady.status === 'True' && openGates.length > 0
      ? {
          status: 'False',
          reason: 'ReadinessGatesNotReady',
          message: `the status of pod readiness gate "${openGates[0]}" is not "True"`,
        }
      : containersReady;
  const verdicts: Readonly<Record<string, Verdict>> = {
    PodReadyToStartContainers: { status: sandbox?.ready ? 'True' : 'False' },
    Initialized:
      phase === 'Succeeded'
        ? { status: 'True', reason: 'PodCompleted' }
        : initialized
          ? { status: 'True' }
          : {
              status: 'False',
              reason: 'ContainersNotInitialized',
              message: `containers with incomplete status: [${pendingInits.map((one) => one.name).join(' ')}]`,
            },
    Ready: ready,
    ContainersReady: containersReady,
    PodScheduled: { status: 'True' },
  };
  const conditions = mergeConditions(before?.conditions ?? [], verdicts, pod.metadata.generation, nowMs);
  return {
    phase,
    conditions,
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(podIp !== '' && { podIP: podIp, podIPs: [{ ip: podIp }] }),
    startTime: before?.startTime ?? toTime(nowMs),
    qosClass: qosClassOf(pod),
    ...(inits.length > 0 && { initContainerStatuses: initStatuses }),
    containerStatuses: statuses,
    ...(ephemerals.length > 0 && { ephemeralContainerStatuses: ephemerals }),
    ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
  };
}

interface Verdict {
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

function mergeConditions(
  before: readonly PodCondition[],
  verdicts: Readonly<Record<string, Verdict>>,
  generation: number | undefined,
  nowMs: number,
): PodCondition[] {
  const own = Object.entries(verdicts).map(([type, verdict]): PodCondition => {
    const old = before.find((one) => one.type === type);
    return {
      type,
      status: verdict.status,
      lastTransitionTime:
        old?.status === verdict.status && old.lastTransitionTime ? old.lastTransitionTime : toTime(nowMs),
      ...(verdict.reason !== undefined && { reason: verdict.reason }),
      ...(verdict.message !== undefined && { message: verdict.message }),
      ...(generation !== undefined && { observedGeneration: generation }),
    };
  });
  return [...own, ...before.filter((one) => !(one.type in verdicts))];
}

function phaseOf(observed: Observed, statuses: readonly ContainerStatus[]): string {
  const known = observed.pod.status?.phase;
  if (known === 'Succeeded' || known === 'Failed') return known;
  const deleting = observed.pod.metadata.deletionTimestamp !== undefined;
  const ended = statuses.filter((one) => one.state?.terminated !== undefined);
  if (isFinished(observed) || (deleting && statuses.length > 0 && ended.length === statuses.length)) {
    const succeeded = ended.length === statuses.length && ended.every((one) => one.state?.terminated?.exitCode === 0);
    return succeeded ? 'Succeeded' : 'Failed';
  }
  const ran = statuses.some((one) => one.state?.running || one.state?.terminated || one.lastState?.terminated);
  return ran ? 'Running' : 'Pending';
}

function toContainerStatus(observed: Observed, spec: ContainerSpec, isInit: boolean, nowMs: number): ContainerStatus {
  const attempts = observed.containers.filter((one) => one.name === spec.name);
  const newest = newestOf(observed, spec.name);
  const earlier = attempts[1];
  const sandbox = observed.sandboxes[0];
  const verdict = newest ? observed.probes[newest.id] : undefined;
  const running = newest?.state === 'CONTAINER_RUNNING';
  const started = running && verdict?.started !== false;
  const isLeaving = newest !== undefined && observed.leaving.has(newest.id);
  const waiting = waitingReason(observed, spec, newest, sandbox?.ready === true, nowMs);
  const sidecar = isInit && isSidecar(spec);
  let state: ContainerState;
  let lastState: ContainerState = {};
  if (running) {
    state = { running: { startedAt: toTime(newest.startedAtMs) } };
    if (earlier) lastState = { terminated: toTerminated(earlier) };
  } else if (newest?.state === 'CONTAINER_EXITED' && !waiting) {
    state = { terminated: toTerminated(newest) };
    if (earlier) lastState = { terminated: toTerminated(earlier) };
  } else if (newest?.state === 'CONTAINER_EXITED') {
    state = { waiting };
    lastState = { terminated: toTerminated(newest) };
  } else {
    state = { waiting: waiting ?? { reason: 'ContainerCreating' } };
  }
  const ready =
    isInit && !sidecar
      ? newest?.state === 'CONTAINER_EXITED' && newest.exitCode === 0
      : started && !isLeaving && (spec.readinessProbe === undefined || verdict?.ready === true);
  return {
    name: spec.name,
    state,
    lastState,
    ready,
    restartCount: newest?.attempt ?? 0,
    image: newest?.image ?? spec.image ?? '',
    imageID: newest?.imageId ?? '',
    ...(newest && { containerID: `containerd://${newest.id}` }),
    started: isInit && !sidecar ? running : started,
    ...(spec.resources && running && { resources: spec.resources }),
  };
}

/** Nothing asks an ephemeral container whether it is ready or has started. */
function toEphemeralStatus(observed: Observed, spec: ContainerSpec, nowMs: number): ContainerStatus {
  const { started: _started, ...status } = toContainerStatus(observed, spec, false, nowMs);
  return { ...status, ready: false };
}

/** Undefined: the container is not to run (again), or runs. */
function waitingReason(
  observed: Observed,
  spec: ContainerSpec,
  newest: ObservedContainer | undefined,
  sandboxReady: boolean,
  nowMs: number,
): ContainerState['waiting'] {
  const { pod } = observed;
  if (newest?.state === 'CONTAINER_RUNNING') return undefined;
  const isEnding = pod.metadata.deletionTimestamp !== undefined || exceedsDeadline(observed, nowMs);
  if (newest && (isEnding || isFinished(observed))) return undefined;
  if (newest?.state === 'CONTAINER_EXITED') {
    const policy = restartPolicyOf(pod, spec);
    if (policy === 'Never' || (policy === 'OnFailure' && newest.exitCode === 0)) return undefined;
  }
  const failure = observed.startFailures[spec.name];
  if (failure) return { reason: failure.reason, message: failure.message };
  const image = observed.images[spec.name];
  if (image?.state === 'failed') {
    return { reason: image.backingOff ? 'ImagePullBackOff' : 'ErrImagePull', message: image.message };
  }
  if (image?.state === 'never') {
    return {
      reason: 'ErrImageNeverPull',
      message: `Container image "${spec.image}" is not present with pull policy of Never`,
    };
  }
  const untilMs = observed.backoffUntilMs[spec.name] ?? 0;
  if (newest?.state === 'CONTAINER_EXITED' && untilMs > nowMs) {
    return {
      reason: 'CrashLoopBackOff',
      message: `back-off restarting failed container=${spec.name} pod=${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`,
    };
  }
  // Between the exit and the next start a moment passes: the exit is what there is to tell.
  if (newest?.state === 'CONTAINER_EXITED' && sandboxReady) return undefined;
  const hasInits = (pod.spec?.initContainers ?? []).length > 0;
  const isMain = pod.spec?.containers.some((one) => one.name === spec.name) === true;
  return { reason: isMain && hasInits ? 'PodInitializing' : 'ContainerCreating' };
}

function restartPolicyOf(pod: Pod, spec: ContainerSpec): string | undefined {
  const isAmong = (list: readonly ContainerSpec[] | undefined) => list?.some((one) => one.name === spec.name) === true;
  if (isAmong(pod.spec?.ephemeralContainers)) return 'Never';
  if (isSidecar(spec)) return 'Always';
  const isInit = isAmong(pod.spec?.initContainers);
  return isInit && pod.spec?.restartPolicy !== 'Never' ? 'OnFailure' : pod.spec?.restartPolicy;
}

function toTerminated(container: ObservedContainer): NonNullable<ContainerState['terminated']> {
  return {
    exitCode: container.exitCode,
    ...(container.exitCode > 128 && container.exitCode < 160 && { signal: container.exitCode - 128 }),
    reason: container.reason || (container.exitCode === 0 ? 'Completed' : 'Error'),
    ...(container.message !== '' && { message: container.message }),
    startedAt: toTime(container.startedAtMs),
    finishedAt: toTime(container.finishedAtMs),
    containerID: `containerd://${container.id}`,
  };
}

function initDone(spec: ContainerSpec, status: ContainerStatus | undefined): boolean {
  return isSidecar(spec) ? status?.started === true : status?.state?.terminated?.exitCode === 0;
}

function sidecarStatuses(specs: readonly ContainerSpec[], statuses: readonly ContainerStatus[]): ContainerStatus[] {
  return statuses.filter((_, index) => isSidecar(specs[index]!));
}

/** True where nothing that a reader would notice differs. */
export function sameStatus(a: Pod['status'], b: PodStatus): boolean {
  return JSON.stringify(sortKeys(a ?? {})) === JSON.stringify(sortKeys(b));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined && one !== null);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sortKeys(one)]));
}
