import { isSame, isSameBut, type Json, type JsonObject, type KindDefinition, objectAt } from '../../kinds/index.js';
import { boundaryOf } from './boundaries.js';
import { type Comparison, compareObjects, isSameComparison } from './compare.js';
import { difference, isEmptySet, union } from './field-set.js';
import { type FieldType, fieldTypeOf } from './field-type.js';
import { cappedOwners, isReset, isSameOwner, type Owner, ownersOf, parseOwners, toEntries } from './owner.js';
import { reconciled } from './reconcile.js';

export interface Change {
  manager: string;
  operation: 'Update';
  /** Empty for the object itself. */
  subresource: string;
  apiVersion: string;
  /** RFC 3339, whole seconds. */
  time: string;
}

/**
 * Notes who made an ordinary write: `draft.metadata.managedFields` is written from the old object's entries and what
 * differs between the two. `old` is undefined on create. Entries whose fields did not change stay as they are, and so
 * does an object that nobody's ownership has been noted of. A client may send changed entries; malformed ones are
 * ignored, and `[]` or `[{}]` forgets them all.
 */
export function trackChange(
  kind: KindDefinition,
  old: JsonObject | undefined,
  draft: JsonObject,
  change: Change,
): void {
  // That the scheduler chose a node is noted nowhere.
  if (change.subresource === 'binding') return;
  const metadata = objectAt(draft, 'metadata');
  draft.metadata = metadata;
  const before = old ? objectAt(old, 'metadata').managedFields : undefined;
  const known = ownersBefore(before, metadata.managedFields, change.subresource);
  if (known.length === 0 && old) {
    delete metadata.managedFields;
    return;
  }
  const type = fieldTypeOf(kind);
  const { skipped } = boundaryOf(kind, change.subresource);
  const comparison = compareObjects(type, old ?? {}, draft, skipped);
  const owners = kind.customSchema ? reconciledOwners(type, known) : known;
  write(metadata, isSameComparison(comparison) ? owners : updatedOwners(owners, comparison, change));
}

/** The owners in force before a write: the client's where it has changed them, else the old object's. */
function ownersBefore(before: Json | undefined, given: Json | undefined, subresource: string): readonly Owner[] {
  if (subresource !== '' || given === before || given === undefined || given === null) return ownersOf(before);
  if (isReset(given)) return [];
  if (isSame(given, before)) return ownersOf(before);
  const parsed = parseOwners(given);
  return parsed && parsed.length > 0 ? parsed : ownersOf(before);
}

export function write(metadata: JsonObject, owners: readonly Owner[]): void {
  const entries = toEntries(owners);
  if (entries) metadata.managedFields = entries;
  else delete metadata.managedFields;
}

/** Everybody loses what has changed or gone; the one who wrote gains what has changed. */
export function updatedOwners(
  owners: readonly Owner[],
  { changed, removed }: Comparison,
  change: Change,
): readonly Owner[] {
  const { operation, apiVersion, subresource, time } = change;
  const manager = change.manager || 'unknown';
  const writer = { manager, operation, apiVersion, subresource };
  const out: Owner[] = [];
  let previous: Owner | undefined;
  for (const owner of owners) {
    const left = withFields(owner, difference(difference(owner.fields, changed), removed));
    if (isSameOwner(owner, writer)) previous = left;
    else if (!isEmptySet(left.fields)) out.push(left);
  }
  if (isEmptySet(changed)) return previous ? [...out, previous] : out;
  const fields = previous ? union(changed, previous.fields) : changed;
  out.push({ manager, operation, apiVersion, subresource, time, fields });
  return cappedOwners(out);
}

export function reconciledOwners(type: FieldType, owners: readonly Owner[]): readonly Owner[] {
  return owners.map((owner) => withFields(owner, reconciled(type, owner.fields)));
}

export function withFields(owner: Owner, fields: Owner['fields']): Owner {
  if (fields === owner.fields) return owner;
  const { manager, operation, apiVersion, subresource, time } = owner;
  return { manager, operation, apiVersion, subresource, time, fields };
}

/**
 * Gives the entries their old times back when the write changed nothing but times, so that it makes no new version.
 * To be called on the draft as it would be stored.
 */
export function keepTimes(old: JsonObject, draft: JsonObject): void {
  const metadata = objectAt(draft, 'metadata');
  const before = objectAt(old, 'metadata').managedFields;
  const after = metadata.managedFields;
  if (before === after || !Array.isArray(before) || !Array.isArray(after) || before.length !== after.length) return;
  const differs = (entry: Json, index: number) => !isSameBut(timed, entry, after[index]);
  if (before.some(differs)) return;
  if (isSameBut(noted, metadata, objectAt(old, 'metadata')) && isSameBut(held, old, draft))
    metadata.managedFields = before;
}

const timed = new Set(['time']);
const noted = new Set(['managedFields', 'resourceVersion']);
const held = new Set(['metadata']);
