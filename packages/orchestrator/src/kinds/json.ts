/** Parsed JSON as the API machinery handles it, before or beside a kind's own type. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json | undefined;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object at a key, or an empty one that is not attached. */
export function objectAt(value: JsonObject | undefined, key: string): JsonObject {
  const child = value?.[key];
  return isJsonObject(child) ? child : {};
}

export function arrayAt(value: JsonObject | undefined, key: string): Json[] {
  const child = value?.[key];
  return Array.isArray(child) ? child : [];
}

export function objectsAt(value: JsonObject | undefined, key: string): JsonObject[] {
  return arrayAt(value, key).filter(isJsonObject);
}

export function stringAt(value: JsonObject | undefined, key: string): string {
  const child = value?.[key];
  return typeof child === 'string' ? child : '';
}

export function numberAt(value: JsonObject | undefined, key: string): number | undefined {
  const child = value?.[key];
  return typeof child === 'number' ? child : undefined;
}

/** A deep copy: several times quicker than structuredClone, which also knows what is no JSON. */
export function cloneJson<T extends Json | undefined>(value: T): T;
export function cloneJson(value: Json | undefined): Json | undefined {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => cloneJson(each));
  const out: JsonObject = {};
  for (const key in value) out[key] = cloneJson(value[key]);
  return out;
}

/** Equality of JSON values; the order of keys does not matter, an absent key equals `undefined`. */
export function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((value, index) => isSame(value, b[index]));
  if (isJsonObject(a) && isJsonObject(b)) {
    for (const key in a) if (!isSame(a[key], b[key])) return false;
    for (const key in b) if (b[key] !== undefined && a[key] === undefined) return false;
    return true;
  }
  return false;
}

/** Whether two objects are the same but for some of their own keys. */
export function isSameBut(but: ReadonlySet<string>, a: Json | undefined, b: Json | undefined): boolean {
  if (!isJsonObject(a) || !isJsonObject(b)) return isSame(a, b);
  for (const key in a) if (!but.has(key) && !isSame(a[key], b[key])) return false;
  for (const key in b) if (!but.has(key) && b[key] !== undefined && a[key] === undefined) return false;
  return true;
}
