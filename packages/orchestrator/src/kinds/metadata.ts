import { ipProblem } from './checks.js';
import type { NameRule } from './definition.js';
import { type FieldError, forbidden, invalid, required, tooLong } from './field-error.js';
import { isJsonObject, isSame, type Json, type JsonObject, objectAt, objectsAt, stringAt } from './json.js';
import {
  label1035Problems,
  labelProblems,
  labelValueProblems,
  type NameProblems,
  pathProblems,
  qualifiedNameProblems,
  subdomainProblems,
} from './names.js';

const nameProblems: Record<NameRule, NameProblems> = {
  subdomain: subdomainProblems,
  label: labelProblems,
  label1035: label1035Problems,
  path: pathProblems,
  ip: (name) => [ipProblem(name)].flatMap((each) => each ?? []),
};
const annotationsLimitBytes = 256 * 1024;
const collectorFinalizers = ['foregroundDeletion', 'orphan'] as const;

/** What a name would be with something after a dash at its end. */
const maskDash = (prefix: string) => (prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix);

/** What must hold of every object's metadata. */
export function validateMetadata(object: JsonObject, rule: NameRule): FieldError[] {
  const metadata = objectAt(object, 'metadata');
  const errors: FieldError[] = [];
  const name = stringAt(metadata, 'name');
  const prefix = stringAt(metadata, 'generateName');
  if (prefix !== '')
    for (const problem of rule === 'path' ? prefixProblems(prefix) : nameProblems[rule](maskDash(prefix)))
      errors.push(invalid('metadata.generateName', prefix, problem));
  if (name === '') errors.push(required('metadata.name', 'name or generateName is required'));
  else for (const problem of nameProblems[rule](name)) errors.push(invalid('metadata.name', name, problem));
  if (isJsonObject(metadata.labels)) checkLabels(metadata.labels, 'metadata.labels', errors);
  if (isJsonObject(metadata.annotations)) checkAnnotations(metadata.annotations, 'metadata.annotations', errors);
  if (metadata.ownerReferences !== undefined) checkOwners(metadata, errors);
  if (Array.isArray(metadata.finalizers)) checkFinalizers(metadata.finalizers, errors);
  return errors;
}

const prefixProblems = (prefix: string) => (prefix === '.' || prefix === '..' ? [] : pathProblems(prefix));

/** A finalizer of a built-in kind that is not the collector's has a domain. */
export function validateFinalizers(finalizers: readonly Json[], at = 'metadata.finalizers'): FieldError[] {
  const errors: FieldError[] = [];
  finalizers.forEach((each, index) => {
    const name = String(each);
    if (!name.includes('/') && name !== 'kubernetes' && name !== 'orphan' && name !== 'foregroundDeletion')
      errors.push(
        invalid(`${at}[${index}]`, name, 'name is neither a standard finalizer name nor is it fully qualified'),
      );
  });
  return errors;
}

function checkFinalizers(finalizers: readonly Json[], errors: FieldError[]): void {
  const at = 'metadata.finalizers';
  for (const each of finalizers)
    for (const problem of qualifiedNameProblems(String(each))) errors.push(invalid(at, each, problem));
  if (collectorFinalizers.every((each) => finalizers.includes(each)))
    errors.push(invalid(at, [...finalizers], 'finalizer orphan and foregroundDeletion cannot be both set'));
}

/** The keys of annotations, and their size. */
export function checkAnnotations(annotations: JsonObject, field: string, errors: FieldError[]): void {
  let size = 0;
  for (const key in annotations) {
    for (const problem of qualifiedNameProblems(key.toLowerCase())) errors.push(invalid(field, key, problem));
    size += Buffer.byteLength(key) + Buffer.byteLength(String(annotations[key]));
  }
  if (size > annotationsLimitBytes) errors.push(tooLong(field, annotationsLimitBytes));
}

function checkOwners(metadata: JsonObject, errors: FieldError[]): void {
  const field = 'metadata.ownerReferences';
  const owners = objectsAt(metadata, 'ownerReferences');
  let controller: string | undefined;
  for (const owner of owners) {
    const [apiVersion, kind] = [stringAt(owner, 'apiVersion'), stringAt(owner, 'kind')];
    const version = versionOf(apiVersion);
    if (version === '') errors.push(invalid(`${field}.apiVersion`, apiVersion, 'version must not be empty'));
    for (const key of ['kind', 'name', 'uid'])
      if (stringAt(owner, key) === '') errors.push(invalid(`${field}.${key}`, '', 'must not be empty'));
    if (apiVersion === 'v1' && kind === 'Event')
      errors.push(invalid(field, owner, '/v1, Kind=Event is disallowed from being an owner'));
    if (owner.controller !== true) continue;
    const own = `${kind}/${stringAt(owner, 'name')}`;
    if (controller === undefined) controller = own;
    else
      errors.push(
        invalid(
          field,
          owners,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${own}`,
        ),
      );
  }
}

/** Empty where the text is no version of a group. */
function versionOf(apiVersion: string): string {
  const parts = apiVersion.split('/');
  return parts.length > 2 ? '' : (parts.at(-1) ?? '');
}

export function checkLabels(labels: JsonObject, field: string, errors: FieldError[]): void {
  for (const key in labels) {
    for (const problem of qualifiedNameProblems(key)) errors.push(invalid(field, key, problem));
    for (const problem of labelValueProblems(String(labels[key]))) errors.push(invalid(field, labels[key], problem));
  }
}

export function validateLabels(labels: JsonObject, field: string): FieldError[] {
  const errors: FieldError[] = [];
  checkLabels(labels, field, errors);
  return errors;
}

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

export function validateLabelSelector(selector: JsonObject, field: string): FieldError[] {
  const errors = validateLabels(objectAt(selector, 'matchLabels'), `${field}.matchLabels`);
  objectsAt(selector, 'matchExpressions').forEach((expression, index) => {
    const at = `${field}.matchExpressions[${index}]`;
    const operator = stringAt(expression, 'operator');
    const values = Array.isArray(expression.values) ? expression.values : [];
    if (!operators.includes(operator))
      errors.push(invalid(`${at}.operator`, operator, 'not a valid selector operator'));
    else if ((operator === 'In' || operator === 'NotIn') && values.length === 0)
      errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    else if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0)
      errors.push(forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    const key = stringAt(expression, 'key');
    for (const problem of qualifiedNameProblems(key)) errors.push(invalid(`${at}.key`, key, problem));
    values.forEach((value, number) => {
      for (const problem of labelValueProblems(String(value)))
        errors.push(invalid(`${at}.values[${number}]`, value, problem));
    });
  });
  return errors;
}

/** `field is immutable` for each of the paths (`spec.selector`) whose value changed. */
export function immutable(object: JsonObject, old: JsonObject | undefined, paths: readonly string[]): FieldError[] {
  if (!old) return [];
  return paths.flatMap((path) => {
    const now = valueAt(object, path);
    const before = valueAt(old, path);
    return isAlike(now, before) ? [] : [invalid(path, now ?? zeroLike(before), 'field is immutable')];
  });
}

/** The API takes an empty list or map for an absent one. */
const isAlike = (a: Json | undefined, b: Json | undefined): boolean => isSame(a, b) || isSame(filled(a), filled(b));

function filled(value: Json | undefined): Json | undefined {
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((each) => filled(each) ?? null);
  const out: JsonObject = {};
  for (const key in value) out[key] = filled(value[key]);
  return Object.values(out).every((each) => each === undefined) ? undefined : out;
}

/** What the API's own types hold where a value is absent. */
const zeroLike = (value: Json | undefined) => (typeof value === 'string' ? '' : typeof value === 'number' ? 0 : null);

function valueAt(object: JsonObject, path: string) {
  let value: JsonObject[string] = object;
  for (const key of path.split('.')) value = isJsonObject(value) ? value[key] : undefined;
  return value;
}
