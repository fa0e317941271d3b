import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { NamespaceReconciler } from '../environments/namespace-reconciler.service.js';
import { Access } from '../kernel/access/access.js';
import { type Permission, permissionsOfRoleOnProject } from '../kernel/access/permissions.js';
import { isAllowed } from '../kernel/access/policy.js';
import { Database, type Reader } from '../kernel/database/index.js';
import { fail as refuse } from '../kernel/errors/kernel.errors.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { ProjectsService } from '../projects/projects.service.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { ApplyBlueprint as Applying } from './apply-blueprint.service.js';
import {
  type BlueprintPart,
  choose,
  givensOf,
  type PlannedChange,
  planBlueprint,
  readGroupName,
} from './blueprint-plan.rules.js';
import { fail } from './blueprints.errors.js';
import { type BlueprintContent, findBuiltIn, givenRoles } from './blueprints.rules.js';
import { BlueprintsService } from './blueprints.service.js';
import type { AppliedBlueprintAnswer, ApplyBlueprint, ProjectBlueprintAnswer } from './project-blueprints.dto.js';
import { type ObservedProject, ProjectStates } from './project-state.service.js';

type ProjectRow = Awaited<ReturnType<ProjectsService['getRow']>>;

/** Which permission reads and which changes each part by its own door: here neither more nor less is asked. */
const permissions: Readonly<Record<BlueprintPart, { readonly read: Permission; readonly write: Permission }>> = {
  environments: { read: 'environments:read', write: 'environments:write' },
  limits: { read: 'quotas:read', write: 'quotas:write' },
  groups: { read: 'members:read', write: 'members:write' },
  config: { read: 'config:read', write: 'config:write' },
  network: { read: 'policies:read', write: 'policies:write' },
};

const permissionFor = ({ part, change }: PlannedChange): Permission =>
  part === 'environments' && change === 'remove' ? 'environments:delete' : permissions[part].write;

interface Plan {
  readonly newest: number | null;
  readonly target: number | null;
  readonly isGone: boolean;
  readonly changes: readonly PlannedChange[];
  readonly observed: ObservedProject | null;
}

const noPlan: Plan = { newest: null, target: null, isGone: false, changes: [], observed: null };

/** A project beside the blueprint that it was made from: what another version would change, and making it so. */
@Injectable()
export class ProjectBlueprints {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectsService,
    private readonly blueprints: BlueprintsService,
    private readonly states: ProjectStates,
    private readonly applying: Applying,
    private readonly quotas: QuotasService,
    private readonly access: Access,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly reconciler: NamespaceReconciler,
  ) {}

  async get(caller: TenantCaller, project: string, version: number | undefined): Promise<ProjectBlueprintAnswer> {
    const row = await this.projects.getRow(caller, project);
    const { changes, newest, target, isGone } = await this.plan(this.database.read, caller, row, version);
    const isReadable = ({ part }: PlannedChange) =>
      isAllowed(caller.actor, caller.tenant, permissions[part].read, row.id);
    return {
      blueprint: row.blueprint,
      isGone,
      madeFrom: row.blueprintVersion,
      newest,
      target,
      changes: changes.filter(isReadable),
      version: row.version,
      updatedAt: row.updatedAt.toISOString(),
    };
  }

  /** All in one transaction: what any part refuses leaves nothing done. */
  async apply(caller: TenantCaller, project: string, body: ApplyBlueprint): Promise<AppliedBlueprintAnswer> {
    return this.database.transaction(async (tx) => {
      const row = await this.projects.getRowForChange(tx, caller, project);
      requireVersion(caller, row);
      const plan = await this.plan(tx, caller, row, body.version);
      if (plan.isGone || plan.target === null || plan.observed === null) throw fail('blueprint-gone');
      const { applied, kept, wrong } = choose(plan.changes, body);
      if (wrong.length > 0) {
        const code = 'blueprint-change-unknown';
        const errors = wrong.map(({ field, message }) => ({ path: `body.${field}`, code, message }));
        throw fail(code, { detail: errors[0]?.message, errors });
      }
      await this.requirePermissions(caller, row.id, applied);
      await this.applying.apply(tx, caller, row, plan.observed, applied);
      const data = { blueprintVersion: plan.target, version: { increment: 1 } };
      const after = await tx.project.update({ where: { id: row.id, tenantId: caller.tenant.id }, data });
      await this.note(tx, caller, row, plan.target, applied);
      const { newest, isGone } = plan;
      return {
        blueprint: row.blueprint,
        isGone,
        madeFrom: after.blueprintVersion,
        newest,
        applied: [...applied],
        kept: [...kept],
        version: after.version,
        updatedAt: after.updatedAt.toISOString(),
      };
    });
  }

  /** Throws 404 for a version that there is not. */
  private async plan(
    reader: Reader,
    caller: TenantCaller,
    row: ProjectRow,
    version: number | undefined,
  ): Promise<Plan> {
    if (row.blueprint === null) return noPlan;
    const builtIn = row.blueprintId === null ? findBuiltIn(row.blueprint) : undefined;
    // What is built in has one version only: there is nothing to follow.
    if (builtIn) {
      if ((version ?? 1) !== 1) throw fail('blueprint-version-not-found');
      const observed = await this.states.observe(reader, caller.tenant.id, row.id);
      return { newest: 1, target: 1, isGone: false, changes: [], observed };
    }
    const key = { id: row.blueprintId, name: row.blueprint };
    const blueprint = await this.blueprints.findUsable(reader, caller.tenant, key);
    if (!blueprint) return { ...noPlan, isGone: true };
    const target = version ?? blueprint.version;
    const content = await this.blueprints.findContent(reader, blueprint, target);
    if (!content) throw fail('blueprint-version-not-found');
    const base =
      row.blueprintVersion === null
        ? undefined
        : await this.blueprints.findContent(reader, blueprint, row.blueprintVersion);
    const observed = await this.states.observe(reader, caller.tenant.id, row.id);
    const changes = planBlueprint(base ? this.givens(base) : new Map(), this.givens(content), observed);
    return { newest: blueprint.version, target, isGone: false, changes, observed };
  }

  private givens(content: BlueprintContent) {
    return givensOf(content, (limits) => this.quotas.normalize(limits));
  }

  /** As at the door of each part; and nobody gives a role with more than he has. */
  private async requirePermissions(
    caller: TenantCaller,
    projectId: string,
    changes: readonly PlannedChange[],
  ): Promise<void> {
    const { actor, tenant } = caller;
    for (const permission of new Set(changes.map(permissionFor)))
      this.access.require(actor, tenant, permission, projectId);
    const roles = changes.filter(({ part }) => part === 'groups').map(({ name }) => readGroupName(name).role);
    if (roles.length === 0) return;
    const held = await this.access.heldIn(actor, tenant.id, projectId);
    for (const name of new Set(roles)) {
      const role = givenRoles.find((one) => one === name);
      const lacking = role && [...permissionsOfRoleOnProject[role]].find((permission) => !held.has(permission));
      if (lacking) throw refuse('forbidden', `The role ${name} holds ${lacking}, which you lack here.`);
    }
  }

  private async note(
    tx: Parameters<EventLog['record']>[0],
    caller: TenantCaller,
    row: ProjectRow,
    version: number,
    applied: readonly PlannedChange[],
  ): Promise<void> {
    const { tenant } = caller;
    const resource = `projects/${row.name}`;
    const valuesOf = (side: 'from' | 'to') => Object.fromEntries(applied.map((one) => [one.path, one[side]]));
    await this.audit.record(tx, caller, {
      action: 'project.apply-blueprint',
      resource: `tenants/${tenant.name}/${resource}`,
      tenant,
      projectId: row.id,
      before: { blueprintVersion: row.blueprintVersion, ...valuesOf('from') },
      after: { blueprintVersion: version, ...valuesOf('to') },
    });
    await this.events.record(tx, { tenantId: tenant.id, projectId: row.id, type: 'project.updated', resource });
    await this.reconciler.reconcile(tx, { tenantId: tenant.id, projectId: row.id });
  }
}
