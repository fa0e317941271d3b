/** JSON with sorted keys and without null and undefined: equal texts mean equal objects to the API. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (item === null) return undefined;
    if (typeof item !== 'object' || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}

export const isSame = (a: unknown, b: unknown): boolean => canonical(a ?? {}) === canonical(b ?? {});
