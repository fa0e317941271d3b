import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { fail } from '../errors/kernel.errors.js';
import { RateLimit } from '../http/rate-limit.js';
import { findRoute, type Request, type Response, stateOf } from '../http/route.js';
import { Access } from './access.js';
import { Authenticator, authenticate } from './authenticator.js';

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
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = findRoute(context.getHandler());
    if (!route) throw fail('route-not-found');
    const request = context.switchToHttp().getRequest<Request>();
    const response = context.switchToHttp().getResponse<Response>();
    const state = stateOf(request);
    if (route.permission === 'public') {
      await this.rateLimit.count(request.ip ?? 'unknown', response);
      return true;
    }
    const actor = await authenticate(this.authenticator, request, 'rest');
    await this.rateLimit.count(actor ? actor.username : (request.ip ?? 'unknown'), response);
    if (!actor) {
      response.setHeader('WWW-Authenticate', 'Bearer');
      throw fail('unauthenticated');
    }
    state.actor = actor;
    const { tenant, project } = request.params;
    if (typeof tenant === 'string') {
      const scope = await this.access.getTenantScope(actor, tenant);
      if (actor.kind === 'robot' && actor.projectId !== null && !isOwnProject(actor, project)) throw fail('not-found');
      if (route.permission !== 'signed-in') this.access.require(actor, scope, route.permission);
      state.tenant = scope;
    } else if (route.permission !== 'signed-in' && !actor.isAdmin) {
      throw fail('forbidden', `This needs the permission ${route.permission}, which platform administrators have.`);
    }
    return true;
  }
}

function isOwnProject(robot: { projectId: string | null; projectName: string | null }, project: unknown): boolean {
  return project === robot.projectId || project === robot.projectName;
}
