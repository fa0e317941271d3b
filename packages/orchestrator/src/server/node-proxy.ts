import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { joinStreams } from '../client/index.js';
import { type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../kinds/index.js';
import type { Store } from '../store/index.js';
import { ApiError, badRequest, conflict, notFound } from './api-error.js';
import type { KeyPair } from './pki.js';
import { asJson } from './registry.js';
import { createHttpProxy, type HttpProxy } from './streams/http-proxy.js';
import {
  type AskedStreams,
  channelProtocol,
  joinChannels,
  joinTunnel,
  translatedProtocol,
  tunnelProtocol,
} from './streams/web-socket-streams.js';

const connectMilliseconds = 10_000;
const podType = { group: '', plural: 'pods' };

export interface NodeProxy extends HttpProxy {
  /** `pods/log`. */
  log(namespace: string, name: string, query: URLSearchParams, response: ServerResponse): void;
  /** The text at a path of a node's agent itself. Rejects when it does not answer 200 in time. */
  read(node: string, path: string): Promise<string>;
  /** `exec`, `attach` and `portforward`, once the client has asked for an upgrade: bytes pass both ways untouched. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, target: StreamTarget): void;
  close(): void;
}

export interface StreamTarget {
  namespace: string;
  name: string;
  subresource: string;
  query: URLSearchParams;
}

/** Passes streams on to the agent of the node that a pod is on, as a client with the API server's certificate. */
export function createNodeProxy(store: Store, identity: KeyPair, ca: string): NodeProxy {
  const tls = {
    cert: identity.certificate,
    key: identity.key,
    ca,
    // The node is reached by an address that its certificate need not carry; the cluster's CA vouches for it.
    checkServerIdentity: () => undefined,
  };
  const agent = new Agent({ ...tls, keepAlive: false });

  function locateAgent(name: string): { host: string; port: number } {
    const node = store.get('nodes', '', name);
    if (!node) throw notFound({ group: '', plural: 'nodes' }, name);
    const status = objectAt(asJson(node.value), 'status');
    const address = objectsAt(status, 'addresses').find((each) => each.type === 'InternalIP');
    const port = numberAt(objectAt(objectAt(status, 'daemonEndpoints'), 'kubeletEndpoint'), 'Port');
    if (!address || port === undefined)
      throw conflict({ group: '', plural: 'nodes' }, name, 'the node has not said yet where its agent is');
    return { host: stringAt(address, 'address'), port };
  }

  function locate(namespace: string, name: string): { pod: JsonObject; host: string; port: number } {
    const found = store.get('pods', namespace, name);
    if (!found) throw notFound(podType, name);
    const pod = asJson(found.value);
    const nodeName = stringAt(objectAt(pod, 'spec'), 'nodeName');
    if (nodeName === '') throw badRequest(`pod ${name} does not have a host assigned`);
    return { pod, ...locateAgent(nodeName) };
  }

  function containerOf(pod: JsonObject, query: URLSearchParams, name: string): string {
    const spec = objectAt(pod, 'spec');
    const lists = ['containers', 'initContainers', 'ephemeralContainers'];
    const names = lists.flatMap((list) => objectsAt(spec, list).map((each) => stringAt(each, 'name')));
    const asked = query.get('container') ?? '';
    if (asked !== '') {
      if (!names.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`);
      return asked;
    }
    const containers = objectsAt(spec, 'containers').map((each) => stringAt(each, 'name'));
    if (containers.length !== 1)
      throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${containers.join(' ')}]`);
    return containers[0] ?? '';
  }

  const unreachable = (error: Error) =>
    new ApiError(502 as number, 'InternalError', `error dialing backend: ${error.message}`, undefined, {
      cause: error,
    });

  return {
    ...createHttpProxy(store, tls),
    close: () => agent.destroy(),
    read: (node, path) =>
      new Promise((resolve, reject) => {
        const asked = httpsRequest({ ...locateAgent(node), path, agent });
        const timer = setTimeout(() => asked.destroy(new Error('the node does not answer')), connectMilliseconds);
        asked.on('response', (answer) => {
          const { statusCode } = answer;
          if (statusCode !== 200) asked.destroy(new Error(`the node answered ${statusCode}`));
          else collect(answer).then(resolve, reject);
        });
        asked.on('error', reject);
        asked.on('close', () => clearTimeout(timer));
        asked.end();
      }),
    log: (namespace, name, query, response) => {
      const { pod, host, port } = locate(namespace, name);
      const container = containerOf(pod, query, name);
      const passed = new URLSearchParams(query);
      passed.delete('container');
      const path = `/containerLogs/${namespace}/${name}/${encodeURIComponent(container)}?${passed}`;
      const upstream = httpsRequest({ host, port, path, agent, timeout: connectMilliseconds });
      upstream.on('response', (answer) => {
        if (answer.statusCode !== 200) {
          void collect(answer).then((text) =>
            fail(response, badRequest(text.trim() || `the node answered ${answer.statusCode}`)),
          );
          return;
        }
        upstream.setTimeout(0);
        response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
        response.flushHeaders();
        answer.pipe(response);
        answer.on('error', () => response.destroy());
      });
      upstream.on('timeout', () => upstream.destroy(new Error('the node does not answer')));
      upstream.on('error', (error) => fail(response, unreachable(error)));
      response.on('close', () => upstream.destroy());
      upstream.end();
    },
    upgrade: (request, socket, head, target) => {
      const { pod, host, port } = locate(target.namespace, target.name);
      const base = `${target.namespace}/${target.name}`;
      const path =
        target.subresource === 'portforward'
          ? `/portForward/${base}?${target.query}`
          : `/${target.subresource}/${base}/${encodeURIComponent(containerOf(pod, target.query, target.name))}?${target.query}`;
      const translated = translatedProtocol(request, target.subresource === 'portforward');
      const options: RequestOptions = { host, port, path, ...tls, agent: false };
      const upstream = httpsRequest(
        translated
          ? { ...options, method: 'POST', headers: spdyHeaders(translated) }
          : { ...options, method: request.method, headers: passedHeaders(request) },
      );
      const timer = setTimeout(() => upstream.destroy(new Error('the node does not answer')), connectMilliseconds);
      upstream.on('upgrade', (answer, far, farHead) => {
        clearTimeout(timer);
        const farSide = { socket: far, head: farHead };
        if (translated === channelProtocol) return joinChannels(request, socket, head, farSide, askedOf(target.query));
        if (translated === tunnelProtocol) return joinTunnel(request, socket, head, farSide);
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headerLines(answer)}\r\n`);
        if (farHead.length > 0) socket.write(farHead);
        if (head.length > 0) far.write(head);
        joinStreams(socket, far);
      });
      upstream.on('response', (answer) => {
        clearTimeout(timer);
        void collect(answer).then((text) => {
          socket.end(
            `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
          );
        });
      });
      upstream.on('error', (error) => {
        clearTimeout(timer);
        refuseUpgrade(socket, unreachable(error));
      });
      socket.on('error', () => upstream.destroy());
      upstream.end();
    },
  };
}

/** What goes on to the node: all but who asked, which has been answered for here. */
function passedHeaders(request: IncomingMessage): IncomingHttpHeaders {
  const { authorization: _authorization, host: _host, ...headers } = request.headers;
  return headers;
}

const spdyHeaders = (translated: string) => ({
  connection: 'Upgrade',
  upgrade: 'SPDY/3.1',
  'x-stream-protocol-version': translated === tunnelProtocol ? 'portforward.k8s.io' : 'v4.channel.k8s.io',
});

function askedOf(query: URLSearchParams): AskedStreams {
  const flag = (name: string) => ['1', 'true'].includes(query.get(name) ?? '');
  return { stdin: flag('stdin'), stdout: flag('stdout'), stderr: flag('stderr'), tty: flag('tty') };
}

function headerLines(answer: IncomingMessage): string {
  let lines = '';
  for (let index = 0; index < answer.rawHeaders.length; index += 2)
    lines += `${answer.rawHeaders[index]}: ${answer.rawHeaders[index + 1]}\r\n`;
  return lines;
}

function fail(response: ServerResponse, error: ApiError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(error.code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(error.toStatus()));
}

/** Answers a request for an upgrade with a Status. */
export function refuseUpgrade(socket: Duplex, error: ApiError): void {
  const body = JSON.stringify(error.toStatus());
  const head = `HTTP/1.1 ${error.code} ${error.reason}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  if (socket.writable) socket.end(head + body);
}

async function collect(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
