import type { Json, JsonObject } from '../../kinds/index.js';
import { type Element, fieldElement, placeOfItem } from './element.js';
import { below, emptySet, type FieldSet, hasPath, isEmptySet } from './field-set.js';
import {
  asList,
  asMap,
  type FieldType,
  formOf,
  isEmptyMap,
  isListType,
  type ListType,
  type MapType,
} from './field-type.js';

/** The live value with what is applied put in: maps by key, lists by their items, everything else as one. */
export function mergeValues(type: FieldType, live: Json | undefined, applied: Json | undefined): Json | undefined {
  if (applied === undefined) return live;
  if (live === undefined) return applied;
  const form = formOf(type, applied);
  if (form === undefined || form.isAtomic) return applied;
  if (isListType(form)) {
    const before = asList(live) ?? [];
    const after = asList(applied) ?? [];
    return before.length === 0 && after.length === 0 ? applied : mergeItems(form, before, after);
  }
  const before = asMap(live);
  const after = asMap(applied);
  return isEmptyMap(before) && isEmptyMap(after) ? applied : mergeEntries(form, before ?? {}, after ?? {});
}

function mergeEntries(form: MapType, live: JsonObject, applied: JsonObject): JsonObject {
  const out: JsonObject = { ...live };
  for (const name of Object.keys(applied)) {
    const type = form.fields.get(name)?.type ?? form.values;
    if (type) out[name] = mergeValues(type, live[name], applied[name]);
  }
  return out;
}

/**
 * The applied items in their order, the others between them where they stood: an item of the live list is written when
 * it is reached, and an applied one that is in both lists draws the live list up to its place.
 */
function mergeItems(form: ListType, live: readonly Json[], applied: readonly Json[]): Json[] {
  const left = placed(form, live);
  const right = placed(form, applied);
  const liveValues = new Map<Element, Json>();
  for (const { place, item } of left) liveValues.set(place, liveValues.has(place) ? null : item);
  const appliedValues = new Map(right.map(({ place, item }) => [place, item]));
  const shared = right.map(({ place }) => place).filter((place) => liveValues.has(place));
  const merged = new Set<Element>();
  const out: Json[] = [];
  const mergeAt = (place: Element) => {
    merged.add(place);
    const value = mergeValues(form.item, liveValues.get(place), appliedValues.get(place));
    if (value !== undefined) out.push(value);
  };
  let nextShared = shared.shift();
  let l = 0;
  let r = 0;
  while (l < left.length || r < right.length) {
    const fromLive = left[l];
    const fromApplied = right[r];
    if (fromLive && fromApplied) {
      if (fromLive.place === fromApplied.place) {
        mergeAt(fromLive.place);
        l++;
        r++;
        nextShared = shared.shift();
        continue;
      }
      if (appliedValues.has(fromLive.place) && nextShared !== undefined && nextShared !== fromLive.place) {
        // It has been written, or will be, where the applied list wants it.
        l++;
        continue;
      }
    }
    if (fromLive) {
      if (!appliedValues.has(fromLive.place)) {
        out.push(fromLive.item);
        l++;
        continue;
      }
      if (merged.has(fromLive.place)) l++;
    }
    if (fromApplied) {
      mergeAt(fromApplied.place);
      r++;
      if (nextShared === fromApplied.place) nextShared = shared.shift();
    }
  }
  return out;
}

function placed(form: ListType, items: readonly Json[]): { place: Element; item: Json }[] {
  return items.flatMap((item) => {
    const place = placeOfItem(form, item);
    return place === undefined ? [] : [{ place, item }];
  });
}

/**
 * Stands, while a result is computed, where removal has left nothing of a map or a list: the path is still there, so
 * whoever else owns it keeps it.
 */
export const emptied: Json = Object.freeze({});

/** The value without the items, entries and fields that the set names. */
export function removeFields(type: FieldType, value: Json, set: FieldSet): Json {
  const form = formOf(type, value);
  if (form === undefined) return value;
  if (isListType(form)) {
    const items = asList(value);
    if (!items || form.isAtomic) return emptied;
    const out: Json[] = [];
    for (const item of items) {
      const place = placeOfItem(form, item);
      if (place !== undefined && hasPath(set, [place])) continue;
      const rest = place === undefined ? emptySet : below(set, place);
      out.push(isEmptySet(rest) ? item : removeFields(form.item, item, rest));
    }
    return out.length > 0 ? out : emptied;
  }
  const map = asMap(value);
  if (!map || form.isAtomic) return emptied;
  const out: JsonObject = {};
  for (const [name, child] of Object.entries(map)) {
    if (child === undefined) continue;
    const field = form.fields.get(name);
    const element = field?.element ?? fieldElement(name);
    if (hasPath(set, [element])) continue;
    const rest = below(set, element);
    const childType = field?.type ?? form.values;
    out[name] = childType && !isEmptySet(rest) ? removeFields(childType, child, rest) : child;
  }
  return isEmptyMap(out) ? emptied : out;
}

/**
 * The value as it may be stored: without what was emptied and, in a built-in type, without fields that are null, which
 * says what their absence says. Is `value` itself when nothing goes.
 */
export function tidied(type: FieldType, value: JsonObject, keepsNulls: boolean): JsonObject {
  let out: JsonObject | undefined;
  for (const name of Object.keys(value)) {
    const child = value[name];
    if (child === undefined) continue;
    const field = type.map?.fields.get(name);
    const goes = child === emptied || (child === null && !keepsNulls && field !== undefined);
    const kept = goes ? undefined : tidiedValue(field?.type ?? type.map?.values, child, keepsNulls);
    if (kept === child) continue;
    out ??= { ...value };
    if (kept === undefined) delete out[name];
    else out[name] = kept;
  }
  return out ?? value;
}

function tidiedValue(type: FieldType | undefined, value: Json, keepsNulls: boolean): Json {
  if (!type || typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value)) return tidied(type, value, keepsNulls);
  const items = value.flatMap((each) => (each === emptied ? [] : [tidiedValue(type.list?.item, each, keepsNulls)]));
  return items.length === value.length && items.every((each, index) => each === value[index]) ? value : items;
}
