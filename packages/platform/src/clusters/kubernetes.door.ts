import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { joinStreams, type KubeConnection } from '@slipway/orchestrator/client';
import { type AuditEntry, AuditService } from '../audit/audit.service.js';
import { ImpersonationNews } from '../identity/impersonation-news.service.js';
import { addressOf } from '../kernel/access/authenticator.js';
import { Clock } from '../kernel/clock/clock.js';
import { toSlipwayError } from '../kernel/errors/problem.js';
import { Door } from '../kernel/http/door.js';
import { type Request, type Response, stateOf } from '../kernel/http/route.js';
import { newId } from '../kernel/ids/ids.js';
import { Log } from '../kernel/log/log.js';
import type { Actor } from '../kernel/tenancy/caller.js';
import { ClustersService } from './clusters.service.js';
import { type Admission, KubernetesAccess, type Refusal } from './kubernetes-access.service.js';
import { findImpersonation, toStatus } from './kubernetes-door.rules.js';
import { findReviewedNamespace, type ListAnswer, mergeLists, toNamespacedPath } from './kubernetes-lists.rules.js';
import { openUpstream, readBody, withoutConnection } from './kubernetes-upstream.js';
import { SeenImpersonations } from './seen-impersonations.js';

/** What stays open is asked about again after this time: a role that was taken away ends it. */
const recheckMilliseconds = 3_000;
const longestReview = 65_536;
const listsAtOnce = 8;
const away = 'the cluster cannot be reached at the moment';

interface Target {
  readonly method: string;
  readonly cluster: string;
  readonly path: string;
  readonly search: string;
}

interface Admitted {
  readonly actor: Actor;
  readonly target: Target;
  readonly admission: Admission;
  readonly connection: KubeConnection;
}

/** `/k8s/clusters/{cluster}/*`: the Kubernetes API of a cluster as the caller, streams and upgrades included. */
@Injectable()
export class KubernetesDoor extends Door {
  override readonly path = '/k8s/clusters';

  private readonly impersonations: SeenImpersonations;

  constructor(
    private readonly clusters: ClustersService,
    private readonly access: KubernetesAccess,
    private readonly audit: AuditService,
    private readonly news: ImpersonationNews,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    super();
    this.impersonations = new SeenImpersonations(() => clock.now().getTime());
  }

  override async handle(request: Request, response: Response): Promise<void> {
    const outcome = await this.admit(request, request.url, stateOf(request).requestId);
    if ('status' in outcome) {
      response.status(outcome.code).json(outcome);
      return;
    }
    const { admission, connection, actor } = outcome;
    if (admission.namespaces) return this.gather(connection, admission, request, response);
    const body = admission.isReview ? await readBody(request, longestReview) : undefined;
    if (admission.isReview && !body) return void response.status(400).json(toStatus(400, 'the body is too long'));
    const as = body ? await this.access.identifyIn(actor, findReviewedNamespace(body)) : admission.as;
    const upstream = await openUpstream(connection, as, { ...partsOf(request), path: admission.path });
    upstream.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, withoutConnection(answer));
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    upstream.on('error', (error) => {
      this.log.warn('A cluster did not answer', { error });
      if (response.headersSent) return void response.destroy();
      response.status(503).json(toStatus(503, away));
    });
    const over = new AbortController();
    response.on('close', () => {
      over.abort();
      upstream.destroy();
    });
    void this.recheck(request, outcome, over.signal, () => upstream.destroy());
    if (body) upstream.end(body);
    else request.pipe(upstream);
  }

  override async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = (request.url ?? '').slice(this.path.length);
    const outcome = await this.admit(request, url, newId());
    if ('status' in outcome) return endRaw(socket, outcome.code, outcome);
    const { admission, connection } = outcome;
    if (admission.namespaces) return endRaw(socket, 400, toStatus(400, 'a list over all namespaces is no stream'));
    const headers = { connection: 'Upgrade', upgrade: request.headers.upgrade ?? '' };
    const upstream = await openUpstream(
      connection,
      admission.as,
      { ...partsOf(request), path: admission.path },
      headers,
    );
    const over = new AbortController();
    upstream.on('upgrade', (answer, other, otherHead) => {
      const lines = rawHeaders(answer);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines}\r\n`);
      if (otherHead.length > 0) socket.write(otherHead);
      if (head.length > 0) other.write(head);
      joinStreams(socket, other);
      void this.recheck(request, outcome, over.signal, () => {
        other.destroy();
        socket.destroy();
      });
    });
    upstream.on('response', (answer) => {
      socket.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\nConnection: close\r\n`);
      const { 'transfer-encoding': _chunked, ...rest } = withoutConnection(answer);
      for (const [name, value] of Object.entries(rest)) socket.write(`${name}: ${value}\r\n`);
      socket.write('\r\n');
      answer.pipe(socket);
    });
    upstream.on('error', () => endRaw(socket, 503, toStatus(503, away)));
    socket.on('close', () => {
      over.abort();
      upstream.destroy();
    });
    upstream.end();
  }

  /** `/embedded/api/v1/…` → where to send it, or a Status that refuses it. */
  private async admit(request: IncomingMessage, url: string, requestId: string) {
    const [, cluster = '', path = '/', search = ''] = /^\/([^/?]+)(\/[^?]*)?(\?.*)?$/.exec(url) ?? [];
    const target: Target = { method: request.method ?? 'GET', cluster, path, search };
    try {
      const actor = await this.access.authenticate(request);
      if (!actor) return toStatus(401, 'Unauthorized');
      if ('code' in actor) {
        if (actor.by) await this.note(actor.note, actor.by, requestId, request);
        return toStatus(actor.code, actor.message);
      }
      await this.noteImpersonation(actor, cluster, requestId, request);
      const admission = await this.decide(actor, target);
      await this.note(admission.note, actor, requestId, request);
      if ('code' in admission) return toStatus(admission.code, admission.message);
      const connection = await this.clusters.connection(cluster);
      return { actor, target, admission, connection } satisfies Admitted;
    } catch (thrown) {
      const error = toSlipwayError(thrown);
      const { status } = error.definition;
      if (status >= 500)
        this.log.warn('A request to a cluster failed', { requestId, error: error.extras.cause ?? error });
      return toStatus(status === 404 || status === 429 || status === 503 ? status : 500, error.message);
    }
  }

  /** Whose name it is was told of a token when it was made; of `kubectl --as` he is told here. */
  private async noteImpersonation(actor: Actor, cluster: string, requestId: string, request: IncomingMessage) {
    const entry = this.impersonations.begin(actor, cluster);
    if (!entry) return;
    await this.note(entry, actor, requestId, request);
    if (findImpersonation(request.headers)) await this.news.tellKubectl(actor, cluster);
  }

  private decide(actor: Actor, { cluster, method, path, search }: Target): Promise<Admission | Refusal> {
    return this.access.decide(actor, cluster, method, path, search);
  }

  /** Ends what is open once it would be refused, or be answered otherwise, if it were asked again. */
  private async recheck(
    request: IncomingMessage,
    { actor, target, admission }: Admitted,
    over: AbortSignal,
    end: () => void,
  ): Promise<void> {
    const before = JSON.stringify([admission.path, admission.as]);
    const decide = async () => {
      const again = await this.access.authenticateAgain(request, actor);
      return again ? this.decide(again, target) : toStatus(401, 'Unauthorized');
    };
    while (!over.aborted) {
      await this.clock.sleep(recheckMilliseconds, over);
      if (over.aborted) return;
      const now = await decide().catch(() => undefined);
      // A database that is away for a moment ends nothing.
      if (!now) continue;
      if ('code' in now || JSON.stringify([now.path, now.as]) !== before) return end();
    }
  }

  /** One list of the lists of several namespaces, each asked for as the caller. */
  private async gather(
    connection: KubeConnection,
    admission: Admission,
    request: Request,
    response: Response,
  ): Promise<void> {
    const isTable = /as=Table/.test(request.headers.accept ?? '');
    const accept = isTable ? 'application/json;as=Table;v=v1;g=meta.k8s.io' : 'application/json';
    const waiting = [...(admission.namespaces ?? [])];
    const lists: ListAnswer[] = new Array<ListAnswer>(waiting.length);
    const refusals: { code: number; body: unknown }[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      for (let at = next++; at < waiting.length && refusals.length === 0; at = next++) {
        const { name, as } = waiting[at] ?? { name: '', as: 'platform' as const };
        const path = toNamespacedPath(admission.path, name);
        const upstream = await openUpstream(connection, as, { method: 'GET', path, headers: { accept } });
        const { code, body } = await answerOf(upstream);
        if (code === 200) lists[at] = body;
        else refusals.push({ code, body });
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(listsAtOnce, waiting.length) }, work));
    } catch (error) {
      this.log.warn('A cluster did not answer', { error });
      response.status(503).json(toStatus(503, away));
      return;
    }
    const [refusal] = refusals;
    if (refusal) return void response.status(refusal.code).json(refusal.body);
    response.status(200).json(mergeLists(lists, isTable));
  }

  private async note(
    entry: AuditEntry | undefined,
    actor: Actor,
    requestId: string,
    request: IncomingMessage,
  ): Promise<void> {
    if (!entry) return;
    const sessionId = actor.kind === 'system' ? undefined : actor.sessionId;
    const userAgent = request.headers['user-agent'];
    const impersonator = actor.kind === 'user' ? actor.impersonator?.username : undefined;
    const caller = { actor, requestId, source: addressOf(request), userAgent, impersonator, sessionId };
    await this.audit.note(caller, entry);
  }
}

const partsOf = ({ method, headers }: IncomingMessage) => ({ method, headers });

async function answerOf(upstream: ClientRequest): Promise<{ code: number; body: ListAnswer }> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    upstream.once('response', resolve).once('error', reject).end();
  });
  const body = await readBody(answer, 256 * 1024 * 1024);
  return { code: answer.statusCode ?? 502, body: JSON.parse(body?.toString('utf8') ?? '{}') };
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
