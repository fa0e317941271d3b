import { isJsonObject, type Json, type JsonObject, type Schema } from '../kinds/index.js';
import { badRequest } from './api-error.js';

/** RFC 7386. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const out: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete out[key];
    else out[key] = mergePatch(out[key], value);
  }
  return out;
}

/** Strategic merge: lists are merged by the keys that the schema names; `$patch`, `$setElementOrder`, `$retainKeys`, `$deleteFromPrimitiveList`. */
export function strategicMergePatch(schema: Schema | undefined, target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const { $patch: directive, $retainKeys: retained, ...fields } = patch;
  if (directive === 'replace') return withoutDirectives(fields);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge')
    throw badRequest(`unknown patch type: ${JSON.stringify(directive)} in map`);
  const out: JsonObject = isJsonObject(target) ? { ...target } : {};
  if (Array.isArray(retained)) {
    const kept = new Set(retained);
    for (const key of Object.keys(out)) if (!kept.has(key)) delete out[key];
  }
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (key.startsWith('$setElementOrder/')) continue;
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      const name = key.slice(key.indexOf('/') + 1);
      const kept = out[name];
      const gone = new Set(Array.isArray(value) ? value : []);
      if (Array.isArray(kept)) out[name] = kept.filter((each) => !gone.has(each));
      continue;
    }
    const child = schema?.child(key);
    if (value === null) delete out[key];
    else if (Array.isArray(value)) out[key] = mergeList(child, out[key], value);
    else if (isJsonObject(value)) {
      const merged = strategicMergePatch(child, out[key], value);
      if (value.$patch === 'delete') delete out[key];
      else out[key] = merged;
    } else out[key] = value;
  }
  for (const [key, order] of Object.entries(fields)) {
    if (!key.startsWith('$setElementOrder/') || !Array.isArray(order)) continue;
    const name = key.slice(key.indexOf('/') + 1);
    const list = out[name];
    if (Array.isArray(list)) out[name] = ordered(list, order, schema?.child(name)?.mergeKey);
  }
  return out;
}

function mergeList(schema: Schema | undefined, target: Json | undefined, patch: Json[]): Json {
  if (!schema?.patchStrategies.includes('merge')) return patch.map(withoutDirectives);
  const current = Array.isArray(target) ? target : [];
  const mergeKey = schema.mergeKey;
  if (!mergeKey) {
    const known = new Set(current);
    return [...current, ...patch.filter((each) => !known.has(each))];
  }
  if (patch.some((each) => isJsonObject(each) && each.$patch === 'replace'))
    return patch.filter((each) => !(isJsonObject(each) && each.$patch === 'replace')).map(withoutDirectives);
  const out: (Json | undefined)[] = [...current];
  // By key: a search for each item would take for ever over long lists.
  const places = new Map<Json | undefined, number>();
  for (const [index, each] of current.entries())
    if (isJsonObject(each) && !places.has(each[mergeKey])) places.set(each[mergeKey], index);
  for (const item of patch) {
    if (!isJsonObject(item)) continue;
    const key = item[mergeKey];
    if (key === undefined)
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
    const index = places.get(key);
    if (item.$patch === 'delete') {
      if (index !== undefined) out[index] = undefined;
      places.delete(key);
    } else if (index === undefined) {
      places.set(key, out.length);
      out.push(strategicMergePatch(schema.items, undefined, item));
    } else out[index] = strategicMergePatch(schema.items, out[index], item);
  }
  return out.filter((each) => each !== undefined);
}

/** Items in the wanted order; those that it does not mention keep their place behind the one they followed. */
function ordered(list: Json[], order: Json[], mergeKey: string | undefined): Json[] {
  const keyOf = (item: Json): string => JSON.stringify(mergeKey && isJsonObject(item) ? item[mergeKey] : item);
  const places = new Map(order.map((item, index) => [keyOf(item), index]));
  const mentioned = list.filter((item) => places.has(keyOf(item)));
  mentioned.sort((a, b) => (places.get(keyOf(a)) ?? 0) - (places.get(keyOf(b)) ?? 0));
  const others = list.filter((item) => !places.has(keyOf(item)));
  return [...mentioned, ...others];
}

function withoutDirectives(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutDirectives);
  if (!isJsonObject(value)) return value;
  const out: JsonObject = {};
  for (const [key, child] of Object.entries(value))
    if (!key.startsWith('$') && child !== undefined && child !== null) out[key] = withoutDirectives(child);
  return out;
}
