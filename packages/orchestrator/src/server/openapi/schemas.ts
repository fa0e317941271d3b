import {
  allDefinitions,
  apiVersionOf,
  isJsonObject,
  type Json,
  type JsonObject,
  type KindDefinition,
} from '../../kinds/index.js';

const metaGroup = 'io.k8s.apimachinery.pkg.apis.meta.v1';
export const statusSchema = `${metaGroup}.Status`;
export const deleteOptionsSchema = `${metaGroup}.DeleteOptions`;
const objectMetaSchema = `${metaGroup}.ObjectMeta`;
const listMetaSchema = `${metaGroup}.ListMeta`;

export const listSchemaOf = (kind: KindDefinition) => `${kind.schema}List`;

export const groupVersionKind = ({ type }: Pick<KindDefinition, 'type'>): JsonObject => ({
  group: type.group,
  version: type.version,
  kind: type.kind,
});

let byType: ReadonlyMap<string, string> | undefined;

/** The name of the schema of an `apiVersion` and a `kind`. */
export function schemaNameOf(apiVersion: string, kind: string): string | undefined {
  byType ??= new Map(
    Object.entries(allDefinitions()).flatMap(([name, schema]) => {
      const types = isJsonObject(schema) ? schema['x-kubernetes-group-version-kind'] : undefined;
      return (Array.isArray(types) ? types : [])
        .filter(isJsonObject)
        .map((each) => [
          `${apiVersionOf({ group: String(each.group), version: String(each.version) })} ${each.kind}`,
          name,
        ]);
    }),
  );
  return byType.get(`${apiVersion} ${kind}`);
}

const list = (kind: KindDefinition): JsonObject => ({
  type: 'object',
  required: ['items'],
  properties: {
    apiVersion: { type: 'string' },
    items: { type: 'array', items: { $ref: kind.schema } },
    kind: { type: 'string' },
    metadata: { $ref: listMetaSchema },
  },
  'x-kubernetes-group-version-kind': [{ ...groupVersionKind(kind), kind: `${kind.type.kind}List` }],
});

function custom(kind: KindDefinition, schema: JsonObject): JsonObject {
  return {
    ...schema,
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      ...(isJsonObject(schema.properties) ? schema.properties : {}),
      metadata: { $ref: objectMetaSchema },
    },
    'x-kubernetes-group-version-kind': [groupVersionKind(kind)],
  };
}

/** The published schema of a kind says its own apiVersion and kind; a document leaves them open. */
function builtIn(schema: JsonObject): JsonObject {
  if (schema['x-kubernetes-group-version-kind'] === undefined || !isJsonObject(schema.properties)) return schema;
  const { apiVersion, kind } = schema.properties;
  const open = { ...(apiVersion && { apiVersion: { type: 'string' } }), ...(kind && { kind: { type: 'string' } }) };
  return { ...schema, properties: { ...schema.properties, ...open } };
}

/** All schemas that some kinds need, and those that these refer to, by name. */
export function collectSchemas(kinds: readonly KindDefinition[], further: readonly string[]): Map<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  const visit = (value: Json | undefined): void => {
    if (Array.isArray(value)) for (const each of value) visit(each);
    else if (isJsonObject(value)) {
      if (typeof value.$ref === 'string') add(value.$ref);
      for (const child of Object.values(value)) visit(child);
    }
  };
  const put = (name: string, schema: JsonObject) => {
    if (found.has(name)) return;
    found.set(name, schema);
    visit(schema);
  };
  const add = (name: string) => {
    const schema = allDefinitions()[name];
    if (isJsonObject(schema)) put(name, builtIn(schema));
  };
  for (const kind of kinds) {
    if (kind.customSchema) put(kind.schema, custom(kind, kind.customSchema.raw));
    else add(kind.schema);
    if (!kind.verbs || kind.verbs.includes('list')) put(listSchemaOf(kind), list(kind));
  }
  for (const name of further) add(name);
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `wrap` makes the form of one schema node; its children have been made already. */
export function mapSchema(schema: JsonObject, wrap: (node: JsonObject) => JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(schema)) {
    if (value === undefined) continue;
    if ((key === 'properties' || key === 'patternProperties') && isJsonObject(value))
      out[key] = Object.fromEntries(
        Object.entries(value).flatMap(([name, child]) => (isJsonObject(child) ? [[name, mapSchema(child, wrap)]] : [])),
      );
    else if ((key === 'items' || key === 'additionalProperties' || key === 'not') && isJsonObject(value))
      out[key] = mapSchema(value, wrap);
    else if ((key === 'allOf' || key === 'oneOf' || key === 'anyOf') && Array.isArray(value))
      out[key] = value.map((each) => (isJsonObject(each) ? mapSchema(each, wrap) : each));
    else out[key] = value;
  }
  return wrap(out);
}
