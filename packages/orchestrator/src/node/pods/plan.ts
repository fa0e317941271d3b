import type { Container as ContainerSpec } from '../../kinds/index.js';
import { deadlineExceeded, deadlineOf, exceedsDeadline, isOver } from './deadline.js';
import {
  isLive,
  isSidecar,
  newestOf,
  type Observed,
  type ObservedContainer,
  type ObservedSandbox,
} from './observed.js';

/** One idempotent step. `why` is for people. */
export type PodAction =
  | { readonly do: 'create-sandbox'; readonly attempt: number; readonly why: string }
  | { readonly do: 'stop-sandbox'; readonly sandboxId: string; readonly why: string }
  | { readonly do: 'remove-sandbox'; readonly sandboxId: string; readonly why: string }
  | { readonly do: 'pull-image'; readonly container: string; readonly attempt: number; readonly why: string }
  | {
      readonly do: 'start-container';
      readonly container: string;
      readonly attempt: number;
      readonly sandboxId: string;
      readonly why: string;
    }
  | {
      readonly do: 'stop-container';
      readonly container: string;
      readonly id: string;
      readonly graceSeconds: number;
      readonly why: string;
    }
  | { readonly do: 'remove-container'; readonly id: string; readonly why: string }
  | { readonly do: 'clean-up'; readonly why: string }
  | { readonly do: 'finish-deletion'; readonly why: string };

export interface PodPlan {
  readonly actions: readonly PodAction[];
  /** Look again after this long even if nothing happens. */
  readonly waitMs?: number;
}

const defaultGraceSeconds = 30;

/**
 * The next steps that bring a pod closer to its spec. Pure: planning again after the steps were applied yields nothing
 * until the world changes or `waitMs` has passed.
 */
export function planPod(observed: Observed, nowMs: number): PodPlan {
  const plan = new Plan();
  const { pod } = observed;
  if (pod.metadata.deletionTimestamp !== undefined) planDeletion(observed, nowMs, plan);
  else if (exceedsDeadline(observed, nowMs)) planEnd(observed, deadlineExceeded.message, plan);
  else if (isOver(pod) || isFinished(observed)) planEnd(observed, 'pod has ended', plan);
  else {
    planRun(observed, nowMs, plan);
    const deadlineMs = deadlineOf(pod);
    if (deadlineMs !== undefined) plan.wait(deadlineMs - nowMs);
  }
  return plan.result();
}

/** Every main container has ended and none may restart, or an init container failed for good. */
export function isFinished(observed: Observed): boolean {
  const spec = observed.pod.spec;
  if (!spec || spec.restartPolicy === 'Always' || spec.restartPolicy === undefined) return false;
  const ended = (container: ContainerSpec): 'succeeded' | 'failed' | undefined => {
    const newest = newestOf(observed, container.name);
    if (newest?.state !== 'CONTAINER_EXITED') return undefined;
    return newest.exitCode === 0 ? 'succeeded' : 'failed';
  };
  const initFailed = (spec.initContainers ?? []).some((one) => !isSidecar(one) && ended(one) === 'failed');
  if (initFailed && spec.restartPolicy === 'Never') return true;
  const ends = spec.containers.map(ended);
  return ends.every((end) => end === 'succeeded' || (end === 'failed' && spec.restartPolicy === 'Never'));
}

function planDeletion(observed: Observed, nowMs: number, plan: Plan): void {
  const { pod } = observed;
  const live = observed.containers.filter(isLive);
  const deadline = Date.parse(pod.metadata.deletionTimestamp ?? '');
  const graceSeconds = Math.max(0, Math.ceil((deadline - nowMs) / 1000));
  for (const container of live) {
    if (observed.stopping.has(container.id)) continue;
    plan.add({
      do: 'stop-container',
      container: container.name,
      id: container.id,
      graceSeconds,
      why: 'pod is deleted',
    });
  }
  if (live.length > 0) return;
  for (const sandbox of observed.sandboxes) {
    plan.add({ do: 'remove-sandbox', sandboxId: sandbox.id, why: 'pod is deleted' });
  }
  if (!observed.cleaned) plan.add({ do: 'clean-up', why: 'pod is deleted' });
  plan.add({ do: 'finish-deletion', why: 'nothing of the pod is left on the node' });
}

function planEnd(observed: Observed, why: string, plan: Plan): void {
  const live = observed.containers.filter(isLive);
  const graceSeconds = observed.pod.spec?.terminationGracePeriodSeconds ?? defaultGraceSeconds;
  for (const container of live) {
    if (observed.stopping.has(container.id)) continue;
    plan.add({ do: 'stop-container', container: container.name, id: container.id, graceSeconds, why });
  }
  if (live.length > 0) return;
  for (const sandbox of observed.sandboxes) {
    if (sandbox.ready) plan.add({ do: 'stop-sandbox', sandboxId: sandbox.id, why });
  }
}

function planRun(observed: Observed, nowMs: number, plan: Plan): void {
  const sandbox = observed.sandboxes[0];
  if (!sandbox?.ready || (sandbox.ip === '' && !observed.pod.spec?.hostNetwork)) {
    planNewSandbox(observed, nowMs, plan);
    return;
  }
  for (const old of observed.sandboxes.slice(1)) {
    if (old.ready) plan.add({ do: 'stop-sandbox', sandboxId: old.id, why: 'a newer sandbox runs' });
  }
  const spec = observed.pod.spec;
  const inits = spec?.initContainers ?? [];
  const mains = spec?.containers ?? [];
  // Once a main container has been created, every init container is known to have ended, even if it was removed since.
  const initialized = mains.some((one) => currentOf(observed, sandbox, one.name) !== undefined);
  planEphemeral(observed, sandbox, nowMs, plan);
  let mayGoOn = true;
  for (const container of inits) {
    if (isSidecar(container)) {
      if (mayGoOn || initialized) planContainer(observed, sandbox, container, 'Always', nowMs, plan);
      const current = currentOf(observed, sandbox, container.name);
      if (!(current && isLive(current) && observed.probes[current.id]?.started !== false)) mayGoOn = false;
      continue;
    }
    if (initialized || !mayGoOn) continue;
    const current = currentOf(observed, sandbox, container.name);
    if (current?.state === 'CONTAINER_EXITED' && current.exitCode === 0) continue;
    const policy = spec?.restartPolicy === 'Never' ? 'Never' : 'OnFailure';
    planContainer(observed, sandbox, container, policy, nowMs, plan);
    mayGoOn = false;
  }
  if (mayGoOn || initialized) {
    for (const container of mains) {
      planContainer(observed, sandbox, container, spec?.restartPolicy ?? 'Always', nowMs, plan);
    }
  }
  planRemovals(observed, plan);
}

/** They wait for nothing and run once: what has run, in whatever sandbox, is never started again. */
function planEphemeral(observed: Observed, sandbox: ObservedSandbox, nowMs: number, plan: Plan): void {
  for (const container of observed.pod.spec?.ephemeralContainers ?? []) {
    const newest = newestOf(observed, container.name);
    if (newest && newest.sandboxId !== sandbox.id) continue;
    planContainer(observed, sandbox, container, 'Never', nowMs, plan);
  }
}

function planNewSandbox(observed: Observed, nowMs: number, plan: Plan): void {
  const failure = observed.sandboxFailure;
  if (failure && failure.retryAtMs > nowMs) {
    plan.wait(failure.retryAtMs - nowMs);
    return;
  }
  const live = observed.containers.filter(isLive);
  for (const container of live) {
    if (observed.stopping.has(container.id)) continue;
    plan.add({
      do: 'stop-container',
      container: container.name,
      id: container.id,
      graceSeconds: 0,
      why: 'its sandbox is gone',
    });
  }
  if (live.length > 0) return;
  for (const old of observed.sandboxes) {
    // A stopped sandbox keeps its dead containers, whose state the pod still reports; only its network is given back.
    plan.add({ do: 'stop-sandbox', sandboxId: old.id, why: 'it is not ready' });
  }
  const attempt = (observed.sandboxes[0]?.attempt ?? -1) + 1;
  plan.add({ do: 'create-sandbox', attempt, why: attempt === 0 ? 'pod has no sandbox' : 'the sandbox is not ready' });
}

function planContainer(
  observed: Observed,
  sandbox: ObservedSandbox,
  container: ContainerSpec,
  policy: string,
  nowMs: number,
  plan: Plan,
): void {
  const { name } = container;
  const newest = newestOf(observed, name);
  const current = newest?.sandboxId === sandbox.id ? newest : undefined;
  const attempt = newest ? newest.attempt + 1 : 0;
  if (!current) {
    planStart(observed, sandbox, container, attempt, newest ? 'the sandbox is new' : 'not started yet', nowMs, plan);
    return;
  }
  switch (current.state) {
    case 'CONTAINER_CREATED':
      plan.add({ do: 'remove-container', id: current.id, why: 'it was created but never started' });
      planStart(observed, sandbox, container, current.attempt, 'its start was cut short', nowMs, plan);
      return;
    case 'CONTAINER_UNKNOWN':
      planStop(observed, container, current, 'its state is unknown', plan);
      return;
    case 'CONTAINER_RUNNING': {
      const unhealthy = observed.probes[current.id]?.unhealthy;
      if (unhealthy !== undefined) planStop(observed, container, current, unhealthy, plan);
      else if (current.specImage !== '' && current.specImage !== container.image) {
        planStop(observed, container, current, `image changes to ${container.image}`, plan);
      }
      return;
    }
    case 'CONTAINER_EXITED': {
      if (policy === 'Never' || (policy === 'OnFailure' && current.exitCode === 0)) return;
      const untilMs = observed.backoffUntilMs[name] ?? 0;
      if (untilMs > nowMs) plan.wait(untilMs - nowMs);
      else planStart(observed, sandbox, container, attempt, `exited with ${current.exitCode}`, nowMs, plan);
      return;
    }
  }
}

function planStop(observed: Observed, spec: ContainerSpec, current: ObservedContainer, why: string, plan: Plan): void {
  if (observed.stopping.has(current.id)) return;
  const pod = observed.pod.spec?.terminationGracePeriodSeconds ?? defaultGraceSeconds;
  const own = spec.livenessProbe?.terminationGracePeriodSeconds;
  plan.add({ do: 'stop-container', container: current.name, id: current.id, graceSeconds: own ?? pod, why });
}

function planStart(
  observed: Observed,
  sandbox: ObservedSandbox,
  container: ContainerSpec,
  attempt: number,
  why: string,
  nowMs: number,
  plan: Plan,
): void {
  const { name } = container;
  const failure = observed.startFailures[name];
  if (failure && failure.retryAtMs > nowMs) {
    plan.wait(failure.retryAtMs - nowMs);
    return;
  }
  const image = observed.images[name] ?? { state: 'absent' };
  switch (image.state) {
    case 'present':
      plan.add({ do: 'start-container', container: name, attempt, sandboxId: sandbox.id, why });
      return;
    case 'absent':
      plan.add({ do: 'pull-image', container: name, attempt, why: `${container.image} is wanted` });
      return;
    case 'failed':
      // The error is shown for a second before the status says that it waits.
      if (image.retryAtMs > nowMs) plan.wait(image.backingOff ? image.retryAtMs - nowMs : 1000);
      else plan.add({ do: 'pull-image', container: name, attempt, why: 'the pull failed before' });
      return;
    case 'pulling':
    case 'never':
      return;
  }
}

/** Keeps the newest attempt and the one before it, whose log `--previous` shows. */
function planRemovals(observed: Observed, plan: Plan): void {
  const seen = new Map<string, number>();
  for (const container of observed.containers) {
    const count = (seen.get(container.name) ?? 0) + 1;
    seen.set(container.name, count);
    if (count > 2 && !isLive(container)) {
      plan.add({ do: 'remove-container', id: container.id, why: 'two newer attempts are kept' });
    }
  }
}

function currentOf(observed: Observed, sandbox: ObservedSandbox, name: string): ObservedContainer | undefined {
  const newest = newestOf(observed, name);
  return newest?.sandboxId === sandbox.id ? newest : undefined;
}

class Plan {
  private readonly actions: PodAction[] = [];
  private waitMs: number | undefined;

  add(action: PodAction): void {
    this.actions.push(action);
  }

  wait(milliseconds: number): void {
    this.waitMs = Math.min(this.waitMs ?? Number.POSITIVE_INFINITY, Math.max(1, milliseconds));
  }

  result(): PodPlan {
    return { actions: this.actions, waitMs: this.waitMs };
  }
}
