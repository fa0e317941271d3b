import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { openSpdy } from './spdy-client.js';

export const channelProtocol = 'v5.channel.k8s.io';
export const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io';

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 };
const bufferBytes = 1024 * 1024;

/** A connection to a node that has been upgraded to SPDY. */
export interface FarSide {
  socket: Duplex;
  head: Buffer;
}

export interface AskedStreams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

const server = new WebSocketServer({
  noServer: true,
  maxPayload: 4 * bufferBytes,
  handleProtocols: (offered) => (offered.has(channelProtocol) ? channelProtocol : tunnelProtocol),
});

/** The protocol that is translated here, if the client offers one that is meant for this kind of stream. */
export function translatedProtocol(
  request: IncomingMessage,
  isPortForward: boolean,
): typeof channelProtocol | typeof tunnelProtocol | undefined {
  if ((request.headers.upgrade ?? '').toLowerCase() !== 'websocket') return undefined;
  const offered = String(request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((each) => each.trim());
  const wanted = isPortForward ? tunnelProtocol : channelProtocol;
  return offered.includes(wanted) ? wanted : undefined;
}

const bytesOf = (data: RawData): Buffer =>
  Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);

/** Lets a slow client hold the far side up instead of filling our memory. */
function sender(client: WebSocket, far: { pause(): void; resume(): void }): (data: Buffer) => void {
  return (data) => {
    if (client.readyState !== client.OPEN) return;
    client.send(data, { binary: true }, () => {
      if (client.bufferedAmount < bufferBytes / 2) far.resume();
    });
    if (client.bufferedAmount > bufferBytes) far.pause();
  };
}

/** Exec and attach: the channels of v5 become the streams of SPDY, which can close stdin alone as v5 can. */
export function joinChannels(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  far: FarSide,
  asked: AskedStreams,
): void {
  server.handleUpgrade(request, socket, head, (client) => {
    const spdy = openSpdy(far.socket, far.head, () => client.close(1000));
    const send = sender(client, spdy);
    const nothing = () => {};
    const open = (streamtype: string, channel: number, isRead: boolean) =>
      spdy.open(
        { streamtype },
        { data: isRead ? (data) => send(Buffer.concat([Buffer.from([channel]), data])) : nothing, end: nothing },
      );
    open('error', channels.error, true);
    const stdin = asked.stdin ? open('stdin', channels.stdin, false) : undefined;
    if (asked.stdout) open('stdout', channels.stdout, true);
    if (asked.stderr && !asked.tty) open('stderr', channels.stderr, true);
    const resize = asked.tty ? open('resize', channels.resize, false) : undefined;
    far.socket.on('drain', () => client.resume());
    client.on('message', (message) => {
      const data = bytesOf(message);
      const rest = data.subarray(1);
      let canGoOn = true;
      if (data[0] === channels.stdin && rest.length > 0) canGoOn = stdin?.write(rest) ?? true;
      else if (data[0] === channels.resize && rest.length > 0) resize?.write(rest);
      else if (data[0] === channels.close && rest[0] === channels.stdin) stdin?.end();
      if (!canGoOn) client.pause();
    });
    client.on('close', () => spdy.close());
    client.on('error', () => spdy.close());
  });
}

/** Port-forward: the client speaks SPDY inside of the WebSocket's messages; its bytes pass untouched. */
export function joinTunnel(request: IncomingMessage, socket: Duplex, head: Buffer, far: FarSide): void {
  server.handleUpgrade(request, socket, head, (client) => {
    const send = sender(client, far.socket);
    far.socket.on('data', send);
    far.socket.on('drain', () => client.resume());
    far.socket.on('error', () => client.terminate());
    far.socket.on('close', () => client.close(1000));
    far.socket.on('end', () => far.socket.end());
    if (far.head.length > 0) send(far.head);
    client.on('message', (message) => {
      if (!far.socket.write(bytesOf(message))) client.pause();
    });
    client.on('close', () => far.socket.end());
    client.on('error', () => far.socket.destroy());
  });
}
