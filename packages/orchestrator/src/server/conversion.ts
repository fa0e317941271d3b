import { apiVersionOf, type JsonObject, type KindDefinition } from '../kinds/index.js';
import type { StoredObject } from '../store/index.js';
import { ApiError } from './api-error.js';

/** What a hook made of an object for a kind, or is making; goes with the object and with the kind. */
interface Converted {
  /** As bytes: a parsed object takes several times as much. */
  readonly done: WeakMap<StoredObject, Buffer>;
  readonly underway: WeakMap<StoredObject, Promise<void>>;
}

const ofKinds = new WeakMap<KindDefinition, Converted>();

function convertedOf(kind: KindDefinition): Converted {
  let converted = ofKinds.get(kind);
  if (!converted) {
    converted = { done: new WeakMap(), underway: new WeakMap() };
    ofKinds.set(kind, converted);
  }
  return converted;
}

/**
 * Has a web hook convert, in one call, those of the objects that are stored in another version than the kind's. Nothing is
 * returned where `draftOf` needs no preparation: for every kind without a hook, at no cost. Rejects with 500.
 */
export function convertAhead(kind: KindDefinition, objects: readonly StoredObject[]): Promise<void> | undefined {
  const hook = kind.storedAs?.hook;
  if (!hook) return undefined;
  const version = apiVersionOf(kind.type);
  const { done, underway } = convertedOf(kind);
  const wanted = objects.filter((each) => each.value.apiVersion !== version && !done.has(each));
  if (wanted.length === 0) return undefined;
  const fresh = wanted.filter((each) => !underway.has(each));
  if (fresh.length > 0) {
    const values = fresh.map((each) => each.value as unknown as JsonObject);
    const call = hook.convert(values, version).then((answers) => {
      fresh.forEach((each, index) => {
        const answer = answers[index];
        if (answer) done.set(each, Buffer.from(JSON.stringify(answer)));
      });
    });
    const forget = () => {
      for (const each of fresh) underway.delete(each);
    };
    call.then(forget, forget);
    for (const each of fresh) underway.set(each, call);
  }
  return Promise.all(new Set(wanted.map((each) => underway.get(each)))).then(() => undefined);
}

/** What `convertAhead` has prepared; not to be changed. Throws where that was forgotten. */
export function convertedValue(kind: KindDefinition, object: StoredObject): JsonObject {
  const value = object.value as unknown as JsonObject;
  if (!kind.storedAs?.hook || value.apiVersion === apiVersionOf(kind.type)) return value;
  const converted = ofKinds.get(kind)?.done.get(object);
  if (!converted)
    throw new ApiError(
      500,
      'InternalError',
      `${kind.type.kind} ${JSON.stringify(object.name)} is stored as ${String(value.apiVersion)} and has not been converted to ${apiVersionOf(kind.type)}`,
    );
  return JSON.parse(converted.toString()) as JsonObject;
}

/** The object in the form in which it is stored; a promise only where a hook makes it. */
export function toStored(kind: KindDefinition, object: JsonObject): JsonObject | Promise<JsonObject> {
  const { storedAs } = kind;
  if (!storedAs) return object;
  const { hook } = storedAs;
  if (!hook || storedAs.apiVersion === undefined || object.apiVersion === storedAs.apiVersion)
    return storedAs.toStored(object);
  return hook.convert([object], storedAs.apiVersion).then(([stored]) => stored ?? object);
}

/** Whether the object lies there in the version in which it would be written now. */
export function isStoredAsNow(kind: KindDefinition, object: StoredObject): boolean {
  const wanted = kind.storedAs?.apiVersion;
  return wanted === undefined || object.value.apiVersion === wanted;
}

/** An object of one kind in the form of another of the same resource; a promise only where a hook makes it. */
export function betweenVersions(
  object: JsonObject,
  from: KindDefinition,
  to: KindDefinition,
): JsonObject | Promise<JsonObject> {
  const hook = to.storedAs?.hook;
  const finished = (value: JsonObject) => (to.storedAs ? to.storedAs.fromStored(value) : value);
  if (!hook) return finished(from.storedAs ? from.storedAs.toStored(object) : object);
  return hook.convert([object], apiVersionOf(to.type)).then(([made]) => finished(made ?? object));
}
