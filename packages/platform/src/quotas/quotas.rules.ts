import { withoutPeriod } from './quantities.rules.js';

export type Level = 'tenant' | 'project' | 'environment';
/** A cluster's pool stands beside the levels: all tenants draw on it. */
export type Source = Level | 'cluster';

/** Where something is held: it counts there and at every level above. */
export interface QuotaPlace {
  readonly tenantId: string;
  readonly projectId?: string | null;
  readonly environmentId?: string | null;
  /** The cluster whose pool it draws on. */
  readonly cluster?: string | null;
}

export interface Scope {
  readonly level: Level;
  readonly id: string;
}

/** What a subject holds of one resource, and where. */
export interface Claim extends QuotaPlace {
  readonly resource: string;
  readonly amount: bigint;
}

/** A change of one counter. `id`: of the scope, or the cluster's name. */
export interface Delta {
  readonly source: Source;
  readonly id: string;
  readonly resource: string;
  readonly delta: bigint;
}

export interface Counter {
  readonly source: Source;
  readonly id: string;
  readonly resource: string;
  readonly used: bigint;
  /** With what grants add; null: none. */
  readonly limit: bigint | null;
  /** Others wait for it in their turn: what is free is theirs. */
  readonly isAwaited?: boolean;
}

export interface Refusal {
  readonly source: Source;
  readonly id: string;
  readonly resource: string;
  /** What the change adds, and what is left for it (never below zero). */
  readonly asked: bigint;
  readonly left: bigint;
  readonly limit: bigint;
}

const order: readonly Source[] = ['tenant', 'project', 'environment', 'cluster'];

/** The scopes a place counts in, widest first. */
export function scopesOf(place: QuotaPlace): readonly Scope[] {
  return [
    { level: 'tenant' as const, id: place.tenantId },
    ...(place.projectId ? [{ level: 'project' as const, id: place.projectId }] : []),
    ...(place.environmentId ? [{ level: 'environment' as const, id: place.environmentId }] : []),
  ];
}

/** What changes when a subject that held `before` holds `after`: one row a counter, in a fixed order, without zeros. */
export function planDeltas(before: readonly Claim[], after: readonly Claim[]): readonly Delta[] {
  const sums = new Map<string, Delta>();
  const add = (claim: Claim, sign: bigint) => {
    const counters: { source: Source; id: string }[] = scopesOf(claim).map(({ level, id }) => ({ source: level, id }));
    if (claim.cluster) counters.push({ source: 'cluster', id: claim.cluster });
    for (const { source, id } of counters) {
      const key = `${id} ${claim.resource}`;
      const delta = (sums.get(key)?.delta ?? 0n) + sign * claim.amount;
      sums.set(key, { source, id, resource: claim.resource, delta });
    }
  };
  for (const claim of before) add(claim, -1n);
  for (const claim of after) add(claim, 1n);
  return [...sums.values()]
    .filter(({ delta }) => delta !== 0n)
    .sort(
      (a, b) =>
        order.indexOf(a.source) - order.indexOf(b.source) ||
        a.id.localeCompare(b.id) ||
        a.resource.localeCompare(b.resource),
    );
}

/** The first counter that an increase would carry over its limit. A decrease is never refused. */
export function findRefusal(deltas: readonly Delta[], counters: readonly Counter[]): Refusal | undefined {
  for (const { source, id, resource, delta } of deltas) {
    if (delta <= 0n) continue;
    const counter = counters.find((each) => each.source === source && each.id === id && each.resource === resource);
    if (!counter || counter.limit === null) continue;
    if (!counter.isAwaited && counter.used + delta <= counter.limit) continue;
    const left = !counter.isAwaited && counter.limit > counter.used ? counter.limit - counter.used : 0n;
    return { source, id, resource: withoutPeriod(resource), asked: delta, left, limit: counter.limit };
  }
  return undefined;
}

/** Whether there could ever be room as the limit is now: what is larger than the whole holds up nobody behind it. */
export const couldFit = ({ asked, limit }: Refusal): boolean => asked <= limit;

/** What the children of a scope may sum to. */
export const roomForChildren = (limit: bigint, overcommitPercent: number): bigint =>
  (limit * BigInt(overcommitPercent)) / 100n;
