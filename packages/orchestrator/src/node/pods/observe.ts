import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container as ContainerSpec, Pod } from '../../kinds/index.js';
import { type ContainerRuntime, type ContainerStatus, containerAnnotations } from '../cri/types.js';
import { readLogTail } from '../logs/read-log.js';
import type { ImagePuller } from './images.js';
import {
  containersOf,
  newestOf,
  type Observed,
  type ObservedContainer,
  type ObservedSandbox,
  type StartFailure,
} from './observed.js';
import { type PodPaths, podPaths } from './paths.js';
import type { Probes } from './probes.js';

/** What the agent remembers of one pod between two looks; lost at a restart, when it is no worse than forgotten. */
export interface PodMemory {
  readonly stopping: Set<string>;
  readonly leaving: Set<string>;
  readonly startFailures: Map<string, StartFailure>;
  readonly backoff: Map<string, { delayMs: number; startedAtMs: number }>;
  sandboxFailure?: { message: string; retryAtMs: number };
  cleaned: boolean;
  /** Its deadline has passed, and an event says so. */
  isLate?: boolean;
  volumesReadyAtMs?: number;
  /** Exited containers do not change any more. */
  readonly exited: Map<string, ObservedContainer>;
  readonly running: Map<string, ObservedContainer>;
  readonly sandboxIps: Map<string, string>;
}

export function createPodMemory(): PodMemory {
  return {
    stopping: new Set(),
    leaving: new Set(),
    startFailures: new Map(),
    backoff: new Map(),
    cleaned: false,
    exited: new Map(),
    running: new Map(),
    sandboxIps: new Map(),
  };
}

export interface ObserveTools {
  readonly runtime: ContainerRuntime;
  readonly images: ImagePuller;
  readonly probes: Probes;
  readonly directory: string;
}

const mostMessageBytes = 4096;

/**
 * Reads all that the runtime knows of a pod: what its probes say is known when they have begun. `pod` is the API's; a pod that is gone
 * there is given as a deleted one.
 */
export async function observePod(pod: Pod, memory: PodMemory, tools: ObserveTools): Promise<Omit<Observed, 'probes'>> {
  const { runtime } = tools;
  const uid = pod.metadata.uid ?? '';
  const [criSandboxes, criContainers] = await Promise.all([runtime.listSandboxes(uid), runtime.listContainers(uid)]);
  const sandboxes: ObservedSandbox[] = [];
  for (const one of criSandboxes) {
    const ready = one.state === 'SANDBOX_READY';
    let ip = memory.sandboxIps.get(one.id);
    if (ip === undefined && ready) {
      ip = (await runtime.findSandbox(one.id))?.network?.ip ?? '';
      if (ip !== '') memory.sandboxIps.set(one.id, ip);
    }
    sandboxes.push({
      id: one.id,
      attempt: one.metadata.attempt,
      ready,
      createdAtMs: one.createdAt / 1e6,
      ip: ip ?? '',
    });
  }
  sandboxes.sort((a, b) => b.createdAtMs - a.createdAtMs);

  const containers: ObservedContainer[] = [];
  const paths = podPaths(tools.directory, uid);
  for (const one of [...criContainers].sort(
    (a, b) => b.metadata.attempt - a.metadata.attempt || b.createdAt - a.createdAt,
  )) {
    const known =
      memory.exited.get(one.id) ?? (one.state === 'CONTAINER_RUNNING' ? memory.running.get(one.id) : undefined);
    if (known) {
      containers.push(known);
      continue;
    }
    const status = await runtime.findContainer(one.id);
    if (!status) continue;
    const spec = findSpec(pod, status.metadata.name);
    const observed = await toObserved(status, one.podSandboxId, spec, paths);
    if (observed.state === 'CONTAINER_EXITED') memory.exited.set(one.id, observed);
    if (observed.state === 'CONTAINER_RUNNING') memory.running.set(one.id, observed);
    containers.push(observed);
  }
  forgetGone(memory, new Set(criContainers.map((one) => one.id)), tools.probes);
  const deleting = pod.metadata.deletionTimestamp !== undefined;
  return {
    pod,
    sandboxes,
    containers,
    images: deleting ? {} : await observeImages(pod, containers, sandboxes[0], tools.images),
    backoffUntilMs: Object.fromEntries(
      containers.flatMap((one) => {
        const entry = memory.backoff.get(one.name);
        return entry && newestOf({ containers }, one.name) === one
          ? [[one.name, one.finishedAtMs + entry.delayMs]]
          : [];
      }),
    ),
    startFailures: Object.fromEntries(memory.startFailures),
    sandboxFailure: memory.sandboxFailure,
    stopping: new Set(memory.stopping),
    leaving: new Set(memory.leaving),
    cleaned: memory.cleaned,
  };
}

export function findSpec(pod: Pod, name: string): ReturnType<typeof containersOf>[number] | undefined {
  return containersOf(pod).find((one) => one.name === name);
}

async function observeImages(
  pod: Pod,
  containers: readonly ObservedContainer[],
  sandbox: ObservedSandbox | undefined,
  images: ImagePuller,
): Promise<Observed['images']> {
  const states: Record<string, Observed['images'][string]> = {};
  for (const spec of containersOf(pod)) {
    const newest = newestOf({ containers }, spec.name);
    if (newest?.state === 'CONTAINER_RUNNING' && newest.sandboxId === sandbox?.id) continue;
    states[spec.name] = await images.stateOf(pod, spec, newest ? newest.attempt + 1 : 0);
  }
  return states;
}

async function toObserved(
  status: ContainerStatus,
  sandboxId: string,
  spec: ContainerSpec | undefined,
  paths: PodPaths,
): Promise<ObservedContainer> {
  const { name, attempt } = status.metadata;
  const exited = status.state === 'CONTAINER_EXITED';
  return {
    id: status.id,
    name,
    attempt,
    sandboxId,
    state: status.state,
    startedAtMs: (status.startedAt || status.createdAt) / 1e6,
    finishedAtMs: status.finishedAt / 1e6,
    exitCode: status.exitCode,
    reason: status.reason,
    message: exited ? await terminationMessage(status, spec, paths) : '',
    image: status.annotations[containerAnnotations.specImage] || status.image.image,
    imageId: status.imageRef,
    specImage: status.annotations[containerAnnotations.specImage] ?? '',
  };
}

async function terminationMessage(
  status: ContainerStatus,
  spec: ContainerSpec | undefined,
  paths: PodPaths,
): Promise<string> {
  const { name, attempt } = status.metadata;
  const written = await readFile(paths.terminationLog(name, attempt), 'utf8').catch(() => '');
  if (written !== '') return written.slice(0, mostMessageBytes);
  if (spec?.terminationMessagePolicy === 'FallbackToLogsOnError' && status.exitCode !== 0) {
    return readLogTail(join(paths.logs, paths.logFile(name, attempt)), 80, 2048).catch(() => '');
  }
  return status.exitCode === 0 ? '' : status.message;
}

function forgetGone(memory: PodMemory, present: ReadonlySet<string>, probes: Probes): void {
  for (const map of [memory.exited, memory.running]) {
    for (const id of map.keys()) if (!present.has(id)) map.delete(id);
  }
  for (const ids of [memory.stopping, memory.leaving]) for (const id of ids) if (!present.has(id)) ids.delete(id);
  for (const id of memory.exited.keys()) {
    memory.running.delete(id);
    memory.stopping.delete(id);
    memory.leaving.delete(id);
    probes.stop(id);
  }
}
