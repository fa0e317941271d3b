import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { joinStreams } from '../../client/index.js';
import { ApiError } from '../api-error.js';

/** They are about one connection, not about what passes over it. */
const hopByHop = [
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Who asked is answered for here: a backend learns nothing it could pretend to be the client with. */
const isOfClient = (name: string) =>
  name === 'authorization' || name === 'host' || name.startsWith('impersonate-') || name.startsWith(':');

/** The headers of a request that go on to a backend; those of an upgrade with it. */
export function passedHeaders(request: IncomingMessage, isUpgrade: boolean): IncomingHttpHeaders {
  const kept = Object.entries(request.headers).filter(
    ([name]) =>
      !isOfClient(name) && (!hopByHop.includes(name) || (isUpgrade && ['connection', 'upgrade'].includes(name))),
  );
  const headers: IncomingHttpHeaders = Object.fromEntries(kept);
  const peer = request.socket.remoteAddress;
  if (peer) headers['x-forwarded-for'] = [request.headers['x-forwarded-for'], peer].flat().filter(Boolean).join(', ');
  return headers;
}

export const unreachable = (error: Error) =>
  new ApiError(503, 'ServiceUnavailable', `error trying to reach service: ${error.message}`, undefined, {
    cause: error,
  });

/** Sends a request's body on, and answers with whatever comes back; resolves when the answer has ended, in whichever way. */
export function relay(
  request: IncomingMessage,
  response: ServerResponse,
  upstream: ClientRequest,
  change: (headers: IncomingHttpHeaders) => IncomingHttpHeaders = (headers) => headers,
): Promise<void> {
  return new Promise((resolve) => {
    upstream.on('response', (answer) => {
      const kept = Object.entries(answer.headers).filter(([name]) => !hopByHop.includes(name));
      response.writeHead(answer.statusCode ?? 502, change(Object.fromEntries(kept)));
      // A watch must see that it has begun, long before there is an event.
      response.flushHeaders();
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    upstream.on('error', (error) => {
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const body = JSON.stringify(unreachable(error).toStatus());
      response.writeHead(503, { 'content-type': 'application/json' }).end(body);
    });
    response.on('close', () => {
      upstream.destroy();
      resolve();
    });
    request.pipe(upstream);
  });
}

/** Joins a connection that is to be upgraded with a backend's; a backend that does not upgrade answers for itself. */
export function relayUpgrade(
  upstream: ClientRequest,
  socket: Duplex,
  head: Buffer,
  refuse: (error: ApiError) => void,
): void {
  upstream.on('upgrade', (answer, far, farHead) => {
    socket.write(headOf(answer));
    if (farHead.length > 0) socket.write(farHead);
    if (head.length > 0) far.write(head);
    joinStreams(socket, far);
  });
  upstream.on('response', (answer) => {
    socket.write(headOf(answer, ['connection', 'keep-alive', 'transfer-encoding']));
    answer.pipe(socket);
  });
  upstream.on('error', (error) => refuse(unreachable(error)));
  socket.on('error', () => upstream.destroy());
  socket.on('close', () => upstream.destroy());
  upstream.end();
}

/** The answer's first lines; with some headers left out, it ends with the connection. */
function headOf(answer: IncomingMessage, left: readonly string[] = []): string {
  let lines = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`;
  for (let at = 0; at < answer.rawHeaders.length; at += 2) {
    const name = answer.rawHeaders[at] ?? '';
    if (!left.includes(name.toLowerCase())) lines += `${name}: ${answer.rawHeaders[at + 1]}\r\n`;
  }
  return `${lines}${left.length > 0 ? 'Connection: close\r\n' : ''}\r\n`;
}
