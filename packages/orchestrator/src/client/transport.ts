import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { KubeConnection } from './connection.js';
import { KubeUnreachableError, toKubeError } from './kube-error.js';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly signal?: AbortSignal;
  /** A stream may stay silent; anything else fails when the socket is idle for this long. */
  readonly idleTimeoutMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Already decompressed. Read it to the end or destroy it, or its socket is not reused. */
  readonly body: Readable;
}

export interface Transport {
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

const idleTimeoutMs = 60_000;
const tokenFreshMs = 60_000;
const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || host.startsWith('127.');

/** HTTP/1.1 with kept-alive sockets. A request is sent once, save a read whose reused socket turned out to be dead. */
export function createTransport(connection: KubeConnection): Transport {
  const base = new URL(connection.server);
  const prefix = base.pathname.replace(/\/+$/, '');
  const secure = base.protocol === 'https:';
  const compress = connection.compress ?? !isLoopback(base.hostname);
  const pooling = { keepAlive: true, keepAliveMsecs: 15_000, scheduling: 'lifo' as const };
  const agent = secure
    ? new https.Agent({
        ...pooling,
        ca: connection.ca,
        cert: connection.certificate,
        key: connection.key,
        servername: connection.tlsServerName,
        rejectUnauthorized: !connection.insecureSkipTlsVerify,
      })
    : new http.Agent(pooling);
  const open = new Set<http.ClientRequest>();
  let closed = false;
  let cachedToken: { value: string; readAt: number } | undefined;

  const token = async (): Promise<string | undefined> => {
    if (connection.token !== undefined || connection.tokenFile === undefined) return connection.token;
    const now = performance.now();
    if (!cachedToken || now - cachedToken.readAt > tokenFreshMs) {
      cachedToken = { value: (await readFile(connection.tokenFile, 'utf8')).trim(), readAt: now };
    }
    return cachedToken.value;
  };

  const once = (request: HttpRequest, headers: Record<string, string>): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      const sent = (secure ? https : http).request({
        host: base.hostname.replace(/^\[|\]$/g, ''),
        port: base.port || (secure ? 443 : 80),
        method: request.method,
        path: prefix + request.path,
        headers,
        agent,
        signal: request.signal,
        timeout: request.idleTimeoutMs ?? idleTimeoutMs,
      });
      open.add(sent);
      sent.on('close', () => open.delete(sent));
      sent.on('timeout', () => sent.destroy(new Error('timed out')));
      sent.on('error', (error) => {
        const broken = sent.reusedSocket && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        reject(broken ? new StaleSocketError(error) : error);
      });
      sent.on('response', (message) => {
        const zipped = message.headers['content-encoding'] === 'gzip';
        // A failure in between destroys both ends; the reader of the body sees it.
        const body: Readable = zipped ? pipeline(message, createGunzip(), () => undefined) : message;
        resolve({ status: message.statusCode ?? 0, headers: message.headers, body });
      });
      sent.end(request.body);
    });

  return {
    async send(request) {
      if (closed) throw new KubeUnreachableError(connection.server, new Error('this client is closed'));
      const bearer = await token();
      const headers: Record<string, string> = {
        accept: 'application/json',
        'user-agent': connection.userAgent ?? 'slipway',
        host: base.host,
        ...(compress ? { 'accept-encoding': 'gzip' } : {}),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(request.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(request.body)) }),
        ...request.headers,
      };
      try {
        return await once(request, headers).catch((error: unknown) => {
          // Nothing was answered on a socket the server had closed meanwhile; a read may simply be asked again.
          if (error instanceof StaleSocketError && (request.method === 'GET' || request.method === 'HEAD')) {
            return once(request, headers);
          }
          throw error;
        });
      } catch (error) {
        if (request.signal?.aborted) throw error;
        throw new KubeUnreachableError(connection.server, error instanceof StaleSocketError ? error.cause : error);
      }
    },
    async close() {
      closed = true;
      for (const request of open) request.destroy();
      agent.destroy();
    },
  };
}

class StaleSocketError extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

/** Reads a whole body as text. */
export async function readText(answer: HttpAnswer): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer.body) chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)));
  return Buffer.concat(chunks).toString('utf8');
}

/** Reads a whole JSON body, or throws the KubeError that it describes. */
export async function readJson(answer: HttpAnswer): Promise<unknown> {
  const text = await readText(answer);
  if (answer.status >= 200 && answer.status < 300) return text === '' ? undefined : JSON.parse(text);
  let status: unknown = text;
  try {
    status = JSON.parse(text);
  } catch {
    // Not from the API server itself: the text is all there is to tell.
  }
  throw toKubeError(status, answer.status);
}
