import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Access } from '../kernel/access/access.js';
import type { Permission } from '../kernel/access/permissions.js';
import { isAllowed } from '../kernel/access/policy.js';
import { Database } from '../kernel/database/index.js';
import { fail } from '../kernel/errors/kernel.errors.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { Decides, type RequestHandler, type RequestPlace } from './request-handler.js';
import { execSubject, revealSubject } from './subjects.rules.js';

const names = { tenant: z.string().max(100), project: z.string().max(100), environment: z.string().max(100) };
const execPayload = z.strictObject(names);
type ExecPayload = z.output<typeof execPayload>;
const revealPayload = z.strictObject({ ...names, application: z.string().max(100) });
type RevealPayload = z.output<typeof revealPayload>;

const hour = 3600;

/** Finds the environment as far as the caller may do `permission` there. */
@Injectable()
export class RequestPlaces {
  constructor(
    private readonly access: Access,
    private readonly database: Database,
  ) {}

  async getEnvironment(caller: Caller, { tenant, project, environment }: ExecPayload, permission: Permission) {
    const scope = await this.access.getTenantScope(caller.actor, tenant);
    const row = await this.database.read.environment.findFirst({
      where: { tenantId: scope.id, name: environment, project: { name: project } },
      select: { kind: true, projectId: true },
    });
    if (!row || !isAllowed(caller.actor, scope, 'environments:read', row.projectId)) throw fail('not-found');
    this.access.require(caller.actor, scope, permission, row.projectId);
    return { tenant: { id: scope.id, name: scope.name }, projectId: row.projectId, environmentKind: row.kind };
  }

  async requireApplication(projectId: string, name: string): Promise<void> {
    const row = await this.database.read.application.findFirst({ where: { projectId, name }, select: { id: true } });
    if (!row) throw fail('not-found');
  }
}

/** To open a shell or a port in an environment's pods, where a policy says that the permission alone is not enough. */
@Decides('exec')
@Injectable()
export class ExecRequests implements RequestHandler<ExecPayload> {
  readonly payload = execPayload;
  readonly decidedBy = 'tenant';
  readonly grantSeconds = { max: 24 * hour, default: hour };

  constructor(private readonly places: RequestPlaces) {}

  describe({ project, environment }: ExecPayload) {
    const path = `exec in ${project}/${environment}`;
    return { title: path, changes: [{ path, before: null, after: 'pods:exec' }] };
  }

  async place(caller: Caller, payload: ExecPayload): Promise<RequestPlace<ExecPayload>> {
    const place = await this.places.getEnvironment(caller, payload, 'pods:exec');
    return { ...place, subject: execSubject(payload), payload };
  }

  /** Whoever opens a shell asks for the grant itself. */
  async granted(): Promise<void> {}
}

/** To see the secrets of an application in an environment. */
@Decides('secret-reveal')
@Injectable()
export class RevealRequests implements RequestHandler<RevealPayload> {
  readonly payload = revealPayload;
  readonly decidedBy = 'tenant';
  readonly grantSeconds = { max: 24 * hour, default: hour };

  constructor(private readonly places: RequestPlaces) {}

  describe({ project, application, environment }: RevealPayload) {
    const path = `secrets of ${project}/${application} in ${environment}`;
    return { title: path, changes: [{ path, before: null, after: 'secrets:read' }] };
  }

  async place(caller: Caller, payload: RevealPayload): Promise<RequestPlace<RevealPayload>> {
    const { application, ...names } = payload;
    const place = await this.places.getEnvironment(caller, names, 'config:read');
    await this.places.requireApplication(place.projectId, application);
    return { ...place, subject: revealSubject(payload), payload };
  }

  /** Whoever reveals asks for the grant itself. */
  async granted(): Promise<void> {}
}
