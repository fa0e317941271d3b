import { Inject, Injectable } from '@nestjs/common';
import { Authenticator, authenticate } from '../kernel/access/authenticator.js';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Door } from '../kernel/http/door.js';
import type { Request, Response } from '../kernel/http/route.js';
import { proxyToRegistry } from './registry-proxy.js';
import { RegistryTokens, tokenLifetimeSeconds } from './registry-tokens.service.js';
import { parseScopes } from './scopes.rules.js';

/** The registry's own error body (OCI distribution specification). */
function refuse(response: Response, status: number, code: string, message: string): void {
  response.status(status).json({ errors: [{ code, message, detail: null }] });
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

  constructor(@Inject(CONFIG) private readonly config: Configuration) {
    super();
  }

  handle(request: Request, response: Response): void {
    proxyToRegistry(request, response, request.originalUrl, {
      registryUrl: this.config.registryUrl,
      realm: `${request.protocol}://${request.headers.host ?? this.config.registryHost}/service/token`,
      onUnreachable: () => {
        response.setHeader('Retry-After', '3');
        refuse(response, 503, 'UNAVAILABLE', 'The registry cannot be reached at the moment.');
      },
    });
  }
}
