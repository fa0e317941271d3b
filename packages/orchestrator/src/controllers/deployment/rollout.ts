import type { Deployment, ReplicaSet } from '../../kinds/index.js';
import { desiredAnnotation, maxAnnotation, numberAnnotation } from './annotations.js';
import { byAge } from './template.js';

/** How far a rollout may leave the wanted number. */
export interface Limits {
  readonly desired: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** A set that should have another size. */
export interface Scaling {
  readonly set: ReplicaSet;
  readonly to: number;
  readonly why: string;
}

export const sizeOf = (set: ReplicaSet | undefined): number => set?.spec.replicas ?? 0;
export const sumOf = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + sizeOf(set), 0);
/** Never more than its size: a set that was just shrunk still reports pods that are about to go. */
export const availableOf = (set: ReplicaSet | undefined): number =>
  Math.min(set?.status?.availableReplicas ?? 0, sizeOf(set));

export const isRecreate = (deployment: Deployment): boolean => deployment.spec.strategy?.type === 'Recreate';

/** Percentages are of the wanted number: surge rounds up, unavailable down; both zero would stand still, so one may go. */
export function limitsOf(deployment: Deployment): Limits {
  const desired = deployment.spec.replicas ?? 1;
  if (isRecreate(deployment)) return { desired, maxSurge: 0, maxUnavailable: desired };
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = toCount(maxSurge, desired, Math.ceil);
  const unavailable = toCount(maxUnavailable, desired, Math.floor);
  const stuck = surge === 0 && unavailable === 0;
  return { desired, maxSurge: surge, maxUnavailable: Math.min(stuck ? 1 : unavailable, desired) };
}

function toCount(value: number | string, total: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value);
  if (percent) return round((Number(percent[1]) * total) / 100);
  return Number.parseInt(value, 10) || 0;
}

/** The size at which the new set may be now: what the surge leaves room for, never beyond the wanted number. */
export function newSetSize(deployment: Deployment, newSet: ReplicaSet | undefined, all: readonly ReplicaSet[]): number {
  const { desired, maxSurge } = limitsOf(deployment);
  if (isRecreate(deployment)) return desired;
  const current = sizeOf(newSet);
  if (current >= desired) return desired;
  const room = desired + maxSurge - sumOf(all);
  return room <= 0 ? current : current + Math.min(room, desired - current);
}

/** Which old sets may shrink without fewer than `desired - maxUnavailable` pods being available. */
export function shrinkOldSets(limits: Limits, newSet: ReplicaSet, old: readonly ReplicaSet[]): Scaling[] {
  const sizes = new Map(byAge(old).map((set) => [set, sizeOf(set)]));
  const minAvailable = limits.desired - limits.maxUnavailable;
  const newUnavailable = sizeOf(newSet) - availableOf(newSet);
  let most = sumOf(old) + sizeOf(newSet) - minAvailable - newUnavailable;
  if (most <= 0) return [];
  // First those that serve nobody anyway, which costs no availability.
  for (const [set, size] of sizes) {
    const unhealthy = Math.min(most, size - availableOf(set));
    if (unhealthy <= 0) continue;
    sizes.set(set, size - unhealthy);
    most -= unhealthy;
  }
  let spare = Math.min(most, availableOf(newSet) + old.reduce((sum, set) => sum + availableOf(set), 0) - minAvailable);
  for (const [set, size] of sizes) {
    const down = Math.min(spare, size);
    if (down <= 0) continue;
    sizes.set(set, size - down);
    spare -= down;
  }
  return [...sizes]
    .filter(([set, size]) => size !== sizeOf(set))
    .map(([set, to]) => ({ set, to, why: `${minAvailable} available are enough` }));
}

/** The wanted number was changed since the sets were last scaled. */
export function isScaled(limits: Limits, sets: readonly ReplicaSet[]): boolean {
  return sets.some((set) => {
    const desired = numberAnnotation(set, desiredAnnotation);
    return sizeOf(set) > 0 && desired !== undefined && desired !== limits.desired;
  });
}

/**
 * Spreads a changed number over the sets of a rollout that is under way, in proportion to their sizes, so that a
 * bad new version does not take over just because somebody scaled. Rounding leftovers go to the largest set.
 */
export function scaleProportionally(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): Scaling[] {
  const limits = limitsOf(deployment);
  const { desired } = limits;
  const why = `scaled to ${desired}`;
  const all = newSet ? [...old, newSet] : [...old];
  const active = all.filter((set) => sizeOf(set) > 0);
  if (active.length <= 1) {
    const only = active[0] ?? newSet ?? byAge(old).at(-1);
    return only && sizeOf(only) !== desired ? [{ set: only, to: desired, why }] : [];
  }
  if (newSet && isSaturated(newSet, desired)) {
    return old.filter((set) => sizeOf(set) > 0).map((set) => ({ set, to: 0, why: 'the new set serves alone' }));
  }
  if (isRecreate(deployment)) return [];
  const allowed = desired > 0 ? desired + limits.maxSurge : 0;
  const toAdd = allowed - sumOf(active);
  const grows = toAdd > 0;
  // Largest first; of equals the newer first when growing, the older first when shrinking.
  const ages = byAge(active);
  const ordered = [...ages].sort(
    (a, b) => sizeOf(b) - sizeOf(a) || (ages.indexOf(a) - ages.indexOf(b)) * (grows ? -1 : 1),
  );
  const sizes = new Map(ordered.map((set) => [set, sizeOf(set)]));
  let added = 0;
  for (const [set, size] of sizes) {
    const share = shareOf(set, desired, limits.maxSurge, toAdd, added);
    sizes.set(set, Math.max(0, size + share));
    added += share;
  }
  const largest = ordered[0];
  if (largest) sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + toAdd - added));
  return [...sizes].filter(([set, to]) => to !== sizeOf(set)).map(([set, to]) => ({ set, to, why }));
}

/** `size × new total / old total - size`, within what is left to add or take. */
function shareOf(set: ReplicaSet, desired: number, maxSurge: number, toAdd: number, added: number): number {
  const size = sizeOf(set);
  if (toAdd === added || size === 0) return 0;
  const oldTotal = numberAnnotation(set, maxAnnotation) ?? desired + maxSurge;
  const fraction = desired === 0 ? -size : Math.round((size * (desired + maxSurge)) / Math.max(oldTotal, 1)) - size;
  const left = toAdd - added;
  return toAdd > 0 ? Math.max(0, Math.min(fraction, left)) : Math.min(0, Math.max(fraction, left));
}

function isSaturated(set: ReplicaSet, desired: number): boolean {
  return (
    sizeOf(set) === desired &&
    numberAnnotation(set, desiredAnnotation) === desired &&
    (set.status?.availableReplicas ?? 0) === desired
  );
}
