import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Aggregation } from '../aggregation/index.js';
import { ApiError, forbidden } from '../api-error.js';
import type { ServerLog } from '../api-server.js';
import { type Auditor, followAnswer, noted } from '../audit/index.js';
import type { Authenticator } from '../authentication/authenticator.js';
import { impersonated } from '../authentication/impersonation.js';
import type { User } from '../authentication.js';
import { isAllowed, refusalText } from '../authorization.js';
import type { Fairness, Seat } from '../fairness/index.js';
import type { ServerMetrics } from '../metrics.js';
import { nameInSelector, parseResourceRequest, type ResourceRequest } from '../request-info.js';
import { authorize, handleResource, type ResourceHandlerOptions } from '../resource-handler.js';
import { openIdDocument } from '../tokens.js';
import { sendJson } from './answer.js';
import { sendError } from './errors.js';
import { addressOf, type Exchange, infoOf, openExchange } from './exchange.js';
import { answerHealth, type HealthCheck } from './health.js';
import { labelsOf } from './labels.js';
import type { LongRunning } from './long-running.js';
import type { AnswerPath } from './paths.js';
import type { RequestInfo } from './request-info.js';
import { isLongRunning, startTimeLimit, type TimeLimit, timedOut, timeLimitOf } from './time-limit.js';
import { version } from './version.js';

export interface FrontParts {
  aggregation: Aggregation;
  resources: ResourceHandlerOptions;
  authenticator: Authenticator;
  fairness: Fairness;
  /** None: nothing is noted. */
  auditor: Auditor | undefined;
  longRunning: LongRunning;
  checks: readonly HealthCheck[];
  answerPath: AnswerPath;
  log: ServerLog;
}

const requestMilliseconds = 60_000;

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** One request after the other: authenticate → place → authorise → answer → observe. Never rejects. */
export function createRequestHandler(parts: FrontParts): RequestHandler {
  const { resources, authenticator, checks, log } = parts;
  const { registry, metrics } = resources;
  const { store } = registry;

  return async (request, response) => {
    let exchange: Exchange | undefined;
    let limit: TimeLimit | undefined;
    let seat: Seat | undefined;
    let ended: (() => void) | undefined;
    try {
      const address = addressOf(request.url);
      if (answerHealth(checks, address.pathname, address.query, response)) return;
      if (address.pathname === '/version' || address.pathname === '/version/') {
        sendJson(response, 200, version);
        return;
      }
      exchange = openExchange(request, response, address);
      exchange.info = infoOf(request, address);
      const isLong = isLongRunning(exchange.info);
      const found = authenticator.authenticate(request);
      const who = found instanceof Promise ? await found : found;
      const trail = parts.auditor?.begin(request, who, exchange.info);
      if (isLong) parts.longRunning.add(response, exchange.info.verb === 'watch');
      if (trail) followAnswer(trail, response, isLong);
      const user = impersonated(store, who, request);
      if (user !== who) trail?.impersonates(user);
      if (!isLong) ended = metrics.inFlight(isMutating(exchange.info));
      if (!isLong)
        limit = startTimeLimit(timeLimitOf(address.query, requestMilliseconds), response, () =>
          sendError(log, request, response, timedOut()),
        );
      // What streams for as long as it likes would keep its seat from all others; a watch gives it back once it has begun.
      if (!isLong || exchange.info.verb === 'watch') {
        const entering = parts.fairness.enter(user, exchange.info, address.query, (leave) =>
          response.once('close', leave),
        );
        seat = entering instanceof Promise ? await entering : entering;
        response.setHeader('x-kubernetes-pf-flowschema-uid', seat.flowUid);
        response.setHeader('x-kubernetes-pf-prioritylevel-uid', seat.levelUid);
      }
      await answer(parts, exchange, exchange.info, user);
    } catch (error) {
      if (!limit?.isOver) sendError(log, request, response, error);
    } finally {
      limit?.clear();
      seat?.release();
      ended?.();
      if (exchange) observe(metrics, exchange);
    }
  };
}

function observe(metrics: ServerMetrics, { request, response, info, isServed, query, started }: Exchange): void {
  const length = response.getHeader('content-length');
  const bytes = length === undefined ? undefined : Number(length);
  const time = (performance.now() - started) / 1000;
  metrics.observe(labelsOf(request, info, isServed), query.has('dryRun'), response.statusCode, time, bytes);
}

const reads = new Set(['get', 'list', 'watch', 'head', 'options']);
const isMutating = ({ verb }: RequestInfo) => !reads.has(verb);

/** Hands a request to who answers it, once that one's own rule has let it pass. */
async function answer(parts: FrontParts, exchange: Exchange, info: RequestInfo, user: User): Promise<void> {
  const { request, response, query } = exchange;
  const { registry, tokens } = parts.resources;
  const remote = parts.aggregation.find(info.path);
  if (remote) {
    const named = { ...info, name: info.name || nameInSelector(query) };
    noted(registry.store, request, user, named, () => allow(parts, named, user));
    await parts.aggregation.proxy(remote, request, response, user);
    return;
  }
  if (info.isResource) {
    const target = parseResourceRequest(registry.catalog, request, info.group, info.version, info.rest, query);
    exchange.isServed = true;
    noted(registry.store, request, user, info, () => authorize(registry, user, withNameAsked(target, query)));
    if (isLongRunning(info)) response.once('close', parts.resources.metrics.longRunning(labelsOf(request, info, true)));
    await handleResource(parts.resources, { request, response, query, target, user });
    return;
  }
  noted(registry.store, request, user, info, () => allow(parts, { ...info, verb: 'get' }, user));
  const document = openIdDocument(tokens, info.pathname);
  if (document) sendJson(response, 200, document);
  else await parts.answerPath(info.path, request, response);
}

/** 403 unless the user may do what a path and a method alone say. */
export function allow({ resources: { registry } }: FrontParts, info: RequestInfo, user: User): void {
  const { isResource, verb, group, resource, subresource, namespace, name, pathname } = info;
  const wanted = { verb, group, resource, subresource, namespace, name, ...(!isResource && { path: pathname }) };
  if (isAllowed(registry.store, user, wanted)) return;
  const text = refusalText(user, wanted);
  if (isResource) throw forbidden({ group, plural: resource }, name, text);
  throw new ApiError(403, 'Forbidden', `forbidden: ${text}`, {});
}

/** Whoever may read one object may ask for it through its collection. */
function withNameAsked(target: ResourceRequest, query: URLSearchParams): ResourceRequest {
  if (target.verb !== 'list' && target.verb !== 'watch' && target.verb !== 'deletecollection') return target;
  const name = nameInSelector(query);
  return target.name !== '' || name === '' ? target : { ...target, name };
}
