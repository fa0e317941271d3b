import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { type ContainerRuntime, podLabels } from '../cri/types.js';

/** What a running container has used. Times in milliseconds since 1970, sizes in bytes. */
export interface ContainerUsage {
  readonly id: string;
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly name: string;
  readonly startedAt: number;
  readonly cpuAt: number;
  /** Since it was started. */
  readonly cpuSeconds: number;
  readonly memoryAt: number;
  readonly workingSetBytes: number;
  readonly usageBytes: number | undefined;
  readonly rssBytes: number | undefined;
  readonly writableBytes: number;
}

/** What everything on the machine together has used. */
export interface MachineUsage {
  readonly at: number;
  /** Since it was started. */
  readonly cpuSeconds: number;
  readonly workingSetBytes: number;
  readonly usageBytes: number;
  readonly availableBytes: number;
}

export interface NodeUsage {
  /** Absent for a simulated node: the machine's usage is not its own. */
  readonly machine: MachineUsage | undefined;
  readonly containers: readonly ContainerUsage[];
}

const toMilliseconds = (nanoseconds: number) => Math.round(nanoseconds / 1e6);

/** Reads what the node's running containers and the machine have used up to now. Throws RuntimeError. */
export async function readUsage(runtime: ContainerRuntime, now: number): Promise<NodeUsage> {
  const [{ name }, stats, containers] = await Promise.all([
    runtime.version(),
    runtime.listStats(),
    runtime.listContainers(),
  ]);
  const running = new Map(
    containers.filter((one) => one.state === 'CONTAINER_RUNNING').map((one) => [one.id, one.createdAt]),
  );
  return {
    machine: name === 'simulated' ? undefined : await readMachine(now),
    containers: stats.flatMap(({ attributes: { id, labels, metadata }, cpu, memory, writableLayer }) => {
      const createdAt = running.get(id);
      const pod = labels[podLabels.name];
      const namespace = labels[podLabels.namespace];
      // A container that has just ended has no numbers any more.
      if (createdAt === undefined || !cpu?.usageCoreNanoSeconds || !memory?.workingSetBytes || !pod || !namespace)
        return [];
      return [
        {
          id,
          namespace,
          pod,
          uid: labels[podLabels.uid] ?? '',
          name: labels[podLabels.container] ?? metadata.name,
          startedAt: toMilliseconds(createdAt),
          cpuAt: toMilliseconds(cpu.timestamp),
          cpuSeconds: cpu.usageCoreNanoSeconds.value / 1e9,
          memoryAt: toMilliseconds(memory.timestamp),
          workingSetBytes: memory.workingSetBytes.value,
          usageBytes: memory.usageBytes?.value,
          rssBytes: memory.rssBytes?.value,
          writableBytes: writableLayer?.usedBytes?.value ?? 0,
        },
      ];
    }),
  };
}

/** The kernel's own totals: they are there under both versions of cgroups. */
async function readMachine(at: number): Promise<MachineUsage> {
  const text = await readFile('/proc/meminfo', 'utf8');
  const bytes = (field: string) => {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text);
    return match ? Number(match[1]) * 1024 : 0;
  };
  const usageBytes = bytes('MemTotal') - bytes('MemFree');
  let busyMilliseconds = 0;
  for (const { times } of cpus()) busyMilliseconds += times.user + times.nice + times.sys + times.irq;
  return {
    at,
    cpuSeconds: busyMilliseconds / 1000,
    workingSetBytes: Math.max(0, usageBytes - bytes('Inactive\\(file\\)')),
    usageBytes,
    availableBytes: bytes('MemAvailable'),
  };
}
