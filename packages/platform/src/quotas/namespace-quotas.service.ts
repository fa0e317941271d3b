import { Injectable } from '@nestjs/common';
import { isAlreadyExists, isNotFound, type KubeClient } from '@slipway/orchestrator/client';
import { limitRanges, resourceQuotas } from '@slipway/orchestrator/kinds';
import { ClustersService } from '../clusters/clusters.service.js';
import { Database } from '../kernel/database/index.js';
import { managedBy } from '../kernel/kubernetes/labels.js';
import { type MirroredEnvironment, planMirror, toClusterResource } from './mirror.rules.js';
import { formatAmount, parseAmount, surgePrefix } from './quantities.rules.js';
import type { Level } from './quotas.rules.js';
import { QuotasService } from './quotas.service.js';

const quotaName = 'slipway-quota';
const limitsName = 'slipway-limits';

/** What a container gets that says nothing: without it, a quota on CPU or memory would refuse its pod. */
const defaults = {
  type: 'Container',
  default: { cpu: '500m', memory: '256Mi' },
  defaultRequest: { cpu: '125m', memory: '256Mi' },
} as const;

interface Place {
  readonly environmentId: string;
  readonly namespace: string;
  readonly cluster: string;
}

type Hard = ReadonlyMap<string, bigint>;

/** Carries a tenant's limits into its namespaces, so that who uses kubectl meets them too. */
@Injectable()
export class NamespaceQuotas {
  constructor(
    private readonly database: Database,
    private readonly quotas: QuotasService,
    private readonly clusters: ClustersService,
  ) {}

  /**
   * All namespaces of a tenant: first counts what was made there past the platform, then lowers, then raises, so that at no time
   * more is allowed than there is. A cluster that is away is passed over: its next change brings it up to date.
   */
  async applyTenant(tenantId: string): Promise<void> {
    if ((await this.database.read.quotaLimit.count({ where: { tenantId } })) === 0) return;
    const environments = await this.list(tenantId);
    for (const environment of environments)
      await this.clusters.use(environment.cluster, (client) => this.count(client, environment)).catch(() => undefined);
    const plan = await this.plan(tenantId);
    for (const isRaise of [false, true])
      for (const environment of environments)
        await this.clusters
          .use(environment.cluster, (client) =>
            this.write(client, environment, plan.get(environment.environmentId), isRaise),
          )
          .catch(() => undefined);
  }

  /** One namespace, as it has to be now. */
  async applyOne(client: KubeClient, place: Place & { tenantId: string }): Promise<void> {
    await this.writeDefaults(client, place.namespace);
    const limits = await this.database.read.quotaLimit.count({ where: { tenantId: place.tenantId } });
    const plan = limits === 0 ? undefined : await this.plan(place.tenantId);
    for (const isRaise of [false, true]) await this.write(client, place, plan?.get(place.environmentId), isRaise);
  }

  private async list(tenantId: string) {
    const rows = await this.database.read.environment.findMany({
      where: { tenantId, state: 'ready' },
      select: { id: true, projectId: true, namespace: true, cluster: true },
      orderBy: { id: 'asc' },
    });
    return rows.map(({ id, ...row }) => ({ tenantId, environmentId: id, ...row }));
  }

  /** What stands in the namespace beyond what the platform put there is claimed as a fact. */
  private async count(client: KubeClient, place: Place & { tenantId: string; projectId: string }): Promise<void> {
    const { tenantId, projectId, environmentId, cluster } = place;
    const used = (await client.find(resourceQuotas, quotaName, place.namespace))?.status?.used;
    if (!used) return;
    const subject = `namespaces/${environmentId}`;
    await this.database.transaction(async (tx) => {
      await this.quotas.lock(tx, tenantId);
      const claims = await tx.quotaClaim.findMany({ where: { tenantId, environmentId, subject: { not: subject } } });
      const direct = Object.entries(used).flatMap(([resource, text]) => {
        const stands = parseAmount(resource, String(text)) ?? 0n;
        const ours = claims
          .filter((claim) => claim.resource === resource || claim.resource === `${surgePrefix}${resource}`)
          .reduce((sum, claim) => sum + claim.amount, 0n);
        return stands > ours ? [[resource, formatAmount(resource, stands - ours)] as const] : [];
      });
      const before = await this.quotas.heldAll(tx, tenantId, subject);
      if (JSON.stringify(before) === JSON.stringify(Object.fromEntries([...direct].sort()))) return;
      await this.quotas.note(
        tx,
        { tenantId, projectId, environmentId, cluster },
        { subject, amounts: Object.fromEntries(direct) },
      );
    });
  }

  private async plan(tenantId: string): Promise<ReadonlyMap<string, Hard>> {
    const { read } = this.database;
    const limits = await read.quotaLimit.findMany({ where: { tenantId } });
    const counters = await read.quotaCounter.findMany({ where: { tenantId } });
    const used = (scopeId: string, resource: string) =>
      counters.find((row) => row.scopeId === scopeId && row.resource === resource)?.used ?? 0n;
    const environments = (await this.list(tenantId)).map(({ environmentId, projectId }): MirroredEnvironment => {
      const own = counters.filter((row) => row.scopeId === environmentId);
      const isSurge = (resource: string) => resource.startsWith(surgePrefix);
      return {
        id: environmentId,
        projectId,
        used: new Map(own.filter((row) => !isSurge(row.resource)).map((row) => [row.resource, row.used])),
        surge: new Map(
          own.filter((row) => isSurge(row.resource)).map((row) => [row.resource.slice(surgePrefix.length), row.used]),
        ),
      };
    });
    return planMirror(
      environments,
      limits.map((row) => ({
        level: toLevel(row.level),
        scopeId: row.scopeId,
        resource: row.resource,
        limit: row.amount + row.granted,
        used: used(row.scopeId, row.resource),
      })),
    );
  }

  /** Lowers what has to be lower, or with `isRaise` makes it what it has to be. */
  private async write(
    client: KubeClient,
    { namespace }: Place,
    hard: Hard | undefined,
    isRaise: boolean,
  ): Promise<void> {
    const wanted = Object.fromEntries(
      [...(hard ?? [])]
        .map(([resource, amount]) => [toClusterResource(resource) ?? resource, formatAmount(resource, amount)] as const)
        .sort(),
    );
    const existing = await client.find(resourceQuotas, quotaName, namespace);
    const current = existing?.spec?.hard ?? {};
    if (Object.keys(wanted).length === 0) {
      if (existing && isRaise) await client.delete(resourceQuotas, quotaName, namespace).catch(unlessGone);
      return;
    }
    const next = isRaise ? wanted : lower(current, wanted);
    if (existing && isSame(current, next)) return;
    if (!existing) {
      if (!isRaise) return;
      const metadata = { name: quotaName, namespace, labels: managedBy };
      const object = { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard: next } };
      await client.create(resourceQuotas, object).catch(unlessThere);
      return;
    }
    const gone = Object.keys(current).filter((name) => !(name in next));
    const patch = { spec: { hard: { ...Object.fromEntries(gone.map((name) => [name, null])), ...next } } };
    await client.patch(resourceQuotas, quotaName, namespace, patch, { type: 'merge' });
  }

  private async writeDefaults(client: KubeClient, namespace: string): Promise<void> {
    if (await client.find(limitRanges, limitsName, namespace)) return;
    const metadata = { name: limitsName, namespace, labels: managedBy };
    const object = { apiVersion: 'v1', kind: 'LimitRange', metadata, spec: { limits: [defaults] } };
    await client.create(limitRanges, object).catch(unlessThere);
  }
}

const toLevel = (text: string): Level => (text === 'project' || text === 'environment' ? text : 'tenant');

/** What stands, no higher than wanted. */
function lower(current: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(current).map(([name, text]) => {
      const most = wanted[name];
      const isHigher = most !== undefined && (parseAmount(name, text) ?? 0n) > (parseAmount(name, most) ?? 0n);
      return [name, isHigher ? most : text];
    }),
  );
}

const isSame = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([name, text]) => b[name] === text);

function unlessThere(error: unknown): void {
  if (!isAlreadyExists(error)) throw error;
}

function unlessGone(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
