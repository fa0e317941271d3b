import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createHttp2Door } from './http2.js';
import { refuseMalformed } from './malformed.js';
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
  /** Takes no more connections, ends streams, lets what is being answered end for a moment, then ends it. */
  close(): Promise<void>;
}

/** So long what is being answered may take when the server stops. */
const graceMilliseconds = 5_000;
const sweepMilliseconds = 20;
const idleMilliseconds = 75_000;
const headersMilliseconds = 30_000;
/** Selectors of many labels and tokens with many groups are long. */
const headerBytes = 256 * 1024;

/** Listens with TLS for HTTP/2 and HTTP/1.1, whichever the client chooses; resolves when connections are taken. */
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
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: headersMilliseconds,
    headersTimeout: headersMilliseconds,
    connectionsCheckingInterval: headersMilliseconds / 6,
    keepAliveTimeout: idleMilliseconds,
    maxHeaderSize: headerBytes,
    // How long a whole request may take is the front's to say: some streams in without end.
    requestTimeout: 0,
  });
  const http2 = createHttp2Door(handlers.request, idleMilliseconds);
  // HTTP/1.1 goes the way it would in a server that speaks nothing else.
  const speakHttp1 = server.listeners('secureConnection');
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket) => {
    if (socket.alpnProtocol === 'h2') http2.adopt(socket);
    else for (const listener of speakHttp1) listener.call(server, socket);
  });
  const busy = new WeakMap<Duplex, number>();
  const count = (socket: Duplex, difference: number) => busy.set(socket, (busy.get(socket) ?? 0) + difference);
  server.on('request', (request, response) => {
    const { socket } = request;
    count(socket, 1);
    response.once('close', () => count(socket, -1));
    void handlers.request(request, response);
  });
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (request, socket, head) => {
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    void handlers.upgrade(request, socket, head);
  });
  server.on('tlsClientError', () => {});
  server.on('clientError', (error, socket) => refuseMalformed(error, socket, (busy.get(socket) ?? 0) > 0));
  server.listen(options.port, options.bind);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      http2.close();
      // A connection is idle as soon as its answer is out.
      const sweep = setInterval(() => server.closeIdleConnections(), sweepMilliseconds);
      server.closeIdleConnections();
      for (const socket of upgraded) socket.destroy();
      const force = setTimeout(() => {
        server.closeAllConnections();
        http2.destroy();
      }, graceMilliseconds);
      await closed;
      clearInterval(sweep);
      clearTimeout(force);
    },
  };
}
