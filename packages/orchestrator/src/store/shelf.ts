import { EventLog } from './event-log.js';
import type { StoredObject, StoreEvent } from './stored-object.js';

export function byNamespaceAndName(a: StoredObject, b: StoredObject): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** The objects of one resource and what happened to them lately. */
export class Shelf {
  /** How often the resource has changed. */
  version = 0;
  /** The last revision that changed the resource. */
  revision = 0;
  size = 0;
  readonly log = new EventLog();
  readonly #byNamespace = new Map<string, Map<string, StoredObject>>();
  #sorted: StoredObject[] | undefined;
  /** The sorted array has been given to a reader, who may keep it: the next change works on a copy. */
  #isShared = false;

  get(namespace: string, name: string): StoredObject | undefined {
    return this.#byNamespace.get(namespace)?.get(name);
  }

  apply(event: StoreEvent): void {
    if (event.type === 'DELETED') this.#remove(event.object);
    else this.put(event.object);
    this.version += 1;
    this.revision = event.revision;
    this.log.push(event);
  }

  put(object: StoredObject): void {
    let names = this.#byNamespace.get(object.namespace);
    if (!names) {
      names = new Map();
      this.#byNamespace.set(object.namespace, names);
    }
    const isNew = !names.has(object.name);
    names.set(object.name, object);
    if (isNew) this.size += 1;
    this.#place(object, isNew ? 0 : 1, true);
  }

  #remove(object: StoredObject): void {
    const names = this.#byNamespace.get(object.namespace);
    if (!names?.delete(object.name)) return;
    if (names.size === 0) this.#byNamespace.delete(object.namespace);
    this.size -= 1;
    this.#place(object, 1, false);
  }

  #place(object: StoredObject, replaced: 0 | 1, isKept: boolean): void {
    if (!this.#sorted) return;
    if (this.#isShared) {
      this.#sorted = this.#sorted.slice();
      this.#isShared = false;
    }
    const index = lowerBound(this.#sorted, object.namespace, object.name);
    if (isKept && replaced === 1) this.#sorted[index] = object;
    else if (isKept) this.#sorted.splice(index, 0, object);
    else this.#sorted.splice(index, replaced);
  }

  /** In the order of namespace, then name. The array never changes once it was given out. */
  sorted(): readonly StoredObject[] {
    this.#sorted ??= [...this.#byNamespace.values()].flatMap((names) => [...names.values()]).sort(byNamespaceAndName);
    this.#isShared = true;
    return this.#sorted;
  }

  /** As it was at a revision whose later changes are all in the log. */
  sortedAt(revision: number): readonly StoredObject[] {
    const now = this.sorted();
    if (revision >= this.revision) return now;
    const then = new Map(now.map((object) => [`${object.namespace}\u0000${object.name}`, object]));
    for (const event of this.log.after(revision).reverse()) {
      const key = `${event.object.namespace}\u0000${event.object.name}`;
      if (event.previous) then.set(key, event.previous);
      else then.delete(key);
    }
    return [...then.values()].sort(byNamespaceAndName);
  }
}

/** The first place in a sorted list that is not before the namespace and name. */
export function lowerBound(list: readonly StoredObject[], namespace: string, name: string): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const each = list[middle];
    if (each && (each.namespace < namespace || (each.namespace === namespace && each.name < name))) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The part of a sorted list that lies in one namespace. */
export function inNamespace(list: readonly StoredObject[], namespace: string): readonly StoredObject[] {
  const from = lowerBound(list, namespace, '');
  // No name and no namespace sorts behind this one and before the next namespace.
  const to = lowerBound(list, `${namespace}\u0000`, '');
  return from === 0 && to === list.length ? list : list.slice(from, to);
}

/** The first place in a sorted list behind the namespace and name. */
export function firstAfter(list: readonly StoredObject[], namespace: string, name: string): number {
  return lowerBound(list, namespace, `${name}\u0000`);
}
