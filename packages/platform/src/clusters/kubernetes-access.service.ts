import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Access } from '../kernel/access/access.js';
import { Authenticator, authenticate } from '../kernel/access/authenticator.js';
import { isAllowed } from '../kernel/access/policy.js';
import { Database } from '../kernel/database/index.js';
import type { Actor } from '../kernel/tenancy/caller.js';
import { classifyRequest, narrowToTenants } from './kubernetes-door.rules.js';

export interface Refusal {
  readonly code: 400 | 401 | 403 | 404;
  readonly message: string;
}

export interface Admission {
  readonly actor: Actor;
  /** The path and query to send on. */
  readonly path: string;
  /** Set for what must be recorded: a change, or a session in a container. */
  readonly change?: { readonly namespace: string | null; readonly tenant: { id: string; name: string } | undefined };
}

/** Decides what a caller may ask of a cluster's API. */
@Injectable()
export class KubernetesAccess {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly access: Access,
    private readonly database: Database,
  ) {}

  async admit(
    method: string,
    path: string,
    search: string,
    from: Pick<IncomingMessage, 'headers' | 'socket'>,
  ): Promise<Admission | Refusal> {
    const actor = await authenticate(this.authenticator, from, 'kubernetes');
    if (!actor) return { code: 401, message: 'Unauthorized' };
    const request = classifyRequest(method, path);
    if (!request) return { code: 400, message: 'the path is not in its plain form' };
    const isRead = method === 'GET' || method === 'HEAD';
    if (request.about === 'api') return { actor, path: path + search };
    if (request.about === 'namespaces') {
      return {
        actor,
        path: actor.isAdmin ? path + search : path + narrowToTenants(search, await this.listTenants(actor)),
      };
    }
    if (request.about === 'cluster') {
      if (!actor.isAdmin) return forbidden(actor, method, path);
      return { actor, path: path + search, change: isRead ? undefined : { namespace: null, tenant: undefined } };
    }
    const { namespace, isWrite, permission } = request;
    const environment = await this.database.read.environment.findUnique({ where: { namespace } });
    const tenant = environment ? await this.access.findTenantScope(actor, environment.tenantId) : undefined;
    const change = isWrite ? { namespace, tenant } : undefined;
    if (actor.isAdmin) return { actor, path: path + search, change };
    const isOtherProject =
      actor.kind === 'robot' && actor.projectId !== null && actor.projectId !== environment?.projectId;
    if (!tenant || isOtherProject) return { code: 404, message: `namespaces "${namespace}" not found` };
    if (permission === 'never' || !isAllowed(actor, tenant, permission)) return forbidden(actor, method, path);
    if (permission === 'secrets:read' && isWrite && !isAllowed(actor, tenant, 'workloads:write')) {
      return forbidden(actor, method, path);
    }
    return { actor, path: path + search, change };
  }

  private async listTenants(actor: Actor): Promise<string[]> {
    const where = actor.kind === 'robot' ? { id: actor.tenantId } : { members: { some: { userId: actor.id ?? '' } } };
    const rows = await this.database.read.tenant.findMany({ where, select: { name: true } });
    return rows.map((row) => row.name);
  }
}

function forbidden(actor: Actor, method: string, path: string): Refusal {
  return { code: 403, message: `user "${actor.username}" may not ${method} ${path}` };
}
