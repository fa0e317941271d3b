import { Injectable } from '@nestjs/common';
import express from 'express';
import { toSlipwayError } from '../../kernel/errors/problem.js';
import { Door } from '../../kernel/http/door.js';
import { RateLimit } from '../../kernel/http/rate-limit.js';
import { type Request, type Response, stateOf } from '../../kernel/http/route.js';
import { Log } from '../../kernel/log/log.js';
import { ScimError, toErrorBody } from './scim.errors.js';
import { listQuery, parseBody } from './scim.rules.js';
import { ScimGroups } from './scim-groups.service.js';
import { findDiscovery } from './scim-schemas.js';
import { ScimTokens } from './scim-tokens.service.js';
import { type ScimCaller, ScimUsers } from './scim-users.service.js';

const mediaType = 'application/scim+json';
const [requests, windowSeconds] = [3_000, 60];

interface Answer {
  readonly status: number;
  readonly body?: object;
}

/** `/scim/v2`: directories (Entra ID, Okta, Keycloak, …) keep users and groups here (RFC 7644), by a bearer of their own. */
@Injectable()
export class ScimDoor extends Door {
  override readonly path = '/scim/v2';
  private readonly readJson = express.json({ limit: '4mb', type: ['application/json', mediaType] });

  constructor(
    private readonly tokens: ScimTokens,
    private readonly users: ScimUsers,
    private readonly groups: ScimGroups,
    private readonly rateLimit: RateLimit,
    private readonly log: Log,
  ) {
    super();
  }

  override async handle(request: Request, response: Response): Promise<void> {
    try {
      const { status, body } = await this.answer(request, response);
      if (!body) return void response.status(status).end();
      const meta: unknown = Reflect.get(body, 'meta');
      const { version, location } = typeof meta === 'object' && meta !== null ? (meta as Record<string, unknown>) : {};
      if (typeof version === 'string') response.setHeader('ETag', version);
      if (typeof location === 'string') response.setHeader('Location', location);
      const isKnown = typeof version === 'string' && request.get('if-none-match') === version;
      if (isKnown && request.method === 'GET') return void response.status(304).end();
      send(response, status, body);
    } catch (error) {
      this.refuse(request, response, error);
    }
  }

  private async answer(request: Request, response: Response): Promise<Answer> {
    await this.rateLimit.restrict(`scim:${request.ip}`, requests, windowSeconds);
    const token = await this.tokens.find(request.get('authorization'), request.ip ?? null);
    if (!token) throw new ScimError(401, 'A SCIM token is needed: an administrator makes it.');
    const [kind = '', id, ...rest] = request.path.split('/').filter(Boolean);
    const caller: ScimCaller = {
      token: token.name,
      adoptsUsers: token.adoptsUsers,
      requestId: stateOf(request).requestId,
      source: request.ip ?? null,
      ifMatch: request.get('if-match'),
      base: `${request.protocol}://${request.get('host') ?? ''}${this.path}`,
    };
    if (rest.length === 0) {
      if (kind === 'Users' || kind === 'Groups') {
        await new Promise<void>((resolve, reject) => {
          this.readJson(request, response, (error?: unknown) => (error ? reject(error) : resolve()));
        });
        return kind === 'Users' ? this.onUsers(caller, request, id) : this.onGroups(caller, request, id);
      }
      const document = request.method === 'GET' ? findDiscovery(kind, id) : undefined;
      if (document) return { status: 200, body: document };
    }
    throw new ScimError(404, 'There is nothing at this path.');
  }

  private async onUsers(caller: ScimCaller, request: Request, id: string | undefined): Promise<Answer> {
    const body: unknown = request.body;
    const call = id === undefined ? request.method : `${request.method} one`;
    switch (call) {
      case 'GET':
        return { status: 200, body: await this.users.list(caller, parseBody(listQuery, request.query)) };
      case 'POST':
        return { status: 201, body: await this.users.create(caller, body) };
      case 'GET one':
        return { status: 200, body: await this.users.get(caller, id ?? '') };
      case 'PUT one':
        return { status: 200, body: await this.users.replace(caller, id ?? '', body) };
      case 'PATCH one':
        return { status: 200, body: await this.users.patch(caller, id ?? '', body) };
      case 'DELETE one':
        await this.users.delete(caller, id ?? '');
        return { status: 204 };
      default:
        throw new ScimError(501, 'This cannot be done here.');
    }
  }

  private async onGroups(caller: ScimCaller, request: Request, id: string | undefined): Promise<Answer> {
    const body: unknown = request.body;
    const excluded = String(request.query['excludedAttributes'] ?? '').toLowerCase();
    const withMembers = !excluded.split(',').some((name) => name.trim() === 'members');
    const call = id === undefined ? request.method : `${request.method} one`;
    switch (call) {
      case 'GET':
        return { status: 200, body: await this.groups.list(caller, parseBody(listQuery, request.query), withMembers) };
      case 'POST':
        return { status: 201, body: await this.groups.create(caller, body) };
      case 'GET one':
        return { status: 200, body: await this.groups.get(caller, id ?? '', withMembers) };
      case 'PUT one':
        return { status: 200, body: await this.groups.replace(caller, id ?? '', body) };
      case 'PATCH one':
        return { status: 200, body: await this.groups.patch(caller, id ?? '', body) };
      case 'DELETE one':
        await this.groups.delete(caller, id ?? '');
        return { status: 204 };
      default:
        throw new ScimError(501, 'This cannot be done here.');
    }
  }

  private refuse(request: Request, response: Response, thrown: unknown): void {
    if (thrown instanceof ScimError) {
      if (thrown.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
      send(response, thrown.status, toErrorBody(thrown.status, thrown.message, thrown.scimType));
      return;
    }
    if (isBodyError(thrown)) {
      send(response, thrown.status, toErrorBody(thrown.status, 'The body cannot be read.', 'invalidSyntax'));
      return;
    }
    const error = toSlipwayError(thrown);
    const { status } = error.definition;
    if (status >= 500) {
      const { requestId } = stateOf(request);
      this.log.warn('A SCIM request failed', { requestId, error: error.extras.cause ?? error });
    }
    if (error.extras.retryAfterSeconds) response.setHeader('Retry-After', String(error.extras.retryAfterSeconds));
    send(response, status, toErrorBody(status, `${error.message} ${error.definition.remedy}`));
  }
}

function send(response: Response, status: number, body: object): void {
  response.status(status).type(mediaType).send(JSON.stringify(body));
}

/** What express.json throws: 400 for bad JSON, 413 for too much. */
function isBodyError(error: unknown): error is Error & { status: number } {
  if (!(error instanceof Error)) return false;
  const status: unknown = Reflect.get(error, 'status');
  return typeof status === 'number' && status >= 400 && status < 500 && Reflect.has(error, 'expose');
}
