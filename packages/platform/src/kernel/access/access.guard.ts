import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { narrowToTenant } from '../database/index.js';
import { SlipwayError } from '../errors/errors.js';
import { fail } from '../errors/kernel.errors.js';
import { RateLimit } from '../http/rate-limit.js';
import { findRoute, type Request, type Response, type RouteOptions, stateOf } from '../http/route.js';
import { signalOf } from '../http/server-sent-events.js';
import { hashToken } from '../ids/ids.js';
import type { Actor, TenantScope } from '../tenancy/caller.js';
import { requireChangeable } from '../tenancy/tenant-state.js';
import { Access } from './access.js';
import { Authenticator, authenticate, authenticateAgain } from './authenticator.js';
import { isPermission, levelOf } from './permissions.js';
import { canSeeProject, isInPerson } from './policy.js';

/** What stays open is asked about again after this time. */
const recheckMilliseconds = 3_000;

/**
 * Stands before every route: 401 without a valid bearer, 404 for a tenant the actor may not know of, 403 for a member who
 * lacks the permission. A handler that declares no route is refused, so that none is open by oversight.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly access: Access,
    private readonly rateLimit: RateLimit,
    private readonly clock: Clock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = findRoute(context.getHandler());
    if (!route) throw fail('route-not-found');
    const request = context.switchToHttp().getRequest<Request>();
    const response = context.switchToHttp().getResponse<Response>();
    const state = stateOf(request);
    if (route.permission === 'public') {
      await this.rateLimit.count('client', addressOf(request), response);
      return true;
    }
    const actor = await authenticate(this.authenticator, request, 'rest');
    await this.rateLimit.count('client', actor ? clientOf(actor, request) : addressOf(request), response);
    if (!actor) {
      response.setHeader('WWW-Authenticate', 'Bearer');
      throw fail('unauthenticated');
    }
    state.actor = actor;
    state.sessionId = actor.kind === 'system' ? undefined : actor.sessionId;
    state.impersonator = actor.kind === 'user' ? actor.impersonator?.username : undefined;
    const { tenant, project } = request.params;
    if (typeof tenant === 'string') {
      state.tenant = await this.access.getTenantScope(actor, tenant);
      await this.rateLimit.count('tenant', state.tenant.id, response);
      this.admit(actor, state.tenant, route, typeof project === 'string' ? project : undefined);
      if (route.method !== 'GET') requireChangeable(state.tenant, route.allowedIn);
    } else if (route.permission !== 'signed-in') await this.access.requireOnPlatform(actor, route.permission);
    requireUnnarrowed(actor, route);
    if (state.tenant && !isPlatforms(route)) narrowToTenant(state.tenant.id);
    if (route.produces?.includes('text/event-stream')) void this.standBy(actor, route, request, response);
    return true;
  }

  /** A stream outlives the answer that let it begin: it is cut off once it would be refused if it were asked for again. */
  private async standBy(actor: Actor, route: RouteOptions, request: Request, response: Response): Promise<void> {
    const over = signalOf(response);
    while (!over.aborted) {
      await this.clock.sleep(recheckMilliseconds, over);
      if (over.aborted) return;
      const isRefused = await this.readmit(actor, route, request).then(
        () => false,
        // A database that is away for a moment ends nothing.
        (error: unknown) => error instanceof SlipwayError && error.definition.status < 500,
      );
      if (isRefused) response.destroy();
    }
  }

  /** Throws what a new request would be refused with. An access token that has run out meanwhile is no reason. */
  private async readmit(before: Actor, route: RouteOptions, request: Request): Promise<void> {
    const actor = await authenticateAgain(this.authenticator, request, 'rest', before);
    if (!actor) throw fail('unauthenticated');
    const { tenant, project } = request.params;
    if (typeof tenant === 'string') {
      const scope = await this.access.getTenantScope(actor, tenant);
      this.admit(actor, scope, route, typeof project === 'string' ? project : undefined);
    } else if (route.permission !== 'signed-in' && route.permission !== 'public')
      await this.access.requireOnPlatform(actor, route.permission);
  }

  private admit(actor: Actor, scope: TenantScope, route: RouteOptions, project: string | undefined): void {
    // Names of projects do not change, so the binding's own is as good as the row's.
    const projectId = project === undefined ? undefined : (scope.projectIds.get(project) ?? project);
    if (projectId !== undefined && !canSeeProject(actor, scope, projectId)) throw fail('not-found');
    if (route.permission === 'signed-in' || route.permission === 'public') return;
    if (route.narrows) this.access.requireSomewhere(actor, scope, route.permission);
    else this.access.require(actor, scope, route.permission, projectId);
  }
}

/** What only the platform's roles may do with a tenant is the platform's own work. */
const isPlatforms = ({ permission }: RouteOptions): boolean =>
  isPermission(permission) && levelOf(permission) === 'platform';

const addressOf = (request: Request): string => `address:${request.ip ?? 'unknown'}`;

/** Each token counts for itself; the short-lived ones of a session together. */
function clientOf(actor: Actor, request: Request): string {
  const token = /^Bearer (slp_\w+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return token ? `token:${hashToken(token)}` : `actor:${actor.username}`;
}

/** A token with scopes does what they name, and no more: where no permission is asked, it only reads. So does who acts in another's name. */
function requireUnnarrowed(actor: Actor, { permission, method }: RouteOptions): void {
  if (actor.kind !== 'user' || isInPerson(actor)) return;
  if (permission !== 'signed-in' || method === 'GET') return;
  if (actor.impersonator) throw fail('forbidden', 'Nobody does this in another’s name.');
  throw fail('forbidden', 'This needs a token without scopes: sign in, or use a token that is not narrowed.');
}
