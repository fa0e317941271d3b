import { RE2JS } from 're2js';
import {
  type FieldError,
  forbidden,
  invalid,
  isJsonObject,
  isSame,
  type JsonObject,
  required,
} from '../../kinds/index.js';
import { SchemaNode } from './schema-node.js';
import { setDefaults } from './shape.js';
import { validateValue } from './validate-value.js';

type Level = 'root' | 'item' | 'field';

/** What keeps a schema from being structural, and what else may not be in one; sorted as texts. */
export function structuralErrors(raw: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const node = new SchemaNode(raw);
  checkNode(node, 'root', path, errors);
  checkComplete(node, node, path, path, errors);
  errors.sort((a, b) => (`${a.field}: ${a.message}` < `${b.field}: ${b.message}` ? -1 : 1));
  if (errors.length === 0) checkDefaults(node, path, true, errors);
  return errors;
}

const types = ['string', 'integer', 'number', 'boolean', 'array', 'object'];
const intOrString = [{ type: 'integer' }, { type: 'string' }];
const emptyText: Record<Level, string> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

function checkNode(node: SchemaNode, level: Level, path: string, errors: FieldError[]): void {
  const { raw, type } = node;
  checkForbidden(raw, path, errors);
  if (type !== '' && !types.includes(type))
    errors.push(invalid(`${path}.type`, type, 'must be one of array, boolean, integer, number, object, string'));
  if (type === 'array' && !node.items) errors.push(required(`${path}.items`, 'must be specified'));
  if (node.items) checkNode(node.items, 'item', `${path}.items`, errors);
  for (const [name, child] of node.properties) checkNode(child, 'field', `${path}.properties[${name}]`, errors);
  if (raw.additionalProperties !== undefined) {
    const at = `${path}.additionalProperties`;
    if (level === 'root') errors.push(forbidden(at, 'must not be used at the root'));
    if (node.isEmbedded) errors.push(forbidden(at, 'must not be used if x-kubernetes-embedded-resource is set'));
    if (node.properties.size > 0 && raw.additionalProperties !== true)
      errors.push(forbidden(at, 'additionalProperties and properties are mutual exclusive'));
    if (node.values) checkNode(node.values, 'field', at, errors);
  }
  checkExtensions(node, path, errors);
  checkJunctors(node, path, errors);
  if (node.isEmbedded && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type === '' ? required(`${path}.type`, detail) : invalid(`${path}.type`, type, detail));
  } else if (type === '' && !node.isIntOrString && !node.preservesUnknown)
    errors.push(required(`${path}.type`, emptyText[level]));
  if (level === 'root' && type !== '' && type !== 'object')
    errors.push(invalid(`${path}.type`, type, 'must be object at the root'));
  if (level === 'root' || node.isEmbedded) checkMetadata(node, level, path, errors);
  if (node.isEmbedded && !node.preservesUnknown && node.properties.size === 0)
    errors.push(
      required(
        `${path}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    );
}

function checkMetadata(node: SchemaNode, level: Level, path: string, errors: FieldError[]): void {
  for (const name of ['kind', 'apiVersion']) {
    const known = node.properties.get(name);
    if (known && known.type !== 'string')
      errors.push(invalid(`${path}.properties[${name}].type`, known.type, 'must be string'));
  }
  const metadata = node.properties.get('metadata');
  if (!metadata) return;
  const at = `${path}.properties[metadata]`;
  if (metadata.type !== 'object') errors.push(invalid(`${at}.type`, metadata.type, 'must be object'));
  const names = [...metadata.properties.keys()];
  const others = Object.keys(metadata.raw).filter((key) => !['type', 'properties', 'description'].includes(key));
  if (level === 'root' && (names.some((each) => each !== 'name' && each !== 'generateName') || others.length > 0))
    errors.push(
      forbidden(at, 'must not specify anything other than name and generateName, but metadata is implicitly specified'),
    );
}

function checkForbidden(raw: JsonObject, path: string, errors: FieldError[]): void {
  const not = (key: string, detail: string) => {
    const value = raw[key];
    if (value !== undefined && value !== null && value !== false) errors.push(forbidden(`${path}.${key}`, detail));
  };
  not('definitions', 'definitions is not supported');
  not('dependencies', 'dependencies is not supported');
  not('patternProperties', 'patternProperties is not supported');
  not('additionalItems', 'additionalItems is not supported');
  not('id', 'id is not supported');
  not('$ref', '$ref is not supported');
  if (raw.uniqueItems === true)
    errors.push(
      forbidden(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  if (raw.type === 'null')
    errors.push(forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
  if (Array.isArray(raw.items))
    errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'));
}

function checkExtensions(node: SchemaNode, path: string, errors: FieldError[]): void {
  const detail = 'must be false if x-kubernetes-int-or-string is true';
  if (node.isIntOrString) {
    if (node.preservesUnknown) errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, true, detail));
    if (node.isEmbedded) errors.push(invalid(`${path}.x-kubernetes-embedded-resource`, true, detail));
    if (node.type !== '')
      errors.push(invalid(`${path}.type`, node.type, 'must be empty if x-kubernetes-int-or-string is true'));
  }
  if (node.raw['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  checkListType(node, path, errors);
}

function checkListType(node: SchemaNode, path: string, errors: FieldError[]): void {
  const at = (key: string) => `${path}.x-kubernetes-${key}`;
  const { listType, mapType, listMapKeys, items } = node;
  if (mapType !== '' && mapType !== 'granular' && mapType !== 'atomic')
    errors.push({
      field: at('map-type'),
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(mapType)}: supported values: "atomic", "granular"`,
    });
  if (mapType !== '' && node.type !== 'object')
    errors.push(invalid(`${path}.type`, node.type, 'must be object if x-kubernetes-map-type is specified'));
  if (listType === '') {
    if (listMapKeys.length > 0)
      errors.push(forbidden(at('list-map-keys'), 'must not be specified if x-kubernetes-list-type is not map'));
    return;
  }
  if (node.type !== 'array') {
    const detail = 'must be array if x-kubernetes-list-type is specified';
    errors.push(node.type === '' ? required(`${path}.type`, detail) : invalid(`${path}.type`, node.type, detail));
  }
  if (!['atomic', 'set', 'map'].includes(listType))
    errors.push({
      field: at('list-type'),
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(listType)}: supported values: "atomic", "map", "set"`,
    });
  if (listType !== 'map') {
    if (listMapKeys.length > 0)
      errors.push(forbidden(at('list-map-keys'), 'must not be specified if x-kubernetes-list-type is not map'));
    return;
  }
  if (listMapKeys.length === 0)
    errors.push(required(at('list-map-keys'), 'must not be empty if x-kubernetes-list-type is map'));
  if (!items) return;
  if (items.type !== 'object')
    errors.push(
      invalid(`${path}.items.type`, items.type, "must be object if parent array's x-kubernetes-list-type is map"),
    );
  listMapKeys.forEach((name, index) => {
    const key = items.properties.get(name);
    const where = `${at('list-map-keys')}[${index}]`;
    if (listMapKeys.indexOf(name) !== index)
      errors.push({ field: where, reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(name)}` });
    else if (!key) errors.push(invalid(where, name, 'entries must all be names of item properties'));
    else {
      if (key.type === 'object' || key.type === 'array')
        errors.push(
          invalid(
            `${path}.items.properties[${name}].type`,
            key.type,
            "must be a scalar type if parent array's x-kubernetes-list-type is map",
          ),
        );
      if (key.default === undefined && !items.required.includes(name))
        errors.push(
          required(
            `${path}.items.properties[${name}].default`,
            'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
          ),
        );
    }
  });
}

function checkJunctors(node: SchemaNode, path: string, errors: FieldError[]): void {
  if (typeof node.raw.pattern === 'string') {
    try {
      RE2JS.compile(node.raw.pattern);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      errors.push(
        invalid(`${path}.pattern`, node.raw.pattern, `must be a valid regular expression, but isn't: ${why}`),
      );
    }
  }
  const isPlainAnyOf = isSame(node.raw.anyOf, intOrString);
  if (!isPlainAnyOf)
    node.anyOf.forEach((each, index) => {
      checkNested(each, `${path}.anyOf[${index}]`, errors);
    });
  node.allOf.forEach((each, index) => {
    if (index === 0 && isSame(each.raw.anyOf, intOrString)) return;
    checkNested(each, `${path}.allOf[${index}]`, errors);
  });
  node.oneOf.forEach((each, index) => {
    checkNested(each, `${path}.oneOf[${index}]`, errors);
  });
  if (node.not) checkNested(node.not, `${path}.not`, errors);
}

const emptyInside: Readonly<Record<string, string>> = {
  type: 'must be empty to be structural',
  additionalProperties: 'must be undefined to be structural',
  default: 'must be undefined to be structural',
  title: 'must be empty to be structural',
  description: 'must be empty to be structural',
  nullable: 'must be false to be structural',
  externalDocs: 'must be undefined to be structural',
  'x-kubernetes-preserve-unknown-fields': 'must be false to be structural',
  'x-kubernetes-embedded-resource': 'must be false to be structural',
  'x-kubernetes-int-or-string': 'must be false to be structural',
  'x-kubernetes-list-map-keys': 'must be empty to be structural',
  'x-kubernetes-list-type': 'must be undefined to be structural',
  'x-kubernetes-map-type': 'must be undefined to be structural',
  'x-kubernetes-validations': 'must be empty to be structural',
};

/** Inside allOf, anyOf, oneOf and not there are conditions on values only: nothing of the structure. */
function checkNested(node: SchemaNode, path: string, errors: FieldError[]): void {
  for (const [key, detail] of Object.entries(emptyInside)) {
    const value = node.raw[key];
    if (value !== undefined && value !== false && value !== '') errors.push(forbidden(`${path}.${key}`, detail));
  }
  if (node.properties.has('metadata'))
    errors.push(forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'));
  checkForbidden(node.raw, path, errors);
  checkJunctors(node, path, errors);
  if (node.items) checkNested(node.items, `${path}.items`, errors);
  for (const [name, child] of node.properties) checkNested(child, `${path}.properties[${name}]`, errors);
}

/** Whatever a condition speaks of is described outside of it. */
function checkComplete(node: SchemaNode, spine: SchemaNode, path: string, at: string, errors: FieldError[]): void {
  const conditions: [SchemaNode, string][] = [
    ...node.allOf.map((each, index): [SchemaNode, string] => [each, `${at}.allOf[${index}]`]),
    ...node.anyOf.map((each, index): [SchemaNode, string] => [each, `${at}.anyOf[${index}]`]),
    ...node.oneOf.map((each, index): [SchemaNode, string] => [each, `${at}.oneOf[${index}]`]),
    ...(node.not ? [[node.not, `${at}.not`] satisfies [SchemaNode, string]] : []),
  ];
  for (const [each, where] of conditions) checkDescribed(each, spine, path, where, errors);
  if (node !== spine) return;
  if (node.items) checkComplete(node.items, node.items, `${path}.items`, `${at}.items`, errors);
  if (node.values)
    checkComplete(node.values, node.values, `${path}.additionalProperties`, `${at}.additionalProperties`, errors);
  for (const [name, child] of node.properties)
    checkComplete(child, child, `${path}.properties[${name}]`, `${at}.properties[${name}]`, errors);
}

function checkDescribed(node: SchemaNode, spine: SchemaNode, path: string, at: string, errors: FieldError[]): void {
  checkComplete(node, spine, path, at, errors);
  if (node.items) {
    if (spine.items) checkDescribed(node.items, spine.items, `${path}.items`, `${at}.items`, errors);
    else errors.push(required(`${path}.items`, `because it is defined in ${at}.items`));
  }
  for (const [name, child] of node.properties) {
    const known = spine.properties.get(name);
    if (known) checkDescribed(child, known, `${path}.properties[${name}]`, `${at}.properties[${name}]`, errors);
    else errors.push(required(`${path}.properties[${name}]`, `because it is defined in ${at}.properties[${name}]`));
  }
}

/** A default is a value that the schema itself accepts. */
function checkDefaults(node: SchemaNode, path: string, isRoot: boolean, errors: FieldError[]): void {
  const at = `${path}.default`;
  if (node.default !== undefined) {
    if (isRoot) errors.push(forbidden(at, 'must not be set at the root'));
    else {
      const value = structuredClone(node.default);
      setDefaults(node, value);
      const found: FieldError[] = [];
      validateValue(node, value, undefined, at, found);
      errors.push(...found);
    }
  }
  for (const [name, child] of node.properties) {
    const where = `${path}.properties[${name}]`;
    if (isRoot && name === 'metadata') {
      if (child.some((each) => each.default !== undefined))
        errors.push(forbidden(`${where}.default`, 'must not be set in top-level metadata'));
    } else checkDefaults(child, where, false, errors);
  }
  if (node.items) checkDefaults(node.items, `${path}.items`, false, errors);
  if (isJsonObject(node.raw.additionalProperties) && node.values)
    checkDefaults(node.values, `${path}.additionalProperties`, false, errors);
}
