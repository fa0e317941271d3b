import { toTime } from '../../runtime/index.js';
import type { ContainerRuntime } from '../cri/types.js';
import type { ContainerUsage, NodeUsage } from './usage.js';

interface Point {
  readonly at: number;
  readonly cpuSeconds: number;
}

/** The last point that a rate was computed from, and that rate: what many ask for at once is the same for all. */
interface Rate extends Point {
  readonly nanoCores: number | undefined;
}

const shortestSpanMs = 5_000;
const rates = new WeakMap<ContainerRuntime, Map<string, Rate>>();

/** The kubelet's `/stats/summary`, as much of it as metrics readers use. CPU rates span some seconds before the call. */
export function toSummary(nodeName: string, runtime: ContainerRuntime, { machine, containers }: NodeUsage): object {
  const last = rates.get(runtime) ?? new Map<string, Rate>();
  const next = new Map<string, Rate>();
  rates.set(runtime, next);
  const rateOf = (id: string, point: Point) => {
    const rate = nextRate(last.get(id), point);
    next.set(id, rate);
    return {
      time: toTime(point.at),
      ...(rate.nanoCores !== undefined && { usageNanoCores: rate.nanoCores }),
      usageCoreNanoSeconds: Math.round(point.cpuSeconds * 1e9),
    };
  };
  const pods = new Map<string, { podRef: object; containers: object[]; usages: ContainerUsage[] }>();
  for (const one of containers) {
    const pod = pods.get(one.uid) ?? {
      podRef: { name: one.pod, namespace: one.namespace, uid: one.uid },
      containers: [],
      usages: [],
    };
    pods.set(one.uid, pod);
    pod.usages.push(one);
    pod.containers.push({
      name: one.name,
      startTime: toTime(one.startedAt),
      cpu: rateOf(one.id, { at: one.cpuAt, cpuSeconds: one.cpuSeconds }),
      memory: {
        time: toTime(one.memoryAt),
        workingSetBytes: one.workingSetBytes,
        ...(one.usageBytes !== undefined && { usageBytes: one.usageBytes }),
        ...(one.rssBytes !== undefined && { rssBytes: one.rssBytes }),
      },
      rootfs: { time: toTime(one.memoryAt), usedBytes: one.writableBytes },
    });
  }
  return {
    node: {
      nodeName,
      ...(machine && {
        cpu: rateOf('', machine),
        memory: {
          time: toTime(machine.at),
          availableBytes: machine.availableBytes,
          usageBytes: machine.usageBytes,
          workingSetBytes: machine.workingSetBytes,
        },
      }),
    },
    pods: [...pods.values()].map(({ usages, ...pod }) => ({
      ...pod,
      startTime: toTime(Math.min(...usages.map((one) => one.startedAt))),
      memory: {
        time: toTime(Math.max(...usages.map((one) => one.memoryAt))),
        workingSetBytes: usages.reduce((sum, one) => sum + one.workingSetBytes, 0),
      },
    })),
  };
}

function nextRate(last: Rate | undefined, point: Point): Rate {
  if (!last || point.cpuSeconds < last.cpuSeconds) return { ...point, nanoCores: undefined };
  const span = point.at - last.at;
  const isShort = last.nanoCores !== undefined && span < shortestSpanMs;
  if (isShort || span <= 0) return last;
  return { ...point, nanoCores: Math.round(((point.cpuSeconds - last.cpuSeconds) * 1e12) / span) };
}
