import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { AuditDoors, type NamedApplication } from '../audit/audit-doors.service.js';
import { Authenticator, authenticate } from '../kernel/access/authenticator.js';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { SlipwayError } from '../kernel/errors/errors.js';
import { Door } from '../kernel/http/door.js';
import type { Request, Response } from '../kernel/http/route.js';
import { Log } from '../kernel/log/log.js';
import { ImageQuota, type RegistryBearer } from './image-quota.service.js';
import { findManifestPull, findManifestPush, findManifestRemoval, isDigest } from './manifest.rules.js';
import { PullSampler } from './pull-sampler.js';
import { proxyToRegistry, type RegistryProxyOptions } from './registry-proxy.js';
import { RegistryTokens, tokenLifetimeSeconds } from './registry-tokens.service.js';
import { parseRepositoryName, parseScopes } from './scopes.rules.js';

/** The registry's own error body (OCI distribution specification). */
function refuse(response: Response, status: number, code: string, message: string): void {
  response.status(status).json({ errors: [{ code, message, detail: null }] });
}

const toResource = ({ tenant, project, application }: NamedApplication): string =>
  `tenants/${tenant}/repositories/${project}/${application}`;

const largestManifestBytes = 4 * 2 ** 20;

/** The body whole; undefined where it is larger than the registry takes. */
async function readManifest(request: Request): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > largestManifestBytes) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** Docker's token service: `GET /service/token?service=…&scope=…`, with HTTP Basic or without. */
@Injectable()
export class RegistryTokenDoor extends Door {
  readonly path = '/service/token';

  constructor(
    private readonly authenticator: Authenticator,
    private readonly tokens: RegistryTokens,
    private readonly audit: AuditDoors,
    private readonly clock: Clock,
  ) {
    super();
  }

  async handle(request: Request, response: Response): Promise<void> {
    if (request.method !== 'GET') return refuse(response, 405, 'UNSUPPORTED', 'Ask for a token with GET.');
    const query = new URL(request.originalUrl, 'http://registry').searchParams;
    const scopes = parseScopes(query.getAll('scope'));
    const service = query.get('service') ?? undefined;
    const token = await this.issue(request, scopes, service);
    if (!token) {
      response.setHeader('WWW-Authenticate', 'Basic realm="slipway"');
      return refuse(
        response,
        401,
        'UNAUTHORIZED',
        'The user name or the token is wrong: sign in with a personal token as the password.',
      );
    }
    response.setHeader('Cache-Control', 'no-store');
    response.json({
      token,
      access_token: token,
      expires_in: tokenLifetimeSeconds,
      issued_at: this.clock.now().toISOString(),
    });
  }

  private async issue(
    request: Request,
    scopes: ReturnType<typeof parseScopes>,
    service?: string,
  ): Promise<string | undefined> {
    const { authorization } = request.headers;
    if (!authorization) return (await this.tokens.issueFor(undefined, scopes, service)).token;
    const basic = Buffer.from(/^Basic (\S+)$/i.exec(authorization)?.[1] ?? '', 'base64').toString();
    const colon = basic.indexOf(':');
    const build = colon < 0 ? undefined : await this.tokens.issueForBuild(basic.slice(colon + 1), scopes, service);
    if (build) return build;
    const actor = await authenticate(this.authenticator, request, 'registry');
    if (!actor) return undefined;
    const { token, refused } = await this.tokens.issueFor(actor, scopes, service);
    const caller = this.audit.callerOf(request, actor);
    for (const { name, actions } of refused) {
      const place = parseRepositoryName(name);
      if (place?.kind === 'application')
        await this.audit.refuse(caller, place, toResource(place), { method: actions.join(',') });
    }
    return token;
  }
}

/** The registry itself, behind its tokens; layers stream through. */
@Injectable()
export class RegistryDoor extends Door {
  readonly path = '/v2';
  private readonly pulls: PullSampler;

  constructor(
    private readonly quota: ImageQuota,
    private readonly audit: AuditDoors,
    private readonly log: Log,
    clock: Clock,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {
    super();
    this.pulls = new PullSampler(() => clock.now().getTime());
  }

  async handle(request: Request, response: Response): Promise<void> {
    const { authorization } = request.headers;
    const pull = findManifestPull(request.method, request.originalUrl);
    const puller = pull && (await this.quota.findBearer('pull', authorization, pull.repository));
    if (pull && puller)
      return this.pass(request, response, { onAnswer: (answer) => this.notePull(request, puller, pull, answer) });
    const removal = findManifestRemoval(request.method, request.originalUrl);
    const remover = removal && (await this.quota.findBearer('delete', authorization, removal.repository));
    if (removal && remover)
      response.on('close', () => {
        if (response.statusCode !== 202) return;
        this.note(request, remover, 'artifact.delete', removal.repository, removal.digest);
        this.quota.release(removal.repository, removal.digest).catch((error: unknown) => {
          this.log.warn('An image that was deleted stays counted until the next recount', { error });
        });
      });
    const push = findManifestPush(request.method, request.originalUrl);
    const pusher = push && (await this.quota.findBearer('push', authorization, push.repository));
    if (!push || !pusher) return this.pass(request, response);
    const { repository, reference } = push;
    const body = await readManifest(request);
    if (!body) return refuse(response, 413, 'SIZE_INVALID', 'A manifest has 4 MiB at most.');
    try {
      const takeBack = await this.quota.charge(repository, body);
      response.on('close', () => {
        if (response.writableFinished && response.statusCode < 300)
          return this.note(request, pusher, 'artifact.push', repository, reference);
        takeBack().catch((error: unknown) => this.log.warn('An image that was refused stays counted', { error }));
      });
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code !== 'quota-exceeded') throw error;
      return refuse(response, 403, 'DENIED', `${error.message} ${error.definition.remedy}`);
    }
    this.pass(request, response, { body });
  }

  /** Once an hour of each actor and image: nodes fetch the same one again and again. */
  private notePull(
    request: Request,
    actor: RegistryBearer,
    { repository, reference, isFetched }: NonNullable<ReturnType<typeof findManifestPull>>,
    { statusCode, headers }: IncomingMessage,
  ): void {
    const told = headers['docker-content-digest'];
    const digest = typeof told === 'string' && isDigest(told) ? told : isDigest(reference) ? reference : undefined;
    if (statusCode !== 200 || !digest) return;
    const pull = {
      actor: actor.id ?? actor.username,
      repository,
      digest,
      tag: isDigest(reference) ? undefined : reference,
    };
    if (!isFetched) this.pulls.resolve(pull);
    const after = isFetched ? this.pulls.take(pull) : undefined;
    if (after) this.note(request, actor, 'artifact.pull', repository, after.tag ?? digest, after);
  }

  private note(
    request: Request,
    actor: RegistryBearer,
    action: 'artifact.pull' | 'artifact.push' | 'artifact.delete',
    repository: string,
    reference: string,
    after?: object,
  ): void {
    const place = parseRepositoryName(repository);
    if (place?.kind !== 'application') return;
    const resource = `${toResource(place)}/artifacts/${reference}`;
    void this.audit.note(this.audit.callerOf(request, actor), place, { action, resource, ...(after && { after }) });
  }

  private pass(
    request: Request,
    response: Response,
    options: Pick<RegistryProxyOptions, 'body' | 'onAnswer'> = {},
  ): void {
    proxyToRegistry(request, response, request.originalUrl, {
      ...options,
      registryUrl: this.config.registryUrl,
      realm: `${request.protocol}://${request.headers.host ?? this.config.registryHost}/service/token`,
      onUnreachable: () => {
        response.setHeader('Retry-After', '3');
        refuse(response, 503, 'UNAVAILABLE', 'The registry cannot be reached at the moment.');
      },
    });
  }
}
