interface Wait {
  readonly id: string;
  readonly tenantId: string;
}

/** The oldest of each tenant first, then the second of each, and so on; `waits` are in the order in which they came. */
export function orderWaits<T extends Wait>(waits: readonly T[]): readonly T[] {
  const ranks = new Map<string, number>();
  const ranked = waits.map((wait, index) => {
    const rank = ranks.get(wait.tenantId) ?? 0;
    ranks.set(wait.tenantId, rank + 1);
    return { wait, rank, index };
  });
  return ranked.sort((a, b) => a.rank - b.rank || a.index - b.index).map(({ wait }) => wait);
}

/** From 1, by id: among all who wait for a cluster's pool in their turns, else among the tenant's own. */
export function positionsOf(waits: readonly (Wait & { readonly isPool: boolean })[]): ReadonlyMap<string, number> {
  const positions = new Map<string, number>();
  for (const wait of waits) {
    const own = waits.filter((other) => other.tenantId === wait.tenantId);
    positions.set(wait.id, own.indexOf(wait) + 1);
  }
  for (const [index, wait] of orderWaits(waits.filter(({ isPool }) => isPool)).entries())
    positions.set(wait.id, index + 1);
  return positions;
}
