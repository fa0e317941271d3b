import {
  apiVersionOf,
  isJsonObject,
  isSame,
  type Json,
  type JsonObject,
  type KindDefinition,
  objectAt,
  stringAt,
} from '../../kinds/index.js';
import { ApiError, badRequest } from '../api-error.js';
import { type Boundary, boundaryOf, ownable } from './boundaries.js';
import { compareObjects } from './compare.js';
import { type Conflict, conflictError, conflictsOf } from './conflict.js';
import { fieldSetOf, problemsOf, withNamedFields } from './extract.js';
import { difference, emptySet, type FieldSet, hasPath, intersection, isEmptySet, union } from './field-set.js';
import { asMap, type FieldType, fieldTypeOf } from './field-type.js';
import { mergeValues, removeFields, tidied } from './merge.js';
import { isSameOwner, type Owner, ownersOf } from './owner.js';
import { reconciledOwners, updatedOwners, withFields, write } from './track.js';

export interface Apply {
  manager: string;
  isForced: boolean;
  /** Empty for the object itself. */
  subresource: string;
  apiVersion: string;
  /** RFC 3339, whole seconds. */
  time: string;
}

/** Owns what an object held before the first apply, when nobody had been noted. */
const beforeFirstApply = 'before-first-apply';
/** The command line's own name: it takes over, without being forced, what it has applied from the client's side before. */
const commandLine = 'kubectl';
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
/** As much as an object's annotations may hold. */
const annotationsLimitBytes = 256 * 1024;

/**
 * Server-side apply: the current object (undefined: it is created) with the applied configuration merged in, without
 * what the manager had applied before and no longer does, and with its managedFields. Neither argument is changed; the
 * result shares parts with both. Throws 409 with a cause of reason FieldManagerConflict for each field that another has
 * set to another value, 400 for metadata.managedFields in the configuration, 500 (as clients expect) for a configuration
 * that does not fit the schema.
 */
export function applyTo(
  kind: KindDefinition,
  current: JsonObject | undefined,
  applied: JsonObject,
  apply: Apply,
): JsonObject {
  checkApplied(kind, applied, apply);
  const type = fieldTypeOf(kind);
  const problems = problemsOf(type, applied);
  if (problems.length > 0) throw untypable(kind, applied, problems);
  const boundary = boundaryOf(kind, apply.subresource);
  const { time, apiVersion, subresource } = apply;
  const live = current ?? {};
  let owners: readonly Owner[] = reconciledOwners(type, ownersOf(objectAt(live, 'metadata').managedFields));
  if (owners.length === 0 && current) {
    const change = { manager: beforeFirstApply, operation: 'Update', subresource, apiVersion, time } as const;
    owners = updatedOwners([], compareObjects(type, {}, live, boundary.skipped), change);
  }
  const result = merged(type, boundary, live, applied, owners, apply);
  const conflicts = result.conflicts.length > 0 ? unresolved(type, live, result.conflicts, apply) : [];
  if (conflicts.length > 0) throw conflictError(conflicts);
  return finished(kind, result, current, applied, apply);
}

function checkApplied(kind: KindDefinition, applied: JsonObject, { apiVersion }: Apply): void {
  const { managedFields } = objectAt(applied, 'metadata');
  if (
    managedFields !== undefined &&
    managedFields !== null &&
    !(Array.isArray(managedFields) && managedFields.length === 0)
  )
    throw badRequest('metadata.managedFields must be nil');
  const given = stringAt(applied, 'apiVersion') || apiVersion;
  const givenKind = stringAt(applied, 'kind') || kind.type.kind;
  if (given !== apiVersion || givenKind !== kind.type.kind)
    throw badRequest(`invalid object type: ${typeText(given, givenKind)}`);
}

function typeText(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}

function untypable(kind: KindDefinition, applied: JsonObject, problems: readonly string[]): ApiError {
  const metadata = objectAt(applied, 'metadata');
  const place = `${stringAt(metadata, 'namespace')}/${stringAt(metadata, 'name')}`;
  const object = `${place}; ${typeText(apiVersionOf(kind.type), kind.type.kind)}`;
  const text = problems.length === 1 ? problems[0] : ['errors:', ...problems.map((each) => `  ${each}`)].join('\n');
  return new ApiError(500, 'InternalError', `failed to create typed patch object (${object}): ${text}`);
}

interface Merged {
  object: JsonObject;
  /** The applier, as one of the owners. */
  own: Owner;
  owners: readonly Owner[];
  /** Of the applier's last apply that changed something. */
  previousTime: string | undefined;
  conflicts: readonly Conflict[];
}

/** The merged object and who owns what then, were it forced; the conflicts are what force would override. */
function merged(
  type: FieldType,
  { skipped, writable }: Boundary,
  live: JsonObject,
  applied: JsonObject,
  owners: readonly Owner[],
  { manager, isForced, subresource, apiVersion, time }: Apply,
): Merged {
  const applier = { manager: manager || 'unknown', operation: 'Apply', subresource, apiVersion } as const;
  const previous = owners.find((owner) => isSameOwner(owner, applier));
  const others = owners.filter((owner) => owner !== previous);
  const stated = fieldSetOf(type, withoutManagedFields(applied));
  const own: Owner = { ...applier, time, fields: writable(stated) };
  let object = asMap(mergeValues(type, live, applied)) ?? {};
  if (previous) object = pruned(type, object, previous.fields, [...others, own]);
  const { changed, removed } = compareObjects(type, live, object, skipped);
  const conflicts: Conflict[] = [];
  const kept = { ...own, fields: ownable(own.fields) };
  const after: Owner[] = [kept];
  for (const owner of others) {
    const taken = intersection(owner.fields, changed);
    if (!isForced) conflicts.push(...conflictsOf(owner, taken));
    after.push(withFields(owner, difference(difference(owner.fields, taken), removed)));
  }
  return { object, own: kept, owners: after, previousTime: previous?.time, conflicts };
}

function withoutManagedFields(object: JsonObject): JsonObject {
  if (objectAt(object, 'metadata').managedFields === undefined) return object;
  return { ...object, metadata: { ...objectAt(object, 'metadata'), managedFields: undefined } };
}

/** The merged object without what the manager applied last time and no longer does, unless somebody else owns it. */
function pruned(type: FieldType, object: JsonObject, last: FieldSet, owners: readonly Owner[]): JsonObject {
  if (isEmptySet(last)) return object;
  const named = (fields: FieldSet) => withNamedFields(type, fields);
  const all = named(fieldSetOf(type, object));
  const without = (fields: FieldSet): JsonObject => asMap(removeFields(type, object, fields)) ?? {};
  const bare = named(fieldSetOf(type, without(named(last))));
  // What goes with the manager's fields but is somebody's comes back, with all that it stands in.
  const owned = named(owners.reduce((set, owner) => union(set, owner.fields), emptySet));
  const kept = without(difference(all, union(bare, owned)));
  // So does what is nobody's: a manager removes only what it had applied itself.
  const lost = difference(all, named(fieldSetOf(type, kept)));
  return without(intersection(lost, named(last)));
}

/**
 * The conflicts that stand. The command line's apply from the client's side left an annotation of what it had applied;
 * where that is still the live value, its server-side apply may go on.
 */
function unresolved(
  type: FieldType,
  live: JsonObject,
  conflicts: readonly Conflict[],
  { manager, apiVersion }: Apply,
): readonly Conflict[] {
  if (manager !== commandLine) return conflicts;
  const text = objectAt(objectAt(live, 'metadata'), 'annotations')[lastApplied];
  const before = typeof text === 'string' ? parsed(text) : undefined;
  if (!isJsonObject(before) || before.apiVersion !== apiVersion || problemsOf(type, before).length > 0)
    return conflicts;
  const { changed, removed } = compareObjects(type, before, live);
  const allowed = difference(difference(fieldSetOf(type, before), changed), removed);
  return conflicts.filter(({ path }) => !hasPath(allowed, path));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function finished(
  kind: KindDefinition,
  { object, own, owners, previousTime }: Merged,
  current: JsonObject | undefined,
  applied: JsonObject,
  apply: Apply,
): JsonObject {
  const tidy = (value: JsonObject) => tidied(fieldTypeOf(kind), value, kind.customSchema !== undefined);
  const clean = tidy(object);
  const metadata = { ...objectAt(clean, 'metadata') };
  const out = { ...clean, metadata };
  if (apply.manager === commandLine) annotate(metadata, applied);
  // An apply that changes nothing leaves the time of the last that did; a manager that only joins in has none.
  const isUnchanged = current !== undefined && isSame(rest(out), rest(tidy(current)));
  write(
    metadata,
    isUnchanged ? owners.map((owner) => (owner === own ? { ...own, time: previousTime } : owner)) : owners,
  );
  return out;
}

function rest(object: JsonObject): JsonObject {
  return { ...object, metadata: { ...objectAt(object, 'metadata'), managedFields: undefined } };
}

/** Keeps the annotation of the command line's client-side apply true while the object has it. */
function annotate(metadata: JsonObject, applied: JsonObject): void {
  const annotations = { ...objectAt(metadata, 'annotations') };
  if (!annotations[lastApplied]) return;
  const own = { ...objectAt(objectAt(applied, 'metadata'), 'annotations') };
  delete own[lastApplied];
  const { annotations: given, ...appliedMetadata } = objectAt(applied, 'metadata');
  const kept = given === undefined ? appliedMetadata : { ...appliedMetadata, annotations: own };
  annotations[lastApplied] = `${JSON.stringify(inOrder({ ...applied, metadata: kept }))}\n`;
  let size = 0;
  for (const [name, value] of Object.entries(annotations))
    size += Buffer.byteLength(name) + Buffer.byteLength(String(value));
  if (size > annotationsLimitBytes) delete annotations[lastApplied];
  metadata.annotations = annotations;
}

function inOrder(value: Json): Json {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isJsonObject(value)) return value;
  const out: JsonObject = {};
  for (const name of Object.keys(value).sort()) {
    const child = value[name];
    if (child !== undefined) out[name] = inOrder(child);
  }
  return out;
}
