import { Injectable } from '@nestjs/common';
import { type Named } from '../config/outer-nodes.service.js';
import { EnvironmentProvisioner } from '../environments/environment-provisioner.service.js';
import { noteAccessChange } from '../kernel/access/access.js';
import type { Transaction } from '../kernel/database/index.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { modes, ProjectNetworks } from '../network-policies/project-networks.service.js';
import { type Limits, QuotasService } from '../quotas/quotas.service.js';
import { type BlueprintPart, type PlannedChange, readGroupName } from './blueprint-plan.rules.js';
import { BlueprintProjects, withoutVersion } from './blueprint-projects.service.js';
import { environmentKinds } from './blueprints.rules.js';
import type { ObservedProject } from './project-state.service.js';

/** Carries chosen changes of a plan out, each part through the feature whose it is, in the caller's transaction. */
@Injectable()
export class ApplyBlueprint {
  constructor(
    private readonly filling: BlueprintProjects,
    private readonly environments: EnvironmentProvisioner,
    private readonly quotas: QuotasService,
    private readonly networks: ProjectNetworks,
  ) {}

  /** The caller holds the project's lock. Environments come before what is in them, and go after it. */
  async apply(
    tx: Transaction,
    caller: TenantCaller,
    project: Named,
    observed: ObservedProject,
    changes: readonly PlannedChange[],
  ): Promise<void> {
    const of = (part: BlueprintPart) => changes.filter((change) => change.part === part);
    const rows = new Map<string, Named>(observed.environments);
    await this.clearLimits(tx, caller, project, rows, of('limits'));
    for (const { name, to } of of('environments')) {
      const kind = environmentKinds.find((one) => one === to);
      if (kind) rows.set(name, (await this.environments.create(tx, caller, project, { name, kind })).row);
    }
    await this.setLimits(tx, caller, project, rows, of('limits'));
    for (const [environment, variables] of byEnvironment(of('config')))
      await this.filling.setVariables(tx, caller, project, rowOf(rows, environment), variables);
    await this.changeRoles(tx, caller, project, of('groups'));
    for (const { to } of of('network'))
      await this.networks.set(tx, withoutVersion(caller), project, modes.find((mode) => mode === to) ?? null);
    for (const { name, change } of of('environments')) {
      const row = observed.environments.get(name);
      if (change === 'remove' && row) await this.environments.delete(tx, caller, project, row);
    }
  }

  /** What changes in environments is taken away first: so no order of lower and higher limits is refused on its way. */
  private async clearLimits(
    tx: Transaction,
    caller: TenantCaller,
    project: Named,
    rows: ReadonlyMap<string, Named>,
    changes: readonly PlannedChange[],
  ): Promise<void> {
    const standing = changes.filter(({ environment, from }) => environment !== null && from !== null);
    for (const [environment, limits] of byEnvironment(standing)) {
      const none = Object.fromEntries(Object.keys(limits).map((name) => [name, null]));
      await this.setLimitsOf(tx, caller, project, rowOf(rows, environment), none);
    }
  }

  private async setLimits(
    tx: Transaction,
    caller: TenantCaller,
    project: Named,
    rows: ReadonlyMap<string, Named>,
    changes: readonly PlannedChange[],
  ): Promise<void> {
    const scopes = byEnvironment(changes);
    const own = scopes.get(null);
    if (own) await this.setLimitsOf(tx, caller, project, null, own);
    for (const [environment, limits] of scopes)
      if (environment !== null) await this.setLimitsOf(tx, caller, project, rowOf(rows, environment), limits);
  }

  private async setLimitsOf(
    tx: Transaction,
    caller: TenantCaller,
    project: Named,
    environment: Named | null,
    limits: Limits,
  ): Promise<void> {
    const place = { tenantId: caller.tenant.id, projectId: project.id };
    await this.quotas.setLimits(tx, environment ? { ...place, environmentId: environment.id } : place, limits);
  }

  private async changeRoles(
    tx: Transaction,
    caller: TenantCaller,
    project: Named,
    changes: readonly PlannedChange[],
  ): Promise<void> {
    const tenantId = caller.tenant.id;
    for (const { name, change } of changes) {
      const { group, role } = readGroupName(name);
      if (change === 'remove')
        await tx.roleBinding.deleteMany({
          where: { tenantId, projectId: project.id, role, roleId: null, group: { name: group } },
        });
      else await this.filling.giveRole(tx, caller, project, group, role);
    }
    if (changes.length > 0) await noteAccessChange(tx, { tenantId });
  }
}

/** The new values by scope; null takes a name away. */
function byEnvironment(changes: readonly PlannedChange[]): Map<string | null, Record<string, string | null>> {
  const scopes = new Map<string | null, Record<string, string | null>>();
  for (const { environment, name, to } of changes) scopes.set(environment, { ...scopes.get(environment), [name]: to });
  return scopes;
}

/** A plan has changes in environments that are there, or that it makes. */
function rowOf(rows: ReadonlyMap<string, Named>, environment: string | null): Named | null {
  if (environment === null) return null;
  const row = rows.get(environment);
  if (!row) throw new Error(`The plan changes the environment ${environment}, which is not there.`);
  return row;
}
