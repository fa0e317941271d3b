import type { Duplex } from 'node:stream';
import { ApiError, badRequest } from '../api-error.js';

/**
 * Answers what is no request of HTTP/1.1 with a Status and ends its connection. Where an earlier request of the connection still
 * waits for its own answer, it only ends: this one would be taken for that.
 */
export function refuseMalformed(error: Error, socket: Duplex, isBusy: boolean): void {
  // What comes behind is no request either.
  if (lingering.has(socket)) return;
  const code = 'code' in error ? error.code : undefined;
  if (isBusy || !socket.writable || code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const refusal = refusalOf(code);
  const body = JSON.stringify(refusal.toStatus());
  const head = [
    `HTTP/1.1 ${refusal.code} ${textOf[refusal.code] ?? 'Bad Request'}`,
    'content-type: application/json',
    'cache-control: no-cache, private',
    'connection: close',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  // To close on bytes that nobody has read would reset the connection, and take the answer from the client.
  lingering.add(socket);
  socket.resume();
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  const timer = setTimeout(() => socket.destroy(), lingerMilliseconds);
  socket.once('close', () => clearTimeout(timer));
}

const lingerMilliseconds = 1_000;
const lingering = new WeakSet<Duplex>();

const textOf: Readonly<Record<number, string>> = {
  408: 'Request Timeout',
  413: 'Payload Too Large',
  431: 'Request Header Fields Too Large',
};

function refusalOf(code: unknown): ApiError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new ApiError(431, 'BadRequest', 'the header of the request is too large');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new ApiError(413, 'RequestEntityTooLarge', 'the chunk extensions of the request are too large');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ApiError(408, 'Timeout', 'the header of the request did not come within the allotted timeout');
    default:
      return badRequest('the request is malformed: it is not HTTP/1.1');
  }
}
