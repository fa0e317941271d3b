import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import {
  type Container,
  type ContainerRuntime,
  type ContainerStats,
  type ContainerStatus,
  type Image,
  podLabels,
  RuntimeError,
  type Sandbox,
  type SandboxStatus,
} from './types.js';

const dataFile = (name: string) => fileURLToPath(new URL(`../../../data/${name}`, import.meta.url));
const loaderOptions = { keepCase: false, longs: Number, enums: String, defaults: true, oneofs: true } as const;
const quickSeconds = 30;
// A sandbox waits for CNI, a container for its snapshot: both may be slow on a busy disk.
const slowSeconds = 240;
const pullSeconds = 1800;

/**
 * Connects to a CRI v1 socket (containerd 1.6 or newer).
 *
 * @param socket absolute path of the unix socket; it need not exist yet, calls fail with `unavailable` until it does
 */
export function createCriRuntime(socket: string): ContainerRuntime {
  const options = {
    'grpc.max_receive_message_length': 64 << 20,
    'grpc.default_authority': 'localhost',
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
  };
  const definition = loadSync(dataFile('cri-v1.proto'), loaderOptions);
  // CRI of containerd 1.6 has no GetContainerEvents; containerd's own events are on the same socket.
  const eventDefinition = loadSync(dataFile('containerd-events-v1.proto'), loaderOptions);
  const runtime = connect(definition, 'runtime.v1.RuntimeService', socket, options);
  const images = connect(definition, 'runtime.v1.ImageService', socket, options);
  const events = connect(eventDefinition, 'containerd.services.events.v1.Events', socket, options);
  const call = <T>(method: string, request: object, seconds = quickSeconds) =>
    unary<T>(runtime, method, request, seconds);
  const callImage = <T>(method: string, request: object, seconds = quickSeconds) =>
    unary<T>(images, method, request, seconds);

  return {
    async version() {
      const reply = await call<{ runtimeName: string; runtimeVersion: string }>('version', {});
      return { name: reply.runtimeName, version: reply.runtimeVersion };
    },
    async ready() {
      type Condition = { type: string; status: boolean; message: string };
      const reply = await call<{ status?: { conditions: Condition[] } }>('status', {});
      const conditions = reply.status?.conditions ?? [];
      const holds = (type: string) => conditions.find((one) => one.type === type)?.status ?? false;
      const message = conditions.filter((one) => !one.status).map((one) => one.message);
      return { runtime: holds('RuntimeReady'), network: holds('NetworkReady'), message: message.join('; ') };
    },
    listSandboxes: async (uid) => (await call<{ items: Sandbox[] }>('listPodSandbox', filterOf(uid))).items,
    listContainers: async (uid) =>
      (await call<{ containers: Container[] }>('listContainers', filterOf(uid))).containers,
    findSandbox: (id) =>
      unlessGone(async () => (await call<{ status: SandboxStatus }>('podSandboxStatus', { podSandboxId: id })).status),
    findContainer: (id) =>
      unlessGone(async () => (await call<{ status: ContainerStatus }>('containerStatus', { containerId: id })).status),
    runSandbox: async (config) =>
      (await call<{ podSandboxId: string }>('runPodSandbox', { config }, slowSeconds)).podSandboxId,
    stopSandbox: (id) => ignoreGone(() => call('stopPodSandbox', { podSandboxId: id }, slowSeconds)),
    removeSandbox: (id) => ignoreGone(() => call('removePodSandbox', { podSandboxId: id }, slowSeconds)),
    createContainer: async (podSandboxId, config, sandboxConfig) =>
      (await call<{ containerId: string }>('createContainer', { podSandboxId, config, sandboxConfig }, slowSeconds))
        .containerId,
    startContainer: (id) => done(call('startContainer', { containerId: id }, slowSeconds)),
    stopContainer: (id, timeout) =>
      ignoreGone(() => call('stopContainer', { containerId: id, timeout }, timeout + slowSeconds)),
    removeContainer: (id) => ignoreGone(() => call('removeContainer', { containerId: id }, slowSeconds)),
    reopenLog: (id) => done(call('reopenContainerLog', { containerId: id })),
    execSync: (id, cmd, timeout) =>
      call('execSync', { containerId: id, cmd, timeout }, timeout > 0 ? timeout + 10 : pullSeconds),
    execUrl: async ({ command, ...request }) => (await call<{ url: string }>('exec', { ...request, cmd: command })).url,
    attachUrl: async (request) => (await call<{ url: string }>('attach', request)).url,
    portForwardUrl: async (podSandboxId, port) =>
      (await call<{ url: string }>('portForward', { podSandboxId, port })).url,
    listStats: async () => (await call<{ stats: ContainerStats[] }>('listContainerStats', {})).stats,
    async findImage(image) {
      const reply = await callImage<{ image: Image | null }>('imageStatus', { image: { image } });
      return reply.image ?? undefined;
    },
    listImages: async () => (await callImage<{ images: Image[] }>('listImages', {})).images,
    pullImage: async (image, auth, sandboxConfig) =>
      (await callImage<{ imageRef: string }>('pullImage', { image: { image }, auth, sandboxConfig }, pullSeconds))
        .imageRef,
    removeImage: (image) => ignoreGone(() => callImage('removeImage', { image: { image } })),
    async imageFilesystem() {
      type Usage = { fsId?: { mountpoint: string }; usedBytes?: { value: number } };
      const [usage] = (await callImage<{ imageFilesystems: Usage[] }>('imageFsInfo', {})).imageFilesystems;
      return usage ? { mountpoint: usage.fsId?.mountpoint ?? '/', usedBytes: usage.usedBytes?.value ?? 0 } : undefined;
    },
    onChange: (listener) => subscribe(events, listener),
    close: () => {
      for (const client of [runtime, images, events]) client.close();
    },
  };
}

function filterOf(podUid: string | undefined): object {
  return podUid === undefined ? {} : { filter: { labelSelector: { [podLabels.uid]: podUid } } };
}

function connect(
  definition: ReturnType<typeof loadSync>,
  service: string,
  socket: string,
  options: grpc.ClientOptions,
): grpc.Client {
  let found: unknown = grpc.loadPackageDefinition(definition);
  for (const part of service.split('.')) found = (found as Record<string, unknown>)[part];
  const Client = found as grpc.ServiceClientConstructor;
  return new Client(`unix:${socket}`, grpc.credentials.createInsecure(), options);
}

function unary<T>(client: grpc.Client, method: string, request: object, seconds: number): Promise<T> {
  type Call = (
    request: object,
    options: grpc.CallOptions,
    callback: (error: grpc.ServiceError | null, reply: T) => void,
  ) => void;
  const functions = client as unknown as Record<string, Call>;
  return new Promise((resolve, reject) => {
    // gRPC itself measures the deadline, so it needs the machine's time rather than the injected clock's.
    functions[method]?.call(client, request, { deadline: Date.now() + seconds * 1000 }, (error, reply) => {
      if (error) reject(toRuntimeError(method, error));
      else resolve(reply);
    });
  });
}

function toRuntimeError(method: string, error: grpc.ServiceError): RuntimeError {
  const code =
    error.code === grpc.status.NOT_FOUND
      ? 'not-found'
      : error.code === grpc.status.UNAVAILABLE
        ? 'unavailable'
        : error.code === grpc.status.DEADLINE_EXCEEDED
          ? 'deadline'
          : 'failed';
  return new RuntimeError(method, code, error.details || error.message);
}

async function unlessGone<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof RuntimeError && error.code === 'not-found') return undefined;
    throw error;
  }
}

async function ignoreGone(act: () => Promise<unknown>): Promise<void> {
  await unlessGone(act);
}

async function done(promise: Promise<unknown>): Promise<void> {
  await promise;
}

/** Follows containerd's task events and comes back after each break; runtimes without that service are polled only. */
function subscribe(client: grpc.Client, listener: () => void): () => void {
  type Subscribe = (request: object) => grpc.ClientReadableStream<{ namespace: string; topic: string }>;
  let stopped = false;
  let stream: ReturnType<Subscribe> | undefined;
  let retry: NodeJS.Timeout | undefined;
  const open = () => {
    if (stopped) return;
    const functions = client as unknown as Record<string, Subscribe>;
    stream = functions.subscribe!.call(client, { filters: ['topic~="/tasks/(exit|delete|oom)"'] });
    let again = true;
    stream.on('data', (event) => {
      if (event.namespace === 'k8s.io' || event.namespace === '') listener();
    });
    stream.on('error', (error: grpc.ServiceError) => {
      again = error.code !== grpc.status.UNIMPLEMENTED;
    });
    stream.on('close', () => {
      if (again && !stopped) retry = setTimeout(open, 1000);
    });
  };
  open();
  return () => {
    stopped = true;
    clearTimeout(retry);
    stream?.cancel();
  };
}
