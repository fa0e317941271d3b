import type { Store } from '../store/index.js';

/**
 * A value built from the objects of some resources, and built anew at the first use after any of them changed: an index that
 * needs no subscription and is never behind the store.
 */
export function derived<T>(store: Store, resources: readonly string[], build: () => T): () => T {
  let known: { versions: readonly number[]; value: T } | undefined;
  return () => {
    if (known && resources.every((each, index) => store.version(each) === known?.versions[index])) return known.value;
    const versions = resources.map((each) => store.version(each));
    known = { versions, value: build() };
    return known.value;
  };
}
