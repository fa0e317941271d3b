import type { Json, JsonObject } from '../kinds/json.js';
import type { Schema } from '../kinds/schema.js';
import { type CelType, type ObjectType, types } from './type.js';

/** The largest request there is; what has no bound of its own is bounded by it. */
const maxRequestBytes = 3 * 1024 * 1024;
const maxTextLength = maxRequestBytes - 2;
/** Quotes included: `"-2562047h47m16.854775808s"`, a full timestamp, a date. */
const durationLength = 32;
const timestampLength = 35;
const dateLength = 12;

interface Typed {
  readonly type: CelType;
  /** Bytes of the shortest JSON there is for a value. */
  readonly minBytes: number;
}

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** A property's name as an expression has to write it; undefined where it cannot be written. */
export function escapeName(name: string): string | undefined {
  if (reserved.has(name)) return `__${name}__`;
  if (!/^[a-zA-Z_./-][a-zA-Z0-9_./-]*$/.test(name)) return undefined;
  return name.replace(/__|[./-]/g, (each) => escapes[each] ?? each);
}

const escapes: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
};

/**
 * The type of what the schema describes. A resource's root and an embedded resource have `apiVersion`, `kind` and
 * `metadata.name` in any case. Undefined where the schema says too little for a rule: what is kept unknown is not seen.
 */
export function typeOfSchema(schema: Schema, isResource = false): CelType | undefined {
  return typed(schema, isResource, 'object', [])?.type;
}

function typed(schema: Schema, isResource: boolean, name: string, within: readonly string[]): Typed | undefined {
  const { raw } = schema;
  if (schema.isIntOrString) return { type: { kind: 'dyn', maxElements: textBound(raw, maxTextLength) }, minBytes: 1 };
  if (schema.isQuantity) return { type: { kind: 'dyn', maxElements: maxTextLength }, minBytes: 1 };
  switch (schema.type) {
    case 'array':
      return listType(schema, name, within);
    case 'object':
      return schema.values ? mapType(schema, schema.values, name, within) : objectOf(schema, isResource, name, within);
    case 'string':
      return textType(schema);
    case 'boolean':
      return { type: types.bool, minBytes: 4 };
    case 'integer':
      return { type: types.int, minBytes: 1 };
    case 'number':
      return { type: types.double, minBytes: 1 };
    case 'any':
      return undefined;
  }
}

function isEmbedded({ raw }: Schema): boolean {
  return raw['x-kubernetes-embedded-resource'] === true;
}

function listType(schema: Schema, name: string, within: readonly string[]): Typed | undefined {
  const { items } = schema;
  const element = items && typed(items, isEmbedded(items), `${name}.@idx`, within);
  if (!element) return undefined;
  const maxElements = bound(schema.raw.maxItems) ?? Math.floor((maxRequestBytes - 2) / (element.minBytes + 1));
  return { type: { kind: 'list', element: element.type, maxElements, schema }, minBytes: 2 };
}

function mapType(schema: Schema, values: Schema, name: string, within: readonly string[]): Typed | undefined {
  const value = typed(values, isEmbedded(values), `${name}.@prop`, within);
  if (!value) return undefined;
  const maxElements = bound(schema.raw.maxProperties) ?? Math.floor((maxRequestBytes - 2) / (value.minBytes + 6));
  // Keys have no limit of their own, and are counted as empty: rules over keys of public definitions rely on it.
  const key: CelType = { kind: 'string', maxElements: 0 };
  return { type: { kind: 'map', key, value: value.type, maxElements }, minBytes: 2 };
}

function textType(schema: Schema): Typed {
  switch (schema.format) {
    case 'byte':
      return { type: { kind: 'bytes', maxElements: bound(schema.raw.maxLength) ?? maxTextLength }, minBytes: 2 };
    case 'duration':
      return { type: { kind: 'duration', maxElements: durationLength }, minBytes: 4 };
    case 'date':
      return { type: { kind: 'timestamp', maxElements: dateLength }, minBytes: dateLength };
    case 'date-time':
    case 'datetime':
      return { type: { kind: 'timestamp', maxElements: timestampLength }, minBytes: 22 };
    default:
      return { type: { kind: 'string', maxElements: textBound(schema.raw, enumBound(schema.raw)) }, minBytes: 2 };
  }
}

/** A character may take four bytes. */
function textBound(raw: JsonObject, otherwise: number): number {
  const length = bound(raw.maxLength);
  return length === undefined ? otherwise : length * 4;
}

function enumBound(raw: JsonObject): number {
  if (!Array.isArray(raw.enum) || raw.enum.length === 0) return maxTextLength;
  return raw.enum.reduce<number>(
    (most, each) => (typeof each === 'string' ? Math.max(most, Buffer.byteLength(each)) : most),
    0,
  );
}

function bound(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? Math.max(value, 0) : undefined;
}

type Field = { readonly property: string; readonly type: CelType };

/** Built-in definitions refer to themselves, so fields are made when they are asked for. */
function objectOf(schema: Schema, isResource: boolean, name: string, within: readonly string[]): Typed {
  const typeName = schema.definition ?? name;
  const isRecursive = schema.definition !== undefined && within.includes(schema.definition);
  const inside = schema.definition === undefined ? within : [...within, schema.definition];
  let known: Map<string, Field> | undefined;
  const type: ObjectType = {
    kind: 'object',
    name: typeName,
    get fields() {
      known ??= fieldsOf(schema, isResource, typeName);
      return known;
    },
  };
  return { type, minBytes: isRecursive ? 2 : minBytesOf(schema, inside) };
}

function fieldsOf(schema: Schema, isResource: boolean, name: string): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const [property, child] of schema.properties) {
    const escaped = escapeName(property);
    const field = typed(child, isEmbedded(child), `${name}.${property}`, []);
    if (escaped !== undefined && field) fields.set(escaped, { property, type: field.type });
  }
  if (isResource) addResourceFields(fields, name);
  return fields;
}

function addResourceFields(fields: Map<string, Field>, name: string): void {
  const text: CelType = { kind: 'string', maxElements: maxTextLength };
  const isKnown = fields.get('metadata')?.type;
  if (isKnown?.kind === 'object' && isKnown.fields.has('name') && isKnown.fields.has('generateName')) return;
  const own = new Map(['name', 'generateName'].map((property) => [property, { property, type: text }]));
  fields.set('apiVersion', { property: 'apiVersion', type: text });
  fields.set('kind', { property: 'kind', type: text });
  fields.set('metadata', { property: 'metadata', type: { kind: 'object', name: `${name}.metadata`, fields: own } });
}

function minBytesOf(schema: Schema, within: readonly string[]): number {
  let bytes = 2;
  for (const property of schema.required) {
    const child = schema.properties.get(property);
    if (!child || child.raw.default !== undefined) continue;
    if (child.definition !== undefined && within.includes(child.definition)) bytes += property.length + 6;
    else {
      const field = typed(child, isEmbedded(child), property, within);
      if (field) bytes += property.length + field.minBytes + 4;
    }
  }
  return bytes;
}
