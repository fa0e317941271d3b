import { cloneJson, isJsonObject, isSame, type Json, type JsonObject } from '../kinds/index.js';
import { ApiError, badRequest } from './api-error.js';
import { depthLimit, isTooDeep } from './json-text.js';

/** Of one patch. */
const mostOperations = 10_000;
/** What all copies of one patch may add together. */
const copiedBytes = 3 * 1024 * 1024;
/** Items of lists that one patch may push along as it puts others before them. */
const mostMoved = 100_000_000;

const operations = ['add', 'remove', 'replace', 'move', 'copy', 'test'] as const;
type Op = (typeof operations)[number];

interface Operation {
  op: Op;
  path: string[];
  from: string[];
  value: Json | undefined;
}

type Container = Json[] | JsonObject;

/** RFC 6902. Throws 400 for what is no patch, 413 for one that makes too much of too little, 422 for one that cannot be applied. */
export function jsonPatch(target: JsonObject, patch: Json): JsonObject {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: a JSON patch is an array of operations');
  if (patch.length > mostOperations)
    throw tooMuch(`The allowed maximum operations in a JSON patch is ${mostOperations}, got ${patch.length}`);
  const steps = patch.map(readOperation);
  // A holder, so that the whole can be replaced like any of its parts.
  const holder: JsonObject = { whole: cloneJson(target) };
  let copied = 0;
  let pushed = 0;
  for (const { op, path, from, value } of steps) {
    const place = locate(holder, path, op);
    if (Array.isArray(place.container)) pushed += place.container.length;
    if (pushed > mostMoved) throw tooMuch('the JSON patch has too many operations on lists that are too long');
    switch (op) {
      case 'add':
        put(place, cloneJson(value ?? null), true, op);
        break;
      case 'replace':
        read(place, op);
        put(place, cloneJson(value ?? null), false, op);
        break;
      case 'remove':
        take(place, op);
        break;
      case 'test':
        if (!isSame(read(place, op, true) ?? null, value ?? null))
          throw rejected(`testing value /${path.join('/')} failed: test failed`);
        break;
      case 'copy': {
        const found = read(locate(holder, from, op), op) ?? null;
        copied += sizeOf(found, copiedBytes - copied, depthLimit);
        if (copied > copiedBytes) throw tooMuch(`the copies of a JSON patch may add up to ${copiedBytes} bytes`);
        put(place, cloneJson(found), true, op);
        break;
      }
      case 'move': {
        if (from.every((token, index) => token === path[index])) {
          if (from.length === path.length) break;
          throw rejected('move operation does not apply: a value cannot be moved into itself');
        }
        const moved = take(locate(holder, from, op), op);
        // What was taken away may have been before it in a list.
        put(locate(holder, path, op), moved, true, op);
      }
    }
  }
  const { whole } = holder;
  if (!isJsonObject(whole)) throw rejected('the patch makes no object');
  if (isTooDeep(whole)) throw tooDeep();
  return whole;
}

function readOperation(each: Json): Operation {
  const refuse = () => badRequest(`error decoding patch: not an operation: ${JSON.stringify(each)?.slice(0, 200)}`);
  if (!isJsonObject(each)) throw refuse();
  const op = operations.find((known) => known === each.op);
  const { path, from, value } = each;
  if (!op || !isPointer(path)) throw refuse();
  const needsFrom = op === 'move' || op === 'copy';
  if (needsFrom && !isPointer(from)) throw refuse();
  return { op, path: tokensOf(path), from: needsFrom && isPointer(from) ? tokensOf(from) : [], value };
}

const isPointer = (value: Json | undefined): value is string => typeof value === 'string' && /^(\/|$)/.test(value);

function tokensOf(pointer: string): string[] {
  if (pointer === '') return [];
  const tokens = pointer.slice(1).split('/');
  return pointer.includes('~') ? tokens.map((each) => each.replaceAll('~1', '/').replaceAll('~0', '~')) : tokens;
}

/** Where an operation works: a key of an object or an index of a list. */
interface Place {
  container: Container;
  key: string;
  path: readonly string[];
}

function locate(holder: JsonObject, path: readonly string[], op: Op): Place {
  let container: Container = holder;
  let key = 'whole';
  for (const token of path) {
    const next: Json | undefined = childOf(container, key);
    if (typeof next !== 'object' || next === null) throw missing(op, path);
    container = next;
    key = token;
  }
  return { container, key, path };
}

/** Only what is a part of the document: no inherited property, no length of a list. */
function childOf(container: Container, key: string): Json | undefined {
  if (Array.isArray(container)) return isIndex(key) ? container[Number(key)] : undefined;
  return Object.hasOwn(container, key) ? container[key] : undefined;
}

const isIndex = (key: string) => /^(0|[1-9]\d{0,8})$/.test(key);

function read({ container, key, path }: Place, op: Op, mayBeAbsent = false): Json | undefined {
  const found = childOf(container, key);
  if (found === undefined && !mayBeAbsent) throw missing(op, path);
  return found;
}

function put({ container, key, path }: Place, value: Json, isInserted: boolean, op: Op): void {
  if (!Array.isArray(container)) {
    if (key === '__proto__') throw rejected('the key "__proto__" is not taken');
    container[key] = value;
    return;
  }
  if (key === '-' && isInserted) {
    container.push(value);
    return;
  }
  if (!isIndex(key) || Number(key) > container.length) throw missing(op, path);
  container.splice(Number(key), isInserted ? 0 : 1, value);
}

function take(place: Place, op: Op): Json {
  const { container, key } = place;
  const found = read(place, op) ?? null;
  if (Array.isArray(container)) container.splice(Number(key), 1);
  else delete container[key];
  return found;
}

/** About as many bytes as the value has in JSON; stops counting beyond the limit. Throws 422 where it is too deep to copy. */
function sizeOf(value: Json | undefined, limit: number, levels: number): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 5;
  if (levels <= 0) throw tooDeep();
  let size = 2;
  if (Array.isArray(value)) {
    for (const each of value) {
      size += 1 + sizeOf(each, limit - size, levels - 1);
      if (size > limit) return size;
    }
    return size;
  }
  for (const key in value) {
    size += key.length + 4 + sizeOf(value[key], limit - size, levels - 1);
    if (size > limit) return size;
  }
  return size;
}

function missing(op: Op, path: readonly string[]): ApiError {
  return rejected(
    `${op} operation does not apply: doc is missing path: ${JSON.stringify(`/${path.join('/')}`.slice(0, 200))}: missing value`,
  );
}

const tooDeep = () => rejected(`the patched object is nested more than ${depthLimit} levels deep`);

function rejected(why: string): ApiError {
  return new ApiError(422, 'Invalid', `the server rejected our request due to an error in our request: ${why}`);
}

function tooMuch(why: string): ApiError {
  return new ApiError(413, 'RequestEntityTooLarge', why);
}
