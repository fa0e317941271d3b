import { randomInt } from 'node:crypto';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as httpsRequest, type RequestOptions as TlsOptions } from 'node:https';
import { BlockList, isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { ApiError, badRequest, notFound } from '../api-error.js';
import { asJson } from '../registry.js';
import { passedHeaders, relay, relayUpgrade } from './relay.js';

export interface ProxyTarget {
  /** `pods`, `services` or `nodes`. */
  plural: string;
  namespace: string;
  /** `name`, `name:port`, `scheme:name:port`. */
  name: string;
}

interface Backend {
  isSecure: boolean;
  host: string;
  port: number;
  tls?: TlsOptions;
}

export interface HttpProxy {
  /** Answers with whatever the backend answers; failing to reach it is a Status of 503. */
  proxy(request: IncomingMessage, response: ServerResponse, target: ProxyTarget): void;
  proxyUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    target: ProxyTarget,
    refuse: (error: ApiError) => void,
  ): void;
}

/** The `proxy` subresources of pods, services and nodes. `nodeTls` proves to a node's agent who asks. */
export function createHttpProxy(store: Store, nodeTls: TlsOptions): HttpProxy {
  function send(request: IncomingMessage, target: ProxyTarget, isUpgrade: boolean) {
    const { isSecure, host, port, tls } = locate(store, nodeTls, target);
    const headers = passedHeaders(request, isUpgrade);
    const { base, path } = splitPath(request.url ?? '/');
    headers['x-forwarded-uri'] = base;
    headers['x-forwarded-proto'] = 'https';
    headers['x-forwarded-host'] = request.headers.host ?? '';
    const options = { host, port, path, method: request.method, headers, agent: false as const, ...tls };
    return { upstream: isSecure ? httpsRequest(options) : httpRequest(options), base };
  }

  return {
    proxy: (request, response, target) => {
      const { upstream, base } = send(request, target, false);
      void relay(request, response, upstream, ({ location, ...headers }) => ({
        ...headers,
        ...(location !== undefined && { location: location.startsWith('/') ? `${base}${location}` : location }),
      }));
    },
    proxyUpgrade: (request, socket, head, target, refuse) =>
      relayUpgrade(send(request, target, true).upstream, socket, head, refuse),
  };
}

/** This host's own and its neighbours' addresses: whoever may write an endpoint must not reach our loopback through us. */
const refused = new BlockList();
refused.addSubnet('127.0.0.0', 8);
refused.addSubnet('169.254.0.0', 16);
refused.addSubnet('0.0.0.0', 8);
refused.addAddress('::1', 'ipv6');
refused.addAddress('::', 'ipv6');
refused.addSubnet('fe80::', 10, 'ipv6');

function allowed(host: string): string {
  if (host === '' || refused.check(host, isIPv6(host) ? 'ipv6' : 'ipv4')) throw badRequest('address not allowed');
  return host;
}

/** The path up to and with `proxy`, and the one that the backend sees, with the query. */
function splitPath(url: string): { base: string; path: string } {
  const match = /^(\/api\/v1\/(?:namespaces\/[^/]+\/)?[^/]+\/[^/]+\/proxy)(\/[^?]*)?(\?.*)?$/.exec(url);
  if (!match) throw badRequest('this path cannot be proxied');
  return { base: match[1] ?? '', path: `${match[2] ?? '/'}${match[3] ?? ''}` };
}

/** `scheme:name:port`, of which all but the name may be missing. */
function splitName(name: string): { scheme: string; name: string; port: string } {
  const parts = name.split(':');
  if (parts.length === 1) return { scheme: '', name, port: '' };
  if (parts.length === 2) return { scheme: '', name: parts[0] ?? '', port: parts[1] ?? '' };
  const [scheme = '', plain = '', port = ''] = parts;
  if (parts.length > 3 || !['', 'http', 'https'].includes(scheme))
    throw badRequest(`invalid proxy request ${JSON.stringify(name)}: write it as [scheme:]name[:port]`);
  return { scheme, name: plain, port };
}

function locate(store: Store, nodeTls: TlsOptions, { plural, namespace, name: asked }: ProxyTarget): Backend {
  const { scheme, name, port } = splitName(asked);
  const isSecure = scheme === 'https';
  // What stands behind a pod or a service has a certificate of its own making, which nobody here could judge.
  const common = { isSecure, ...(isSecure && { tls: { rejectUnauthorized: false } as TlsOptions }) };
  const found = store.get(plural, plural === 'nodes' ? '' : namespace, name);
  if (!found) throw notFound({ group: '', plural }, name);
  const object = asJson(found.value);
  if (plural === 'nodes') return locateNode(object, nodeTls, scheme, port);
  if (plural === 'pods') {
    const host = allowed(stringAt(objectAt(object, 'status'), 'podIP'));
    return { ...common, host, port: Number(port) || firstPort(object) || (isSecure ? 443 : 80) };
  }
  return { ...common, ...locateEndpoint(store, object, namespace, name, port) };
}

/** Where a service can be reached: one of its ready endpoints, or the host that it is another name for. Throws 503. */
export function locateService(store: Store, namespace: string, name: string, port: number) {
  const found = store.get('services', namespace, name);
  if (!found) throw new ApiError(503, 'ServiceUnavailable', `service ${JSON.stringify(name)} not found`);
  const service = asJson(found.value);
  const spec = objectAt(service, 'spec');
  if (spec.type === 'ExternalName') return { host: stringAt(spec, 'externalName'), port };
  return locateEndpoint(store, service, namespace, name, String(port));
}

function firstPort(pod: JsonObject): number | undefined {
  for (const container of objectsAt(objectAt(pod, 'spec'), 'containers'))
    for (const each of objectsAt(container, 'ports')) return numberAt(each, 'containerPort');
  return undefined;
}

function locateNode(node: JsonObject, nodeTls: TlsOptions, scheme: string, port: string): Backend {
  const status = objectAt(node, 'status');
  const host = stringAt(
    objectsAt(status, 'addresses').find((each) => each.type === 'InternalIP'),
    'address',
  );
  const agentPort = numberAt(objectAt(objectAt(status, 'daemonEndpoints'), 'kubeletEndpoint'), 'Port') ?? 0;
  if (host === '') throw new ApiError(503, 'ServiceUnavailable', 'the node has not said yet where its agent is');
  if (port === '' || Number(port) === agentPort) return { isSecure: true, host, port: agentPort, tls: nodeTls };
  return {
    isSecure: scheme === 'https',
    host,
    port: Number(port),
    tls: { rejectUnauthorized: false } as TlsOptions,
  };
}

function locateEndpoint(store: Store, service: JsonObject, namespace: string, name: string, port: string) {
  const ports = objectsAt(objectAt(service, 'spec'), 'ports');
  const chosen =
    port === '' && ports.length === 1
      ? ports[0]
      : ports.find((each) => stringAt(each, 'name') === port || String(each.port) === port);
  if (!chosen)
    throw new ApiError(
      503,
      'ServiceUnavailable',
      `no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`,
    );
  const portName = stringAt(chosen, 'name');
  const ready: { host: string; port: number }[] = [];
  for (const each of store.list('discovery.k8s.io/endpointslices', undefined, namespace)) {
    const slice = asJson(each.value);
    const metadata = objectAt(slice, 'metadata');
    if (objectAt(metadata, 'labels')['kubernetes.io/service-name'] !== name) continue;
    const number = numberAt(
      objectsAt(slice, 'ports').find((one) => stringAt(one, 'name') === portName),
      'port',
    );
    if (number === undefined) continue;
    for (const endpoint of objectsAt(slice, 'endpoints')) {
      const [address] = Array.isArray(endpoint.addresses) ? endpoint.addresses : [];
      if (typeof address === 'string' && objectAt(endpoint, 'conditions').ready !== false)
        ready.push({ host: address, port: number });
    }
  }
  const backend = ready.length === 0 ? undefined : ready[randomInt(ready.length)];
  if (!backend)
    throw new ApiError(503, 'ServiceUnavailable', `no endpoints available for service ${JSON.stringify(name)}`);
  return { ...backend, host: allowed(backend.host) };
}
