import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { type ApplicationScope, ApplicationScopes, pathOf } from '../applications/application-scopes.service.js';
import { AuditDoors, type NamedApplication } from '../audit/audit-doors.service.js';
import { BuildTokens } from '../builds/build-tokens.service.js';
import { Access } from '../kernel/access/access.js';
import { Authenticator, authenticate } from '../kernel/access/authenticator.js';
import { canSeeProject } from '../kernel/access/policy.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { narrowToTenant } from '../kernel/database/index.js';
import { SlipwayError } from '../kernel/errors/errors.js';
import { Door } from '../kernel/http/door.js';
import type { Request, Response } from '../kernel/http/route.js';
import type { Actor } from '../kernel/tenancy/caller.js';
import { requireChangeable } from '../kernel/tenancy/tenant-state.js';
import { serveGit } from './git-backend.js';
import { GitPushes, gitPlaceOf } from './git-pushes.service.js';
import { ensureRepository } from './git-repository.js';
import { fail } from './sources.errors.js';

const services = ['/info/refs', '/git-upload-pack', '/git-receive-pack'];

/** Git over smart HTTP: `/git/{tenant}/{project}/{application}.git`. Strangers get 404, as for what does not exist. */
@Injectable()
export class GitDoor extends Door {
  readonly path = '/git';

  constructor(
    private readonly authenticator: Authenticator,
    private readonly access: Access,
    private readonly scopes: ApplicationScopes,
    private readonly tokens: BuildTokens,
    private readonly pushes: GitPushes,
    private readonly audit: AuditDoors,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {
    super();
  }

  async handle(request: Request, response: Response): Promise<void> {
    const url = new URL(request.url, 'http://git');
    const [, tenant, project, application, service] =
      /^\/([^/]+)\/([^/]+)\/([^/]+)\.git(\/.+)$/.exec(url.pathname) ?? [];
    if (!tenant || !project || !application || !service) throw fail('git-repository-not-found');
    const isPush = service === '/git-receive-pack' || url.searchParams.get('service') === 'git-receive-pack';
    const allowed = await this.admit(request, { tenant, project, application }, isPush);
    if (!allowed) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="slipway"', 'content-type': 'text/plain' });
      response.end('Sign in with your user name and a personal token.\n');
      return;
    }
    if (!services.includes(service)) throw fail('git-service-unknown');
    const { actor, scope } = allowed;
    narrowToTenant(scope.tenant.id);
    const environmentPath = this.pushes.path;
    const repository = await ensureRepository(this.config.gitDir, scope.application.id, environmentPath);
    const user = actor?.username ?? 'build';
    const options = { repository, service, query: url.search.slice(1), user, path: environmentPath };
    const caller = actor && { ...this.audit.callerOf(request, actor), actor };
    if (service !== '/git-receive-pack' || !caller) {
      const onBody = (beginning: Buffer) => {
        // A client of protocol 2 asks for the list of references by itself first.
        if (!caller || beginning.includes('command=ls-refs')) return;
        void this.audit.note(caller, gitPlaceOf(scope), { action: 'git.fetch', resource: `${pathOf(scope)}/git` });
      };
      return serveGit(request, response, { ...options, ...(service === '/git-upload-pack' && { onBody }) });
    }
    const pushDir = await mkdtemp(join(tmpdir(), 'slipway-push-'));
    const over = new AbortController();
    const answering = this.pushes.answer({ pushDir, repository, scope, caller, signal: over.signal });
    try {
      await serveGit(request, response, { ...options, pushDir });
    } finally {
      over.abort();
      await answering.catch(() => undefined);
      await rm(pushDir, { recursive: true, force: true });
    }
  }

  /** Undefined: who are you? Throws 404 for what the caller may not know of, 403 for what it may see but not do. */
  private async admit(
    request: Request,
    names: NamedApplication,
    isPush: boolean,
  ): Promise<{ actor?: Actor; scope: ApplicationScope } | undefined> {
    const { authorization } = request.headers;
    const basic = Buffer.from(/^Basic (\S+)$/i.exec(authorization ?? '')?.[1] ?? '', 'base64').toString();
    const grant = await this.tokens.find(basic.replace(/^[^:]*:/, ''));
    if (grant) {
      const scope = await this.scopes.findById(grant.applicationId);
      const isOwn =
        scope?.application.name === names.application &&
        scope.project.name === names.project &&
        scope.tenant.name === names.tenant;
      if (!scope || !isOwn || isPush) throw fail('git-repository-not-found');
      return { scope };
    }
    const actor = await authenticate(this.authenticator, request, 'git');
    if (!actor) return undefined;
    try {
      return { actor, scope: await this.allow(actor, names, isPush) };
    } catch (error) {
      const resource = `tenants/${names.tenant}/projects/${names.project}/applications/${names.application}/git`;
      const status = error instanceof SlipwayError ? error.definition.status : 500;
      if (status === 403 || status === 404)
        await this.audit.refuse(this.audit.callerOf(request, actor), names, resource, {
          method: isPush ? 'push' : 'fetch',
          status,
        });
      throw error;
    }
  }

  private async allow(actor: Actor, names: NamedApplication, isPush: boolean): Promise<ApplicationScope> {
    const tenant = await this.access.findTenantScope(actor, names.tenant);
    const scope = tenant && (await this.scopes.findApplication(tenant, names.project, names.application));
    if (!tenant || !scope || !canSeeProject(actor, tenant, scope.project.id)) throw fail('git-repository-not-found');
    this.access.require(actor, tenant, isPush ? 'sources:write' : 'applications:read', scope.project.id);
    if (isPush) requireChangeable(tenant);
    return scope;
  }
}
