import { checkClientConfig } from '../../kinds/admission-registration/webhook.kinds.js';
import {
  arrayAt,
  type FieldError,
  forbidden,
  immutable,
  invalid,
  isJsonObject,
  isSame,
  type Json,
  type JsonObject,
  notSupported,
  objectAt,
  objectsAt,
  required,
  stringAt,
} from '../../kinds/index.js';
import { label1035Problem, subdomainProblem } from '../../kinds/names.js';
import { isConditionTrue } from './custom-resources.js';
import { approvalAnnotation, isProtectedGroup } from './definition-status.js';
import { JsonPath, JsonPathError } from './json-path.js';
import { ruleErrors } from './rule-errors.js';
import { SchemaNode } from './schema-node.js';
import { structuralErrors } from './structural.js';

const approvalText = `protected groups must have approval annotation "${approvalAnnotation}"`;
const approvalSee = 'see https://github.com/kubernetes/enhancements/pull/1111';

/** What may not be in a CustomResourceDefinition; what has not been changed is not held to later rules. */
export function definitionErrors(definition: JsonObject, old: JsonObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const metadata = objectAt(definition, 'metadata');
  const spec = objectAt(definition, 'spec');
  const group = stringAt(spec, 'group');
  const names = objectAt(spec, 'names');
  const wantedName = `${stringAt(names, 'plural')}.${group}`;
  if (metadata.name !== wantedName)
    errors.push(invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'));
  if (isProtectedGroup(group) && !old) checkApproval(metadata, errors);
  if (group === '') errors.push(required('spec.group'));
  else if (subdomainProblem(group)) errors.push(invalid('spec.group', group, subdomainProblem(group) ?? ''));
  else if (!group.includes('.')) errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
  const scope = stringAt(spec, 'scope');
  if (scope === '') errors.push(required('spec.scope'));
  else if (scope !== 'Cluster' && scope !== 'Namespaced')
    errors.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
  if (spec.preserveUnknownFields === true)
    errors.push(invalid('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema'));
  checkNames(names, 'spec.names', errors);
  checkVersions(spec, isSame(spec.versions, objectAt(old, 'spec').versions), errors);
  checkConversion(objectAt(spec, 'conversion'), errors);
  errors.push(...storedVersionErrors(definition));
  if (old) {
    errors.push(...immutable(definition, old, ['spec.group', 'spec.names.plural']));
    if (isConditionTrue(old, 'Established'))
      errors.push(...immutable(definition, old, ['spec.scope', 'spec.names.kind']));
  }
  return errors;
}

export function storedVersionErrors(definition: JsonObject): FieldError[] {
  const stored = arrayAt(objectAt(definition, 'status'), 'storedVersions');
  const field = 'status.storedVersions';
  if (stored.length === 0) return [invalid(field, [], 'must have at least one stored version')];
  const listed = objectsAt(objectAt(definition, 'spec'), 'versions');
  const versions = listed.map((each) => each.name);
  const storage = listed.filter((each) => each.storage === true).map((each) => stringAt(each, 'name'));
  const absent = storage.filter((each) => !stored.includes(each));
  const missing = absent.map((each) => invalid(field, stored, `must have the storage version ${each}`));
  const gone = stored.flatMap((each, index) =>
    versions.some((name) => name === each)
      ? []
      : [
          invalid(
            `${field}[${index}]`,
            each,
            'missing from spec.versions; ' +
              `${String(each)} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${String(each)} and removes ${String(each)} from status.storedVersions`,
          ),
        ],
  );
  return [...missing, ...gone];
}

function checkApproval(metadata: JsonObject, errors: FieldError[]): void {
  const field = `metadata.annotations[${approvalAnnotation}]`;
  const value = stringAt(objectAt(metadata, 'annotations'), approvalAnnotation);
  if (value === '') errors.push(required(field, `${approvalText}, ${approvalSee}`));
  else if (!value.startsWith('unapproved') && !URL.canParse(value))
    errors.push(
      invalid(field, value, `${approvalText} with either a URL or a reason starting with "unapproved", ${approvalSee}`),
    );
}

function checkNames(names: JsonObject, at: string, errors: FieldError[]): void {
  for (const key of ['plural', 'singular']) {
    const value = stringAt(names, key);
    const problem = label1035Problem(value);
    if (value === '') errors.push(required(`${at}.${key}`));
    else if (problem) errors.push(invalid(`${at}.${key}`, value, problem));
  }
  for (const key of ['kind', 'listKind']) {
    const value = stringAt(names, key);
    const problem = label1035Problem(value.toLowerCase());
    if (value === '') errors.push(required(`${at}.${key}`));
    else if (problem)
      errors.push(invalid(`${at}.${key}`, value, `may have mixed case, but should otherwise match: ${problem}`));
  }
  for (const key of ['shortNames', 'categories']) {
    const list = Array.isArray(names[key]) ? names[key] : [];
    list.forEach((each, index) => {
      const problem = label1035Problem(String(each));
      if (problem) errors.push(invalid(`${at}.${key}[${index}]`, each, problem));
    });
  }
  if (names.kind !== undefined && names.kind === names.listKind)
    errors.push(invalid(`${at}.listKind`, names.listKind, 'kind and listKind may not be the same'));
}

function checkVersions(spec: JsonObject, isUnchanged: boolean, errors: FieldError[]): void {
  const versions = objectsAt(spec, 'versions');
  const shown = null;
  if (new Set(versions.map((each) => each.name)).size !== versions.length)
    errors.push(invalid('spec.versions', shown, 'must contain unique version names'));
  if (versions.filter((each) => each.storage === true).length !== 1)
    errors.push(invalid('spec.versions', shown, 'must have exactly one version marked as storage version'));
  // What all versions have in common is said of the whole definition.
  const isShared = (key: string) => versions.every((each) => isSame(each[key], versions[0]?.[key]));
  const at = (key: string, index: number, top: string) =>
    isShared(key) ? `spec.${top}` : `spec.versions[${index}].${key}`;
  versions.forEach((version, index) => {
    const name = stringAt(version, 'name');
    const problem = label1035Problem(name);
    if (problem) errors.push(invalid(`spec.versions[${index}].name`, name, problem));
    if (stringAt(version, 'deprecationWarning') !== '' && version.deprecated !== true)
      errors.push(
        invalid(
          `spec.versions[${index}].deprecationWarning`,
          version.deprecationWarning,
          'can only be set for deprecated versions',
        ),
      );
    const isRepeated = (key: string) => index > 0 && isShared(key);
    if (!isRepeated('schema')) checkSchema(version, index, at('schema', index, 'validation'), isUnchanged, errors);
    if (!isRepeated('subresources'))
      checkScale(objectAt(version, 'subresources'), at('subresources', index, 'subresources'), errors);
    if (!isRepeated('additionalPrinterColumns'))
      checkColumns(version, at('additionalPrinterColumns', index, 'additionalPrinterColumns'), errors);
    if (!isRepeated('selectableFields'))
      checkSelectable(version, at('selectableFields', index, 'selectableFields'), errors);
  });
}

function checkSchema(version: JsonObject, index: number, at: string, isUnchanged: boolean, errors: FieldError[]): void {
  const schema = objectAt(version, 'schema').openAPIV3Schema;
  if (!isJsonObject(schema)) {
    errors.push(required(`spec.versions[${index}].schema.openAPIV3Schema`, 'schemas are required'));
    return;
  }
  if (isUnchanged) return;
  const found = structuralErrors(schema, `${at}.openAPIV3Schema`);
  errors.push(...found);
  if (found.length === 0) errors.push(...ruleErrors(new SchemaNode(schema), `${at}.openAPIV3Schema`));
}

function checkScale(subresources: JsonObject, at: string, errors: FieldError[]): void {
  const { scale } = subresources;
  if (!isJsonObject(scale)) return;
  const check = (key: string, root: string, isRequired: boolean, detail: string) => {
    const field = `${at}.scale.${key}`;
    const path = stringAt(scale, key);
    if (path === '') {
      if (isRequired) errors.push(required(field));
    } else if (!isSimple(path)) errors.push(invalid(field, path, simpleText));
    else if (!root.split(',').some((each) => path.startsWith(each))) errors.push(invalid(field, path, detail));
  };
  check('specReplicasPath', '.spec.', true, 'should be a json path under .spec');
  check('statusReplicasPath', '.status.', true, 'should be a json path under .status');
  check('labelSelectorPath', '.spec.,.status.', false, 'should be a json path under either .spec or .status');
}

const simpleText = 'is an invalid path: must be a simple json path starting with .';
const isSimple = (path: string) => /^(?:\.(?:[^.[\]\\]|\\.)+)+$/.test(path);

function checkColumns(version: JsonObject, at: string, errors: FieldError[]): void {
  objectsAt(version, 'additionalPrinterColumns').forEach((column, index) => {
    const field = `${at}[${index}]`;
    const types = ['boolean', 'date', 'integer', 'number', 'string'];
    const formats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
    const type = stringAt(column, 'type');
    const format = stringAt(column, 'format');
    const path = stringAt(column, 'jsonPath');
    if (stringAt(column, 'name') === '') errors.push(required(`${field}.name`));
    if (type === '') errors.push(required(`${field}.type`, `must be one of ${types.join(',')}`));
    else if (!types.includes(type)) errors.push(invalid(`${field}.type`, type, `must be one of ${types.join(',')}`));
    if (format !== '' && !formats.includes(format))
      errors.push(invalid(`${field}.format`, format, `must be one of ${formats.join(',')}`));
    if (path === '') errors.push(required(`${field}.jsonPath`));
    else checkPath(path, `${field}.jsonPath`, errors);
  });
}

function checkPath(path: string, field: string, errors: FieldError[]): void {
  if (!path.startsWith('.')) {
    errors.push(invalid(field, path, 'must be a json path starting with .'));
    return;
  }
  try {
    new JsonPath(path);
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    errors.push(invalid(field, path, `is an invalid json path: ${error.message}`));
  }
}

const selectableLimit = 8;

function checkSelectable(version: JsonObject, at: string, errors: FieldError[]): void {
  const listed = objectsAt(version, 'selectableFields');
  const schema = objectAt(objectAt(version, 'schema'), 'openAPIV3Schema');
  if (listed.length > selectableLimit)
    errors.push({
      field: at,
      reason: 'FieldValueTooMany',
      message: `Too many: ${listed.length}: must have at most ${selectableLimit} items`,
    });
  const seen = new Set<string>();
  listed.forEach((each, index) => {
    const field = `${at}[${index}].jsonPath`;
    const path = stringAt(each, 'jsonPath');
    if (path === '') {
      errors.push(required(field));
      return;
    }
    if (seen.has(path))
      errors.push({ field, reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(path)}` });
    seen.add(path);
    const found = isSimple(path) ? schemaAt(schema, path) : undefined;
    if (!found) errors.push(invalid(field, path, 'is an invalid path: does not refer to a valid field'));
    else if (!['string', 'boolean', 'integer'].includes(stringAt(found, 'type')))
      errors.push(
        invalid(
          field,
          path,
          'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
        ),
      );
    else if (path.startsWith('.metadata.')) errors.push(invalid(field, path, 'must not point to fields in metadata'));
  });
}

function schemaAt(schema: JsonObject, path: string): JsonObject | undefined {
  let value: Json | undefined = schema;
  for (const name of path.slice(1).split('.')) {
    value = isJsonObject(value) ? objectAt(value, 'properties')[name] : undefined;
  }
  return isJsonObject(value) ? value : undefined;
}

function checkConversion(conversion: JsonObject, errors: FieldError[]): void {
  const strategy = stringAt(conversion, 'strategy');
  const { webhook } = conversion;
  if (strategy === 'None') {
    if (webhook !== undefined)
      errors.push(forbidden('spec.conversion.webhook', 'should not be set when strategy is not set to Webhook'));
    return;
  }
  if (strategy !== 'Webhook') {
    errors.push(
      strategy === ''
        ? required('spec.conversion.strategy')
        : notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook']),
    );
    return;
  }
  if (!isJsonObject(webhook)) {
    errors.push(required('spec.conversion.webhookClientConfig', 'required when strategy is set to Webhook'));
    return;
  }
  checkClientConfig(objectAt(webhook, 'clientConfig'), 'spec.conversion.webhookClientConfig', errors);
  checkReviewVersions(arrayAt(webhook, 'conversionReviewVersions').map(String), errors);
}

function checkReviewVersions(versions: readonly string[], errors: FieldError[]): void {
  const at = 'spec.conversion.conversionReviewVersions';
  if (versions.length === 0) {
    errors.push(required(at));
    return;
  }
  versions.forEach((each, index) => {
    const problem = versions.indexOf(each) < index ? 'duplicate version' : label1035Problem(each);
    if (problem) errors.push(invalid(`${at}[${index}]`, each, problem));
  });
  if (!versions.includes('v1') && !versions.includes('v1beta1'))
    errors.push(invalid(at, [...versions], 'must include at least one of v1, v1beta1'));
}
