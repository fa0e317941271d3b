import { readFile } from 'node:fs/promises';
import http, { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { KubeConnection } from '@slipway/orchestrator/client';
import type { Identity } from './kubernetes-access.service.js';

export type Headers = Record<string, string | string[]>;

/** Ours, or about one connection only; and nobody may ask to be somebody else. */
const notForwarded =
  /^(authorization|host|cookie|connection|upgrade|proxy-.*|x-remote-.*|x-forwarded-.*|forwarded|impersonate-.*|keep-alive|te|trailer)$/i;

/** Begins a request to the cluster with the platform's credentials, as the one it is made for. */
export async function openUpstream(
  connection: KubeConnection,
  as: Identity | 'platform',
  request: { readonly method: string | undefined; readonly path: string; readonly headers: IncomingHttpHeaders },
  extra: Headers = {},
): Promise<ClientRequest> {
  const url = new URL(connection.server);
  const token = connection.tokenFile ? (await readFile(connection.tokenFile, 'utf8')).trim() : connection.token;
  const given = Object.entries(request.headers).filter(([name]) => !notForwarded.test(name));
  const headers: Headers = { ...(Object.fromEntries(given) as Headers), ...extra, ...toImpersonation(as) };
  if (token) headers['authorization'] = `Bearer ${token}`;
  const options = { method: request.method, path: url.pathname.replace(/\/+$/, '') + request.path, headers };
  if (url.protocol !== 'https:') return http.request(url, options);
  const tls = {
    ca: connection.ca,
    cert: connection.certificate,
    key: connection.key,
    servername: connection.tlsServerName,
    rejectUnauthorized: !connection.insecureSkipTlsVerify,
  };
  return https.request(url, { ...options, ...tls });
}

function toImpersonation(as: Identity | 'platform'): Headers {
  if (as === 'platform') return {};
  return { 'impersonate-user': as.user, ...(as.groups.length > 0 && { 'impersonate-group': [...as.groups] }) };
}

/** The answer's headers but those of one connection. */
export function withoutConnection(answer: IncomingMessage): Headers {
  const kept = Object.entries(answer.headers).filter(([name]) => !/^(connection|keep-alive)$/i.test(name));
  return Object.fromEntries(kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** Reads a body of at most `limit` bytes; undefined when it is longer. */
export async function readBody(stream: AsyncIterable<unknown>, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    if (size > limit) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
