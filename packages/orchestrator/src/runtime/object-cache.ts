import type { KubeObject } from '../kinds/index.js';
import { keyOf } from './keys.js';

export type IndexFunctions<T> = Readonly<Record<string, (object: T) => readonly string[]>>;

export interface ObjectCache<T> {
  get(key: string): T | undefined;
  list(namespace?: string): T[];
  byIndex(index: string, value: string): T[];
  keys(): string[];
  /** Gives the object that was there before. */
  set(object: T): T | undefined;
  remove(key: string): T | undefined;
}

const byNamespace = '\0namespace';

/** Objects by key, by namespace and by any further index. Not a copy: treat what it gives as read-only. */
export function createObjectCache<T extends KubeObject>(indices: IndexFunctions<T>): ObjectCache<T> {
  const objects = new Map<string, T>();
  const functions = new Map<string, (object: T) => readonly string[]>(Object.entries(indices));
  functions.set(byNamespace, (object) => [object.metadata.namespace ?? '']);
  const tables = new Map<string, Map<string, Map<string, T>>>();
  for (const name of functions.keys()) tables.set(name, new Map());

  const unlink = (key: string, object: T) => {
    for (const [name, valuesOf] of functions) {
      const table = tables.get(name);
      for (const value of valuesOf(object)) {
        const bucket = table?.get(value);
        bucket?.delete(key);
        if (bucket?.size === 0) table?.delete(value);
      }
    }
  };
  const link = (key: string, object: T) => {
    for (const [name, valuesOf] of functions) {
      const table = tables.get(name);
      for (const value of valuesOf(object)) {
        const bucket = table?.get(value);
        if (bucket) bucket.set(key, object);
        else table?.set(value, new Map([[key, object]]));
      }
    }
  };
  const bucketOf = (index: string, value: string): T[] => {
    const table = tables.get(index);
    if (!table) throw new Error(`no index "${index}": name it in the informer's indices`);
    return [...(table.get(value)?.values() ?? [])];
  };

  return {
    get: (key) => objects.get(key),
    list: (namespace) => (namespace === undefined ? [...objects.values()] : bucketOf(byNamespace, namespace)),
    byIndex: bucketOf,
    keys: () => [...objects.keys()],
    set: (object) => {
      const key = keyOf(object);
      const old = objects.get(key);
      if (old) unlink(key, old);
      objects.set(key, object);
      link(key, object);
      return old;
    },
    remove: (key) => {
      const old = objects.get(key);
      if (old) {
        unlink(key, old);
        objects.delete(key);
      }
      return old;
    },
  };
}
