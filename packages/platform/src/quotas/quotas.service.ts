import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import type { Reader, Transaction } from '../kernel/database/index.js';
import { findNewExcess, type LimitNode } from './limit-tree.rules.js';
import {
  formatAmount,
  inPeriod,
  largestAmount,
  parseStrictAmount,
  periodOf,
  surgePrefix,
  toResource,
  withoutPeriod,
} from './quantities.rules.js';
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
export { surgePrefix } from './quantities.rules.js';
export type { Refusal } from './quotas.rules.js';

/** Kubernetes quantities by resource: `{ 'requests.cpu': '500m', pods: 2 }`. */
export type Amounts = Readonly<Record<string, string | number>>;

export interface Charge {
  /** What holds it, e.g. `placements/<id>`. */
  readonly subject: string;
  readonly amounts: Amounts;
  /** What it may need for a while on top: no tenant's, but its namespaces have room for it. */
  readonly surge?: Amounts;
}

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
  async charge(tx: Transaction, place: QuotaPlace, charge: Charge): Promise<void> {
    const refusal = await this.tryCharge(tx, place, charge);
    if (refusal) await this.refuse(tx, refusal);
  }

  /** Throws `quota-exceeded`. */
  async refuse(tx: Transaction, refusal: Refusal): Promise<never> {
    const { source, id, resource } = refusal;
    const detail = await this.explain(tx, refusal);
    const path = `${await this.quotas.pathOf(tx, source, id)}#${resource}`;
    throw fail('quota-exceeded', { detail, errors: [{ path, code: 'quota-exceeded', message: detail }] });
  }

  /** As `charge`, but tells the refusal instead of throwing it, having changed nothing. */
  async tryCharge(
    tx: Transaction,
    place: QuotaPlace,
    { subject, amounts, surge = {} }: Charge,
  ): Promise<Refusal | undefined> {
    const { tenantId } = place;
    return this.change(tx, tenantId, subject, place.cluster ?? undefined, (held) => {
      const now = this.clock.now();
      return [...readAmounts(amounts), ...readSurge(surge)].map(([name, amount]) => {
        const counted = held.find((claim) => periodOf(name) && withoutPeriod(claim.resource) === name);
        return { ...place, resource: counted?.resource ?? inPeriod(name, now), amount };
      });
    });
  }

  /** Writes down what a subject holds as a fact that is beyond our say: limits are not asked. */
  async note(tx: Transaction, place: QuotaPlace, { subject, amounts }: Charge): Promise<void> {
    const decide = () => readAmounts(amounts).map(([resource, amount]) => ({ ...place, resource, amount }));
    await this.change(tx, place.tenantId, subject, place.cluster ?? undefined, decide, true);
  }

  /** What the subject holds of one resource, in base units. */
  async held(reader: Reader, tenantId: string, subject: string, resource: string): Promise<bigint> {
    const claims = await this.quotas.listClaims(reader, tenantId, subject);
    return claims.find((claim) => withoutPeriod(claim.resource) === resource)?.amount ?? 0n;
  }

  /** All that the subject holds, as quantities. */
  async heldAll(reader: Reader, tenantId: string, subject: string): Promise<Record<string, string>> {
    const claims = await this.quotas.listClaims(reader, tenantId, subject);
    const amounts = claims.map(({ resource, amount }) => {
      return [resource, formatAmount(resource.replace(surgePrefix, ''), amount)] as const;
    });
    return Object.fromEntries(amounts.sort());
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
      const row = before.rows.find((each) => each.scopeId === scope.id && each.resource === resource);
      const change = changes.find(([name]) => name === resource);
      const amount = change ? change[1] : (row?.amount ?? null);
      const limit = amount === null ? null : amount + (row?.granted ?? 0n);
      await this.requireFit(tx, before.nodes(resource), { ...scope, parentId, overcommitPercent }, resource, limit);
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

  /** Adds to a limit what was granted. The caller holds the tenant's lock, and there is such a limit. */
  async addGranted(tx: Transaction, place: QuotaPlace, resource: string, amount: bigint): Promise<void> {
    const scopes = scopesOf(place);
    const scope = scopes.at(-1) ?? { level: 'tenant' as const, id: place.tenantId };
    const tree = await this.readTree(tx, place.tenantId);
    const own = tree.nodes(resource).find(({ scopeId }) => scopeId === scope.id);
    if ((own?.limit ?? 0n) + amount > largestAmount) throw unreadable(resource, formatAmount(resource, amount));
    const node = { ...scope, parentId: scopes.at(-2)?.id ?? null, overcommitPercent: own?.overcommitPercent ?? 100 };
    await this.requireFit(tx, tree.nodes(resource), node, resource, (own?.limit ?? 0n) + amount);
    await tx.quotaLimit.update({
      where: { scopeId_resource: { scopeId: scope.id, resource } },
      data: { granted: { increment: amount } },
    });
  }

  /** Amounts in base units by canonical names; `field` is where the caller wrote them. Throws `quota-resource-unknown` and `quota-amount-unreadable`. */
  requireAmounts(amounts: Amounts, field?: string): readonly (readonly [string, bigint])[] {
    return readAmounts(amounts, field);
  }

  /** The limits that scopes (projects, environments) have of their own, as quantities, without what was granted on top. */
  async limitsOf(
    reader: Reader,
    tenantId: string,
    scopeIds: readonly string[],
  ): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
    const rows = await reader.quotaLimit.findMany({ where: { tenantId, scopeId: { in: [...scopeIds] } } });
    const limits = new Map<string, Record<string, string>>();
    for (const { scopeId, resource, amount } of rows)
      limits.set(scopeId, { ...limits.get(scopeId), [resource]: formatAmount(resource, amount) });
    return limits;
  }

  /** As `limitsOf` would answer these, so that what means the same reads the same. Throws as `requireAmounts`. */
  normalize(limits: Amounts): Record<string, string> {
    return Object.fromEntries(
      readAmounts(limits).map(([resource, amount]) => [resource, formatAmount(resource, amount)]),
    );
  }

  /** Holds off all other changes of the tenant's quotas until the transaction ends. */
  lock(tx: Transaction, tenantId: string): Promise<void> {
    return this.quotas.lockTenant(tx, tenantId);
  }

  /** The same limits under their canonical names. Throws `quota-resource-unknown`. */
  canonical<T>(limits: Readonly<Record<string, T>>): Record<string, T> {
    const named = new Map<string, T>();
    for (const [key, amount] of Object.entries(limits)) {
      const resource = requireResource(key, 'body.limits');
      const detail = `${resource} is named twice.`;
      if (named.has(resource))
        throw fail('quota-amount-unreadable', { detail, errors: errorsAt('body.limits', key, 'named-twice', detail) });
      named.set(resource, amount);
    }
    return Object.fromEntries(named);
  }

  /** Says in words why something was refused. */
  async explain(tx: Transaction, { source, id, resource, asked, left, limit }: Refusal): Promise<string> {
    const whose =
      source === 'cluster'
        ? `The pool of the cluster ${id}`
        : `The ${source} ${await this.quotas.nameOf(tx, source, id)}`;
    if (source === 'cluster' && left === 0n && (await this.quotas.isAwaited(tx, id, resource)))
      return `Others wait for ${resource} of the pool of the cluster ${id} already; this needs ${formatAmount(resource, asked)} more.`;
    const [more, has, all] = [asked, left, limit].map((amount) => formatAmount(resource, amount));
    return `${whose} has ${has} of ${all} ${resource} left; this needs ${more} more.`;
  }

  /** Throws `quota-above-parent` where one scope's new limit would carry children above their parent. */
  private async requireFit(
    tx: Transaction,
    nodes: readonly LimitNode[],
    scope: Pick<LimitNode, 'level' | 'parentId' | 'overcommitPercent'> & { id: string },
    resource: string,
    limit: bigint | null,
  ): Promise<void> {
    const { id: scopeId, level, parentId, overcommitPercent } = scope;
    const others = nodes.filter((node) => node.scopeId !== scopeId);
    const after = limit === null ? others : [...others, { scopeId, level, parentId, limit, overcommitPercent }];
    const excess = findNewExcess(nodes, after);
    if (excess) throw fail('quota-above-parent', await this.explainExcess(tx, resource, excess));
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
    isFact = false,
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
    if (refusal && !isFact) return refusal;
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

function readAmounts(amounts: Amounts, field?: string): readonly (readonly [string, bigint])[] {
  const sums = new Map<string, bigint>();
  for (const [key, text] of Object.entries(amounts)) {
    const [resource, amount] = readAmount(key, text, field);
    const sum = (sums.get(resource) ?? 0n) + amount;
    if (sum > largestAmount) throw unreadable(key, text, field);
    sums.set(resource, sum);
  }
  return [...sums];
}

function readSurge(surge: Amounts): readonly (readonly [string, bigint])[] {
  return readAmounts(surge).map(([resource, amount]) => [`${surgePrefix}${resource}`, amount] as const);
}

function readLimits(limits: Limits): readonly (readonly [string, bigint | null])[] {
  const field = 'body.limits';
  return Object.entries(limits).map(([key, text]) =>
    text === null ? ([requireResource(key, field), null] as const) : readAmount(key, text, field),
  );
}

function readAmount(key: string, text: string | number, field?: string): readonly [string, bigint] {
  const resource = requireResource(key, field);
  const amount = parseStrictAmount(resource, text);
  if (amount === undefined) throw unreadable(key, text, field);
  return [resource, amount];
}

function requireResource(key: string, field?: string): string {
  const resource = toResource(key);
  if (resource) return resource;
  const detail = `There is no resource ${key} to limit.`;
  throw fail('quota-resource-unknown', { detail, errors: errorsAt(field, key, 'unknown', detail) });
}

function unreadable(key: string, text: string | number, field?: string) {
  const detail = `${text} is no amount of ${key}.`;
  return fail('quota-amount-unreadable', { detail, errors: errorsAt(field, key, 'unreadable', detail) });
}

/** The field of the request that is to blame; none for what no caller wrote. */
const errorsAt = (field: string | undefined, key: string, code: string, message: string) =>
  field === undefined ? undefined : [{ path: `${field}.${key}`, code, message }];
