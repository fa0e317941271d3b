import { Injectable } from '@nestjs/common';
import { ClustersService } from '../clusters/clusters.service.js';
import { noteAccessChange } from '../kernel/access/access.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type TenantSetupModel } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import { JobAbandoned } from '../kernel/jobs/job.js';
import { systemCaller, type TenantCaller } from '../kernel/tenancy/caller.js';
import { ProjectsService } from '../projects/projects.service.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { TenantNames } from '../tenants/tenant-names.service.js';
import { rolesOf, type SetupStep, type TenantPlan, tenantPlan } from './onboarding.rules.js';

const pollMilliseconds = 200;
const longestPolls = 100;

/** A tenant that is being set up: what was approved, and for whom. */
export interface Setup {
  readonly tenantId: string;
  readonly plan: TenantPlan;
  readonly requester: string;
  readonly operationId: string;
}

/** One step of setting a tenant up. Both directions look first: either may run again after a crash at any point. */
interface Step {
  make(setup: Setup, signal: AbortSignal): Promise<void>;
  unmake(setup: Setup, signal: AbortSignal): Promise<void>;
}

/** What each step does, and how it is taken back. */
@Injectable()
export class TenantSetupSteps {
  readonly steps: Readonly<Record<SetupStep, Step>> = {
    tenant: { make: (setup) => this.requireTenant(setup), unmake: (setup) => this.removeTenant(setup) },
    group: { make: (setup) => this.makeGroup(setup), unmake: (setup) => this.removeGroup(setup) },
    roles: { make: (setup) => this.giveRoles(setup), unmake: (setup) => this.takeRoles(setup) },
    quota: { make: (setup) => this.setLimits(setup), unmake: (setup) => this.removeLimits(setup) },
    projects: { make: (setup) => this.makeProjects(setup), unmake: (setup) => this.removeProjects(setup) },
    namespaces: {
      make: (setup, signal) => this.awaitNamespaces(setup, signal),
      unmake: (setup, signal) => this.removeNamespaces(setup, signal),
    },
    open: { make: (setup) => this.open(setup), unmake: async () => undefined },
  };

  constructor(
    private readonly database: Database,
    private readonly names: TenantNames,
    private readonly quotas: QuotasService,
    private readonly projects: ProjectsService,
    private readonly clusters: ClustersService,
    private readonly clock: Clock,
  ) {}

  /** Its row holds the name since the approval. */
  private async requireTenant({ tenantId }: Setup): Promise<void> {
    const row = await this.database.read.tenant.findUnique({ where: { id: tenantId } });
    if (!row) throw new JobAbandoned('The tenant was deleted meanwhile.');
  }

  private async removeTenant({ tenantId }: Setup): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.tenant.deleteMany({ where: { id: tenantId, state: 'requested' } });
      await noteAccessChange(tx, { tenantId });
    });
  }

  private async makeGroup({ plan, requester }: Setup): Promise<void> {
    const name = this.names.groupOf(plan.name);
    const users = await this.findUsers([...rolesOf(plan, requester).keys()]);
    await this.database.transaction(async (tx) => {
      const data = { id: newId(), name, displayName: plan.displayName ?? plan.name, source: 'expected' };
      await tx.group.createMany({ data, skipDuplicates: true });
      const group = await tx.group.findUniqueOrThrow({ where: { name } });
      const members = [...users.values()].map((userId) => ({ groupId: group.id, userId }));
      await tx.groupMember.createMany({ data: members, skipDuplicates: true });
    });
  }

  private async removeGroup({ plan }: Setup): Promise<void> {
    const where = { name: this.names.groupOf(plan.name), source: 'expected' };
    await this.database.read.group.deleteMany({ where });
  }

  /** The group may look; what each person may do, he has by his own role. */
  private async giveRoles({ tenantId, plan, requester }: Setup): Promise<void> {
    const roles = rolesOf(plan, requester);
    const users = await this.findUsers([...roles.keys()]);
    await this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM tenants WHERE id = ${tenantId}::uuid FOR NO KEY UPDATE`;
      const bound = await tx.roleBinding.findMany({ where: { tenantId, projectId: null } });
      const group = await tx.group.findUnique({ where: { name: this.names.groupOf(plan.name) } });
      const base = { tenantId, createdBy: 'system:onboarding' };
      if (group && !bound.some((row) => row.groupId === group.id))
        await tx.roleBinding.create({ data: { id: newId(), ...base, groupId: group.id, role: 'viewer' } });
      for (const [username, role] of roles) {
        const userId = users.get(username);
        if (!userId) throw new JobAbandoned(`There is no user ${username}.`);
        if (bound.some((row) => row.userId === userId)) continue;
        await tx.roleBinding.create({ data: { id: newId(), ...base, userId, role } });
      }
      await noteAccessChange(tx, { tenantId });
    });
  }

  private async takeRoles({ tenantId }: Setup): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.roleBinding.deleteMany({ where: { tenantId } });
      await noteAccessChange(tx, { tenantId });
    });
  }

  private async setLimits({ tenantId, plan }: Setup): Promise<void> {
    if (Object.keys(plan.limits).length === 0) return;
    await this.database.transaction((tx) => this.quotas.setLimits(tx, { tenantId }, plan.limits));
  }

  private async removeLimits({ tenantId }: Setup): Promise<void> {
    await this.database.transaction((tx) => this.quotas.dischargeTenant(tx, tenantId));
  }

  private async makeProjects(setup: Setup): Promise<void> {
    const { tenantId, plan } = setup;
    const rows = await this.database.read.project.findMany({ where: { tenantId }, select: { name: true } });
    for (const project of plan.projects) {
      if (rows.some(({ name }) => name === project.name)) continue;
      await this.projects.create(toCaller(setup), project, ['requested']);
    }
  }

  private async removeProjects({ tenantId }: Setup): Promise<void> {
    await this.database.read.project.deleteMany({ where: { tenantId } });
  }

  /** Each environment's own operation makes its namespace; here is waited for all of them. */
  private async awaitNamespaces({ tenantId }: Setup, signal: AbortSignal): Promise<void> {
    for (let poll = 0; poll < longestPolls && !signal.aborted; poll++) {
      const rows = await this.database.read.environment.findMany({ where: { tenantId } });
      const failed = rows.find(({ state }) => state === 'failed');
      if (failed) throw new JobAbandoned(`The environment ${failed.name} could not be made: ${failed.message}`);
      if (rows.every(({ state }) => state === 'ready')) return;
      await this.clock.sleep(pollMilliseconds, signal);
    }
    throw new Error('Not all environments are ready yet.');
  }

  /** Their rows first are marked: a provisioning that is under way sees it and stops. */
  private async removeNamespaces({ tenantId, plan }: Setup, signal: AbortSignal): Promise<void> {
    await this.database.read.environment.updateMany({ where: { tenantId }, data: { state: 'deleting' } });
    await this.clusters.deleteNamespaces({ tenant: plan.name }, signal);
  }

  private async open({ tenantId }: Setup): Promise<void> {
    await this.database.transaction(async (tx) => {
      const data = { state: 'active', stateChangedAt: this.clock.now(), version: { increment: 1 } };
      await tx.tenant.updateMany({ where: { id: tenantId, state: 'requested' }, data });
      await noteAccessChange(tx, { tenantId });
    });
  }

  private async findUsers(usernames: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const where = { username: { in: [...usernames] } };
    const rows = await this.database.read.user.findMany({ where, select: { id: true, username: true } });
    return new Map(rows.map(({ id, username }) => [username, id]));
  }
}

export function toSetup({ tenantId, operationId, plan }: TenantSetupModel): Setup {
  const { requester, ...rest } = Object(plan) as { requester: string };
  return { tenantId, operationId, requester, plan: tenantPlan.parse(rest) };
}

function toCaller({ tenantId, operationId, plan }: Setup): TenantCaller {
  const none = { role: null, permissions: new Set<never>(), projects: new Map(), projectIds: new Map() };
  const tenant = { id: tenantId, name: plan.name, state: 'requested', ...none };
  return { ...systemCaller('onboarding', operationId), tenant };
}
