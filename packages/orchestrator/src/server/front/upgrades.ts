import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { admitConnection } from '../admission/connect.js';
import { type ApiError, badRequest, noSuchPath, toApiError } from '../api-error.js';
import { type AuditTrail, noted } from '../audit/index.js';
import { impersonated } from '../authentication/impersonation.js';
import { refuseUpgrade } from '../node-proxy.js';
import { parseResourceRequest } from '../request-info.js';
import { authorize } from '../resource-handler.js';
import { translatedProtocol } from '../streams/web-socket-streams.js';
import { addressOf, infoOf } from './exchange.js';
import { allow, type FrontParts } from './requests.js';

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>;

/** Connections that become streams: exec, attach, port-forward, and those of proxied backends. Never rejects. */
export function createUpgradeHandler(parts: FrontParts): UpgradeHandler {
  const { resources, authenticator } = parts;
  const { registry, nodes } = resources;
  return async (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    let trail: AuditTrail | undefined;
    try {
      const address = addressOf(request.url);
      const info = infoOf(request, address);
      const who = await authenticator.authenticate(request);
      trail = parts.auditor?.begin(request, who, info);
      const user = impersonated(registry.store, who, request);
      if (user !== who) trail?.impersonates(user);
      socket.once('close', () => trail?.complete(101));
      if (!info.isResource) throw noSuchPath();
      const remote = parts.aggregation.find(info.path);
      if (remote) {
        noted(registry.store, request, user, info, () => allow(parts, info, user));
        const refuse = (error: ApiError) => refuseUpgrade(socket, error);
        parts.aggregation.proxyUpgrade(remote, request, socket, head, user, refuse);
        return;
      }
      const { query } = address;
      const target = parseResourceRequest(registry.catalog, request, info.group, info.version, info.rest, query);
      if (target.subresource === 'proxy') {
        noted(registry.store, request, user, info, () => authorize(registry, user, target));
        await admitConnection(registry, request, target, query, user);
        const { plural } = target.kind.type;
        nodes.proxyUpgrade(request, socket, head, { ...target, plural }, (error) => refuseUpgrade(socket, error));
        return;
      }
      // An exec is a creation, whatever method carries it.
      const wanted = { ...target, verb: 'create' as const };
      noted(registry.store, request, user, { ...info, verb: 'create' }, () => authorize(registry, user, wanted));
      if (!['exec', 'attach', 'portforward'].includes(target.subresource))
        throw badRequest('this path cannot be upgraded');
      refuseUnknownProtocol(request, target.subresource === 'portforward');
      const admitted = await admitConnection(registry, request, target, query, user);
      nodes.upgrade(request, socket, head, { ...target, query: admitted });
    } catch (error) {
      const refusal = toApiError(error);
      trail?.failed(refusal.toStatus());
      trail?.complete(refusal.code);
      refuseUpgrade(socket, refusal);
    }
  };
}

/** The newest protocols are translated here; those up to v4 are the node's runtime's. Clients fall back to SPDY when refused. */
function refuseUnknownProtocol(request: IncomingMessage, isPortForward: boolean): void {
  if ((request.headers.upgrade ?? '').toLowerCase() !== 'websocket') return;
  if (translatedProtocol(request, isPortForward)) return;
  const offered = String(request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((each) => each.trim());
  const isKnown = offered.some((each) => /^(v[1-4]\.)?(base64\.)?channel\.k8s\.io$/.test(each) || each === '');
  if (!isKnown)
    throw badRequest(
      `unable to upgrade: none of the WebSocket protocols ${offered.join(', ')} is spoken here; use SPDY/3.1 or v4.channel.k8s.io`,
    );
}
