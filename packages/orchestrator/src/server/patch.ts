import { applyPatch, type Operation } from 'rfc6902';
import { cloneJson, isJsonObject, type Json, type JsonObject, type Schema } from '../kinds/index.js';
import { ApiError, badRequest } from './api-error.js';

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

const operations = ['add', 'remove', 'replace', 'move', 'copy', 'test'];

/** RFC 6902. Throws 400 for what is no patch, 422 for one that cannot be applied. */
export function jsonPatch(target: JsonObject, patch: Json): JsonObject {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: a JSON patch is an array of operations');
  if (patch.length > 10_000)
    throw new ApiError(413, 'RequestEntityTooLarge', 'The allowed maximum operations in a JSON patch is 10000');
  const isPointer = (value: Json | undefined) => typeof value === 'string' && /^(\/|$)/.test(value);
  for (const each of patch)
    if (
      !isJsonObject(each) ||
      !operations.includes(String(each.op)) ||
      !isPointer(each.path) ||
      ((each.op === 'move' || each.op === 'copy') && !isPointer(each.from))
    )
      throw badRequest(`error decoding patch: not an operation: ${JSON.stringify(each)}`);
  const draft = cloneJson(target);
  const errors = applyPatch(draft, patch as unknown as Operation[]);
  const failed = errors.find((error) => error !== null);
  if (failed)
    throw new ApiError(
      422,
      'Invalid',
      `the server rejected our request due to an error in our request: ${failed.message || failed.name}`,
    );
  return draft;
}

/** Strategic merge: lists are merged by the keys that the schema names; `$patch`, `$setElementOrder`, `$retainKeys`, `$deleteFromPrimitiveList`. */
export function strategicMergePatch(schema: Schema | undefined, target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const { $patch: directive, $retainKeys: retained, ...fields } = patch;
  if (directive === 'replace') return withoutDirectives(fields);
  if (directive === 'delete') return {};
  const out: JsonObject = isJsonObject(target) ? { ...target } : {};
  if (Array.isArray(retained)) for (const key of Object.keys(out)) if (!retained.includes(key)) delete out[key];
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (key.startsWith('$setElementOrder/')) continue;
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      const name = key.slice(key.indexOf('/') + 1);
      const kept = out[name];
      if (Array.isArray(kept) && Array.isArray(value)) out[name] = kept.filter((each) => !value.includes(each));
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
  if (!mergeKey) return [...current, ...patch.filter((each) => !current.includes(each))];
  if (patch.some((each) => isJsonObject(each) && each.$patch === 'replace'))
    return patch.filter((each) => !(isJsonObject(each) && each.$patch === 'replace')).map(withoutDirectives);
  const out = [...current];
  for (const item of patch) {
    if (!isJsonObject(item)) continue;
    const key = item[mergeKey];
    if (key === undefined)
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
    const index = out.findIndex((each) => isJsonObject(each) && each[mergeKey] === key);
    if (item.$patch === 'delete') {
      if (index >= 0) out.splice(index, 1);
    } else if (index < 0) out.push(strategicMergePatch(schema.items, undefined, item));
    else out[index] = strategicMergePatch(schema.items, out[index], item);
  }
  return out;
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
