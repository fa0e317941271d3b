import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { joinStreams } from '../../client/index.js';

/**
 * Hands an upgrade request on to the runtime's streaming server and then passes bytes both ways. Whether it is SPDY
 * or WebSocket, and which version of the channel protocol, is between the caller and the runtime.
 *
 * @param url the one-time URL that the runtime gave for this stream
 */
export function passUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: string): void {
  const target = new URL(url);
  const upstream = httpRequest({
    host: target.hostname,
    port: target.port,
    // kubectl's SPDY port-forward and exec POST; a WebSocket GETs. The runtime takes both.
    method: request.method,
    path: `${target.pathname}${target.search}`,
    headers: { ...request.headers, host: target.host },
  });
  upstream.on('upgrade', (response, runtimeSocket, runtimeHead) => {
    socket.write(headOf(response));
    if (runtimeHead.length > 0) socket.write(runtimeHead);
    if (head.length > 0) runtimeSocket.write(head);
    joinStreams(socket, runtimeSocket);
  });
  upstream.on('response', (response) => {
    socket.write(headOf(response));
    response.pipe(socket);
  });
  upstream.on('error', (error) =>
    refuseUpgrade(socket, 502, `the container runtime's streaming server failed: ${error.message}`),
  );
  socket.on('error', () => upstream.destroy());
  socket.on('close', () => upstream.destroy());
  upstream.end();
}

export function refuseUpgrade(socket: Duplex, status: number, message: string): void {
  if (socket.destroyed) return;
  const body = Buffer.from(`${message}\n`);
  socket.end(
    `HTTP/1.1 ${status} ${status === 404 ? 'Not Found' : 'Error'}\r\ncontent-type: text/plain\r\n` +
      `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function headOf(response: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${response.statusCode} ${response.statusMessage}`];
  for (let at = 0; at < response.rawHeaders.length; at += 2) {
    lines.push(`${response.rawHeaders[at]}: ${response.rawHeaders[at + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
