import { isJsonObject, isSame, type Json, type JsonObject, stringAt } from '../../kinds/index.js';
import { type FieldSet, isEmptySet, parseSet, sorted, union } from './field-set.js';

/** One entry of metadata.managedFields. */
export interface Owner {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly fields: FieldSet;
  /** The entry this owner was read from, as long as nothing of it has changed. */
  readonly entry?: JsonObject;
}

/** After this many the oldest that only updated are put together, so that an object does not grow with each new client. */
const mostUpdaters = 10;
const formerUpdaters = 'ancient-changes';

/** What tells owners apart; an applier stays the same over versions. In the form in which messages are sorted. */
export function identityOf(owner: Pick<Owner, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string {
  const { manager, operation, apiVersion, subresource } = owner;
  return JSON.stringify({
    ...(manager !== '' && { manager }),
    operation,
    ...(operation === 'Update' && { apiVersion }),
    ...(subresource !== '' && { subresource }),
  });
}

export function isSameOwner(a: Owner, b: Pick<Owner, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    a.subresource === b.subresource &&
    (a.operation === 'Apply' || a.apiVersion === b.apiVersion)
  );
}

/** The owners of entries that were written by `toEntries`: nothing is checked. */
export function ownersOf(entries: Json | undefined): Owner[] {
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry) => (isJsonObject(entry) ? [ownerOf(entry, entry.fieldsV1 as FieldSet, entry)] : []));
}

function ownerOf(entry: JsonObject, fields: FieldSet | undefined, kept?: JsonObject): Owner {
  return {
    manager: stringAt(entry, 'manager'),
    operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion: stringAt(entry, 'apiVersion'),
    subresource: stringAt(entry, 'subresource'),
    time: typeof entry.time === 'string' ? entry.time : undefined,
    fields: fields ?? {},
    ...(kept && { entry: kept }),
  };
}

/** The owners that a client wrote; undefined when an entry is malformed. */
export function parseOwners(entries: Json | undefined): Owner[] | undefined {
  if (!Array.isArray(entries)) return undefined;
  const out = new Map<string, Owner>();
  for (const entry of entries) {
    if (!isJsonObject(entry)) return undefined;
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') return undefined;
    if (stringAt(entry, 'apiVersion') === '' || entry.fieldsType !== 'FieldsV1') return undefined;
    try {
      const owner = ownerOf(entry, parseSet(entry.fieldsV1));
      out.set(identityOf(owner), owner);
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
  return [...out.values()];
}

/** `[]` and `[{}]` ask to forget all owners. */
export function isReset(entries: Json | undefined): boolean {
  if (!Array.isArray(entries)) return false;
  return entries.length === 0 || (entries.length === 1 && isSame(entries[0], {}));
}

/** As they are kept: first those that apply, then the older before the newer. Undefined when there are none. */
export function toEntries(owners: readonly Owner[]): JsonObject[] | undefined {
  const kept = owners.filter((owner) => !isEmptySet(owner.fields));
  if (kept.length === 0) return undefined;
  if (kept.length > 1) kept.sort(compareOwners);
  return kept.map((owner) => owner.entry ?? toEntry(owner));
}

/** One key after the other: every write makes an entry, and a literal of optional parts takes several times as long. */
function toEntry({ manager, operation, apiVersion, time, fields, subresource }: Owner): JsonObject {
  const entry: JsonObject = {};
  if (manager !== '') entry.manager = manager;
  entry.operation = operation;
  entry.apiVersion = apiVersion;
  if (time !== undefined) entry.time = time;
  entry.fieldsType = 'FieldsV1';
  entry.fieldsV1 = sorted(fields);
  if (subresource !== '') entry.subresource = subresource;
  return entry;
}

function secondsOf({ time }: Owner): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000) || 0;
}

function compareOwners(a: Owner, b: Owner): number {
  return (
    compareTexts(a.operation, b.operation) ||
    secondsOf(a) - secondsOf(b) ||
    compareTexts(a.manager, b.manager) ||
    compareTexts(a.apiVersion, b.apiVersion) ||
    compareTexts(a.subresource, b.subresource)
  );
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Puts the oldest of too many updaters together, those of one version into one. */
export function cappedOwners(owners: readonly Owner[]): readonly Owner[] {
  if (owners.length <= mostUpdaters) return owners;
  const updaters = owners.filter((owner) => owner.operation === 'Update');
  if (updaters.length <= mostUpdaters) return owners;
  updaters.sort((a, b) => secondsOf(a) - secondsOf(b) || compareTexts(identityOf(a), identityOf(b)));
  const out = new Set(owners);
  const firstOf = new Map<string, Owner>();
  let left = updaters.length;
  for (const owner of updaters) {
    if (left <= mostUpdaters) break;
    const first = firstOf.get(owner.apiVersion);
    if (!first) {
      firstOf.set(owner.apiVersion, owner);
      continue;
    }
    const bucket = { manager: formerUpdaters, operation: 'Update', subresource: '' } as const;
    const known = [...out].find((each) => isSameOwner(each, { ...bucket, apiVersion: owner.apiVersion })) ?? first;
    out.delete(known);
    out.delete(owner);
    const { apiVersion, time } = owner;
    out.add({ ...bucket, apiVersion, time, fields: union(owner.fields, known.fields) });
    left--;
  }
  return [...out];
}
