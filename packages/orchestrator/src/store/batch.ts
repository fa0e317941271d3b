import type { Change } from './contract.js';
import { ConflictError } from './errors.js';
import type { Memory } from './memory.js';
import { type ChangeType, keyOf, StoredObject, StoreEvent } from './stored-object.js';

/** What a commit resolves with: one object for each change, undefined for a row that was left alone. */
export type Written = (StoredObject | undefined)[];

export interface Pending {
  changes: readonly Change[];
  /** Memory has been brought up to date since the commit was asked for: a refusal stands. */
  isCurrent: boolean;
  resolve(objects: Written): void;
  reject(error: Error): void;
}

export interface Batch {
  base: number;
  events: StoreEvent[];
  accepted: { pending: Pending; objects: Written }[];
  refused: { pending: Pending; error: Error }[];
}

/** One batch stops growing here; a single commit may be larger. */
const batchBytes = 8 * 1024 * 1024;
const changeNumber: Record<ChangeType, number> = { ADDED: 1, MODIFIED: 2, DELETED: 3 };
export const changeOf = (number: number): ChangeType =>
  number === 1 ? 'ADDED' : number === 2 ? 'MODIFIED' : 'DELETED';

/** Takes what waits from the front of the queue and makes the next revisions out of it, on the state in memory. */
export function buildBatch(memory: Memory, queue: Pending[], most: number, at: number): Batch {
  const batch: Batch = { base: memory.revision, events: [], accepted: [], refused: [] };
  const overlay = new Map<string, StoredObject | undefined>();
  let taken = 0;
  let size = 0;
  while (taken < most && size < batchBytes) {
    const pending = queue[taken++];
    if (!pending) break;
    const before = batch.events.length;
    try {
      batch.accepted.push({ pending, objects: build(memory, pending.changes, batch, at, overlay) });
    } catch (error) {
      batch.refused.push({ pending, error: error instanceof Error ? error : new Error(String(error)) });
    }
    for (const event of batch.events.slice(before)) size += event.object.bytes.length;
  }
  queue.splice(0, taken);
  return batch;
}

/** Adds one commit's events and states; throws, with nothing added, when the commit cannot be made. */
function build(
  memory: Memory,
  changes: readonly Change[],
  batch: Batch,
  at: number,
  overlay: Map<string, StoredObject | undefined>,
): Written {
  const own = new Map<string, StoredObject | undefined>();
  const added: StoreEvent[] = [];
  const base = batch.base + batch.events.length;
  const objects = changes.map((change) => {
    const { resource, namespace, name, expect } = change;
    const key = keyOf(resource, namespace, name);
    const previous = own.has(key)
      ? own.get(key)
      : overlay.has(key)
        ? overlay.get(key)
        : memory.get(resource, namespace, name);
    if (expect !== undefined && expect !== (previous?.revision ?? 0))
      throw new ConflictError(change, expect, previous?.revision ?? 0);
    const value = typeof change.value === 'function' ? change.value(previous) : change.value;
    if (!value || (change.remove && !previous)) return undefined;
    const revision = base + added.length + 1;
    value.metadata.resourceVersion = String(revision);
    const object = new StoredObject(resource, namespace, name, revision, Buffer.from(JSON.stringify(value)));
    const type = change.remove ? 'DELETED' : previous ? 'MODIFIED' : 'ADDED';
    added.push(new StoreEvent(type, object, previous, at));
    own.set(key, change.remove ? undefined : object);
    return object;
  });
  for (const [key, object] of own) overlay.set(key, object);
  batch.events.push(...added);
  return objects;
}

/** The parameters of the commit statement. */
export function commitValues({ base, events }: Batch): unknown[] {
  const last = new Map<string, number>();
  if (events.length > 1)
    for (const { object } of events) last.set(keyOf(object.resource, object.namespace, object.name), object.revision);
  const isLast = ({ object }: StoreEvent) =>
    events.length === 1 || last.get(keyOf(object.resource, object.namespace, object.name)) === object.revision;
  let start = 1;
  const starts = events.map(({ object }) => {
    const own = start;
    start += object.bytes.length;
    return own;
  });
  const [only] = events;
  return [
    base,
    events.length,
    events.map((event) => changeNumber[event.type] + (isLast(event) ? 10 : 0)),
    events.map((event) => event.object.resource),
    events.map((event) => event.object.namespace),
    events.map((event) => event.object.name),
    starts,
    events.map((event) => event.object.bytes.length),
    // One binary parameter: bytea inside an array would travel as text of twice the size.
    only && events.length === 1 ? only.object.bytes : Buffer.concat(events.map((event) => event.object.bytes)),
  ];
}
