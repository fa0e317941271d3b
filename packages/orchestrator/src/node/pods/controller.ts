import { isNotFound } from '../../client/index.js';
import { type Pod, type PodStatus, pods } from '../../kinds/index.js';
import {
  createController,
  createInformer,
  type EventRecorder,
  type Informer,
  type Stoppable,
  sourceOf,
} from '../../runtime/index.js';
import type { NodeContext } from '../context.js';
import { podLabels } from '../cri/types.js';
import { type ApplyTools, applyPodAction } from './apply.js';
import { deadlineExceeded, exceedsDeadline } from './deadline.js';
import { createPodMemory, findSpec, observePod, type PodMemory } from './observe.js';
import type { Observed } from './observed.js';
import { podPaths } from './paths.js';
import { planPod } from './plan.js';
import type { Probes, ProbeTarget } from './probes.js';
import { toPodStatus } from './status.js';
import type { StatusWriter } from './status-writer.js';
import { hasRefreshedVolumes, prepareVolumes } from './volumes.js';

export interface PodController extends Stoppable {
  readonly informer: Informer<Pod>;
  find(namespace: string, name: string): Pod | undefined;
}

export interface PodControllerOptions {
  readonly nodeName: string;
  readonly probes: Probes;
  readonly writer: StatusWriter;
  readonly events: EventRecorder;
  readonly apply: Omit<ApplyTools, 'changed' | 'event' | 'finishDeletion'>;
}

const mostStepsAtOnce = 30;
const pollMs = 1000;
/** CRI tells of an exit a moment after containerd does. */
const hintDelaysMs = [15, 120];
const volumeRefreshMs = 60_000;
const workers = 8;

/**
 * Keeps the pods of one node as the API wants them. Keys are pod uids, so that a pod and its successor of the same
 * name are two. What the runtime has and the API does not know is removed.
 */
export async function startPodController(context: NodeContext, options: PodControllerOptions): Promise<PodController> {
  const { client, clock, log, metrics } = context;
  const { nodeName, probes, writer } = options;
  const { runtime } = options.apply;
  const ending = new AbortController();
  const memories = new Map<string, PodMemory>();
  const known = new Map<string, Pod>();
  const finalStatuses = new Map<string, PodStatus>();
  const fieldSelector = `spec.nodeName=${nodeName}`;
  const informer = createInformer(client, pods, { fieldSelector, clock, logger: log, metrics });

  const tools: ApplyTools = {
    ...options.apply,
    changed: (uid) => controller.enqueue(uid),
    event: (pod, type, reason, message) => {
      // A pod that the API forgot has nobody to tell.
      if (known.has(pod.metadata.uid ?? '')) options.events.record(pods, pod, type, reason, message);
    },
    finishDeletion: async (pod) => {
      const uid = pod.metadata.uid ?? '';
      if (!known.has(uid)) return forget(uid);
      const status = finalStatuses.get(uid);
      if (status) writer.write(pod, status);
      await writer.settled(uid);
      try {
        await client.delete(pods, pod.metadata.name ?? '', pod.metadata.namespace, { gracePeriodSeconds: 0, uid });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
  };

  const forget = (uid: string) => {
    memories.delete(uid);
    finalStatuses.delete(uid);
    writer.forget(uid);
    options.apply.reader.forget(uid);
  };

  const reconcile = async (uid: string, signal: AbortSignal) => {
    for (let step = 0; step < mostStepsAtOnce && !signal.aborted; step += 1) {
      const pod = withLastStatus(known.get(uid) ?? (await orphan(uid, runtime, clock.now())), writer.last(uid));
      if (!pod) return forget(uid);
      const memory = memories.get(uid) ?? createPodMemory();
      memories.set(uid, memory);
      const seen = await observePod(pod, memory, {
        runtime,
        images: options.apply.images,
        probes,
        directory: tools.directory,
      });
      watchProbes(seen);
      const verdicts = seen.containers.map(({ id }) => [id, probes.verdictOf(id)] as const);
      const observed: Observed = { ...seen, probes: Object.fromEntries(verdicts) };
      tell(uid, observed);
      if (exceedsDeadline(observed, clock.now()) && !memory.isLate) {
        memory.isLate = true;
        tools.event(pod, 'Normal', deadlineExceeded.reason, deadlineExceeded.message);
      }
      const { actions, waitMs } = planPod(observed, clock.now());
      if (actions.length === 0) return waitFor(pod, memory, waitMs);
      for (const action of actions) {
        log.debug({ pod: pod.metadata.name, namespace: pod.metadata.namespace, ...action }, 'applying');
        await applyPodAction(action, observed, memory, tools);
      }
      // What was begun in the background reports its end itself; planning again now would only find it under way.
      if (actions.every((one) => one.do === 'pull-image' || one.do === 'stop-container')) {
        if (actions.some((one) => one.do === 'pull-image')) continue;
        return waitFor(pod, memory, undefined);
      }
      if (actions.some((one) => one.do === 'finish-deletion')) return;
    }
    return { waitSeconds: 1 };
  };

  const tell = (uid: string, observed: Observed) => {
    if (!known.has(uid)) return;
    const deleting = observed.pod.metadata.deletionTimestamp !== undefined;
    // Once its containers are removed there is nothing left to tell from: the last word was said before.
    if (deleting && observed.containers.length === 0) return;
    const status = toPodStatus(observed, tools.hostIp, clock.now());
    if (deleting) finalStatuses.set(uid, status);
    writer.write(observed.pod, status);
  };

  const waitFor = async (pod: Pod, memory: PodMemory, waitMs: number | undefined) => {
    const refreshes = hasRefreshedVolumes(pod) && pod.metadata.deletionTimestamp === undefined;
    if (!refreshes) return waitMs === undefined ? undefined : { waitSeconds: waitMs / 1000 };
    const ageMs = clock.now() - (memory.volumesReadyAtMs ?? 0);
    if (memory.volumesReadyAtMs !== undefined && ageMs >= volumeRefreshMs) await refreshVolumes(pod, memory);
    const untilRefreshMs = Math.max(1000, volumeRefreshMs - ageMs);
    return { waitSeconds: Math.min(waitMs ?? Number.POSITIVE_INFINITY, untilRefreshMs) / 1000 };
  };

  const refreshVolumes = async (pod: Pod, memory: PodMemory) => {
    memory.volumesReadyAtMs = clock.now();
    const facts = {
      podIp: pod.status?.podIP ?? '',
      hostIp: tools.hostIp,
      nodeName,
      allocatable: tools.allocatable(),
    };
    const paths = podPaths(tools.directory, pod.metadata.uid ?? '');
    // A volume whose source is gone keeps its last content.
    await prepareVolumes(pod, paths, tools.reader.sourcesOf(pod), facts, clock.now()).catch((error: unknown) => {
      tools.event(pod, 'Warning', 'FailedMount', error instanceof Error ? error.message : String(error));
    });
  };

  const watchProbes = (observed: Omit<Observed, 'probes'>) => {
    const { pod } = observed;
    const uid = pod.metadata.uid ?? '';
    for (const one of observed.containers) {
      const container = findSpec(pod, one.name);
      if (one.state !== 'CONTAINER_RUNNING' || !container) continue;
      if (observed.stopping.has(one.id)) continue;
      if (!container.readinessProbe && !container.livenessProbe && !container.startupProbe) continue;
      const podIp = pod.spec?.hostNetwork ? tools.hostIp : (observed.sandboxes[0]?.ip ?? '');
      probes.watch(
        { container, containerId: one.id, podIp, startedAtMs: one.startedAtMs, before: lastOf(pod, one.id) },
        {
          changed: () => controller.enqueue(uid),
          failed: (kind, message) => {
            const title = `${kind[0]?.toUpperCase()}${kind.slice(1)}`;
            tools.event(known.get(uid) ?? pod, 'Warning', 'Unhealthy', `${title} probe failed: ${message}`);
          },
        },
      );
    }
  };

  const controller = createController({
    name: 'node-pods',
    sources: [sourceOf(informer, (pod) => [pod.metadata.uid ?? ''])],
    reconcile,
    workers,
    resyncSeconds: 120,
    mostBackoffSeconds: 5,
    clock,
    logger: log,
    metrics,
  });
  // Before the controller's own listener, so that a look never meets the state before the change.
  informer.onChange(({ type, object }) => {
    const uid = object.metadata.uid ?? '';
    if (type === 'removed') known.delete(uid);
    else known.set(uid, object);
  });
  const watching = informer.start(ending.signal);
  await informer.synced();
  await controller.start();
  const poller = startPolling(context, options, (uid) => controller.enqueue(uid), ending.signal);

  return {
    informer,
    find: (namespace, name) => informer.get(`${namespace}/${name}`),
    stop: async () => {
      ending.abort();
      probes.stopAll();
      await Promise.all([poller, watching]);
      await controller.stop();
    },
  };
}

/** What the API knows of a container, from before this agent began. */
function lastOf({ status = {} }: Pod, containerId: string): ProbeTarget['before'] {
  const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
  const found = all.find((one) => one.containerID === `containerd://${containerId}`);
  return found && { ready: found.ready, started: found.started === true };
}

/** Statuses that we wrote may not have come back yet; conditions of others come from the API. */
function withLastStatus(pod: Pod | undefined, last: PodStatus | undefined): Pod | undefined {
  if (!pod || !last) return pod;
  const own = new Set((last.conditions ?? []).map((one) => one.type));
  const others = (pod.status?.conditions ?? []).filter((one) => !own.has(one.type));
  const gates = new Set((pod.spec?.readinessGates ?? []).map((one) => one.conditionType));
  const kept = (last.conditions ?? []).filter((one) => !gates.has(one.type));
  const gated = (pod.status?.conditions ?? []).filter((one) => gates.has(one.type));
  return {
    ...pod,
    status: { ...last, conditions: [...kept, ...gated, ...others.filter((one) => !gates.has(one.type))] },
  };
}

/** What the runtime still has of a pod that the API does not know, dressed as a pod that is being deleted at once. */
async function orphan(uid: string, runtime: ApplyTools['runtime'], nowMs: number): Promise<Pod | undefined> {
  const [sandbox] = await runtime.listSandboxes(uid);
  const [container] = sandbox ? [] : await runtime.listContainers(uid);
  const labels = sandbox?.labels ?? container?.labels;
  if (!labels) return undefined;
  return {
    metadata: {
      uid,
      name: labels[podLabels.name] ?? '',
      namespace: labels[podLabels.namespace],
      deletionTimestamp: new Date(nowMs).toISOString(),
    },
    spec: { containers: [] },
  };
}

/** Looks at the whole runtime once a second, and soon after it hints at a change, and names the pods that differ. */
async function startPolling(
  { clock, log }: NodeContext,
  options: PodControllerOptions,
  changed: (uid: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { runtime } = options.apply;
  let before = new Map<string, string>();
  let polling = false;
  const poll = async () => {
    if (polling || signal.aborted) return;
    polling = true;
    try {
      const [sandboxes, containers] = await Promise.all([runtime.listSandboxes(), runtime.listContainers()]);
      const now = new Map<string, string>();
      const note = (uid: string | undefined, text: string) => {
        if (uid !== undefined) now.set(uid, `${now.get(uid) ?? ''} ${text}`);
      };
      const byId = <T extends { id: string }>(a: T, b: T) => (a.id < b.id ? -1 : 1);
      for (const one of [...sandboxes].sort(byId)) note(one.labels[podLabels.uid], `${one.id}${one.state}`);
      for (const one of [...containers].sort(byId)) {
        note(one.labels[podLabels.uid], `${one.id}${one.state}`);
      }
      for (const [uid, text] of now) if (before.get(uid) !== text) changed(uid);
      for (const uid of before.keys()) if (!now.has(uid)) changed(uid);
      before = now;
    } catch (error) {
      log.debug({ error }, 'the container runtime does not answer');
    } finally {
      polling = false;
    }
  };
  const unsubscribe = runtime.onChange(() => {
    for (const delay of hintDelaysMs) clock.after(delay, () => void poll());
  });
  while (!signal.aborted) {
    await poll();
    await clock.sleep(pollMs, signal);
  }
  unsubscribe();
}
