import { readFile } from 'node:fs/promises';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { joinStreams, type KubeConnection } from '@slipway/orchestrator/client';
import { AuditService } from '../audit/audit.service.js';
import { Database } from '../kernel/database/index.js';
import { toSlipwayError } from '../kernel/errors/problem.js';
import { Door } from '../kernel/http/door.js';
import { type Request, type Response, stateOf } from '../kernel/http/route.js';
import { newId } from '../kernel/ids/ids.js';
import { Log } from '../kernel/log/log.js';
import { ClustersService } from './clusters.service.js';
import { type Admission, KubernetesAccess } from './kubernetes-access.service.js';
import { toStatus } from './kubernetes-door.rules.js';

type Headers = Record<string, string | string[]>;

/** Ours, or about one connection only; and nobody may ask to be somebody else. */
const notForwarded =
  /^(authorization|host|cookie|connection|proxy-.*|x-remote-.*|impersonate-.*|keep-alive|te|trailer)$/i;

/** `/k8s/clusters/{cluster}/*`: the Kubernetes API of a cluster as the caller, streams and upgrades included. */
@Injectable()
export class KubernetesDoor extends Door {
  override readonly path = '/k8s/clusters';

  constructor(
    private readonly clusters: ClustersService,
    private readonly access: KubernetesAccess,
    private readonly audit: AuditService,
    private readonly database: Database,
    private readonly log: Log,
  ) {
    super();
  }

  override async handle(request: Request, response: Response): Promise<void> {
    const outcome = await this.admit(request, request.url, stateOf(request).requestId);
    if ('status' in outcome) {
      response.status(outcome.code).json(outcome);
      return;
    }
    const upstream = await this.open(outcome.connection, outcome.admission, request, {});
    upstream.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, withoutConnection(answer));
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    upstream.on('error', (error) => {
      this.log.warn('A cluster did not answer', { error });
      if (response.headersSent) return void response.destroy();
      response.status(503).json(toStatus(503, 'the cluster cannot be reached at the moment'));
    });
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  }

  override async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = (request.url ?? '').slice(this.path.length);
    const outcome = await this.admit(request, url, newId());
    if ('status' in outcome) return endRaw(socket, outcome.code, outcome);
    const headers = { connection: 'Upgrade', upgrade: request.headers.upgrade ?? '' };
    const upstream = await this.open(outcome.connection, outcome.admission, request, headers);
    upstream.on('upgrade', (answer, other, otherHead) => {
      const lines = rawHeaders(answer);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines}\r\n`);
      if (otherHead.length > 0) socket.write(otherHead);
      if (head.length > 0) other.write(head);
      joinStreams(socket, other);
    });
    upstream.on('response', (answer) => {
      socket.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\nConnection: close\r\n`);
      const { 'transfer-encoding': _chunked, ...rest } = withoutConnection(answer);
      for (const [name, value] of Object.entries(rest)) socket.write(`${name}: ${value}\r\n`);
      socket.write('\r\n');
      answer.pipe(socket);
    });
    upstream.on('error', () => endRaw(socket, 503, toStatus(503, 'the cluster cannot be reached at the moment')));
    socket.on('close', () => upstream.destroy());
    upstream.end();
  }

  /** `/embedded/api/v1/…` → where to send it, or a Status that refuses it. */
  private async admit(request: IncomingMessage, url: string, requestId: string) {
    const [, cluster, path, search] = /^\/([^/?]+)(\/[^?]*)?(\?.*)?$/.exec(url) ?? [];
    try {
      const method = request.method ?? 'GET';
      const admission = await this.access.admit(method, path ?? '/', search ?? '', request);
      if ('code' in admission) return toStatus(admission.code, admission.message);
      const connection = await this.clusters.connection(cluster ?? '');
      await this.note(admission, method, path ?? '/', requestId, request.socket.remoteAddress ?? null);
      return { admission, connection };
    } catch (thrown) {
      const error = toSlipwayError(thrown);
      const { status } = error.definition;
      if (status >= 500)
        this.log.warn('A request to a cluster failed', { requestId, error: error.extras.cause ?? error });
      return toStatus(status === 404 || status === 429 || status === 503 ? status : 500, error.message);
    }
  }

  private async open(
    connection: KubeConnection,
    admission: Admission,
    request: IncomingMessage,
    extra: Headers,
  ): Promise<ClientRequest> {
    const url = new URL(connection.server);
    const token = connection.tokenFile ? (await readFile(connection.tokenFile, 'utf8')).trim() : connection.token;
    const given = Object.entries(request.headers).filter(([name]) => !notForwarded.test(name) && name !== 'upgrade');
    const headers: Headers = { ...(Object.fromEntries(given) as Headers), ...extra };
    if (token) headers['authorization'] = `Bearer ${token}`;
    const options = { method: request.method, path: url.pathname.replace(/\/+$/, '') + admission.path, headers };
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

  private async note(admission: Admission, method: string, path: string, requestId: string, source: string | null) {
    const { actor, change } = admission;
    if (!change) return;
    const caller = { actor, requestId, source };
    const entry = { action: `kubernetes.${method.toLowerCase()}`, resource: path, tenant: change.tenant };
    await this.database.transaction((tx) => this.audit.record(tx, caller, entry));
  }
}

function withoutConnection(answer: IncomingMessage): Headers {
  const kept = Object.entries(answer.headers).filter(([name]) => !/^(connection|keep-alive)$/i.test(name));
  return Object.fromEntries(kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function rawHeaders(answer: IncomingMessage): string {
  const lines: string[] = [];
  for (let i = 0; i < answer.rawHeaders.length; i += 2)
    lines.push(`${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}\r\n`);
  return lines.join('');
}

function endRaw(socket: Duplex, code: number, body: object): void {
  const text = JSON.stringify(body);
  const head = `HTTP/1.1 ${code} ${http.STATUS_CODES[code] ?? ''}\r\nConnection: close\r\nContent-Type: application/json\r\n`;
  socket.end(`${head}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}
