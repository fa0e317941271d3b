import type { Change } from './contract';

/** What differs between two JSON values, by dotted path. Lists are compared position by position. */
export function diffValues(before: unknown, after: unknown, path = ''): Change[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isContainer(before) && isContainer(after) && Array.isArray(before) === Array.isArray(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) =>
      diffValues(Reflect.get(before, key), Reflect.get(after, key), path === '' ? key : `${path}.${key}`),
    );
  }
  return [{ path, before: before ?? null, after: after ?? null }];
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;
