import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { NamespaceReconciler } from '../environments/namespace-reconciler.service.js';
import { Access } from '../kernel/access/access.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type QuotaLimitModel, type Reader, type Transaction } from '../kernel/database/index.js';
import { fail as refuse } from '../kernel/errors/kernel.errors.js';
import { requireVersion } from '../kernel/http/etag.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { findNewExcesses, type LimitNode } from './limit-tree.rules.js';
import { formatAmount, inPeriod, parseAmount, surgePrefix, withoutPeriod } from './quantities.rules.js';
import {
  type PutTree,
  type TreeAnswer,
  type TreeChange,
  type TreeNode,
  type TreeViolation,
  toPath,
} from './quota-tree.dto.js';
import { fail } from './quotas.errors.js';
import { QuotasService } from './quotas.service.js';

/** Carries what a dry run found out of the transaction that must not stay. */
class DryRun extends Error {
  constructor(readonly answer: TreeAnswer) {
    super('dry run');
  }
}

type State = Omit<TreeAnswer, 'changes' | 'violations'> & { readonly rows: readonly QuotaLimitModel[] };

/** All limits of a tenant at once, changed together: only how they stand in the end has to fit. */
@Injectable()
export class QuotaTree {
  constructor(
    private readonly database: Database,
    private readonly quotas: QuotasService,
    private readonly access: Access,
    private readonly audit: AuditService,
    private readonly reconciler: NamespaceReconciler,
    private readonly clock: Clock,
  ) {}

  async get(caller: TenantCaller): Promise<TreeAnswer> {
    const { nodes, version } = await this.read(this.database.read, caller);
    return { nodes, changes: [], violations: [], version };
  }

  /** A dry run tells what would change and what stands against it; else `quota-above-parent` is thrown for the latter. */
  async put(caller: TenantCaller, body: PutTree, isDryRun: boolean): Promise<TreeAnswer> {
    if (body.scopes.some(({ project }) => project === undefined))
      await this.access.requireOnPlatform(caller.actor, 'tenant-quotas:write');
    try {
      return await this.database.transaction(async (tx) => {
        const answer = await this.change(tx, caller, body, isDryRun);
        if (isDryRun) throw new DryRun(answer);
        return answer;
      });
    } catch (error) {
      if (error instanceof DryRun) return error.answer;
      throw error;
    }
  }

  private async change(tx: Transaction, caller: TenantCaller, body: PutTree, isDryRun: boolean): Promise<TreeAnswer> {
    const { id: tenantId, name: tenant } = caller.tenant;
    await this.quotas.lock(tx, tenantId);
    const before = await this.read(tx, caller);
    requireVersion(caller, before);
    for (const [index, scope] of body.scopes.entries()) {
      const node = before.nodes.find(({ path }) => path === toPath(scope));
      if (!node) throw refuse('not-found', `There is no ${toPath(scope)}.`);
      const amounts = this.quotas.requireAmounts(scope.limits, `body.scopes.${index}.limits`);
      await this.write(tx, tenantId, node, amounts, scope.overcommitPercent ?? node.overcommitPercent, before);
    }
    const after = await this.read(tx, caller);
    const violations = findViolations(before, after);
    if (violations.length > 0 && !isDryRun) {
      const errors = violations.map((violation) => ({
        path: `${pathOf(tenant, violation.path)}/quota#${violation.resource}`,
        code: 'quota-above-parent',
        message: `The limits under it would sum to ${violation.sum} ${violation.resource}; it has ${violation.room} to share.`,
      }));
      throw fail('quota-above-parent', { detail: errors[0]?.message, errors });
    }
    const changes = findChanges(before, after);
    await this.audit.record(tx, caller, {
      action: 'quota.update',
      resource: `tenants/${tenant}/quota/tree`,
      tenant: caller.tenant,
      before: Object.fromEntries(changes.map((change) => [`${change.path}#${change.resource}`, change.before])),
      after: Object.fromEntries(changes.map((change) => [`${change.path}#${change.resource}`, change.after])),
    });
    await this.reconciler.reconcile(tx, { tenantId });
    return { nodes: after.nodes, changes: [...changes], violations: [...violations], version: after.version };
  }

  private async write(
    tx: Transaction,
    tenantId: string,
    { id: scopeId, level, path }: TreeNode,
    amounts: readonly (readonly [string, bigint])[],
    overcommitPercent: number,
    { nodes }: State,
  ): Promise<void> {
    const parentPath = level === 'environment' ? path.split('/')[0] : '';
    const parentId = level === 'tenant' ? null : (nodes.find((node) => node.path === parentPath)?.id ?? null);
    await tx.quotaLimit.deleteMany({
      where: { tenantId, scopeId, resource: { notIn: amounts.map(([name]) => name) } },
    });
    for (const [resource, amount] of amounts)
      await tx.quotaLimit.upsert({
        where: { scopeId_resource: { scopeId, resource } },
        create: { tenantId, scopeId, level, parentId, resource, amount },
        update: { amount },
      });
    await tx.quotaSetting.upsert({
      where: { scopeId },
      create: { scopeId, tenantId, overcommitPercent },
      update: { overcommitPercent, version: { increment: 1 } },
    });
  }

  private async read(reader: Reader, { tenant }: TenantCaller): Promise<State> {
    const where = { tenantId: tenant.id };
    const [rows, settings, counters, projects] = [
      await reader.quotaLimit.findMany({ where }),
      await reader.quotaSetting.findMany({ where }),
      await reader.quotaCounter.findMany({ where: { ...where, used: { gt: 0 } } }),
      await reader.project.findMany({
        where,
        orderBy: { name: 'asc' },
        select: { id: true, name: true, environments: { select: { id: true, name: true }, orderBy: { name: 'asc' } } },
      }),
    ];
    const now = this.clock.now();
    const isNow = (resource: string) =>
      !resource.startsWith(surgePrefix) && resource === inPeriod(withoutPeriod(resource), now);
    const node = (level: TreeNode['level'], id: string, name: string, path: string): TreeNode => {
      const own = rows.filter((row) => row.scopeId === id).sort((a, b) => a.resource.localeCompare(b.resource));
      const granted = own.filter((row) => row.granted > 0n);
      const used = counters.filter((row) => row.scopeId === id && isNow(row.resource));
      const overcommitPercent = settings.find((row) => row.scopeId === id)?.overcommitPercent ?? 100;
      return {
        id,
        level,
        name,
        path,
        limits: Object.fromEntries(own.map((row) => [row.resource, formatAmount(row.resource, row.amount)])),
        granted: Object.fromEntries(granted.map((row) => [row.resource, formatAmount(row.resource, row.granted)])),
        used: Object.fromEntries(
          used.map((row) => [withoutPeriod(row.resource), formatAmount(row.resource, row.used)]),
        ),
        overcommitPercent,
      };
    };
    const nodes = [
      node('tenant', tenant.id, tenant.name, ''),
      ...projects.flatMap(({ id, name, environments }) => [
        node('project', id, name, name),
        ...environments.map((each) => node('environment', each.id, each.name, `${name}/${each.name}`)),
      ]),
    ];
    return { nodes, rows, version: settings.reduce((sum, row) => sum + row.version, 0) };
  }
}

const pathOf = (tenant: string, path: string): string => {
  const [project, environment] = path.split('/');
  if (!project) return `tenants/${tenant}`;
  return `tenants/${tenant}/projects/${project}${environment ? `/environments/${environment}` : ''}`;
};

function toLimitNodes({ nodes, rows }: State, resource: string): readonly LimitNode[] {
  return rows.flatMap((row) => {
    const node = nodes.find(({ id }) => id === row.scopeId);
    if (!node || row.resource !== resource) return [];
    const { level, overcommitPercent } = node;
    return [
      { scopeId: row.scopeId, level, parentId: row.parentId, limit: row.amount + row.granted, overcommitPercent },
    ];
  });
}

function findViolations(before: State, after: State): readonly TreeViolation[] {
  const resources = [...new Set(after.rows.map(({ resource }) => resource))].sort();
  return resources.flatMap((resource) =>
    findNewExcesses(toLimitNodes(before, resource), toLimitNodes(after, resource)).map(
      ({ scopeId, level, sum, room }) => ({
        path: after.nodes.find(({ id }) => id === scopeId)?.path ?? '',
        level,
        resource,
        sum: formatAmount(resource, sum),
        room: formatAmount(resource, room),
      }),
    ),
  );
}

function findChanges(before: State, after: State): readonly TreeChange[] {
  return after.nodes.flatMap((node): TreeChange[] => {
    const was = before.nodes.find(({ id }) => id === node.id)?.limits ?? {};
    const names = [...new Set([...Object.keys(was), ...Object.keys(node.limits)])].sort();
    return names
      .filter((resource) => was[resource] !== node.limits[resource])
      .map((resource) => {
        const row = after.rows.find((each) => each.scopeId === node.id && each.resource === resource);
        const used = node.used[resource] ?? '0';
        return {
          path: node.path,
          level: node.level,
          resource,
          before: was[resource] ?? null,
          after: node.limits[resource] ?? null,
          used,
          isOver: row !== undefined && (parseAmount(resource, used) ?? 0n) > row.amount + row.granted,
        };
      });
  });
}
