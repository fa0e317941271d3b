import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, toTime } from '../../runtime/index.js';
import {
  type ContainerConfig,
  type ContainerRuntime,
  type ContainerState,
  type ContainerStatus,
  type Image,
  RuntimeError,
  type SandboxConfig,
  type SandboxStatus,
} from './types.js';

interface SimulatedContainer {
  readonly sandboxId: string;
  readonly config: ContainerConfig;
  status: ContainerStatus;
}

/** What a node of this runtime has room for: its pods use nothing, so it is no matter of the machine. */
export const simulatedCapacity = { cpu: 256, memoryBytes: 2 ** 40, pods: 1000 } as const;

/**
 * A runtime in memory, for machines where containers cannot run: every image exists, every container starts at once and
 * runs until it is stopped. Streams are refused.
 *
 * @param podNetwork first two octets of the pods' addresses, such as `100.64`
 */
export function createSimulatedRuntime(clock: Clock, podNetwork = '100.64'): ContainerRuntime {
  const sandboxes = new Map<string, SandboxStatus & { config: SandboxConfig }>();
  const containers = new Map<string, SimulatedContainer>();
  const images = new Map<string, Image>();
  const listeners = new Set<() => void>();
  let sequence = 0;
  const nextId = () => (++sequence).toString(16).padStart(12, '0').padEnd(64, 'f');
  const nowNs = () => clock.now() * 1e6;
  const changed = () => {
    for (const one of listeners) one();
  };
  const setState = (id: string, state: ContainerState, fields: Partial<ContainerStatus>) => {
    const container = containers.get(id);
    if (!container) throw new RuntimeError('container', 'not-found', `no container ${id}`);
    container.status = { ...container.status, ...fields, state };
    changed();
  };
  const stopContainer = async (id: string) => {
    if (containers.get(id)?.status.state !== 'CONTAINER_RUNNING') return;
    setState(id, 'CONTAINER_EXITED', { finishedAt: nowNs(), exitCode: 137, reason: 'Error' });
  };
  const imageOf = (name: string): Image => {
    const digest = name.includes('@') ? name : `${name}@sha256:${'0'.repeat(64)}`;
    return {
      id: `sha256:simulated-${name}`,
      repoTags: [name],
      repoDigests: [digest],
      size: 0,
      uid: { value: 1000 },
      username: '',
    };
  };
  const refuse = () => Promise.reject(new RuntimeError('stream', 'failed', 'simulated nodes run no processes'));
  const ofPod = (uid: string | undefined) => (one: { labels: Readonly<Record<string, string>> }) =>
    uid === undefined || one.labels['io.kubernetes.pod.uid'] === uid;

  return {
    version: async () => ({ name: 'simulated', version: '1.0.0' }),
    ready: async () => ({ runtime: true, network: true, message: '' }),
    listSandboxes: async (uid) => [...sandboxes.values()].filter(ofPod(uid)),
    listContainers: async (uid) =>
      [...containers.values()]
        .map(({ sandboxId, status }) => ({ ...status, podSandboxId: sandboxId }))
        .filter(ofPod(uid)),
    findSandbox: async (id) => sandboxes.get(id),
    findContainer: async (id) => containers.get(id)?.status,
    async runSandbox(config) {
      const id = nextId();
      const address = sequence % 32_000;
      const ip = `${podNetwork}.${Math.floor(address / 250)}.${(address % 250) + 2}`;
      const { metadata, labels, annotations } = config;
      const network = { ip, additionalIps: [] };
      sandboxes.set(id, {
        id,
        metadata,
        state: 'SANDBOX_READY',
        createdAt: nowNs(),
        labels,
        annotations,
        network,
        config,
      });
      return id;
    },
    async stopSandbox(id) {
      const sandbox = sandboxes.get(id);
      if (!sandbox) return;
      for (const [containerId, one] of containers) if (one.sandboxId === id) await stopContainer(containerId);
      sandboxes.set(id, { ...sandbox, state: 'SANDBOX_NOTREADY' });
    },
    async removeSandbox(id) {
      for (const [containerId, one] of containers) if (one.sandboxId === id) containers.delete(containerId);
      sandboxes.delete(id);
    },
    async createContainer(sandboxId, config) {
      const id = nextId();
      const { metadata, labels, annotations, logPath } = config;
      containers.set(id, {
        sandboxId,
        config,
        status: {
          id,
          metadata,
          state: 'CONTAINER_CREATED',
          createdAt: nowNs(),
          startedAt: 0,
          finishedAt: 0,
          exitCode: 0,
          image: config.image,
          imageRef: config.image.image,
          reason: '',
          message: '',
          labels,
          annotations,
          logPath,
        },
      });
      return id;
    },
    async startContainer(id) {
      setState(id, 'CONTAINER_RUNNING', { startedAt: nowNs() });
      const container = containers.get(id);
      const directory = sandboxes.get(container?.sandboxId ?? '')?.config.logDirectory;
      if (!container || directory === undefined) return;
      const file = join(directory, container.config.logPath);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `${toTime(clock.now())} stdout F simulated container: no process runs\n`);
    },
    stopContainer,
    removeContainer: async (id) => {
      containers.delete(id);
    },
    reopenLog: async () => undefined,
    execSync: async () => ({ stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), exitCode: 0 }),
    execUrl: refuse,
    attachUrl: refuse,
    portForwardUrl: refuse,
    listStats: async () => [],
    findImage: async (image) => images.get(image),
    listImages: async () => [...images.values()],
    async pullImage(image) {
      const found = imageOf(image);
      images.set(image, found);
      return found.repoDigests[0] ?? image;
    },
    removeImage: async (id) => {
      for (const [name, image] of images) if (image.id === id) images.delete(name);
    },
    imageFilesystem: async () => undefined,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => listeners.clear(),
  };
}
