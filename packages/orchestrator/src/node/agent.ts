import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../kinds/index.js';
import { createEventRecorder, type Stoppable } from '../runtime/index.js';
import type { NodeContext } from './context.js';
import type { ContainerRuntime } from './cri/types.js';
import { startGarbageCollection } from './garbage.js';
import { startHeartbeat } from './node-status.js';
import { startPodController } from './pods/controller.js';
import { createImagePuller } from './pods/images.js';
import { createPodReader } from './pods/pod-reader.js';
import { createProbes } from './pods/probes.js';
import { createStatusWriter } from './pods/status-writer.js';
import { startNodeServer } from './server/node-server.js';

export interface NodeAgentOptions {
  readonly nodeName: string;
  /** `createCriRuntime(socket)` or `createSimulatedRuntime(clock)`; the agent closes it. */
  readonly runtime: ContainerRuntime;
  /** Address that the node's HTTPS server listens on and that the Node object shows. */
  readonly address: string;
  /** The Node object names it. */
  readonly port: number;
  /** PEM texts: the node's serving certificate and key, and the cluster's CA that callers must come from. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string };
  /** Pods' volumes and logs lie under `pods/` here. */
  readonly directory: string;
  readonly podCidr: string;
  readonly clusterDnsIp: string;
  /** Default `cluster.local`. */
  readonly clusterDomain?: string;
  /** Cgroup under which all containers lie, such as `/slipway_1a2b`. */
  readonly cgroupParent: string;
  readonly pauseImage: string;
  /** Variables that every container gets, such as KUBERNETES_SERVICE_HOST or proxies. */
  readonly inheritedEnvironment?: Readonly<Record<string, string>>;
  readonly capacity?: { readonly cpu: number; readonly memoryBytes: number; readonly pods: number };
  readonly labels?: Readonly<Record<string, string>>;
  readonly logMaxBytes?: number;
  readonly imageThresholdPercent?: number;
  readonly resolvConf?: string;
  /** Waited for before a container starts: the network's rules for a pod that has got an address. */
  readonly admit?: (pod: Pod, ip: string) => Promise<void>;
}

export interface NodeAgent extends Stoppable {
  readonly port: number;
}

/**
 * Starts the agent of one node. Containers outlive it: a later start finds them in the runtime and goes on from there.
 */
export async function startNodeAgent(context: NodeContext, options: NodeAgentOptions): Promise<NodeAgent> {
  const log = context.log.child({ part: 'node', node: options.nodeName });
  const own: NodeContext = { ...context, log };
  const { runtime, nodeName, directory } = options;
  const stops: (() => void | Promise<void>)[] = [];
  const stop = async () => {
    for (const one of stops.reverse()) await one();
  };
  try {
    stops.push(() => runtime.close());
    await mkdir(join(directory, 'pods'), { recursive: true, mode: 0o755 });
    const heartbeat = await startHeartbeat(own, {
      nodeName,
      address: options.address,
      port: options.port,
      directory,
      podCidr: options.podCidr,
      runtime,
      capacity: options.capacity,
      labels: options.labels ?? {},
    });
    stops.push(() => heartbeat.stop());
    const { client, clock } = context;
    const probes = createProbes(runtime, clock);
    const events = createEventRecorder({ client, component: 'kubelet', host: nodeName, clock, logger: log });
    const resolver = await readResolvConf(options.resolvConf ?? '/etc/resolv.conf');
    const pods = await startPodController(own, {
      nodeName,
      probes,
      events,
      writer: createStatusWriter(client, clock, log),
      apply: {
        runtime,
        images: createImagePuller(runtime, clock),
        reader: createPodReader(client, clock),
        clock,
        log,
        directory,
        dns: {
          serviceIp: options.clusterDnsIp,
          domain: options.clusterDomain ?? 'cluster.local',
          hostServers: resolver.servers,
          hostSearches: resolver.searches,
        },
        cgroupParent: options.cgroupParent,
        nodeName,
        hostIp: options.address,
        allocatable: () => heartbeat.allocatable(),
        inheritedEnvironment: options.inheritedEnvironment ?? {},
        admit: options.admit ?? (async () => undefined),
      },
    });
    stops.push(() => pods.stop());
    const uids = () => new Set(pods.informer.list().map((pod) => pod.metadata.uid));
    const garbage = startGarbageCollection(own, {
      runtime,
      directory,
      pauseImage: options.pauseImage,
      isKnown: (uid) => uids().has(uid),
      imageThresholdPercent: options.imageThresholdPercent ?? 85,
      logMaxBytes: options.logMaxBytes ?? 10 << 20,
      logMaxFiles: 3,
    });
    stops.push(() => garbage.stop());
    const server = await startNodeServer(own, {
      host: options.address,
      port: options.port,
      tls: options.tls,
      nodeName,
      directory,
      runtime,
      findPod: (namespace, name) => pods.find(namespace, name),
      listPods: () => pods.informer.list(),
    });
    stops.push(() => server.stop());
    return { port: server.port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The nameservers and search domains of a resolv.conf; none where it cannot be read. */
export async function readResolvConf(path: string): Promise<{ servers: string[]; searches: string[] }> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  const servers = lines.filter(([key]) => key === 'nameserver').flatMap(([, value]) => (value ? [value] : []));
  const searches =
    lines
      .filter(([key]) => key === 'search' || key === 'domain')
      .at(-1)
      ?.slice(1) ?? [];
  return { servers, searches: searches.filter((one) => one !== '.') };
}
