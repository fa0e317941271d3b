import { Injectable } from '@nestjs/common';
import { EnvironmentProvisioner } from '../environments/environment-provisioner.service.js';
import { noteAccessChange } from '../kernel/access/access.js';
import type { Transaction } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { QuotasService } from '../quotas/quotas.service.js';
import type { BlueprintContent } from './blueprints.rules.js';

/** Gives a project that has just been made what its blueprint says. */
@Injectable()
export class BlueprintProjects {
  constructor(
    private readonly environments: EnvironmentProvisioner,
    private readonly quotas: QuotasService,
  ) {}

  async fill(
    tx: Transaction,
    caller: TenantCaller,
    project: { readonly id: string; readonly name: string },
    { environments, groups, limits }: BlueprintContent,
  ): Promise<void> {
    const place = { tenantId: caller.tenant.id, projectId: project.id };
    if (Object.keys(limits).length > 0) await this.quotas.setLimits(tx, place, limits);
    for (const { limits: share, ...environment } of environments) {
      const { row } = await this.environments.create(tx, caller, project, environment);
      if (Object.keys(share).length > 0) await this.quotas.setLimits(tx, { ...place, environmentId: row.id }, share);
    }
    for (const { group, role } of groups) {
      const groupId = await ensureGroup(tx, group);
      const data = { id: newId(), ...place, groupId, role, createdBy: caller.actor.username };
      await tx.roleBinding.create({ data });
    }
    if (groups.length > 0) await noteAccessChange(tx, { tenantId: place.tenantId });
  }
}

/** Also a group that nobody has come with yet can be given a role. */
async function ensureGroup(tx: Transaction, name: string): Promise<string> {
  const data = { id: newId(), name, displayName: name, source: 'expected' };
  await tx.group.createMany({ data, skipDuplicates: true });
  return (await tx.group.findUniqueOrThrow({ where: { name }, select: { id: true } })).id;
}
