import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { NamespaceReconciler } from '../environments/namespace-reconciler.service.js';
import { isAdmin } from '../kernel/access/policy.js';
import { Database, type Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import { ProjectsService } from '../projects/projects.service.js';
import { ImageUsers } from './image-users.service.js';
import type { CheckImageUser, ImageUserAnswer, PodSecurityAnswer, PutPodSecurity } from './pod-security.dto.js';
import { fail } from './pod-security.errors.js';
import { type PodSecurityLevel, toPodSecurityLevel, userOfEnvironment, warnOf } from './pod-security.rules.js';

interface Project {
  readonly id: string;
  readonly name: string;
  readonly podSecurity: string;
  readonly version: number;
}

/** Which Pod Security level a project's namespaces are held to. */
@Injectable()
export class PodSecurityService {
  constructor(
    private readonly projects: ProjectsService,
    private readonly database: Database,
    private readonly images: ImageUsers,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly reconciler: NamespaceReconciler,
  ) {}

  async get(caller: TenantCaller, project: string): Promise<PodSecurityAnswer> {
    return this.toAnswer(caller, await this.projects.getRow(caller, project));
  }

  /** Whoever may change policies can raise it; below it is the platform's to decide. */
  async put(caller: TenantCaller, project: string, { level }: PutPodSecurity): Promise<PodSecurityAnswer> {
    const after = await this.database.transaction(async (tx) => {
      const before = await this.projects.getRowForChange(tx, caller, project);
      requireVersion(caller, before);
      if (before.podSecurity === level) return before;
      if (level === 'baseline' && !isAdmin(caller.actor)) throw fail('pod-security-needs-consent');
      return this.set(tx, caller, caller.tenant, before, level);
    });
    return this.toAnswer(caller, after);
  }

  /** Also for consent that was given or has run out. */
  async set(
    tx: Transaction,
    caller: Caller,
    tenant: { readonly id: string; readonly name: string },
    before: Project,
    level: PodSecurityLevel,
  ): Promise<Project> {
    const after = await tx.project.update({
      where: { id: before.id },
      data: { podSecurity: level, version: { increment: 1 } },
    });
    const resource = `projects/${before.name}`;
    await this.audit.record(tx, caller, {
      action: 'pod-security.update',
      resource: `tenants/${tenant.name}/${resource}/pod-security`,
      tenant,
      before: { level: before.podSecurity },
      after: { level },
    });
    const [tenantId, projectId] = [tenant.id, before.id];
    await this.events.record(tx, { tenantId, projectId, type: 'project.updated', resource });
    await this.reconciler.reconcile(tx, { tenantId, projectId });
    return after;
  }

  /** Whom an image would run as in the project, before it does. */
  async checkImage(caller: TenantCaller, project: string, { image }: CheckImageUser): Promise<ImageUserAnswer> {
    const level = toPodSecurityLevel((await this.projects.getRow(caller, project)).podSecurity);
    const user = await this.images.find(image);
    return { image, level, user: user.kind, name: user.name, warning: warnOf(image, user, level) };
  }

  private async toAnswer({ actor }: TenantCaller, project: Project): Promise<PodSecurityAnswer> {
    const environments = await this.database.read.environment.findMany({
      where: { projectId: project.id },
      orderBy: { name: 'asc' },
      select: { name: true, namespace: true, ordinal: true },
    });
    return {
      level: toPodSecurityLevel(project.podSecurity),
      mayLower: isAdmin(actor),
      places: environments.map(({ name, namespace, ordinal }) => ({
        environment: name,
        namespace,
        runAsUser: userOfEnvironment(ordinal),
      })),
      version: project.version,
    };
  }
}
