/** JSON Merge Patch (RFC 7396): null removes, objects merge, everything else replaces. */
export function mergePatch<T extends object>(target: T, patch: object): T {
  const result: Record<string, unknown> = Object.fromEntries(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (isPlain(value)) result[key] = mergePatch(isPlain(result[key]) ? result[key] : {}, value);
    else if (value !== undefined) result[key] = value;
  }
  return result as T;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
