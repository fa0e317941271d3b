import {
  isJsonObject,
  type Json,
  type JsonObject,
  type KindDefinition,
  type Schema,
  schemaFor,
  schemaOf,
} from '../../kinds/index.js';

/** What a schema says of ownership: what is owned as one, and what field by field. A value may fit more than one of the three. */
export interface FieldType {
  readonly scalar: Scalar | undefined;
  readonly list: ListType | undefined;
  readonly map: MapType | undefined;
}

export type Scalar = 'numeric' | 'string' | 'boolean' | 'untyped';

/** Items of a list that is not atomic are known by their keys, or by their value when there are no keys (a set). */
export interface ListType {
  readonly isAtomic: boolean;
  readonly keys: readonly ListKey[];
  readonly item: FieldType;
}

export interface ListKey {
  readonly name: string;
  /** The name as it stands in a path element: `"name":`. */
  readonly text: string;
  readonly default: Json | undefined;
}

export interface MapType {
  readonly isAtomic: boolean;
  readonly fields: ReadonlyMap<string, Field>;
  /** Of the keys that are not among the fields; absent when there must be none. */
  readonly values: FieldType | undefined;
}

export interface Field {
  readonly element: string;
  readonly type: FieldType;
  /** What the field holds in an object that does not mention it: a struct inside a struct is always there. */
  readonly zero: 'struct' | 'null' | undefined;
}

const metaDefinition = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const rawExtension = 'io.k8s.apimachinery.pkg.runtime.RawExtension';

/** Content without a schema that is owned as one. */
const untyped: FieldType = {
  scalar: 'untyped',
  list: {
    isAtomic: true,
    keys: [],
    get item() {
      return untyped;
    },
  },
  map: {
    isAtomic: true,
    fields: new Map(),
    get values() {
      return untyped;
    },
  },
};

/** Content without a schema whose maps are owned key by key. */
export const deduced: FieldType = {
  scalar: 'untyped',
  list: { isAtomic: true, keys: [], item: untyped },
  map: {
    isAtomic: false,
    fields: new Map(),
    get values() {
      return deduced;
    },
  },
};

const ofSchemas = new WeakMap<Schema, FieldType>();
const ofKinds = new WeakMap<KindDefinition, FieldType>();

/** The type of a kind's objects. */
export function fieldTypeOf(kind: KindDefinition): FieldType {
  let type = ofKinds.get(kind);
  if (!type) {
    type = kind.customSchema ? customType(kind.customSchema) : builtInType(schemaFor(kind));
    ofKinds.set(kind, type);
  }
  return type;
}

/** The schema of a custom resource tells only what is its own; the rest is the same for all. */
function customType(schema: Schema): FieldType {
  const { map } = compile(schema, { isCustom: true, isPreserving: false });
  const fields = new Map(map?.fields);
  fields.set('apiVersion', fieldOf('apiVersion', scalarType('string')));
  fields.set('kind', fieldOf('kind', scalarType('string')));
  fields.set('metadata', { ...fieldOf('metadata', builtInType(schemaOf(metaDefinition))), zero: 'struct' });
  return { scalar: undefined, list: undefined, map: { isAtomic: false, fields, values: map?.values } };
}

function builtInType(schema: Schema): FieldType {
  let type = ofSchemas.get(schema);
  if (!type) {
    type = compile(schema, { isCustom: false, isPreserving: false });
    ofSchemas.set(schema, type);
  }
  return type;
}

interface Context {
  isCustom: boolean;
  /** Inside of x-kubernetes-preserve-unknown-fields; what is below inherits it. */
  isPreserving: boolean;
}

function childType(schema: Schema, context: Context): FieldType {
  return context.isCustom ? compile(schema, context) : builtInType(schema);
}

function compile(schema: Schema, context: Context): FieldType {
  if (schema.definition === rawExtension) return untyped;
  const isPreserving = context.isPreserving || schema.raw['x-kubernetes-preserve-unknown-fields'] === true;
  const inside = { ...context, isPreserving };
  if (schema.isQuantity || schema.isIntOrString) return scalarType('untyped');
  switch (schema.type) {
    case 'object':
      return { scalar: undefined, list: undefined, map: new SchemaMap(schema, inside) };
    case 'array':
      return { scalar: undefined, list: new SchemaList(schema, inside), map: undefined };
    case 'integer':
    case 'number':
      return scalarType('numeric');
    case 'boolean':
      return scalarType('boolean');
    case 'string':
      return scalarType(!schema.format || schema.format === 'byte' ? 'string' : 'untyped');
    case 'any':
      return { scalar: 'untyped', list: new SchemaList(schema, inside), map: new SchemaMap(schema, inside) };
  }
}

/** The children are compiled when they are first asked for: a schema may hold itself. */
class SchemaMap implements MapType {
  readonly isAtomic: boolean;
  #fields: ReadonlyMap<string, Field> | undefined;
  #values: FieldType | false | undefined;

  constructor(
    readonly schema: Schema,
    readonly context: Context,
  ) {
    this.isAtomic = schema.mapType === 'atomic';
  }

  get fields(): ReadonlyMap<string, Field> {
    if (!this.#fields) {
      const { schema, context } = this;
      const fields = new Map<string, Field>();
      for (const [name, child] of schema.properties) {
        const zero = context.isCustom ? undefined : zeroOf(schema, name);
        fields.set(name, { ...fieldOf(name, childType(child, context)), zero });
      }
      if (context.isCustom && schema.raw['x-kubernetes-embedded-resource'] === true) {
        fields.set('apiVersion', fieldOf('apiVersion', scalarType('string')));
        fields.set('kind', fieldOf('kind', scalarType('string')));
        fields.set('metadata', fieldOf('metadata', builtInType(schemaOf(metaDefinition))));
      }
      this.#fields = fields;
    }
    return this.#fields;
  }

  get values(): FieldType | undefined {
    if (this.#values === undefined) {
      const { schema, context } = this;
      const described = schema.values;
      const { additionalProperties } = schema.raw;
      if (described) this.#values = childType(described, context);
      else if (typeof additionalProperties === 'boolean') this.#values = additionalProperties && deduced;
      else this.#values = (context.isPreserving || schema.properties.size === 0) && deduced;
    }
    return this.#values || undefined;
  }
}

class SchemaList implements ListType {
  readonly isAtomic: boolean;
  readonly #keyNames: readonly string[];
  #keys: readonly ListKey[] | undefined;
  #item: FieldType | undefined;

  constructor(
    readonly schema: Schema,
    readonly context: Context,
  ) {
    const { listType, listMapKeys, patchStrategies, mergeKey } = schema;
    const isMerged = listType === undefined && patchStrategies.includes('merge');
    this.isAtomic = !(listType === 'set' || listType === 'map' || isMerged);
    this.#keyNames = listType === 'map' ? listMapKeys : isMerged && mergeKey ? [mergeKey] : [];
  }

  get keys(): readonly ListKey[] {
    const item = this.schema.items;
    this.#keys ??= [...this.#keyNames].sort().map((name) => ({
      name,
      text: `${JSON.stringify(name)}:`,
      default: keyDefault(item, name, this.context.isCustom),
    }));
    return this.#keys;
  }

  get item(): FieldType {
    const { items } = this.schema;
    this.#item ??= items ? childType(items, this.context) : untyped;
    return this.#item;
  }
}

/** The built-in types' defaults of keys: the protocol of a port, and what Go's types hold when nothing is said. */
function keyDefault(item: Schema | undefined, name: string, isCustom: boolean): Json | undefined {
  const field = item?.properties.get(name);
  if (!item || !field) return undefined;
  if (field.raw.default !== undefined) return field.raw.default;
  if (isCustom) return undefined;
  if (name === 'protocol' && /\.(Container|Service)Port$/.test(item.definition ?? '')) return 'TCP';
  if (!item.required.includes(name) && !item.definition?.endsWith('.LocalObjectReference')) return undefined;
  return field.type === 'string' ? '' : field.type === 'integer' ? 0 : undefined;
}

/** Fields of the built-in types that hold a struct by value: they are never absent, so nobody comes to own them by adding them. */
const structs = new Set(
  `backend clientConfig conditions current daemonEndpoints deprecatedSource describedObject involvedObject jobTemplate
  kubeletEndpoint lastState limitResponse loadBalancer metadata metric nodeInfo podAffinityTerm preference
  priorityLevelConfiguration regarding roleRef scaleTargetRef source spec state status strategy target template
  updateStrategy`.split(/\s+/),
);
const structsOfOne = new Set([
  'Container.resources',
  'EphemeralContainer.resources',
  'PersistentVolumeClaimSpec.resources',
  'NetworkPolicySpec.podSelector',
  'IngressServiceBackend.port',
]);
const pointers = new Set([
  'CustomResourceSubresources.status',
  'ReplicationControllerSpec.template',
  'WebhookConversion.clientConfig',
]);

function zeroOf(schema: Schema, name: string): Field['zero'] {
  const place = `${schema.definition?.slice(schema.definition.lastIndexOf('.') + 1) ?? ''}.${name}`;
  const isObject = schema.properties.get(name)?.type === 'object';
  if (isObject && ((structs.has(name) && !pointers.has(place)) || structsOfOne.has(place))) return 'struct';
  return schema.required.includes(name) ? 'null' : undefined;
}

function scalarType(scalar: Scalar): FieldType {
  return { scalar, list: undefined, map: undefined };
}

function fieldOf(name: string, type: FieldType): Field {
  return { element: `f:${name}`, type, zero: undefined };
}

/** Which of the type's forms a value takes; undefined: a scalar, owned as one. */
export function formOf(type: FieldType, value: Json | undefined): ListType | MapType | undefined {
  if (Array.isArray(value)) {
    if (type.list) return type.list;
  } else if (isJsonObject(value)) {
    if (type.map) return type.map;
  } else if (value !== null && value !== undefined && type.scalar) return undefined;
  return type.map ?? (type.scalar ? undefined : type.list);
}

export function isListType(form: ListType | MapType): form is ListType {
  return 'item' in form;
}

export function asMap(value: Json | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

export function asList(value: Json | undefined): Json[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

export function isEmptyMap(map: JsonObject | undefined): boolean {
  for (const key in map) if (map[key] !== undefined) return false;
  return true;
}
