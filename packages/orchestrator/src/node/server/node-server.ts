import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TLSSocket } from 'node:tls';
import type { Pod } from '../../kinds/index.js';
import type { Stoppable } from '../../runtime/index.js';
import type { NodeContext } from '../context.js';
import { type ContainerRuntime, podLabels, RuntimeError } from '../cri/types.js';
import { LogRefusal, openLog } from './logs-handler.js';
import { resourceMetricsType, toResourceMetrics } from './resource-metrics.js';
import { toSummary } from './stats.js';
import { passUpgrade, refuseUpgrade } from './streams.js';
import { readUsage } from './usage.js';

export interface NodeServerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string };
  readonly nodeName: string;
  readonly directory: string;
  readonly runtime: ContainerRuntime;
  readonly findPod: (namespace: string, name: string) => Pod | undefined;
  readonly listPods: () => readonly Pod[];
}

/**
 * The node's HTTPS door for the API server, with the kubelet's paths. Only certificates of the cluster's CA are let in,
 * and only those of the API server or of cluster administrators, as the API server has authorised the user already.
 */
export async function startNodeServer(
  context: NodeContext,
  options: NodeServerOptions,
): Promise<Stoppable & { readonly port: number }> {
  const { tls } = options;
  const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: true });
  const sockets = new Set<Duplex>();
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    if (!isTrusted(request)) return answerText(response, 403, notTrusted);
    handle(request, response, context, options).catch((error: unknown) => answerError(response, error));
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (!isTrusted(request)) return refuseUpgrade(socket, 403, notTrusted);
    handleUpgrade(request, socket, head, options).catch((error: unknown) => {
      refuseUpgrade(socket, statusOf(error), error instanceof Error ? error.message : String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const trustedGroup = 'system:masters';
const notTrusted = `only certificates of ${trustedGroup} are served here: go through the API server`;

function isTrusted(request: IncomingMessage): boolean {
  if (!(request.socket instanceof TLSSocket)) return false;
  const groups: unknown = request.socket.getPeerCertificate().subject?.O;
  return [groups].flat().includes(trustedGroup);
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  context: NodeContext,
  options: NodeServerOptions,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://node');
  const [root, namespace = '', pod = '', container = ''] = url.pathname.slice(1).split('/').map(decodeURIComponent);
  switch (root) {
    case 'healthz':
      return answerText(response, 200, 'ok');
    case 'pods':
      return answerJson(response, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: options.listPods() });
    case 'stats': {
      if (namespace !== 'summary') break;
      const usage = await readUsage(options.runtime, context.clock.now());
      return answerJson(response, toSummary(options.nodeName, options.runtime, usage));
    }
    case 'metrics':
      if (namespace === 'resource') {
        const text = toResourceMetrics(await readUsage(options.runtime, context.clock.now()));
        response.writeHead(200, { 'content-type': resourceMetricsType }).end(text);
        return;
      }
      if (namespace !== '') break;
      response.setHeader('content-type', context.metrics.contentType);
      response.end(await context.metrics.metrics());
      return;
    case 'containerLogs': {
      const found = podOf(namespace, pod, options);
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      const log = await openLog(
        { pod: found, container, query: url.searchParams, signal: gone.signal },
        { ...options, clock: context.clock },
      );
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.flushHeaders();
      await pipeline(Readable.from(log, { objectMode: false }), response).catch(() => response.destroy());
      return;
    }
    case 'exec':
    case 'attach':
    case 'portForward':
      return answerText(response, 400, 'Upgrade request required');
  }
  answerText(response, 404, `no such path: ${url.pathname}`);
}

async function handleUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: NodeServerOptions,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://node');
  const [root, namespace = '', pod = '', name = ''] = url.pathname.slice(1).split('/').map(decodeURIComponent);
  const { uid = '' } = podOf(namespace, pod, options).metadata;
  const target = await streamUrl(root, uid, name, url.searchParams, options.runtime);
  passUpgrade(request, socket, head, target);
}

async function streamUrl(
  kind: string | undefined,
  uid: string,
  name: string,
  query: URLSearchParams,
  runtime: ContainerRuntime,
): Promise<string> {
  // Both the API's names (stdin) and the kubelet's (input) are understood.
  const flag = (...names: string[]) => names.some((one) => ['1', 'true'].includes(query.get(one) ?? ''));
  const streams = {
    stdin: flag('stdin', 'input'),
    stdout: flag('stdout', 'output'),
    stderr: flag('stderr', 'error'),
    tty: flag('tty'),
  };
  switch (kind) {
    case 'exec': {
      const containerId = await runningContainer(uid, name, runtime);
      const command = query.getAll('command');
      if (command.length === 0) throw new Refusal(400, 'you must specify at least one command');
      return runtime.execUrl({ containerId, command, ...streams, stderr: streams.stderr && !streams.tty });
    }
    case 'attach': {
      const containerId = await runningContainer(uid, name, runtime);
      return runtime.attachUrl({ containerId, ...streams, stderr: streams.stderr && !streams.tty });
    }
    case 'portForward': {
      const [sandbox] = (await runtime.listSandboxes(uid)).filter((one) => one.state === 'SANDBOX_READY');
      if (!sandbox) throw new Refusal(404, 'the pod has no running sandbox');
      const ports = query
        .getAll('ports')
        .concat(query.getAll('port'))
        .flatMap((one) => one.split(','));
      return runtime.portForwardUrl(
        sandbox.id,
        ports.map(Number).filter((one) => one > 0),
      );
    }
    default:
      throw new Refusal(404, `no such stream: ${kind}`);
  }
}

async function runningContainer(uid: string, name: string, runtime: ContainerRuntime): Promise<string> {
  const containers = await runtime.listContainers(uid);
  const found = containers.find((one) => one.labels[podLabels.container] === name && one.state === 'CONTAINER_RUNNING');
  if (!found) throw new Refusal(404, `container not found ("${name}")`);
  return found.id;
}

function podOf(namespace: string, name: string, options: NodeServerOptions): Pod {
  const pod = options.findPod(namespace, name);
  if (pod === undefined) throw new Refusal(404, `pod "${namespace}/${name}" is not on this node`);
  return pod;
}

function statusOf(error: unknown): number {
  if (error instanceof Refusal || error instanceof LogRefusal) return error.status;
  if (error instanceof RuntimeError && error.code === 'not-found') return 404;
  if (error instanceof RuntimeError && error.code === 'unavailable') return 503;
  return 500;
}

function answerError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy();
  else answerText(response, statusOf(error), error instanceof Error ? error.message : String(error));
}

function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
}

function answerJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
