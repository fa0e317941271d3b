import { readFileSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { arch, cpus, release, totalmem } from 'node:os';
import { isConflict, isNotFound } from '../client/index.js';
import { leases, type Node, type NodeCondition, type NodeStatus, nodes } from '../kinds/index.js';
import { type Stoppable, toMicroTime, toTime } from '../runtime/index.js';
import type { NodeContext } from './context.js';
import type { ContainerRuntime } from './cri/types.js';

export interface NodeStatusOptions {
  readonly nodeName: string;
  readonly address: string;
  readonly port: number;
  readonly directory: string;
  readonly podCidr: string;
  readonly runtime: ContainerRuntime;
  readonly capacity?: { readonly cpu: number; readonly memoryBytes: number; readonly pods: number };
  readonly labels: Readonly<Record<string, string>>;
}

export interface NodeHeartbeat extends Stoppable {
  allocatable(): Readonly<Record<string, string>>;
}

const leaseNamespace = 'kube-node-lease';
const leaseSeconds = 40;
const renewMs = 10_000;
const statusMs = 60_000;
const podsPerNode = 110;
const kubeletVersion = 'v1.36.0';
const diskPressureFraction = 0.05;
const memoryPressureBytes = 100 << 20;

/** Registers the node, then renews its Lease every 10 s and its status when something changed, at least each minute. */
export async function startHeartbeat(context: NodeContext, options: NodeStatusOptions): Promise<NodeHeartbeat> {
  const { clock, log } = context;
  const ending = new AbortController();
  const machine = await describeMachine(options);
  let told: NodeStatus | undefined;
  let toldAtMs = 0;

  const beat = async () => {
    await renewLease(context, options.nodeName);
    const status = await currentStatus(context, options, machine, told);
    const changed = !told || withoutTimes(status) !== withoutTimes(told);
    if (!changed && clock.now() - toldAtMs < statusMs) return;
    await writeNode(context, options, status);
    told = status;
    toldAtMs = clock.now();
  };
  const run = async () => {
    let pauseMs = 0;
    while (!ending.signal.aborted) {
      await clock.sleep(pauseMs, ending.signal);
      if (ending.signal.aborted) return;
      try {
        await beat();
        // Until the runtime and its network are ready the scheduler waits for us: look more often.
        const ready = told?.conditions?.find((one) => one.type === 'Ready')?.status === 'True';
        pauseMs = ready ? renewMs : 1000;
      } catch (error) {
        log.warn({ error }, 'the node could not be reported: trying again');
        pauseMs = 1000;
      }
    }
  };
  const running = run();
  return {
    allocatable: () => machine.allocatable,
    stop: async () => {
      ending.abort();
      await running;
    },
  };
}

async function renewLease({ client, clock }: NodeContext, name: string): Promise<void> {
  const spec = { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime: toMicroTime(clock.now()) };
  try {
    await client.patch(leases, name, leaseNamespace, { spec }, { type: 'merge' });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const metadata = { name, namespace: leaseNamespace };
    try {
      await client.create(leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec });
    } catch (second) {
      // The namespace may not be there yet at the very first start; the node itself is what matters.
      if (!isNotFound(second) && !isConflict(second)) throw second;
    }
  }
}

async function writeNode({ client }: NodeContext, options: NodeStatusOptions, status: NodeStatus): Promise<void> {
  const { nodeName: name, podCidr, labels } = options;
  const metadata = { name, labels: { ...standardLabels(name), ...labels } };
  const found = await client.find(nodes, name);
  if (!found) {
    const node: Node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata,
      spec: { podCIDR: podCidr, podCIDRs: [podCidr] },
    };
    await client.create(nodes, node);
  } else {
    const lacking = Object.entries(metadata.labels).some(([key, value]) => found.metadata.labels?.[key] !== value);
    if (lacking)
      await client.patch(nodes, name, undefined, { metadata: { labels: metadata.labels } }, { type: 'merge' });
  }
  await client.patch(nodes, name, undefined, { status }, { type: 'merge', subresource: 'status' });
}

function standardLabels(name: string): Record<string, string> {
  const os = 'linux';
  return {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': os,
    'kubernetes.io/arch': toGoArch(arch()),
    'beta.kubernetes.io/os': os,
    'beta.kubernetes.io/arch': toGoArch(arch()),
  };
}

function toGoArch(name: string): string {
  return name === 'x64' ? 'amd64' : name;
}

interface Machine {
  readonly capacity: Record<string, string>;
  readonly allocatable: Record<string, string>;
  readonly nodeInfo: NonNullable<NodeStatus['nodeInfo']>;
}

async function describeMachine(options: NodeStatusOptions): Promise<Machine> {
  const memoryKi = Math.floor((options.capacity?.memoryBytes ?? (await memoryLimitBytes())) / 1024);
  const disk = await statfs(options.directory);
  const capacity = {
    cpu: String(options.capacity?.cpu ?? cpus().length),
    memory: `${memoryKi}Ki`,
    pods: String(options.capacity?.pods ?? podsPerNode),
    'ephemeral-storage': `${Math.floor((disk.blocks * disk.bsize) / 1024)}Ki`,
  };
  const text = (path: string) =>
    readFile(path, 'utf8')
      .then((one) => one.trim())
      .catch(() => '');
  const osRelease = await text('/etc/os-release');
  const version = await options.runtime.version().catch(() => ({ name: 'containerd', version: 'unknown' }));
  return {
    capacity,
    allocatable: capacity,
    nodeInfo: {
      machineID: (await text('/etc/machine-id')) || options.nodeName,
      systemUUID: (await text('/sys/class/dmi/id/product_uuid')) || options.nodeName,
      bootID: await text('/proc/sys/kernel/random/boot_id'),
      kernelVersion: release(),
      osImage: /^PRETTY_NAME="?(.*?)"?$/m.exec(osRelease)?.[1] ?? 'Linux',
      containerRuntimeVersion: `${version.name}://${version.version.replace(/^v|~.*$/g, '')}`,
      kubeletVersion,
      kubeProxyVersion: kubeletVersion,
      operatingSystem: 'linux',
      architecture: toGoArch(arch()),
    },
  };
}

/** A machine that is itself a container has less than the hardware: the cgroup's limit, v2 or v1. */
async function memoryLimitBytes(): Promise<number> {
  for (const path of ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']) {
    const limit = Number(await readFile(path, 'utf8').catch(() => ''));
    if (limit > 0 && limit < totalmem()) return limit;
  }
  return totalmem();
}

async function currentStatus(
  { clock }: NodeContext,
  options: NodeStatusOptions,
  machine: Machine,
  before: NodeStatus | undefined,
): Promise<NodeStatus> {
  const runtime = await options.runtime
    .ready()
    .catch((error: Error) => ({ runtime: false, network: false, message: error.message }));
  const ready = runtime.runtime && runtime.network;
  const images = await options.runtime.listImages().catch(() => []);
  const disk = await statfs(options.directory);
  const low = disk.bavail < disk.blocks * diskPressureFraction;
  const squeezed = availableMemoryBytes() < memoryPressureBytes;
  const now = toTime(clock.now());
  const condition = (type: string, status: boolean, reason: string, message: string): NodeCondition => {
    const text = status ? 'True' : 'False';
    const old = before?.conditions?.find((one) => one.type === type);
    const since = old?.status === text && old.lastTransitionTime ? old.lastTransitionTime : now;
    return { type, status: text, reason, message, lastHeartbeatTime: now, lastTransitionTime: since };
  };
  return {
    capacity: machine.capacity,
    allocatable: machine.allocatable,
    nodeInfo: machine.nodeInfo,
    addresses: [
      { type: 'InternalIP', address: options.address },
      { type: 'Hostname', address: options.nodeName },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: options.port } },
    conditions: [
      condition(
        'MemoryPressure',
        squeezed,
        squeezed ? 'KubeletHasInsufficientMemory' : 'KubeletHasSufficientMemory',
        squeezed ? 'less than 100 MiB of memory is available' : 'node agent has sufficient memory available',
      ),
      condition(
        'DiskPressure',
        low,
        low ? 'KubeletHasDiskPressure' : 'KubeletHasNoDiskPressure',
        low ? 'less than 5 % of the disk is free' : 'node agent has no disk pressure',
      ),
      condition('PIDPressure', false, 'KubeletHasSufficientPID', 'node agent has sufficient PID available'),
      condition(
        'Ready',
        ready,
        ready ? 'KubeletReady' : 'KubeletNotReady',
        ready ? 'node agent is posting ready status' : `container runtime is not ready: ${runtime.message}`,
      ),
    ],
    images: images
      .filter((one) => one.repoTags.length + one.repoDigests.length > 0)
      .sort((a, b) => b.size - a.size)
      .slice(0, 50)
      .map((one) => ({ names: [...one.repoDigests, ...one.repoTags], sizeBytes: one.size })),
  };
}

function availableMemoryBytes(): number {
  const match = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'));
  return match ? Number(match[1]) * 1024 : Number.POSITIVE_INFINITY;
}

function withoutTimes(status: NodeStatus): string {
  const conditions = status.conditions?.map(({ type, status: value, reason }) => ({ type, value, reason }));
  return JSON.stringify({ ...status, conditions });
}
