import {
  ageColumn,
  ageOf,
  type Column,
  type ConversionHook,
  type CustomBehaviour,
  DecodeError,
  decodeObject,
  defineKind,
  type FieldError,
  invalid,
  isJsonObject,
  isSame,
  type Json,
  type JsonObject,
  type KindDefinition,
  nameColumn,
  objectAt,
  objectsAt,
  Schema,
  schemaOf,
  statusSubresource,
  stringAt,
} from '../../kinds/index.js';
import { scaleBehaviour } from './custom-scale.js';
import { JsonPath } from './json-path.js';
import { type RuleSet, rulesOf } from './rules.js';
import { SchemaNode } from './schema-node.js';
import { prune, setDefaults } from './shape.js';
import { SimplePath } from './simple-path.js';
import { validateEmbedded, validateUnique, validateValue } from './validate-value.js';

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
/** Errors after which the rules are not asked: they may rely on what the schema promises. */
const blocking: readonly FieldError['reason'][] = [
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
];
const blockedText =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

/** The kinds of an established definition, one for each served version. */
export function customKindsOf(definition: JsonObject, hook?: ConversionHook): KindDefinition[] {
  return objectsAt(objectAt(definition, 'spec'), 'versions')
    .filter((each) => each.served === true)
    .sort((a, b) => compareVersions(stringAt(a, 'name'), stringAt(b, 'name')))
    .map((version) => customKindOf(definition, version, hook));
}

function customKindOf(definition: JsonObject, version: JsonObject, hook: ConversionHook | undefined): KindDefinition {
  const spec = objectAt(definition, 'spec');
  const names = objectAt(objectAt(definition, 'status'), 'acceptedNames');
  const group = stringAt(spec, 'group');
  const kind = stringAt(names, 'kind');
  const type = {
    group,
    version: stringAt(version, 'name'),
    plural: stringAt(names, 'plural'),
    kind,
    namespaced: spec.scope === 'Namespaced',
  };
  const described = objectAt(objectAt(version, 'schema'), 'openAPIV3Schema');
  const node = new SchemaNode(described);
  const subresources = objectAt(version, 'subresources');
  const hasStatus = isJsonObject(subresources.status);
  const scale = isJsonObject(subresources.scale) ? subresources.scale : undefined;
  const others = [...node.properties.keys()].filter((each) => !['apiVersion', 'kind', 'metadata'].includes(each));
  const strings = (key: string) =>
    Array.isArray(names[key]) ? names[key].filter((each) => typeof each === 'string') : [];
  return defineKind({
    type,
    singular: stringAt(names, 'singular'),
    shortNames: strings('shortNames'),
    categories: strings('categories'),
    schema: `${group.split('.').reverse().join('.')}.${type.version}.${kind}`,
    customSchema: publishedSchema(described, type),
    custom: behaviourOf(definition, version, node),
    isStructural: true,
    storedAs: storedAs(definition, version, node, hook),
    subresources: [
      ...(hasStatus ? [statusSubresource(kind)] : []),
      ...(scale
        ? [{ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch', 'update'] }]
        : []),
    ],
    generationOf: ['spec', ...others.filter((each) => each !== 'spec' && !(hasStatus && each === 'status'))],
    setDefaults: (draft) => setDefaults(node, draft),
    prepareForUpdate: (draft, old) => countGeneration(draft, old, hasStatus),
    columns: columnsOf(version),
    fields: Object.fromEntries(
      objectsAt(version, 'selectableFields').map((each) => {
        const path = new SimplePath(stringAt(each, 'jsonPath'));
        return [path.text.replace(/^\./, ''), (object: JsonObject) => fieldText(path.get(object))];
      }),
    ),
  });
}

const fieldText = (value: Json | undefined) =>
  typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';

/** Fields the schema does not name count too. */
function countGeneration(draft: JsonObject, old: JsonObject, hasStatus: boolean): void {
  const ignored = ['apiVersion', 'kind', 'metadata', ...(hasStatus ? ['status'] : [])];
  const keys = new Set([...Object.keys(draft), ...Object.keys(old)].filter((key) => !ignored.includes(key)));
  if ([...keys].some((key) => !isSame(draft[key], old[key])))
    objectAt(draft, 'metadata').generation = Number(objectAt(old, 'metadata').generation ?? 0) + 1;
}

function publishedSchema(described: JsonObject, type: KindDefinition['type']): Schema {
  const { group, version, kind } = type;
  const raw: JsonObject = {
    ...described,
    type: 'object',
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      ...objectAt(described, 'properties'),
      metadata: { $ref: objectMeta },
    },
    'x-kubernetes-group-version-kind': [{ group, version, kind }],
  };
  return new Schema(raw, raw, undefined);
}

function behaviourOf(definition: JsonObject, version: JsonObject, node: SchemaNode): CustomBehaviour {
  const spec = objectAt(definition, 'spec');
  const scale = objectAt(objectAt(version, 'subresources'), 'scale');
  const selector = stringAt(scale, 'labelSelectorPath');
  const own = `${stringAt(spec, 'group')}/${stringAt(version, 'name')}`;
  let rules: RuleSet | undefined;
  const isRuled = node.some((each) => each.rules.length > 0);
  return {
    decode: (input, unknown) => decodeCustom(node, input, unknown),
    validate: (object, old, warnings) => {
      const errors: FieldError[] = [];
      validateValue(node, object, old, '', errors);
      validateEmbedded(node, object, '', errors);
      validateUnique(node, object, '', errors);
      if (!isRuled) return errors;
      if (errors.some((each) => blocking.includes(each.reason)))
        return [...errors, invalid('<nil>', null, blockedText)];
      rules ??= rulesOf(node);
      return [...errors, ...rules.check(object, old, warnings)];
    },
    ...(stringAt(scale, 'specReplicasPath') !== '' && {
      scale: scaleBehaviour(
        new SimplePath(stringAt(scale, 'specReplicasPath')),
        new SimplePath(stringAt(scale, 'statusReplicasPath')),
        selector === '' ? undefined : new SimplePath(selector),
      ),
    }),
    deprecation:
      version.deprecated === true
        ? stringAt(version, 'deprecationWarning') || `${own} ${stringAt(objectAt(spec, 'names'), 'kind')} is deprecated`
        : '',
    isTerminating: objectAt(definition, 'metadata').deletionTimestamp !== undefined,
  };
}

function decodeCustom(node: SchemaNode, input: JsonObject, unknown: string[]): JsonObject {
  const object = structuredClone(input);
  const { metadata } = object;
  if (metadata === null) delete object.metadata;
  else if (metadata !== undefined) {
    if (!isJsonObject(metadata))
      throw new DecodeError('json: cannot unmarshal metadata into Go value of type v1.ObjectMeta');
    const strange: string[] = [];
    object.metadata = decodeObject(schemaOf(objectMeta), metadata, strange);
    unknown.push(...strange.map((each) => `metadata.${each}`));
  }
  prune(node, object, '', true, unknown);
  return object;
}

/**
 * How objects written under another version, or under an earlier schema, are served. A definition that has only ever had one
 * version and one schema needs none of it: its objects leave as the bytes they are.
 */
function storedAs(
  definition: JsonObject,
  version: JsonObject,
  node: SchemaNode,
  hook: ConversionHook | undefined,
): KindDefinition['storedAs'] {
  const spec = objectAt(definition, 'spec');
  const versions = objectsAt(spec, 'versions');
  const stored = objectAt(definition, 'status').storedVersions;
  const isOnly = versions.length === 1 && (!Array.isArray(stored) || stored.length <= 1);
  if (isOnly && Number(objectAt(definition, 'metadata').generation ?? 1) <= 1) return undefined;
  const group = stringAt(spec, 'group');
  const storage = stringAt(
    versions.find((each) => each.storage === true),
    'name',
  );
  const served = `${group}/${stringAt(version, 'name')}`;
  return {
    key: `${group}/${stringAt(objectAt(spec, 'names'), 'plural')}`,
    apiVersion: `${group}/${storage}`,
    ...(hook && { hook }),
    toStored: (object) => ({ ...object, apiVersion: `${group}/${storage}` }),
    fromStored: (object) => {
      const seen = { ...object, apiVersion: served };
      prune(node, seen, '', true, []);
      setDefaults(node, seen);
      return seen;
    },
  };
}

const columnTypes = ['string', 'integer', 'number', 'boolean', 'date'] as const;

function columnsOf(version: JsonObject): readonly Column[] {
  const listed = objectsAt(version, 'additionalPrinterColumns');
  if (listed.length === 0) return [nameColumn, ageColumn];
  return [
    nameColumn,
    ...listed.map((each): Column => {
      const path = new JsonPath(stringAt(each, 'jsonPath'));
      const type = columnTypes.find((known) => known === each.type) ?? 'string';
      return {
        name: stringAt(each, 'name'),
        type,
        format: stringAt(each, 'format'),
        description: stringAt(each, 'description'),
        priority: typeof each.priority === 'number' ? each.priority : 0,
        cell: (object, now) => cellOf(type, path.find(object)[0], now),
      };
    }),
  ];
}

function cellOf(type: Column['type'], value: Json | undefined, now: number): string | number | boolean | null {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'string':
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      if (typeof value !== 'string') return null;
      return Number.isNaN(Date.parse(value)) ? '<invalid>' : ageOf(value, now);
  }
}

/** v10, v2, v1, v11beta2, v10beta3, v3alpha1, then anything else by its name. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [versionParts(a), versionParts(b)];
  if (!x || !y) return x ? -1 : y ? 1 : a < b ? -1 : a > b ? 1 : 0;
  return y[0] - x[0] || y[1] - x[1] || y[2] - x[2];
}

function versionParts(version: string): [number, number, number] | undefined {
  const parts = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (!parts) return undefined;
  const stability = parts[2] === undefined ? 2 : parts[2] === 'beta' ? 1 : 0;
  return [stability, Number(parts[1]), Number(parts[3] ?? 0)];
}
