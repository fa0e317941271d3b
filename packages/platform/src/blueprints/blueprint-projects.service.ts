import { Injectable } from '@nestjs/common';
import { ConfigWrites } from '../config/config-writes.service.js';
import { type Named, outerNodeOf } from '../config/outer-nodes.service.js';
import { EnvironmentProvisioner } from '../environments/environment-provisioner.service.js';
import { noteAccessChange } from '../kernel/access/access.js';
import type { Transaction } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { ProjectNetworks } from '../network-policies/project-networks.service.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { atField } from './blueprints.errors.js';
import type { BlueprintContent } from './blueprints.rules.js';

/** Gives a project what a blueprint says, each part through the feature whose it is. */
@Injectable()
export class BlueprintProjects {
  constructor(
    private readonly environments: EnvironmentProvisioner,
    private readonly quotas: QuotasService,
    private readonly configs: ConfigWrites,
    private readonly networks: ProjectNetworks,
  ) {}

  /** A project that has just been made. */
  async fill(tx: Transaction, caller: TenantCaller, project: Named, content: BlueprintContent): Promise<void> {
    const { environments, groups, limits, config, network } = content;
    const place = { tenantId: caller.tenant.id, projectId: project.id };
    if (Object.keys(limits).length > 0) await this.quotas.setLimits(tx, place, limits);
    await this.setVariables(tx, caller, project, null, config);
    for (const { limits: share, config: own, ...environment } of environments) {
      const { row } = await this.environments.create(tx, caller, project, environment);
      if (Object.keys(share).length > 0) await this.quotas.setLimits(tx, { ...place, environmentId: row.id }, share);
      await this.setVariables(tx, caller, project, row, own);
    }
    for (const { group, role } of groups) await this.giveRole(tx, caller, project, group, role);
    if (groups.length > 0) await noteAccessChange(tx, { tenantId: place.tenantId });
    if (network) await this.networks.set(tx, withoutVersion(caller), project, network.mode);
  }

  /** A merge patch of the project's config, or of one of its environments'; without names, nothing. */
  async setVariables(
    tx: Transaction,
    caller: TenantCaller,
    project: Named,
    environment: Named | null,
    variables: Readonly<Record<string, string | null>>,
  ): Promise<void> {
    if (Object.keys(variables).length === 0) return;
    const node = outerNodeOf(caller.tenant, project, environment ?? undefined);
    try {
      await this.configs.write(tx, withoutVersion(caller), node, { patch: { variables: { ...variables } } });
    } catch (error) {
      const within = environment === null ? '' : `environments.${environment.name}.`;
      throw atField(error, /^body\.(variables|secrets)/, `blueprint.${within}config`);
    }
  }

  /** Also a group that nobody has come with yet can be given a role. */
  async giveRole(tx: Transaction, caller: TenantCaller, project: Named, group: string, role: string): Promise<void> {
    const groupId = await ensureGroup(tx, group);
    const place = { tenantId: caller.tenant.id, projectId: project.id };
    const data = { id: newId(), ...place, groupId, role, createdBy: caller.actor.username };
    await tx.roleBinding.create({ data });
  }
}

/** The version in If-Match is the project's, not that of its config or network. */
export const withoutVersion = ({ ifMatch: _, ...caller }: TenantCaller): TenantCaller => caller;

async function ensureGroup(tx: Transaction, name: string): Promise<string> {
  const data = { id: newId(), name, displayName: name, source: 'expected' };
  await tx.group.createMany({ data, skipDuplicates: true });
  return (await tx.group.findUniqueOrThrow({ where: { name }, select: { id: true } })).id;
}
