import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import {
  constants,
  createServer,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { ReadableOptions } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { RequestHandler } from './requests.js';

/** Streams of one connection at a time; a client with more opens another connection. */
const maxConcurrentStreams = 1_000;
const streamWindowBytes = 256 * 1024;
const connectionWindowBytes = 8 * 1024 * 1024;
const sessionMemoryMegabytes = 128;

/** What HTTP/2 says by its frames and forbids as headers. */
const connectionHeaders = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);

const sockets = new WeakMap<object, TLSSocket>();

/** A request that looks to the rest of the server as one over HTTP/1.1 does. */
class StreamRequest extends Http2ServerRequest {
  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    options: ReadableOptions,
    rawHeaders: readonly string[],
  ) {
    super(stream, headers, options, rawHeaders);
    headers.host ??= headers[':authority'];
    // The connection itself: it knows the client's certificate, and is the same for all streams.
    const socket = stream.session && sockets.get(stream.session);
    if (socket) Object.defineProperty(this, 'socket', { value: socket });
  }
}

class StreamResponse extends Http2ServerResponse<StreamRequest> {
  override setHeader(name: string, value: number | string | readonly string[]): void {
    if (!connectionHeaders.has(name.toLowerCase())) super.setHeader(name, value);
  }

  override writeHead(code: number, ...rest: (OutgoingHttpHeaders | string | undefined)[]): this {
    const headers = rest.find((each) => typeof each === 'object');
    return super.writeHead(code, headers && withoutConnection(headers));
  }

  /** The client is told that the answer is not whole. */
  override destroy(): this {
    const { stream } = this;
    if (stream && !stream.destroyed) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    return this;
  }
}

Object.defineProperty(StreamResponse.prototype, 'destroyed', {
  get(this: StreamResponse) {
    return !this.stream || this.stream.destroyed;
  },
});

function withoutConnection(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const kept: Record<string, OutgoingHttpHeader | undefined> = {};
  for (const name of Object.keys(headers))
    if (!connectionHeaders.has(name.toLowerCase()) && headers[name] !== undefined) kept[name] = headers[name];
  return kept;
}

export interface Http2Door {
  /** Takes a connection whose client chose HTTP/2. */
  adopt(socket: TLSSocket): void;
  /** Tells every client to open no more streams here; a connection ends with its last stream. */
  close(): void;
  /** Ends the connections that are left. */
  destroy(): void;
}

/** Serves HTTP/2 on connections that a TLS server has accepted. One without streams is closed after `idleMilliseconds`. */
export function createHttp2Door(handler: RequestHandler, idleMilliseconds: number): Http2Door {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer<
    typeof IncomingMessage,
    typeof ServerResponse,
    typeof StreamRequest,
    typeof StreamResponse
  >({
    Http2ServerRequest: StreamRequest,
    Http2ServerResponse: StreamResponse,
    maxSessionMemory: sessionMemoryMegabytes,
    settings: { maxConcurrentStreams, initialWindowSize: streamWindowBytes, enablePush: false },
  });
  let adopted: TLSSocket | undefined;
  server.on('session', (session) => {
    if (adopted) sockets.set(session, adopted);
    let open = 0;
    sessions.add(session);
    session.on('stream', (stream) => {
      open += 1;
      stream.on('close', () => {
        open -= 1;
      });
      stream.on('error', () => {});
    });
    session.on('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
    session.setLocalWindowSize(connectionWindowBytes);
    session.setTimeout(idleMilliseconds, () => {
      if (open === 0) session.close();
    });
  });
  server.on('sessionError', () => {});
  server.on('request', (request, response) => {
    // The compatible classes do all that the handler asks of a request and a response.
    void handler(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  });
  return {
    adopt: (socket) => {
      adopted = socket;
      server.emit('connection', socket);
      adopted = undefined;
    },
    close: () => {
      for (const session of sessions) session.close();
    },
    destroy: () => {
      for (const session of sessions) session.destroy();
    },
  };
}
