import { Inject, Injectable } from '@nestjs/common';
import { Authenticator, authenticate } from '../kernel/access/authenticator.js';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { SlipwayError } from '../kernel/errors/errors.js';
import { Door } from '../kernel/http/door.js';
import type { Request, Response } from '../kernel/http/route.js';
import { Log } from '../kernel/log/log.js';
import { ImageQuota } from './image-quota.service.js';
import { findManifestPush, findManifestRemoval } from './manifest.rules.js';
import { proxyToRegistry } from './registry-proxy.js';
import { RegistryTokens, tokenLifetimeSeconds } from './registry-tokens.service.js';
import { parseScopes } from './scopes.rules.js';

/** The registry's own error body (OCI distribution specification). */
function refuse(response: Response, status: number, code: string, message: string): void {
  response.status(status).json({ errors: [{ code, message, detail: null }] });
}

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
    if (!authorization) return this.tokens.issueFor(undefined, scopes, service);
    const basic = Buffer.from(/^Basic (\S+)$/i.exec(authorization)?.[1] ?? '', 'base64').toString();
    const colon = basic.indexOf(':');
    const build = colon < 0 ? undefined : await this.tokens.issueForBuild(basic.slice(colon + 1), scopes, service);
    if (build) return build;
    const actor = await authenticate(this.authenticator, request, 'registry');
    return actor ? this.tokens.issueFor(actor, scopes, service) : undefined;
  }
}

/** The registry itself, behind its tokens; layers stream through. */
@Injectable()
export class RegistryDoor extends Door {
  readonly path = '/v2';

  constructor(
    private readonly quota: ImageQuota,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {
    super();
  }

  async handle(request: Request, response: Response): Promise<void> {
    const { authorization } = request.headers;
    const removal = findManifestRemoval(request.method, request.originalUrl);
    if (removal && (await this.quota.may('delete', authorization, removal.repository)))
      response.on('close', () => {
        if (response.statusCode !== 202) return;
        this.quota.release(removal.repository, removal.digest).catch((error: unknown) => {
          this.log.warn('An image that was deleted stays counted until the next recount', { error });
        });
      });
    const repository = findManifestPush(request.method, request.originalUrl);
    if (!repository || !(await this.quota.may('push', authorization, repository))) return this.pass(request, response);
    const body = await readManifest(request);
    if (!body) return refuse(response, 413, 'SIZE_INVALID', 'A manifest has 4 MiB at most.');
    try {
      const takeBack = await this.quota.charge(repository, body);
      response.on('close', () => {
        if (response.writableFinished && response.statusCode < 300) return;
        takeBack().catch((error: unknown) => this.log.warn('An image that was refused stays counted', { error }));
      });
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code !== 'quota-exceeded') throw error;
      return refuse(response, 403, 'DENIED', `${error.message} ${error.definition.remedy}`);
    }
    this.pass(request, response, body);
  }

  private pass(request: Request, response: Response, body?: Buffer): void {
    proxyToRegistry(request, response, request.originalUrl, {
      body,
      registryUrl: this.config.registryUrl,
      realm: `${request.protocol}://${request.headers.host ?? this.config.registryHost}/service/token`,
      onUnreachable: () => {
        response.setHeader('Retry-After', '3');
        refuse(response, 503, 'UNAVAILABLE', 'The registry cannot be reached at the moment.');
      },
    });
  }
}
