import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  HttpCode,
  RequestMapping,
  RequestMethod,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Permission } from '../access/permissions.js';
import { fail } from '../errors/kernel.errors.js';
import type { Caller, TenantCaller, TenantScope } from '../tenancy/caller.js';
import type { TenantState } from '../tenancy/tenant-state.js';

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** All that a route is, as data: the guard, the validation and the OpenAPI document are made from it. */
export interface RouteOptions {
  readonly method: Method;
  /** Under /api/v1, in Nest's form: `/tenants/:tenant/projects`. With `:tenant` in it, the permission is asked there. */
  readonly path: string;
  /** `signed-in`: any actor, the service narrows what it sees. `public`: nobody is asked. */
  readonly permission: Permission | 'signed-in' | 'public';
  /** A list (or the tenant itself): the permission in one project is enough, and the service narrows to `projectsAllowed`. */
  readonly narrows?: true;
  /** The states of the tenant, besides `active`, in which this change may happen. Reading is free in all. */
  readonly allowedIn?: readonly TenantState[];
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  /** Schema of the JSON answer; none means 204, or a stream where `produces` says so. */
  readonly answer?: z.ZodType;
  /** Default: 201 for POST, 204 without an answer, else 200. */
  readonly status?: number;
  /** Codes of the catalogue beyond those that every route may answer. */
  readonly errors?: readonly string[];
  /** The Location header of the answer. */
  readonly location?: (answer: Record<string, unknown>) => string;
  /** Media types of a body that is not JSON: the handler reads the request as a stream. */
  readonly consumes?: readonly string[];
  /** Media types of an answer that is not JSON; the handler writes the response (`@Reply()`). */
  readonly produces?: readonly string[];
}

const routes = new WeakMap<object, RouteOptions>();

/** What the interceptor and the guard leave on the request for the handler. */
export interface RequestState {
  requestId: string;
  actor?: Caller['actor'];
  tenant?: TenantScope;
  /** Left by the guard: see `Caller`. */
  impersonator?: string;
  sessionId?: string;
  ifMatch?: number;
  body?: unknown;
  query?: unknown;
}

const states = new WeakMap<object, RequestState>();

/** Declares a handler's route. */
export function Route(options: RouteOptions): MethodDecorator {
  const method = RequestMethod[options.method];
  return applyDecorators(
    RequestMapping({ path: options.path, method }),
    HttpCode(statusOf(options)),
    (_target: object, _key: string | symbol, descriptor: PropertyDescriptor) => {
      routes.set(descriptor.value, options);
    },
  );
}

/** The route that a handler declares; undefined for a handler without one. */
export function findRoute(handler: object): RouteOptions | undefined {
  return routes.get(handler);
}

export function statusOf(options: RouteOptions): number {
  if (options.status) return options.status;
  if (!options.answer && !options.produces) return 204;
  return options.method === 'POST' ? 201 : 200;
}

export function stateOf(request: object): RequestState {
  const state = states.get(request) ?? { requestId: '' };
  states.set(request, state);
  return state;
}

const requestOf = (context: ExecutionContext): Request => context.switchToHttp().getRequest<Request>();

/** The body, parsed by the route's schema. */
export const Body = createParamDecorator((_: unknown, context) => stateOf(requestOf(context)).body);

/** The query, parsed by the route's schema. */
export const Query = createParamDecorator((_: unknown, context) => stateOf(requestOf(context)).query);

/** A parameter of the path. */
export const Param = createParamDecorator((name: string, context) => requestOf(context).params[name]);

/** The caller: a `TenantCaller` where the path has `:tenant`, else a `Caller`. */
export const From = createParamDecorator((_: unknown, context) => callerOf(requestOf(context)));

/** The request itself, for a route that reads a stream. */
export const Incoming = createParamDecorator((_: unknown, context) => requestOf(context));

/** The caller of a request that passed the guard. */
export function callerOf(request: Request): Caller | TenantCaller {
  const { actor, tenant, requestId, ifMatch, impersonator, sessionId } = stateOf(request);
  if (!actor) throw fail('unauthenticated');
  const userAgent = request.get('user-agent')?.slice(0, 300);
  const caller: Caller = { actor, requestId, source: request.ip ?? null, userAgent, impersonator, sessionId, ifMatch };
  return tenant ? { ...caller, tenant } : caller;
}

/** The response, for a route that writes a stream; the handler then ends it. */
export { Res as Reply } from '@nestjs/common';
export type { Request, Response };
