import { connect, createServer, type Server } from 'node:net';
import { isAlreadyExists, isNotFound, type KubeClient } from '../client/index.js';
import {
  type EndpointSlice,
  endpointSlices,
  namespaces,
  type Service,
  type ServiceSpec,
  services,
} from '../kinds/index.js';
import type { Stoppable } from '../runtime/index.js';
import type { NetworkContext } from './context.js';
import { serviceNameLabel } from './services/service-ports.js';

/** A Service that leads to a port of the machine's loopback. */
export interface HostService {
  readonly namespace: string;
  readonly name: string;
  readonly portName?: string;
  /** The Service's port; default the target's. */
  readonly port?: number;
  readonly clusterIp?: string;
  readonly target: { readonly address: string; readonly port: number };
}

/** `slipway-api=127.0.0.1:7601,other=127.0.0.1:1` → Services of `slipway-system`. @throws Error naming the bad part */
export function parseHostServices(text: string): HostService[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const match = /^([a-z0-9-]+)=([0-9.]+):(\d+)$/.exec(part);
      if (!match) throw new Error(`"${part}" is no host service: write name=127.0.0.1:port`);
      const [, name = '', address = '', port] = match;
      return { namespace: 'slipway-system', name, target: { address, port: Number(port) } };
    });
}

/**
 * Lets pods reach services of this machine that listen on loopback only: a forwarder on the bridge's address, and a
 * Service that leads there. Nothing listens on any other address.
 */
export async function startHostServices(
  context: NetworkContext,
  list: readonly HostService[],
  bridgeAddress: string,
): Promise<Stoppable> {
  const servers: Server[] = [];
  const stop = async () => {
    await Promise.all(servers.map((server) => new Promise<void>((resolve) => closeServer(server, resolve))));
  };
  try {
    for (const one of list) {
      const server = await listen(one, bridgeAddress);
      if (server) servers.push(server);
      const port = { name: one.portName, port: one.port ?? one.target.port, targetPort: one.target.port };
      await ensureService(
        context.client,
        one.namespace,
        one.name,
        one.clusterIp,
        [{ ...port, protocol: 'TCP' }],
        bridgeAddress,
      );
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

const openSockets = new WeakMap<Server, Set<{ destroy(): void }>>();

async function listen({ target }: HostService, bridgeAddress: string): Promise<Server | undefined> {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer({ allowHalfOpen: true }, (inner) => {
    const outer = connect({ host: target.address, port: target.port, allowHalfOpen: true });
    for (const [one, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(one);
      one.setNoDelay(true);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroySoon();
      });
    }
  });
  openSockets.set(server, sockets);
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      // The target listens on every address, this one included: nothing to forward.
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(target.port, bridgeAddress, () => resolve(server));
  });
}

function closeServer(server: Server, done: () => void): void {
  server.close(() => done());
  for (const socket of openSockets.get(server) ?? []) socket.destroy();
}

type Ports = NonNullable<ServiceSpec['ports']>;

/** A Service without selector, and the slice that leads it to `address`; made or corrected. */
export async function ensureService(
  client: KubeClient,
  namespace: string,
  name: string,
  clusterIp: string | undefined,
  ports: Ports,
  address: string,
): Promise<void> {
  await ensureNamespace(client, namespace);
  const labels = { 'app.kubernetes.io/managed-by': 'slipway' };
  const service: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels },
    spec: {
      type: 'ClusterIP',
      ports,
      ...(clusterIp !== undefined && { clusterIP: clusterIp, clusterIPs: [clusterIp] }),
    },
  };
  const found = await client.find(services, name, namespace);
  if (!found) await ignoreExisting(client.create(services, service));
  else if (JSON.stringify(portsOf(found.spec?.ports)) !== JSON.stringify(portsOf(ports))) {
    await client.patch(services, name, namespace, { spec: { ports } }, { type: 'merge' });
  }
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace,
      labels: { ...labels, [serviceNameLabel]: name, 'endpointslice.kubernetes.io/managed-by': 'slipway-network' },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true, serving: true, terminating: false } }],
    ports: ports.map((one) => ({
      name: one.name ?? '',
      port: typeof one.targetPort === 'number' ? one.targetPort : one.port,
      protocol: one.protocol ?? 'TCP',
    })),
  };
  const { endpoints, ports: slicePorts, metadata } = slice;
  try {
    const patch = { metadata: { labels: metadata.labels }, endpoints, ports: slicePorts };
    await client.patch(endpointSlices, name, namespace, patch, { type: 'merge' });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await ignoreExisting(client.create(endpointSlices, slice));
  }
}

export async function ensureNamespace(client: KubeClient, name: string): Promise<void> {
  if (await client.find(namespaces, name)) return;
  await ignoreExisting(
    client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {} }),
  );
}

async function ignoreExisting(creating: Promise<unknown>): Promise<void> {
  await creating.catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}

function portsOf(ports: Ports | undefined): unknown {
  return (ports ?? []).map(({ name = '', port, protocol = 'TCP', targetPort }) => [
    name,
    port,
    protocol,
    targetPort ?? port,
  ]);
}
