import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { RequestHandler } from './requests.js';
import type { UpgradeHandler } from './upgrades.js';

export interface ListenerOptions {
  certificate: string;
  key: string;
  /** Of the clients. */
  ca: string;
  bind: string;
  /** 0: any free one. */
  port: number;
}

export interface Listener {
  readonly port: number;
  /** Takes no more connections, lets what is under way end for a moment, then ends it. */
  close(): Promise<void>;
}

const graceMilliseconds = 200;

/** Listens with TLS; resolves when connections are taken. */
export async function listen(
  options: ListenerOptions,
  handlers: { request: RequestHandler; upgrade: UpgradeHandler },
): Promise<Listener> {
  const server = createServer({
    cert: options.certificate,
    key: options.key,
    ca: options.ca,
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    keepAliveTimeout: 75_000,
    requestTimeout: 0,
  });
  server.on('request', (request, response) => void handlers.request(request, response));
  server.on('upgrade', (request, socket, head) => void handlers.upgrade(request, socket, head));
  server.on('tlsClientError', () => {});
  server.on('clientError', (_error, socket) => socket.destroy());
  server.listen(options.port, options.bind);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const force = setTimeout(() => server.closeAllConnections(), graceMilliseconds);
      await closed;
      clearTimeout(force);
    },
  };
}
