import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { from, lastValueFrom, type Observable } from 'rxjs';
import type { z } from 'zod';
import type { FieldError } from '../errors/errors.js';
import { fail } from '../errors/kernel.errors.js';
import { toFieldErrors, toProblem, toSlipwayError } from '../errors/problem.js';
import { parseIfMatch, toEtag } from './etag.js';
import { Idempotency, type KeptAnswer } from './idempotency.js';
import { findRoute, type Request, type Response, type RouteOptions, stateOf, statusOf } from './route.js';
import { noQuerySchema } from './schemas.js';

const keyPattern = /^[\x21-\x7e]{1,255}$/;

/** Around every handler: parses what came by the route's schemas, keeps answers of idempotent POSTs, sets the headers. */
@Injectable()
export class RouteInterceptor implements NestInterceptor {
  constructor(private readonly idempotency: Idempotency) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const route = findRoute(context.getHandler());
    if (!route) return next.handle();
    const http = context.switchToHttp();
    return from(this.run(route, http.getRequest<Request>(), http.getResponse<Response>(), next));
  }

  private async run(route: RouteOptions, request: Request, response: Response, next: CallHandler): Promise<unknown> {
    const state = stateOf(request);
    state.ifMatch = parseIfMatch(request.headers['if-match']);
    const query = parseQuery(route, request);
    state.query = query;
    state.body = parseBody(route, request);
    const key = request.get('idempotency-key');
    if (route.produces) return lastValueFrom(next.handle(), { defaultValue: undefined });
    if (route.method !== 'POST' || !key || !state.actor?.id || route.consumes) {
      return send(response, await this.answer(route, query, next), false);
    }
    if (!keyPattern.test(key)) {
      throw malformed([
        { path: 'header.idempotency-key', code: 'invalid-format', message: 'At most 255 visible characters.' },
      ]);
    }
    const actorId = state.actor.id;
    const claim = { method: request.method, path: request.originalUrl, body: request.body as unknown };
    const kept = await this.idempotency.claim(actorId, key, claim);
    if (kept) return send(response, kept, true);
    try {
      const answer = await this.answer(route, query, next);
      await this.idempotency.keep(actorId, key, answer);
      return send(response, answer, false);
    } catch (thrown) {
      const error = toSlipwayError(thrown);
      const { status } = error.definition;
      if (status >= 500 || status === 429) {
        await this.idempotency.release(actorId, key).catch(() => undefined);
        throw thrown;
      }
      const headers = { 'content-type': 'application/problem+json' };
      await this.idempotency.keep(actorId, key, { status, headers, body: toProblem(error, state.requestId) });
      throw error;
    }
  }

  private async answer(route: RouteOptions, query: Record<string, unknown>, next: CallHandler): Promise<KeptAnswer> {
    const result: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
    const headers: Record<string, string> = {};
    if (!isObject(result)) return { status: statusOf(route), headers, body: result };
    const etag = toEtag(result);
    if (etag) headers['etag'] = etag;
    if (route.location) headers['location'] = route.location(result);
    return { status: statusOf(route), headers, body: trim(result, query['fields']) };
  }
}

function send(response: Response, answer: KeptAnswer, isRepeated: boolean): unknown {
  if (isRepeated) response.setHeader('Idempotent-Replayed', 'true');
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  response.status(answer.status);
  return answer.body ?? undefined;
}

function parseBody(route: RouteOptions, request: Request): unknown {
  if (!route.body) return undefined;
  const body: unknown = request.body;
  if (body === undefined && hasBody(request)) throw fail('unsupported-media-type');
  return parse(route.body, body ?? {}, 'body');
}

function parseQuery(route: RouteOptions, request: Request): Record<string, unknown> {
  if (route.permission === 'public' && !route.query) return {};
  const query = parse(route.query ?? noQuerySchema, request.query, 'query');
  return isObject(query) ? query : {};
}

function hasBody(request: Request): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

function parse(schema: z.ZodType, value: unknown, root: string): unknown {
  const message = 'A text has a character that cannot be stored (NUL, or half of a pair).';
  if (!isStorable(value)) throw malformed([{ path: root, code: 'unstorable-text', message }]);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw malformed(toFieldErrors(parsed.error, root));
}

/** Whether PostgreSQL can keep every text in it. Without recursion: what is sent may be nested to any depth. */
function isStorable(root: unknown): boolean {
  const rest = [root];
  for (let value = rest.pop(); value !== undefined; value = rest.pop()) {
    if (typeof value === 'string' && unstorable.test(value)) return false;
    if (isObject(value)) for (const [name, member] of Object.entries(value)) rest.push(name, member ?? '');
  }
  return true;
}

const unstorable = /\0|\p{Surrogate}/u;

function malformed(errors: readonly FieldError[]) {
  const detail = errors.map((error) => `${error.path}: ${error.message}`).join('; ');
  return fail('malformed-request', { errors, detail: detail.slice(0, 500) });
}

/** `fields=id,name`: of a list, the fields of its items. */
function trim(answer: object, fields: unknown): object {
  if (typeof fields !== 'string' || fields === '') return answer;
  const wanted = new Set(fields.split(',').map((field) => field.trim()));
  const pick = (object: object) => Object.fromEntries(Object.entries(object).filter(([name]) => wanted.has(name)));
  const items: unknown = Reflect.get(answer, 'items');
  return Array.isArray(items)
    ? { ...answer, items: items.map((item) => (isObject(item) ? pick(item) : item)) }
    : pick(answer);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
