import { canonicalBase64 } from './base64.js';
import { isJsonObject, type Json, type JsonObject } from './json.js';
import { formatQuantity, parseExact } from './quantity.js';
import { type Schema, schemaOf } from './schema.js';
import { canonicalTime, TimeError } from './time.js';

/** The body has a value of a type that the field cannot hold: a 400, not a 422. */
export class DecodeError extends Error {}

/** Amounts so short are in their canonical form already. */
const shortQuantity = /^[1-9][0-9]{0,2}(?:m|k|M|G|T|Ki|Mi|Gi|Ti)?$/;
const quantitySuffix = /^[+-]?[0-9.]+(?:[eEinumkKMGTP]*[-+]?[0-9]*)$/;

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
/** Upstream stores no empty list or map of these: who asks whether an object has owners looks for the field. */
const leftOutEmpty = ['labels', 'annotations', 'finalizers', 'ownerReferences', 'managedFields'];

/**
 * Reads an object the way the API's own types would: unknown fields are dropped and reported by their paths, nulls are absent,
 * amounts, times and bytes get their canonical form, a value of the wrong type throws DecodeError.
 */
export function decodeObject(schema: Schema, value: JsonObject, unknown: string[]): JsonObject {
  const decoded = new Decoding(unknown).decode(schema, value);
  return isJsonObject(decoded) ? decoded : {};
}

class Decoding {
  /** Where the decoder stands: names of fields, indexes of lists, and the schemas they are parts of. */
  readonly #path: (string | number)[] = [];
  readonly #holders: Schema[] = [];

  constructor(readonly unknown: string[]) {}

  decode(schema: Schema, value: Json): Json | undefined {
    if (value === null) return undefined;
    switch (schema.type) {
      case 'string':
        return this.#string(schema, value);
      case 'boolean':
        return typeof value === 'boolean' ? value : this.#wrong(schema, value);
      case 'integer':
        return typeof value === 'number' && isInRange(value, schema.format) ? value : this.#wrong(schema, value);
      case 'number':
        return typeof value === 'number' ? value : this.#wrong(schema, value);
      case 'array':
        return Array.isArray(value) ? this.#list(schema, value) : this.#wrong(schema, value);
      case 'object':
        return isJsonObject(value) ? this.#object(schema, value) : this.#wrong(schema, value);
      case 'any':
        return this.#any(schema, value);
    }
  }

  #list(schema: Schema, value: Json[]): Json[] {
    const { items } = schema;
    if (!items) return value;
    const path = this.#path;
    const depth = path.length;
    const out: Json[] = new Array<Json>(value.length);
    for (let index = 0; index < value.length; index += 1) {
      path[depth] = index;
      out[index] = this.decode(items, value[index] ?? null) ?? zeroOf(items);
    }
    path.length = depth;
    return out;
  }

  #object(schema: Schema, value: JsonObject): JsonObject {
    if (schema.isOpaque) return value;
    const out: JsonObject = {};
    const { properties, values } = schema;
    const path = this.#path;
    const depth = path.length;
    this.#holders.push(schema);
    for (const key in value) {
      const child = value[key];
      if (child === undefined) continue;
      path[depth] = key;
      const known = properties.get(key) ?? values;
      // Setting this key would change what the object is.
      if (!known || key === '__proto__') {
        this.unknown.push(placeText(path));
        continue;
      }
      const decoded = this.decode(known, child);
      if (decoded !== undefined) out[key] = decoded;
      else if (values) out[key] = zeroOf(known);
    }
    path.length = depth;
    this.#holders.pop();
    if (schema.definition === objectMeta) for (const key of leftOutEmpty) if (isEmpty(out[key])) delete out[key];
    return out;
  }

  #string(schema: Schema, value: Json): Json {
    if (typeof value !== 'string') {
      if (schema.definition?.endsWith('Time'))
        throw new DecodeError(`json: cannot unmarshal ${foundType(value)} into Go value of type string`);
      return this.#wrong(schema, value);
    }
    if (schema.format === undefined) return value;
    if (schema.format === 'byte') {
      const bytes = canonicalBase64(value);
      if (typeof bytes === 'number') throw new DecodeError(`illegal base64 data at input byte ${bytes}`);
      return bytes;
    }
    if (schema.format !== 'date-time') return value;
    try {
      const time = canonicalTime(value, schema.definition?.endsWith('.MicroTime') === true);
      return schema.definition === undefined ? value : time;
    } catch (error) {
      if (error instanceof TimeError) throw new DecodeError(error.message);
      throw error;
    }
  }

  #any(schema: Schema, value: Json): Json | undefined {
    if (schema.isQuantity) return quantityText(value);
    if (schema.isIntOrString) {
      if (typeof value === 'string' || (typeof value === 'number' && isInRange(value, 'int32'))) return value;
      throw new DecodeError(`json: cannot unmarshal ${foundType(value, true)} into Go value of type int32`);
    }
    const definition = schema.definition ?? '';
    if (definition.startsWith(extensions)) return this.#orOther(definition.slice(extensions.length), value);
    return value;
  }

  /** The parts of a custom resource's schema that are a schema or something else. */
  #orOther(or: string, value: Json): Json | undefined {
    const props = schemaOf(extensions);
    if (isJsonObject(value)) return this.decode(props, value);
    if (or === 'OrArray' && Array.isArray(value)) return this.#listOf(props, value);
    return value;
  }

  #listOf(items: Schema, value: Json[]): Json[] {
    const depth = this.#path.length;
    const out = value.map((each, index) => {
      this.#path[depth] = index;
      return this.decode(items, each) ?? {};
    });
    this.#path.length = depth;
    return out;
  }

  #wrong(schema: Schema, value: Json): never {
    const holder = this.#holders.findLast((each) => each.definition !== undefined)?.definition ?? '';
    const struct = holder.slice(holder.lastIndexOf('.') + 1);
    const names = this.#path.filter((each, index) => typeof each === 'string' && !this.#isMapKey(index));
    throw new DecodeError(
      `json: cannot unmarshal ${foundType(value, schema.type === 'integer')} into Go struct field ${[struct, ...names].join('.')} of type ${goType(schema)}`,
    );
  }

  /** A map's keys are no fields: the API's message does not name them. */
  #isMapKey(index: number): boolean {
    let holder = -1;
    for (let at = 0; at <= index; at += 1) if (typeof this.#path[at] === 'string') holder += 1;
    return this.#holders[holder]?.values !== undefined;
  }
}

const extensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';

function isEmpty(value: Json | undefined): boolean {
  return Array.isArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0;
}

function isInRange(value: number, format: string | undefined): boolean {
  if (!Number.isInteger(value)) return false;
  return format === 'int32' ? value >= -2147483648 && value <= 2147483647 : Math.abs(value) <= 2 ** 63;
}

function quantityText(value: Json): string {
  const text = typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
  if (shortQuantity.test(text)) return text;
  const parsed = parseExact(text);
  if (parsed) return formatQuantity(parsed);
  throw new DecodeError(
    quantitySuffix.test(text) && !/\..*\./.test(text)
      ? "unable to parse quantity's suffix"
      : "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  );
}

/** `spec.containers[0].name` */
function placeText(path: readonly (string | number)[]): string {
  let text = '';
  for (const each of path) {
    if (typeof each === 'number') text += `[${each}]`;
    else text += text === '' ? each : `.${each}`;
  }
  return text;
}

/** What stands for null where something must: an item of a list, a value of a map. */
function zeroOf(schema: Schema): Json {
  switch (schema.type) {
    case 'string':
      return schema.definition?.endsWith('Time') ? null : '';
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return 0;
    case 'array':
      return [];
    case 'object':
      return {};
    case 'any':
      return schema.isQuantity ? '0' : schema.isIntOrString ? 0 : null;
  }
}

function foundType(value: Json, withNumber = false): string {
  if (Array.isArray(value)) return 'array';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'number':
      return withNumber ? `number ${value}` : 'number';
    default:
      return typeof value;
  }
}

/** The type of a field as the API's messages name it. */
function goType(schema: Schema): string {
  const { definition } = schema;
  if (definition !== undefined) return definition.split('.').slice(-2).join('.');
  switch (schema.type) {
    case 'string':
      return schema.format === 'byte' ? '[]uint8' : 'string';
    case 'boolean':
      return 'bool';
    case 'integer':
      return schema.format ?? 'int64';
    case 'number':
      return 'float64';
    case 'array':
      return `[]${schema.items ? goType(schema.items) : 'string'}`;
    case 'object':
      return `map[string]${schema.values ? goType(schema.values) : 'interface {}'}`;
    case 'any':
      return 'interface {}';
  }
}
