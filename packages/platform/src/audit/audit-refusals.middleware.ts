import { Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction } from 'express';
import { canSeeProject } from '../kernel/access/policy.js';
import { Clock } from '../kernel/clock/clock.js';
import { asPlatform, Database } from '../kernel/database/index.js';
import { callerOf, type Request, type Response, stateOf } from '../kernel/http/route.js';
import { isId } from '../kernel/ids/ids.js';
import { Log } from '../kernel/log/log.js';
import { AuditService } from './audit.service.js';
import { RefusalSampler } from './refusal-sampler.js';

const prefix = '/api/v1/';

/**
 * Notes calls that were refused for want of a right: 403, and 404 where the tenant or project is there and the caller may not know it. A
 * request without a valid token (401) has no actor and is left to the log of requests; a 404 of what is not there is no refusal.
 */
@Injectable()
export class AuditRefusals implements NestMiddleware {
  private readonly sampler: RefusalSampler;

  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly log: Log,
    clock: Clock,
  ) {
    this.sampler = new RefusalSampler(() => clock.now().getTime());
  }

  use(request: Request, response: Response, next: NextFunction): void {
    response.once('finish', () => {
      const { statusCode } = response;
      if (statusCode !== 403 && statusCode !== 404) return;
      asPlatform('audit-refusals', () => this.note(request, statusCode)).catch((error: unknown) =>
        this.log.warn('A refusal could not be noted in the audit log', { error }),
      );
    });
    next();
  }

  private async note(request: Request, status: number): Promise<void> {
    const path = request.originalUrl.split('?')[0] ?? '';
    const { actor } = stateOf(request);
    if (!actor?.id || !path.startsWith(prefix)) return;
    const place = await this.findPlace(request, path.slice(prefix.length));
    if (status === 404 && !place.isHidden) return;
    const sample = this.sampler.take(actor.id);
    if (!sample) return;
    const { unrecorded } = sample;
    await this.audit.note(callerOf(request), {
      action: 'access.deny',
      resource: path.slice(prefix.length, prefix.length + 500),
      outcome: 'denied',
      tenant: place.tenant,
      after: { method: request.method, status, ...(unrecorded > 0 && { unrecorded }) },
    });
  }

  /** The tenant that the path names, where it is there, and whether the caller may not know of it or of its project. */
  private async findPlace(
    request: Request,
    path: string,
  ): Promise<{ tenant?: { id: string; name: string }; isHidden: boolean }> {
    const { actor, tenant: scope } = stateOf(request);
    const [root, name, collection, project] = path.split('/').map(decode);
    if (root !== 'tenants' || !name || !actor) return { isHidden: false };
    if (!scope) {
      const where = isId(name) ? { id: name } : { name };
      const tenant = await this.database.read.tenant.findUnique({ where, select: { id: true, name: true } });
      return { tenant: tenant ?? undefined, isHidden: tenant !== null };
    }
    const tenant = { id: scope.id, name: scope.name };
    if (collection !== 'projects' || !project) return { tenant, isHidden: false };
    const key = isId(project) ? { id: project } : { name: project };
    const row = await this.database.read.project.findFirst({
      where: { ...key, tenantId: scope.id },
      select: { id: true },
    });
    return { tenant, isHidden: row !== null && !canSeeProject(actor, scope, row.id) };
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
