import { CompactedError } from './errors.js';
import { EventLog } from './event-log.js';
import { inNamespace, Shelf } from './shelf.js';
import type { StoredObject, StoreEvent } from './stored-object.js';

/** What the log in memory may hold, whatever the database still has. */
const logEvents = 100_000;
const logBytes = 64 * 1024 * 1024;
/** Earlier states that pages of lists were cut from lately. */
const snapshots = 8;

/** The whole state and the recent log. */
export class Memory {
  revision = 0;
  compacted = 0;
  /** How many changes were applied. */
  changes = 0;
  readonly #shelves = new Map<string, Shelf>();
  readonly #log = new EventLog();
  #logBytes = 0;
  readonly #snapshots = new Map<string, readonly StoredObject[]>();

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
    return this.#shelves.get(resource)?.get(namespace, name);
  }

  version(resource: string): number {
    return this.#shelves.get(resource)?.version ?? 0;
  }

  apply(event: StoreEvent): void {
    this.#shelf(event.object.resource).apply(event);
    this.changes += 1;
    this.revision = event.revision;
    this.#append(event);
  }

  /** Appends to the log without touching the state: the log as it is read at start. */
  remember(event: StoreEvent): void {
    const shelf = this.#shelf(event.object.resource);
    shelf.log.push(event);
    shelf.revision = event.revision;
    this.#append(event);
  }

  #append(event: StoreEvent): void {
    this.#log.push(event);
    this.#logBytes += event.object.bytes.length;
    while (this.#log.length > logEvents || (this.#logBytes > logBytes && this.#log.length > 1)) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const event = this.#log.shift();
    if (!event) return;
    this.#logBytes -= event.object.bytes.length;
    this.#shelf(event.object.resource).log.dropThrough(event.revision);
    this.compacted = Math.max(this.compacted, event.revision);
  }

  counts(): Map<string, number> {
    return new Map([...this.#shelves].map(([resource, shelf]) => [resource, shelf.size]));
  }

  /** The objects of a resource as they are now, or as they were at an earlier revision that is still in the log. */
  list(resource: string, at?: number, namespace = ''): readonly StoredObject[] {
    const all = this.#all(resource, at);
    return namespace === '' ? all : inNamespace(all, namespace);
  }

  #all(resource: string, at: number | undefined): readonly StoredObject[] {
    const shelf = this.#shelf(resource);
    if (at !== undefined && at < this.compacted) throw new CompactedError(at, this.compacted);
    if (at === undefined || at >= shelf.revision) return shelf.sorted();
    const key = `${at} ${resource}`;
    const known = this.#snapshots.get(key);
    if (known) return known;
    const objects = shelf.sortedAt(at);
    this.#snapshots.set(key, objects);
    for (const oldest of this.#snapshots.keys()) {
      if (this.#snapshots.size <= snapshots) break;
      this.#snapshots.delete(oldest);
    }
    return objects;
  }

  /** The changes of a resource after a revision, in order. */
  since(resource: string, revision: number): StoreEvent[] {
    if (revision < this.compacted) throw new CompactedError(revision, this.compacted);
    return this.#shelves.get(resource)?.log.after(revision) ?? [];
  }

  /** The last revision that the log may forget: everything before it is older than `keepAfter` or beyond `keepEvents`. */
  compactable(keepAfter: number, keepEvents: number): number {
    let cut = Math.max(0, this.#log.length - keepEvents);
    for (let event = this.#log.at(cut); event && event.at < keepAfter; event = this.#log.at(cut)) cut++;
    return cut === 0 ? this.compacted : (this.#log.at(cut - 1)?.revision ?? this.compacted);
  }

  compact(revision: number): void {
    while (this.#log.first && this.#log.first.revision <= revision) this.#forgetOldest();
    this.compacted = Math.max(this.compacted, Math.min(revision, this.revision));
    this.#snapshots.clear();
  }
}
