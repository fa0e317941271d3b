import { CompactedError } from './errors.js';
import { keyOf, StoredObject, type StoreEvent } from './stored-object.js';

/** The state of one resource, in memory. */
class Shelf {
  version = 0;
  readonly byKey = new Map<string, StoredObject>();
  #sorted: StoredObject[] | undefined;

  put(object: StoredObject): void {
    this.byKey.set(`${object.namespace}\u0000${object.name}`, object);
    this.#sorted = undefined;
  }

  remove(namespace: string, name: string): void {
    this.byKey.delete(`${namespace}\u0000${name}`);
    this.#sorted = undefined;
  }

  /** In the order of namespace, then name. */
  sorted(): StoredObject[] {
    this.#sorted ??= [...this.byKey.values()].sort(byNamespaceAndName);
    return this.#sorted;
  }
}

export function byNamespaceAndName(a: StoredObject, b: StoredObject): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** The whole state and the recent log. */
export class Memory {
  revision = 0;
  compacted = 0;
  /** How many changes were applied. */
  changes = 0;
  readonly #shelves = new Map<string, Shelf>();
  #log: StoreEvent[] = [];

  #shelf(resource: string): Shelf {
    let shelf = this.#shelves.get(resource);
    if (!shelf) {
      shelf = new Shelf();
      this.#shelves.set(resource, shelf);
    }
    return shelf;
  }

  load(object: StoredObject): void {
    this.#shelf(object.resource).put(object);
  }

  get(resource: string, namespace: string, name: string): StoredObject | undefined {
    return this.#shelves.get(resource)?.byKey.get(`${namespace}\u0000${name}`);
  }

  version(resource: string): number {
    return this.#shelves.get(resource)?.version ?? 0;
  }

  apply(event: StoreEvent): void {
    const { object } = event;
    if (event.type === 'DELETED') this.#shelf(object.resource).remove(object.namespace, object.name);
    else this.#shelf(object.resource).put(object);
    this.#shelf(object.resource).version += 1;
    this.changes += 1;
    this.revision = object.revision;
    this.#log.push(event);
  }

  /** Appends to the log without touching the state: the log as it is read at start. */
  remember(event: StoreEvent): void {
    this.#log.push(event);
  }

  counts(): Map<string, number> {
    return new Map([...this.#shelves].map(([resource, shelf]) => [resource, shelf.byKey.size]));
  }

  /** All objects of a resource as they are now, or as they were at an earlier revision that is still in the log. */
  list(resource: string, at?: number): readonly StoredObject[] {
    const now = this.#shelf(resource).sorted();
    if (at === undefined || at >= this.revision) return now;
    if (at < this.compacted) throw new CompactedError(at, this.compacted);
    const then = new Map(now.map((object) => [keyOf(resource, object.namespace, object.name), object]));
    for (let index = this.#log.length - 1; index >= 0; index--) {
      const event = this.#log[index]!;
      if (event.object.revision <= at) break;
      if (event.object.resource !== resource) continue;
      const key = keyOf(resource, event.object.namespace, event.object.name);
      if (event.previous) then.set(key, event.previous);
      else then.delete(key);
    }
    return [...then.values()].sort(byNamespaceAndName);
  }

  /** The changes after a revision, in order. */
  since(revision: number): StoreEvent[] {
    if (revision < this.compacted) throw new CompactedError(revision, this.compacted);
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#log[middle]!.object.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low === this.#log.length ? [] : this.#log.slice(low);
  }

  /** The last revision that the log may forget: everything before it is older than `keepAfter` or beyond `keepEvents`. */
  compactable(keepAfter: number, keepEvents: number): number {
    let cut = Math.max(0, this.#log.length - keepEvents);
    while (cut < this.#log.length && this.#log[cut]!.at < keepAfter) cut++;
    return cut === 0 ? this.compacted : this.#log[cut - 1]!.object.revision;
  }

  compact(revision: number): void {
    const first = this.#log.findIndex((event) => event.object.revision > revision);
    this.#log = first < 0 ? [] : this.#log.slice(first);
    this.compacted = Math.max(this.compacted, revision);
  }
}
