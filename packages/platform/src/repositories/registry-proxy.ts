import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import { pipeline } from 'node:stream';

export interface RegistryProxyOptions {
  /** Distribution itself. */
  readonly registryUrl: string;
  /** Where this caller gets its token: on the very host it asked. */
  readonly realm: string;
  /** What was read of the request already, instead of its stream. */
  readonly body?: Buffer;
  /** Called once with the registry's answer, before it is passed on. */
  readonly onAnswer?: (answer: IncomingMessage) => void;
  /** Called once where the registry cannot be reached and nothing has been answered yet. */
  readonly onUnreachable: (response: ServerResponse, cause: Error) => void;
}

/** Headers that belong to one connection and are not passed on (RFC 9110, section 7.6.1). */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const agents = {
  'http:': new http.Agent({ keepAlive: true, maxSockets: 64 }),
  'https:': new https.Agent({ keepAlive: true, maxSockets: 64 }),
};

/**
 * Passes one request to the registry and its answer back, as streams both ways: a layer is never held in memory. The
 * Host is passed on, so the registry writes its `Location`s for the host the caller knows.
 */
export function proxyToRegistry(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  options: RegistryProxyOptions,
): void {
  const target = new URL(options.registryUrl);
  const secure = target.protocol === 'https:';
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => !hopByHop.has(name) && name !== 'expect'),
  );
  if (request.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked';
  headers['x-forwarded-proto'] ??= 'http';
  const upstream = (secure ? https : http).request({
    protocol: target.protocol,
    hostname: target.hostname,
    port: target.port,
    method: request.method,
    path,
    headers,
    agent: agents[secure ? 'https:' : 'http:'],
  });
  upstream.on('response', (answer) => {
    options.onAnswer?.(answer);
    response.writeHead(answer.statusCode ?? 502, rewriteHeaders(answer, options.realm));
    pipeline(answer, response, () => {});
  });
  upstream.on('error', (cause) => {
    if (response.headersSent) response.destroy(cause);
    else options.onUnreachable(response, cause);
  });
  response.on('close', () => {
    if (!response.writableFinished) upstream.destroy();
  });
  if (options.body) upstream.end(options.body);
  else pipeline(request, upstream, () => {});
}

function rewriteHeaders(answer: IncomingMessage, realm: string): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined && !hopByHop.has(name)) headers[name] = value;
  }
  const challenge = headers['www-authenticate'];
  if (typeof challenge === 'string') headers['www-authenticate'] = rewriteRealm(challenge, realm);
  return headers;
}

/** `Bearer realm="…",service="…"` with the realm replaced. */
export function rewriteRealm(challenge: string, realm: string): string {
  return challenge.replace(/realm="[^"]*"/, `realm="${realm}"`);
}
