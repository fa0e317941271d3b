import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { AuditEntry } from '../audit/audit.service.js';
import { Access } from '../kernel/access/access.js';
import { Authenticator, authenticate, authenticateAgain } from '../kernel/access/authenticator.js';
import type { Permission } from '../kernel/access/permissions.js';
import { isAllowed } from '../kernel/access/policy.js';
import { Database } from '../kernel/database/index.js';
import { SlipwayError } from '../kernel/errors/errors.js';
import { type Actor, createUserActor, type TenantScope } from '../kernel/tenancy/caller.js';
import { execSubject, RequestsService } from '../requests/requests.service.js';
import { auditorGroup, toGroup, toGroups } from './kube-permissions.rules.js';
import {
  classifyRequest,
  findImpersonation,
  type KubernetesRequest,
  narrow,
  ours,
  toSession,
} from './kubernetes-door.rules.js';

/** As whom a request is sent on. */
export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
}

export interface Refusal {
  readonly code: 400 | 401 | 403 | 404;
  readonly message: string;
  /** Set for what must be recorded although it was refused. */
  readonly note?: AuditEntry;
  /** Who was refused, where he did not become the actor that he wanted to be. */
  readonly by?: Actor;
}

export interface Admission {
  /** The path and query to send on. */
  readonly path: string;
  /** `platform`: as the platform itself, for what is narrowed here. */
  readonly as: Identity | 'platform';
  /** A question about oneself: the identity depends on the namespace that its body names. */
  readonly isReview?: boolean;
  /** The list is gathered from these namespaces, each as this identity. */
  readonly namespaces?: readonly { readonly name: string; readonly as: Identity }[];
  /** Set for what must be recorded: a change, a session in a container, a read Secret. */
  readonly note?: AuditEntry;
}

interface Place {
  readonly tenant: TenantScope;
  readonly projectId: string;
  readonly project: string;
  readonly environment: string;
  readonly kind: string;
}

type InNamespace = Extract<KubernetesRequest, { about: 'namespace' }>;

/** A list over more namespaces than this is refused: it would be neither quick nor readable. */
const mostNamespaces = 200;

/** Decides what a caller may ask of a cluster's API, and as whom the cluster is asked. */
@Injectable()
export class KubernetesAccess {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly access: Access,
    private readonly database: Database,
    private readonly requests: RequestsService,
  ) {}

  /** Who asks; with Kubernetes' headers (`kubectl --as`), the one in whose name he does. */
  async authenticate(request: Pick<IncomingMessage, 'headers' | 'socket'>): Promise<Actor | Refusal | undefined> {
    const actor = await authenticate(this.authenticator, request, 'kubernetes');
    return actor && this.actAs(actor, request);
  }

  /** Of what is still open: its actor as he is now; undefined when he may no longer come in by what he came with. */
  async authenticateAgain(request: Pick<IncomingMessage, 'headers' | 'socket'>, before: Actor) {
    if (before.kind !== 'user' || !before.impersonator || !findImpersonation(request.headers))
      return authenticateAgain(this.authenticator, request, 'kubernetes', before);
    const { impersonator, sessionId } = before;
    const inPerson = createUserActor({ ...impersonator, platformRoles: [], ...(sessionId && { sessionId }) });
    const now = await authenticateAgain(this.authenticator, request, 'kubernetes', inPerson);
    const actor = now && (await this.actAs(now, request));
    return actor && !('code' in actor) ? actor : undefined;
  }

  /** Groups follow from what the user may do here, and so nobody says which. */
  private async actAs(actor: Actor, { headers }: Pick<IncomingMessage, 'headers'>): Promise<Actor | Refusal> {
    const wanted = findImpersonation(headers);
    if (!wanted) return actor;
    const { username, hasMore } = wanted;
    if (username === undefined || hasMore) {
      return {
        code: 400,
        message: 'Impersonate-User alone says in whose name: groups, uid and extra follow from the user',
      };
    }
    const row = await this.database.read.user.findUnique({ where: { username }, select: { id: true } });
    if (!row || !(await this.access.canActAs(actor, row.id))) {
      const resource = `users/${username.slice(0, 200)}/impersonation`;
      return {
        code: 403,
        message: `users "${username}" is forbidden: User "${actor.username}" cannot impersonate resource "users": it needs the permission users:impersonate, and a user without a role on the platform`,
        by: actor,
        note: { action: 'user.impersonate', resource, outcome: 'denied' },
      };
    }
    const platformRoles = await this.access.platformRolesOf(row.id);
    const sessionId = actor.kind === 'system' ? undefined : actor.sessionId;
    const impersonator = { id: actor.id ?? '', username: actor.username };
    return createUserActor({ id: row.id, username, platformRoles, impersonator, ...(sessionId && { sessionId }) });
  }

  async decide(
    actor: Actor,
    cluster: string,
    method: string,
    path: string,
    search: string,
  ): Promise<Admission | Refusal> {
    const request = classifyRequest(method, path);
    if (!request) return { code: 400, message: 'the path is not in its plain form' };
    // The cluster's own names begin so; nobody of ours may have one.
    if (actor.username.startsWith('system:') && actor.kind !== 'system') return forbidden(actor, method, path);
    const plain = { path: path + search, as: await this.identify(actor) };
    switch (request.about) {
      case 'api':
        return plain;
      case 'review':
        return { ...plain, isReview: true };
      case 'cluster':
        if (!actor.isAdmin && !(request.isRead && isAuditor(plain.as))) return forbidden(actor, method, path);
        return request.isRead ? plain : { ...plain, note: toNote(method, path, cluster) };
      case 'namespaces':
        return actor.isAdmin || isAuditor(plain.as)
          ? plain
          : { path: path + (await this.narrow(actor, search)), as: 'platform' };
      case 'everywhere':
        return actor.isAdmin || isAuditor(plain.as) ? plain : this.gather(actor, cluster, request, path, search);
      case 'namespace':
        return this.decideInNamespace(actor, cluster, method, path, search, request);
    }
  }

  /** As whom a question about oneself in a namespace is asked; unknown namespaces give no rights. */
  async identifyIn(actor: Actor, namespace: string | undefined): Promise<Identity> {
    const place = namespace === undefined ? undefined : await this.findPlace(actor, namespace);
    return this.identify(actor, place);
  }

  private async decideInNamespace(
    actor: Actor,
    cluster: string,
    method: string,
    path: string,
    search: string,
    request: InNamespace,
  ): Promise<Admission | Refusal> {
    const { namespace, isWrite, isSession, need } = request;
    const place = await this.findPlace(actor, namespace);
    const isSecret = request.resource === 'secrets';
    const isNoted = isWrite || isSecret || request.resource === 'pods/log';
    const entry = { ...toNote(method, path, cluster), ...toSession(request, method, search) };
    const note: AuditEntry | undefined = isNoted
      ? { ...entry, namespace, tenant: place?.tenant, projectId: place?.projectId }
      : undefined;
    const admission = { path: path + search, as: await this.identify(actor, place), note };
    if (actor.isAdmin) return admission;
    if (!place) return { code: 404, message: `namespaces "${namespace}" not found` };
    const denied = note && { ...note, outcome: 'denied' as const };
    const { tenant, projectId } = place;
    if (!isAllowed(actor, tenant, 'environments:read', projectId) && !(await isAllowedAny(actor, place, need))) {
      return { code: 404, message: `namespaces "${namespace}" not found` };
    }
    const lacking =
      need === 'never' ? need : need.find((permission) => !isAllowed(actor, tenant, permission, projectId));
    if (lacking) return { ...forbidden(actor, method, path, lacking), note: denied };
    if (isWrite && !isSession && tenant.state !== 'active') {
      return {
        code: 403,
        message: `the tenant "${tenant.name}" is ${tenant.state}: nothing in it can be changed`,
        note: denied,
      };
    }
    const missing = isSession ? await this.findMissingGrant(actor, place, request) : undefined;
    return missing ? { code: 403, message: missing, note: denied } : admission;
  }

  /** Why a session needs somebody's consent that is not there; undefined when it needs none, or has it. */
  private async findMissingGrant(actor: Actor, place: Place, request: InNamespace): Promise<string | undefined> {
    const { tenant, project, environment } = place;
    const subject = execSubject({ tenant: tenant.name, project, environment });
    try {
      await this.requests.requireGrant(actor, {
        kind: 'exec',
        tenant,
        projectId: place.projectId,
        environmentKind: place.kind,
        subject,
        payload: { tenant: tenant.name, project, environment, pod: request.name ?? undefined },
      });
      return undefined;
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error;
      return `${error.message} Ask for it: slipway requests create exec tenant=${tenant.name} project=${project} environment=${environment} --reason …`;
    }
  }

  /** Who the caller is to the cluster: what he is everywhere, and what he may do in the one place that is asked about. */
  private async identify(actor: Actor, place?: Place): Promise<Identity> {
    const user = actor.username;
    if (actor.isAdmin) return { user, groups: ['system:masters'] };
    const isReader = await this.access.isAllowedOnPlatform(actor, 'clusters:read');
    const groups = isReader ? [auditorGroup] : [];
    return { user, groups: place ? [...groups, ...groupsIn(actor, place)] : groups };
  }

  private async findPlace(actor: Actor, namespace: string): Promise<Place | undefined> {
    const row = await this.database.read.environment.findUnique({
      where: { namespace },
      select: { tenantId: true, projectId: true, name: true, kind: true, project: { select: { name: true } } },
    });
    const tenant = row ? await this.access.findTenantScope(actor, row.tenantId) : undefined;
    if (!row || !tenant) return undefined;
    return {
      tenant,
      projectId: row.projectId,
      project: row.project.name,
      environment: row.name,
      kind: row.kind,
    };
  }

  /** The query narrowed to the namespaces that the actor may see. */
  private async narrow(actor: Actor, search: string): Promise<string> {
    const reach = await this.access.reach(actor, 'environments:read');
    if (reach === 'everywhere') return narrow(search, 'all');
    if (reach.projects.length === 0) return narrow(search, { key: ours.tenantId, values: reach.tenants });
    const ofTenants = await this.database.read.project.findMany({
      where: { tenantId: { in: [...reach.tenants] } },
      select: { id: true },
    });
    return narrow(search, { key: ours.projectId, values: [...reach.projects, ...ofTenants.map(({ id }) => id)] });
  }

  private async gather(
    actor: Actor,
    cluster: string,
    { group, resource, need }: Extract<KubernetesRequest, { about: 'everywhere' }>,
    path: string,
    search: string,
  ): Promise<Admission | Refusal> {
    const kind = group === '' ? resource : `${resource}.${group}`;
    const query = new URLSearchParams(search);
    if (query.has('watch') && !['0', 'false'].includes(query.get('watch') ?? '')) {
      return refuseAll(actor, kind, 'watch');
    }
    const [permission] = need;
    const reach = permission ? await this.access.reach(actor, permission) : undefined;
    if (!reach) return refuseAll(actor, kind, 'list');
    const rows = await this.database.read.environment.findMany({
      where: {
        cluster,
        state: { not: 'provisioning' },
        ...(reach !== 'everywhere' && {
          OR: [{ tenantId: { in: [...reach.tenants] } }, { projectId: { in: [...reach.projects] } }],
        }),
      },
      select: { namespace: true },
      orderBy: { namespace: 'asc' },
      take: mostNamespaces + 1,
    });
    if (rows.length > mostNamespaces) return refuseAll(actor, kind, 'list');
    const places = await Promise.all(
      rows.map(async ({ namespace }) => ({ namespace, place: await this.findPlace(actor, namespace) })),
    );
    const namespaces = await Promise.all(
      places
        .filter(({ place }) => place && need.every((each) => isAllowed(actor, place.tenant, each, place.projectId)))
        .map(async ({ namespace, place }) => ({ name: namespace, as: await this.identify(actor, place) })),
    );
    return { path: path + search, as: await this.identify(actor), namespaces };
  }
}

/** The groups of the actor's role, where it is not narrowed, and of each thing he may do there. */
function groupsIn(actor: Actor, { tenant, projectId }: Place): string[] {
  const has = (permission: Permission): boolean => isAllowed(actor, tenant, permission, projectId);
  const held = [...tenant.permissions, ...(tenant.projects.get(projectId) ?? [])].filter(has);
  const isWhole = actor.kind === 'user' && !actor.scopes && !actor.impersonator;
  return [...(isWhole && tenant.role ? [toGroup(tenant.id, tenant.role)] : []), ...toGroups(projectId, held)];
}

const isAuditor = (identity: Identity): boolean => identity.groups.includes(auditorGroup);

function isAllowedAny(actor: Actor, { tenant, projectId }: Place, need: readonly Permission[] | 'never'): boolean {
  return need !== 'never' && need.every((permission) => isAllowed(actor, tenant, permission, projectId));
}

function toNote(method: string, path: string, cluster: string): AuditEntry {
  return { action: `kubernetes.${method.toLowerCase()}`, resource: path, cluster };
}

function forbidden(actor: Actor, method: string, path: string, lacking?: Permission | 'never'): Refusal {
  const why =
    lacking === undefined || lacking === 'never'
      ? 'this is for administrators of the platform'
      : `it needs the permission ${lacking}`;
  return { code: 403, message: `user "${actor.username}" may not ${method} ${path}: ${why}` };
}

function refuseAll(actor: Actor, kind: string, verb: 'list' | 'watch'): Refusal {
  const why = verb === 'watch' ? 'only a list goes over several namespaces' : 'there are too many namespaces';
  return {
    code: 403,
    message: `${kind} is forbidden: User "${actor.username}" cannot ${verb} resource "${kind}" over all namespaces (${why}): name one with -n; kubectl get namespaces lists yours`,
  };
}
