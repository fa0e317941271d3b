import { isJsonObject, type Json, type JsonObject } from './json.js';
import type { Schema } from './schema.js';

/** The body has a value of a type that the field cannot hold: a 400, not a 422. */
export class DecodeError extends Error {}

const quantity = /^[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Reads an object the way the API's own types would: unknown fields are dropped and reported, nulls are absent,
 * a value of the wrong type throws DecodeError.
 */
export function decodeObject(schema: Schema, value: JsonObject, unknown: string[]): JsonObject {
  const decoded = decode(schema, value, '', unknown);
  return isJsonObject(decoded) ? decoded : {};
}

function decode(schema: Schema, value: Json, path: string, unknown: string[]): Json | undefined {
  if (value === null) return undefined;
  switch (schema.type) {
    case 'string':
      return decodeString(schema, value, path);
    case 'boolean':
      return typeof value === 'boolean' ? value : wrong(value, path, 'bool');
    case 'integer':
      if (typeof value === 'number' && Number.isInteger(value)) {
        if (schema.format === 'int32' && Math.abs(value) > 2 ** 31) return wrong(value, path, 'int32');
        return value;
      }
      return wrong(value, path, schema.format ?? 'int64');
    case 'number':
      return typeof value === 'number' ? value : wrong(value, path, 'float64');
    case 'array': {
      if (!Array.isArray(value)) return wrong(value, path, '[]slice');
      const items = schema.items;
      return items
        ? value.map((item, index) => decode(items, item, `${path}[${index}]`, unknown) ?? emptyOf(items))
        : value;
    }
    case 'object':
      return isJsonObject(value) ? decodeMap(schema, value, path, unknown) : wrong(value, path, 'map');
    case 'any':
      return decodeAny(schema, value, path);
  }
}

function decodeString(schema: Schema, value: Json, path: string): Json | undefined {
  if (typeof value !== 'string') return wrong(value, path, 'string');
  if (schema.format === 'date-time' && !rfc3339.test(value))
    throw new DecodeError(
      `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05Z07:00": cannot parse (${path})`,
    );
  if (schema.format === 'byte' && !base64.test(value.replace(/[\r\n]/g, '')))
    throw new DecodeError(`illegal base64 data (${path})`);
  return value;
}

function decodeAny(schema: Schema, value: Json, path: string): Json | undefined {
  if (schema.isQuantity) {
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string') return wrong(value, path, 'resource.Quantity');
    if (!quantity.test(text))
      throw new DecodeError(
        `quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$' (${path})`,
      );
    return text;
  }
  if (schema.isIntOrString && typeof value !== 'string' && !Number.isInteger(value))
    return wrong(value, path, 'intstr.IntOrString');
  return value;
}

function decodeMap(schema: Schema, value: JsonObject, path: string, unknown: string[]): JsonObject {
  if (schema.isOpaque) return value;
  const out: JsonObject = {};
  const { properties, values } = schema;
  for (const key in value) {
    const child = value[key];
    if (child === undefined) continue;
    const known = properties.get(key) ?? values;
    if (!known) {
      unknown.push(path ? `${path}.${key}` : key);
      continue;
    }
    const decoded = decode(known, child, path ? `${path}.${key}` : key, unknown);
    if (decoded !== undefined) out[key] = decoded;
    else if (values) out[key] = emptyOf(known);
  }
  return out;
}

function emptyOf(schema: Schema): Json {
  return schema.type === 'string' ? '' : schema.type === 'array' ? [] : schema.type === 'object' ? {} : null;
}

function wrong(value: Json, path: string, wanted: string): never {
  const found = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  throw new DecodeError(`json: cannot unmarshal ${found} into Go struct field ${path} of type ${wanted}`);
}
