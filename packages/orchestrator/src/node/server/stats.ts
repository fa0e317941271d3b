import { type ContainerRuntime, type ContainerStats, podLabels } from '../cri/types.js';

interface Usage {
  readonly nanoseconds: number;
  readonly timestamp: number;
}

const before = new WeakMap<ContainerRuntime, Map<string, Usage>>();

/** The kubelet's `/stats/summary`, as much of it as metrics readers use. CPU rates span the time since the last call. */
export async function summarize(
  { runtime, nodeName }: { readonly runtime: ContainerRuntime; readonly nodeName: string },
  nowMs: number,
): Promise<object> {
  const stats = await runtime.listStats();
  const last = before.get(runtime) ?? new Map<string, Usage>();
  const next = new Map<string, Usage>();
  const pods = new Map<string, { podRef: object; containers: object[] }>();
  for (const one of stats) {
    const { id, labels } = one.attributes;
    const uid = labels[podLabels.uid] ?? '';
    const podRef = { name: labels[podLabels.name], namespace: labels[podLabels.namespace], uid };
    const pod = pods.get(uid) ?? { podRef, containers: [] };
    pods.set(uid, pod);
    pod.containers.push(toContainerSummary(one, last.get(id), nowMs));
    next.set(id, { nanoseconds: one.cpu?.usageCoreNanoSeconds?.value ?? 0, timestamp: one.cpu?.timestamp ?? 0 });
  }
  before.set(runtime, next);
  return { node: { nodeName }, pods: [...pods.values()] };
}

function toContainerSummary(stats: ContainerStats, last: Usage | undefined, nowMs: number): object {
  const time = new Date(nowMs).toISOString();
  const used = stats.cpu?.usageCoreNanoSeconds?.value ?? 0;
  const elapsed = last ? (stats.cpu?.timestamp ?? 0) - last.timestamp : 0;
  const rate = last && elapsed > 0 ? Math.round(((used - last.nanoseconds) * 1e9) / elapsed) : undefined;
  return {
    name: stats.attributes.labels[podLabels.container] ?? stats.attributes.metadata.name,
    cpu: { time, usageCoreNanoSeconds: used, ...(rate !== undefined && { usageNanoCores: rate }) },
    memory: {
      time,
      workingSetBytes: stats.memory?.workingSetBytes?.value ?? 0,
      ...(stats.memory?.usageBytes && { usageBytes: stats.memory.usageBytes.value }),
      ...(stats.memory?.rssBytes && { rssBytes: stats.memory.rssBytes.value }),
    },
    rootfs: { usedBytes: stats.writableLayer?.usedBytes?.value ?? 0 },
  };
}
