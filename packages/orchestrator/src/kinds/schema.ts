import { readFileSync } from 'node:fs';
import { isJsonObject, type Json, type JsonObject } from './json.js';

export type SchemaType = 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | 'any';

/** One node of a kind's schema; children are resolved when they are first asked for. */
export class Schema {
  readonly type: SchemaType;
  readonly format: string | undefined;
  readonly isQuantity: boolean;
  readonly isIntOrString: boolean;
  readonly required: readonly string[];
  readonly listType: string | undefined;
  readonly listMapKeys: readonly string[];
  readonly mapType: string | undefined;
  readonly mergeKey: string | undefined;
  readonly patchStrategies: readonly string[];
  #properties: Map<string, Schema> | undefined;
  #items: Schema | undefined;
  #values: Schema | undefined;

  /** `site` holds the extensions written beside a `$ref`. */
  constructor(
    readonly raw: JsonObject,
    site: JsonObject,
    readonly definition: string | undefined,
  ) {
    const extension = (name: string): Json | undefined => site[name] ?? raw[name];
    const oneOf = Array.isArray(raw.oneOf) ? raw.oneOf.filter(isJsonObject).map((each) => each.type) : [];
    this.isQuantity = oneOf.includes('number');
    this.isIntOrString = oneOf.includes('integer') || raw['x-kubernetes-int-or-string'] === true;
    this.type = this.isQuantity || this.isIntOrString ? 'any' : typeName(raw.type);
    this.format = typeof raw.format === 'string' ? raw.format : undefined;
    this.required = strings(raw.required);
    this.listType = text(extension('x-kubernetes-list-type'));
    this.listMapKeys = strings(extension('x-kubernetes-list-map-keys'));
    this.mapType = text(extension('x-kubernetes-map-type'));
    this.mergeKey = text(extension('x-kubernetes-patch-merge-key'));
    this.patchStrategies = (text(extension('x-kubernetes-patch-strategy')) ?? '').split(',').filter(Boolean);
  }

  get properties(): ReadonlyMap<string, Schema> {
    if (!this.#properties) {
      const raw = isJsonObject(this.raw.properties) ? this.raw.properties : {};
      this.#properties = new Map(
        Object.entries(raw).flatMap(([name, child]) => (isJsonObject(child) ? [[name, resolve(child)]] : [])),
      );
    }
    return this.#properties;
  }

  get items(): Schema | undefined {
    if (!this.#items && isJsonObject(this.raw.items)) this.#items = resolve(this.raw.items);
    return this.#items;
  }

  /** The schema of a map's values. */
  get values(): Schema | undefined {
    if (!this.#values && isJsonObject(this.raw.additionalProperties))
      this.#values = resolve(this.raw.additionalProperties);
    return this.#values;
  }

  /** True for an object whose content is not described: it is kept as it came. */
  get isOpaque(): boolean {
    return this.type === 'object' && this.properties.size === 0 && !this.values;
  }

  child(name: string): Schema | undefined {
    return this.properties.get(name) ?? this.values;
  }
}

let definitions: JsonObject | undefined;
const resolved = new Map<string, Schema>();

/** All definitions, by their published names. */
export function allDefinitions(): JsonObject {
  definitions ??= JSON.parse(readFileSync(new URL('../../data/schemas.json', import.meta.url), 'utf8')) as JsonObject;
  return definitions;
}

export function schemaOf(definition: string): Schema {
  return resolve({ $ref: definition });
}

function resolve(raw: JsonObject): Schema {
  const name = text(raw.$ref);
  if (!name) return new Schema(raw, raw, undefined);
  const isPlain = Object.keys(raw).length === 1;
  const known = isPlain ? resolved.get(name) : undefined;
  if (known) return known;
  const target = allDefinitions()[name];
  if (!isJsonObject(target))
    throw new Error(`data/schemas.json has no definition ${name}; run scripts/generate-kinds.mjs`);
  const schema = new Schema(target, raw, name);
  if (isPlain) resolved.set(name, schema);
  return schema;
}

function typeName(value: Json | undefined): SchemaType {
  switch (value) {
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
    case 'array':
    case 'object':
      return value;
    default:
      return 'any';
  }
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function strings(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
