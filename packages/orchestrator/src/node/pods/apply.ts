import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Container as ContainerSpec, Pod } from '../../kinds/index.js';
import type { Clock, Logger } from '../../runtime/index.js';
import type { ContainerRuntime, CriMount } from '../cri/types.js';
import { expand, PodConfigError, type PodFacts, resolveEnvironment } from './environment.js';
import type { ImagePuller } from './images.js';
import { findSpec, type PodMemory } from './observe.js';
import { newestOf, type Observed, type StartFailure } from './observed.js';
import { type PodPaths, podPaths } from './paths.js';
import type { PodAction } from './plan.js';
import type { PodReader } from './pod-reader.js';
import { runCheck } from './probe-actions.js';
import { type ClusterDns, fullHostnameOf, hostnameOf, toContainerConfig, toSandboxConfig } from './sandbox-config.js';
import { prepareVolumes, removePodFiles, resolveMounts } from './volumes.js';

export interface ApplyTools {
  readonly runtime: ContainerRuntime;
  readonly images: ImagePuller;
  readonly reader: PodReader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly directory: string;
  readonly dns: ClusterDns;
  readonly cgroupParent: string;
  readonly nodeName: string;
  readonly hostIp: string;
  readonly allocatable: () => Readonly<Record<string, string>>;
  /** Variables that every container gets, its own going before them. */
  readonly inheritedEnvironment: Readonly<Record<string, string>>;
  readonly event: (pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string) => void;
  /** Ends the pod's life in the API. */
  readonly finishDeletion: (pod: Pod) => Promise<void>;
  readonly changed: (uid: string) => void;
  /** Resolves when the network's rules know the pod: no container starts before. */
  readonly admit: (pod: Pod, ip: string) => Promise<void>;
}

const configRetryMs = 3_000;
const sandboxRetryMs = 2_000;
const firstCrashBackoffMs = 10_000;
const mostCrashBackoffMs = 300_000;
/** A container that ran this long before it died begins its back-off anew. */
const calmAfterMs = 600_000;
const defaultPrestopReserveSeconds = 2;
/** At the end of a sleep before its end a container is no longer ready: what sends requests learns of it before it is told to stop. */
const mostLeavingMs = 2000;

/** Does one action. Failures that the pod's status must tell are kept in `memory` and not thrown. */
export async function applyPodAction(
  action: PodAction,
  observed: Observed,
  memory: PodMemory,
  tools: ApplyTools,
): Promise<void> {
  const { runtime } = tools;
  const { pod } = observed;
  switch (action.do) {
    case 'create-sandbox':
      return createSandbox(pod, action.attempt, memory, tools);
    case 'stop-sandbox':
      return runtime.stopSandbox(action.sandboxId);
    case 'remove-sandbox':
      await runtime.stopSandbox(action.sandboxId);
      return runtime.removeSandbox(action.sandboxId);
    case 'pull-image':
      return pullImage(pod, action.container, action.attempt, tools);
    case 'start-container':
      return startContainer(observed, action, memory, tools);
    case 'stop-container':
      return stopContainer(observed, action, memory, tools);
    case 'remove-container':
      return runtime.removeContainer(action.id);
    case 'clean-up':
      await removePodFiles(podPaths(tools.directory, pod.metadata.uid ?? ''));
      tools.images.forget(pod.metadata.uid ?? '');
      memory.cleaned = true;
      return;
    case 'finish-deletion':
      return tools.finishDeletion(pod);
  }
}

async function createSandbox(pod: Pod, attempt: number, memory: PodMemory, tools: ApplyTools): Promise<void> {
  const config = sandboxConfigOf(pod, attempt, tools);
  try {
    await mkdir(config.logDirectory, { recursive: true, mode: 0o755 });
    await prepare(pod, '', memory, tools);
    await tools.runtime.runSandbox(config);
    memory.sandboxFailure = undefined;
    memory.startFailures.clear();
  } catch (error) {
    const message = messageOf(error);
    const isConfig = error instanceof PodConfigError;
    memory.sandboxFailure = { message, retryAtMs: tools.clock.now() + (isConfig ? configRetryMs : sandboxRetryMs) };
    if (isConfig) tools.event(pod, 'Warning', 'FailedMount', message);
    else tools.event(pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${message}`);
  }
}

function sandboxConfigOf(pod: Pod, attempt: number, tools: ApplyTools) {
  const paths = podPaths(tools.directory, pod.metadata.uid ?? '');
  const { dns, cgroupParent } = tools;
  return toSandboxConfig(pod, attempt, { paths, dns, cgroupParent });
}

/** Volumes that need the pod's address are written again once it is known. */
async function prepare(pod: Pod, podIp: string, memory: PodMemory, tools: ApplyTools): Promise<void> {
  const paths = podPaths(tools.directory, pod.metadata.uid ?? '');
  await prepareVolumes(pod, paths, tools.reader.sourcesOf(pod), factsOf(podIp, tools), tools.clock.now());
  memory.volumesReadyAtMs = tools.clock.now();
}

function factsOf(podIp: string, tools: ApplyTools): PodFacts {
  return { podIp, hostIp: tools.hostIp, nodeName: tools.nodeName, allocatable: tools.allocatable() };
}

async function pullImage(pod: Pod, name: string, attempt: number, tools: ApplyTools): Promise<void> {
  const container = findSpec(pod, name);
  if (!container) return;
  const { image } = container;
  tools.images.pull(pod, container, attempt, {
    secrets: () => tools.reader.pullSecretsOf(pod),
    sandbox: sandboxConfigOf(pod, 0, tools),
    onPulling: () => tools.event(pod, 'Normal', 'Pulling', `Pulling image "${image}"`),
    onPulled: (seconds) =>
      tools.event(pod, 'Normal', 'Pulled', `Successfully pulled image "${image}" in ${seconds.toFixed(3)}s`),
    onFailed: (message) => tools.event(pod, 'Warning', 'Failed', `Failed to pull image "${image}": ${message}`),
    changed: () => tools.changed(pod.metadata.uid ?? ''),
  });
}

async function startContainer(
  observed: Observed,
  action: Extract<PodAction, { do: 'start-container' }>,
  memory: PodMemory,
  tools: ApplyTools,
): Promise<void> {
  const { pod } = observed;
  const container = findSpec(pod, action.container);
  if (!container) return;
  const sandbox = observed.sandboxes.find((one) => one.id === action.sandboxId);
  const podIp = pod.spec?.hostNetwork ? tools.hostIp : (sandbox?.ip ?? '');
  noteRestart(observed, container.name, memory);
  let reason: StartFailure['reason'] = 'CreateContainerConfigError';
  try {
    const targetId = targetOf(observed, container);
    const config = await containerConfigOf(pod, container, action.attempt, { podIp, targetId }, memory, tools);
    await tools.admit(pod, podIp);
    reason = 'CreateContainerError';
    const id = await tools.runtime.createContainer(
      action.sandboxId,
      config,
      sandboxConfigOf(pod, sandbox?.attempt ?? 0, tools),
    );
    tools.event(pod, 'Normal', 'Created', `Container created: ${container.name}`);
    reason = 'RunContainerError';
    try {
      await tools.runtime.startContainer(id);
    } catch (error) {
      await tools.runtime.removeContainer(id);
      throw error;
    }
    tools.event(pod, 'Normal', 'Started', `Container started: ${container.name}`);
    memory.startFailures.delete(container.name);
    const hook = container.lifecycle?.postStart;
    if (!hook) return;
    reason = 'PostStartHookError';
    const failure = await runCheck(hook, { ...checkTarget(container, id, podIp, tools), timeoutSeconds: 600 });
    if (failure === undefined) return;
    await tools.runtime.stopContainer(id, pod.spec?.terminationGracePeriodSeconds ?? 30);
    throw new Error(failure);
  } catch (error) {
    const message = messageOf(error);
    const pauseMs = error instanceof PodConfigError ? configRetryMs : firstCrashBackoffMs;
    memory.startFailures.set(container.name, { reason, message, retryAtMs: tools.clock.now() + pauseMs });
    tools.event(
      pod,
      'Warning',
      reason === 'PostStartHookError' ? 'FailedPostStartHook' : 'Failed',
      `Error: ${message}`,
    );
  }
}

/** @throws PodConfigError while the container that an ephemeral one is aimed at does not run */
function targetOf(observed: Observed, container: { readonly targetContainerName?: string }): string | undefined {
  const name = container.targetContainerName;
  if (!name) return undefined;
  const target = newestOf(observed, name);
  if (target?.state !== 'CONTAINER_RUNNING') throw new PodConfigError(`unable to find target container "${name}"`);
  return target.id;
}

/** The first restart is immediate; each further one waits twice as long, until the container has been calm. */
function noteRestart(observed: Observed, name: string, memory: PodMemory): void {
  const newest = newestOf(observed, name);
  if (newest?.state !== 'CONTAINER_EXITED') return;
  const before = memory.backoff.get(name);
  const ranMs = newest.finishedAtMs - newest.startedAtMs;
  const delayMs =
    before && ranMs < calmAfterMs ? Math.min(mostCrashBackoffMs, before.delayMs * 2) : firstCrashBackoffMs;
  memory.backoff.set(name, { delayMs, startedAtMs: newest.startedAtMs });
}

async function containerConfigOf(
  pod: Pod,
  container: ContainerSpec,
  attempt: number,
  { podIp, targetId }: { readonly podIp: string; readonly targetId?: string },
  memory: PodMemory,
  tools: ApplyTools,
) {
  const paths = podPaths(tools.directory, pod.metadata.uid ?? '');
  await prepare(pod, podIp, memory, tools);
  const environment = await resolveEnvironment(
    pod,
    container,
    tools.reader.sourcesOf(pod),
    factsOf(podIp, tools),
    tools.inheritedEnvironment,
  );
  const image = await tools.images.findImage(container.image ?? '');
  if (!image) throw new Error(`image "${container.image}" has gone since it was pulled`);
  const own = await resolveMounts(pod, container, paths, environment);
  const managed = await managedMounts(pod, container, attempt, podIp, paths, tools);
  const taken = new Set(own.map((one) => one.containerPath));
  await mkdir(dirname(`${paths.logs}/${paths.logFile(container.name, attempt)}`), { recursive: true, mode: 0o755 });
  return toContainerConfig(pod, container, attempt, {
    paths,
    imageRef: image.id,
    imageUser: { uid: image.uid?.value, name: image.username },
    environment,
    mounts: [...own, ...managed.filter((one) => !taken.has(one.containerPath))],
    command: (container.command ?? []).map((text) => expand(text, environment)),
    args: (container.args ?? []).map((text) => expand(text, environment)),
    targetId,
  });
}

async function managedMounts(
  pod: Pod,
  container: ContainerSpec,
  attempt: number,
  podIp: string,
  paths: PodPaths,
  tools: ApplyTools,
): Promise<CriMount[]> {
  const terminationLog = paths.terminationLog(container.name, attempt);
  await mkdir(dirname(terminationLog), { recursive: true, mode: 0o755 });
  await writeFile(terminationLog, '');
  // Whoever the container runs as may write it; a mode at creation would pass the umask first.
  await chmod(terminationLog, 0o666);
  const mounts: CriMount[] = [mountOf(container.terminationMessagePath ?? '/dev/termination-log', terminationLog)];
  if (!pod.spec?.hostNetwork) {
    await writeFile(paths.etcHosts, hostsFile(pod, podIp, tools.dns.domain), { mode: 0o644 });
    mounts.push(mountOf('/etc/hosts', paths.etcHosts));
  }
  return mounts;
}

function mountOf(containerPath: string, hostPath: string): CriMount {
  return { containerPath, hostPath, readonly: false, propagation: 'PROPAGATION_PRIVATE' };
}

export function hostsFile(pod: Pod, podIp: string, domain: string): string {
  const full = fullHostnameOf(pod, domain);
  const aliases = (pod.spec?.hostAliases ?? []).map((one) => `${one.ip}\t${(one.hostnames ?? []).join('\t')}`);
  return [
    '# Written by the node agent: changes are lost.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    `${podIp}\t${full ? `${full}\t` : ''}${hostnameOf(pod)}`,
    ...aliases,
    '',
  ].join('\n');
}

/** Begins to stop a container; the end is seen as any other exit. A shorter grace period overtakes a longer one. */
async function stopContainer(
  observed: Observed,
  action: Extract<PodAction, { do: 'stop-container' }>,
  memory: PodMemory,
  tools: ApplyTools,
): Promise<void> {
  const { pod } = observed;
  const uid = pod.metadata.uid ?? '';
  memory.stopping.add(action.id);
  tools.event(
    pod,
    'Normal',
    'Killing',
    action.why.startsWith('Container ') ? action.why : `Stopping container ${action.container}`,
  );
  const leave = () => {
    if (memory.leaving.has(action.id)) return;
    memory.leaving.add(action.id);
    tools.changed(uid);
  };
  const stop = async () => {
    const container = findSpec(pod, action.container);
    const hook = container?.lifecycle?.preStop;
    let left = action.graceSeconds;
    if (container && hook && left > 0) {
      const startedAtMs = tools.clock.now();
      const podIp = observed.sandboxes[0]?.ip ?? '';
      if (hook.sleep) {
        const sleepMs = Math.min(left, hook.sleep.seconds) * 1000;
        const leavingMs = Math.min(mostLeavingMs, sleepMs / 2);
        await tools.clock.sleep(sleepMs - leavingMs);
        leave();
        await tools.clock.sleep(leavingMs);
      } else {
        const failure = await runCheck(hook, {
          ...checkTarget(container, action.id, podIp, tools),
          timeoutSeconds: left,
        });
        if (failure !== undefined) tools.event(pod, 'Warning', 'FailedPreStopHook', `PreStopHook failed: ${failure}`);
      }
      left = Math.max(defaultPrestopReserveSeconds, left - Math.ceil((tools.clock.now() - startedAtMs) / 1000));
    }
    leave();
    await tools.runtime.stopContainer(action.id, left);
  };
  stop()
    .catch((error: unknown) => {
      tools.log.warn(
        { error, pod: pod.metadata.name, container: action.container },
        'a container could not be stopped',
      );
      memory.stopping.delete(action.id);
      memory.leaving.delete(action.id);
    })
    .finally(() => tools.changed(uid));
}

function checkTarget(container: ContainerSpec, containerId: string, podIp: string, tools: ApplyTools) {
  return { runtime: tools.runtime, container, containerId, podIp };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
