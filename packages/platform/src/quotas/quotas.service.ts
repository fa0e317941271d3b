import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import type { Reader, Transaction } from '../kernel/database/index.js';
import { findNewExcess, type LimitNode } from './limit-tree.rules.js';
import { formatAmount, inPeriod, parseAmount, periodOf, toResource, withoutPeriod } from './quantities.rules.js';
import { fail } from './quotas.errors.js';
import { QuotasRepository, TransactionLost } from './quotas.repository.js';
import {
  type Claim,
  findRefusal,
  type Level,
  planDeltas,
  type QuotaPlace,
  type Refusal,
  scopesOf,
} from './quotas.rules.js';

export { amountsOf, largestOf } from './manifest-amounts.rules.js';

/** Kubernetes quantities by resource: `{ 'requests.cpu': '500m', pods: 2 }`. */
export type Amounts = Readonly<Record<string, string | number>>;

/** By resource; null takes the limit away. */
export type Limits = Readonly<Record<string, string | number | null>>;

/**
 * Counts what is held against hard limits, exactly: all of one tenant's quota changes go one after another, each in the transaction
 * of the change that it is for. A transaction that fails leaves nothing behind.
 */
@Injectable()
export class QuotasService {
  constructor(
    private readonly quotas: QuotasRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * Makes `amounts` all that `subject` (`placements/<id>`) holds, at `place` and at every level above. Less is always given; more
   * only while each level has room: else `quota-exceeded` names the level, the resource and what is left. What is used up (build
   * minutes) counts in the period in which the subject first used it.
   */
  async charge(
    tx: Transaction,
    place: QuotaPlace,
    { subject, amounts }: { subject: string; amounts: Amounts },
  ): Promise<void> {
    const refusal = await this.tryCharge(tx, place, { subject, amounts });
    if (refusal) throw fail('quota-exceeded', await this.explain(tx, refusal));
  }

  /** As `charge`, but tells the refusal instead of throwing it, having changed nothing. */
  async tryCharge(
    tx: Transaction,
    place: QuotaPlace,
    { subject, amounts }: { subject: string; amounts: Amounts },
  ): Promise<Refusal | undefined> {
    const { tenantId } = place;
    return this.change(tx, tenantId, subject, place.cluster ?? undefined, (held) => {
      const now = this.clock.now();
      return readAmounts(amounts).map(([name, amount]) => {
        const counted = held.find((claim) => periodOf(name) && withoutPeriod(claim.resource) === name);
        return { ...place, resource: counted?.resource ?? inPeriod(name, now), amount };
      });
    });
  }

  /** What the subject holds of one resource, in base units. */
  async held(reader: Reader, tenantId: string, subject: string, resource: string): Promise<bigint> {
    const claims = await this.quotas.listClaims(reader, tenantId, subject);
    return claims.find((claim) => withoutPeriod(claim.resource) === resource)?.amount ?? 0n;
  }

  /** Gives back all that the subject holds; what it has used up stays counted until its period ends. */
  async discharge(tx: Transaction, tenantId: string, subject: string): Promise<void> {
    await this.change(tx, tenantId, subject, undefined, (held) => held.filter((claim) => periodOf(claim.resource)));
  }

  /**
   * A project or environment is gone: all that was held in it is given back, what was used up goes on counting above it, and its
   * limits go.
   */
  async dischargePlace(tx: Transaction, place: QuotaPlace): Promise<void> {
    const { tenantId } = place;
    const environments = place.environmentId
      ? [place.environmentId]
      : (await tx.environment.findMany({ where: { tenantId, projectId: place.projectId ?? '' } })).map((row) => row.id);
    for (const subject of await this.quotas.listSubjects(tx, place))
      await this.change(tx, tenantId, subject, undefined, (held) =>
        held
          .filter((claim) => periodOf(claim.resource))
          .map((claim) => ({ ...claim, environmentId: null, ...(place.environmentId ? {} : { projectId: null }) })),
      );
    const scopeId = { in: [...environments, ...(place.environmentId || !place.projectId ? [] : [place.projectId])] };
    await this.forget(tx, tenantId, scopeId);
  }

  /** An application is gone, with its places, domains, uploads and images. */
  async dischargeApplication(tx: Transaction, tenantId: string, applicationId: string): Promise<void> {
    const where = { where: { applicationId }, select: { id: true } };
    const placements = await tx.placement.findMany({
      where: { applicationId },
      select: { id: true, domains: { select: { id: true } } },
    });
    const uploads = await tx.upload.findMany(where);
    const blobs = await tx.quotaClaim.findMany({
      where: { tenantId, subject: { startsWith: `applications/${applicationId}/` } },
      select: { subject: true },
    });
    const subjects = [
      ...placements.flatMap(({ id, domains }) => [`placements/${id}`, ...domains.map((row) => `domains/${row.id}`)]),
      ...uploads.map(({ id }) => `uploads/${id}`),
      ...blobs.map(({ subject }) => subject),
      `applications/${applicationId}`,
    ];
    const held = await tx.quotaClaim.findMany({
      where: { tenantId, subject: { in: subjects } },
      distinct: ['subject'],
    });
    for (const { subject } of held) await this.discharge(tx, tenantId, subject);
  }

  /** A tenant is gone, with all that is known of its quotas. */
  async dischargeTenant(tx: Transaction, tenantId: string): Promise<void> {
    const subjects = await tx.quotaClaim.findMany({
      where: { tenantId, cluster: { not: null } },
      distinct: ['subject'],
      select: { subject: true },
    });
    for (const { subject } of subjects) await this.change(tx, tenantId, subject, undefined, () => []);
    await tx.quotaClaim.deleteMany({ where: { tenantId } });
    await tx.quotaWait.deleteMany({ where: { tenantId } });
    await this.forget(tx, tenantId);
  }

  /**
   * Sets limits of one scope, the last of the place; those that are not named stay. Lower than what is used is allowed: then nothing
   * new starts. Throws `quota-above-parent` where children would sum above their parent.
   */
  async setLimits(
    tx: Transaction,
    place: QuotaPlace,
    limits: Limits,
    options: { overcommitPercent?: number } = {},
  ): Promise<void> {
    const { tenantId } = place;
    const scopes = scopesOf(place);
    const scope = scopes.at(-1) ?? { level: 'tenant' as const, id: tenantId };
    await this.quotas.lockTenant(tx, tenantId);
    const changes = readLimits(limits);
    const before = await this.readTree(tx, tenantId);
    const overcommitPercent = options.overcommitPercent ?? before.overcommit.get(scope.id) ?? 100;
    const parentId = scopes.at(-2)?.id ?? null;
    const resources = new Set(changes.map(([resource]) => resource));
    if (options.overcommitPercent !== undefined)
      for (const row of before.rows.filter((each) => each.scopeId === scope.id)) resources.add(row.resource);
    for (const resource of resources) {
      const nodes = before.nodes(resource);
      const own = nodes.find(({ scopeId }) => scopeId === scope.id);
      const granted = before.rows.find((row) => row.scopeId === scope.id && row.resource === resource)?.granted ?? 0n;
      const change = changes.find(([name]) => name === resource);
      const limit = change ? (change[1] === null ? null : change[1] + granted) : (own?.limit ?? null);
      const others = nodes.filter(({ scopeId }) => scopeId !== scope.id);
      const after =
        limit === null ? others : [...others, { ...scope, scopeId: scope.id, parentId, limit, overcommitPercent }];
      const excess = findNewExcess(nodes, after);
      if (excess) throw fail('quota-above-parent', await this.explainExcess(tx, resource, excess));
    }
    for (const [resource, amount] of changes) {
      if (amount === null) await tx.quotaLimit.deleteMany({ where: { tenantId, scopeId: scope.id, resource } });
      else {
        const row = { tenantId, scopeId: scope.id, level: scope.level, parentId, resource, amount };
        const key = { scopeId_resource: { scopeId: scope.id, resource } };
        await tx.quotaLimit.upsert({ where: key, create: row, update: { amount } });
      }
    }
    await tx.quotaSetting.upsert({
      where: { scopeId: scope.id },
      create: { scopeId: scope.id, tenantId, overcommitPercent },
      update: { overcommitPercent, version: { increment: 1 } },
    });
  }

  /** Says in words why something was refused. */
  async explain(tx: Transaction, { source, id, resource, asked, left, limit }: Refusal): Promise<string> {
    const whose =
      source === 'cluster'
        ? `The pool of the cluster ${id}`
        : `The ${source} ${await this.quotas.nameOf(tx, source, id)}`;
    const [more, has, all] = [asked, left, limit].map((amount) => formatAmount(resource, amount));
    return `${whose} has ${has} of ${all} ${resource} left; this needs ${more} more.`;
  }

  private async explainExcess(
    tx: Transaction,
    resource: string,
    excess: { level: Level; scopeId: string; sum: bigint; room: bigint },
  ): Promise<string> {
    const name = await this.quotas.nameOf(tx, excess.level, excess.scopeId);
    const [sum, room] = [excess.sum, excess.room].map((amount) => formatAmount(resource, amount));
    return `The limits under the ${excess.level} ${name} would sum to ${sum} ${resource}; it has ${room} to share.`;
  }

  /** The one way in which claims and counters change. Undefined when it was done. */
  private async change(
    tx: Transaction,
    tenantId: string,
    subject: string,
    cluster: string | undefined,
    decide: (held: readonly Claim[]) => readonly Claim[],
  ): Promise<Refusal | undefined> {
    const seen = clustersOf(await this.quotas.listClaims(tx, tenantId, subject), cluster);
    const pooled = new Map<string, readonly string[]>();
    for (const name of seen) pooled.set(name, await this.quotas.lockPool(tx, name));
    await this.quotas.lockTenant(tx, tenantId);
    const held = await this.quotas.listClaims(tx, tenantId, subject);
    if (clustersOf(held, cluster).some((name) => !pooled.has(name))) throw new TransactionLost();
    const claims = decide(held).filter(({ amount }) => amount > 0n);
    const deltas = planDeltas(held, claims).filter(
      ({ source, id, resource }) => source !== 'cluster' || pooled.get(id)?.includes(resource),
    );
    const refusal = findRefusal(deltas, await this.quotas.readCounters(tx, deltas));
    if (refusal) return refusal;
    await this.quotas.applyDeltas(tx, tenantId, deltas);
    await this.quotas.replaceClaims(tx, tenantId, subject, claims);
    return undefined;
  }

  private async forget(tx: Transaction, tenantId: string, scopeId?: { in: string[] }): Promise<void> {
    const where = { tenantId, scopeId };
    await tx.quotaLimit.deleteMany({ where });
    await tx.quotaSetting.deleteMany({ where });
    await tx.quotaCounter.deleteMany({ where });
    await tx.quotaGrant.deleteMany({ where });
    await tx.quotaSample.deleteMany({ where });
  }

  private async readTree(tx: Transaction, tenantId: string) {
    const rows = await tx.quotaLimit.findMany({ where: { tenantId } });
    const settings = await tx.quotaSetting.findMany({ where: { tenantId } });
    const overcommit = new Map(settings.map((row) => [row.scopeId, row.overcommitPercent]));
    const nodes = (resource: string): LimitNode[] =>
      rows
        .filter((row) => row.resource === resource)
        .map((row) => ({
          scopeId: row.scopeId,
          level: toLevel(row.level),
          parentId: row.parentId,
          limit: row.amount + row.granted,
          overcommitPercent: overcommit.get(row.scopeId) ?? 100,
        }));
    return { rows, overcommit, nodes };
  }
}

const toLevel = (text: string): Level => (text === 'project' || text === 'environment' ? text : 'tenant');

function clustersOf(held: readonly Claim[], cluster: string | undefined): readonly string[] {
  const names = [...held.map((claim) => claim.cluster), cluster].filter((name) => typeof name === 'string');
  return [...new Set(names)].sort();
}

function readAmounts(amounts: Amounts): readonly (readonly [string, bigint])[] {
  const sums = new Map<string, bigint>();
  for (const [key, text] of Object.entries(amounts)) {
    const [resource, amount] = readAmount(key, text);
    sums.set(resource, (sums.get(resource) ?? 0n) + amount);
  }
  return [...sums];
}

function readLimits(limits: Limits): readonly (readonly [string, bigint | null])[] {
  return Object.entries(limits).map(([key, text]) =>
    text === null ? ([requireResource(key), null] as const) : readAmount(key, text),
  );
}

function readAmount(key: string, text: string | number): readonly [string, bigint] {
  const resource = requireResource(key);
  const amount = parseAmount(resource, text);
  if (amount === undefined) throw fail('quota-amount-unreadable', `${text} is no amount of ${key}.`);
  return [resource, amount];
}

function requireResource(key: string): string {
  const resource = toResource(key);
  if (!resource) throw fail('quota-resource-unknown', `There is no resource ${key} to limit.`);
  return resource;
}
