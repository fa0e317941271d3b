import type { NameRule } from './definition.js';
import { type FieldError, invalid, required, tooLong } from './field-error.js';
import { isJsonObject, isSame, type JsonObject, objectAt, objectsAt, stringAt } from './json.js';
import {
  label1035Problem,
  labelProblem,
  labelValueProblem,
  pathProblem,
  qualifiedNameProblem,
  subdomainProblem,
} from './names.js';

const nameProblems: Record<NameRule, (name: string) => string | undefined> = {
  subdomain: subdomainProblem,
  label: labelProblem,
  label1035: label1035Problem,
  path: pathProblem,
};
const annotationsLimitBytes = 256 * 1024;

/** What must hold of every object's metadata. */
export function validateMetadata(object: JsonObject, rule: NameRule): FieldError[] {
  const metadata = objectAt(object, 'metadata');
  const errors: FieldError[] = [];
  const name = stringAt(metadata, 'name');
  if (name === '') errors.push(required('metadata.name', 'name or generateName is required'));
  else {
    const problem = nameProblems[rule](name);
    if (problem) errors.push(invalid('metadata.name', name, problem));
  }
  errors.push(...validateLabels(objectAt(metadata, 'labels'), 'metadata.labels'));
  let size = 0;
  for (const [key, value] of Object.entries(objectAt(metadata, 'annotations'))) {
    const problem = qualifiedNameProblem(key.toLowerCase());
    if (problem) errors.push(invalid('metadata.annotations', key, problem));
    size += key.length + String(value).length;
  }
  if (size > annotationsLimitBytes) errors.push(tooLong('metadata.annotations', annotationsLimitBytes));
  objectsAt(metadata, 'ownerReferences').forEach((owner, index) => {
    const at = `metadata.ownerReferences[${index}]`;
    for (const key of ['apiVersion', 'kind', 'name', 'uid'])
      if (stringAt(owner, key) === '') errors.push(invalid(`${at}.${key}`, owner[key] ?? '', 'must not be empty'));
  });
  const controllers = objectsAt(metadata, 'ownerReferences').filter((owner) => owner.controller === true);
  if (controllers.length > 1)
    errors.push(invalid('metadata.ownerReferences', null, 'Only one reference can have Controller set to true'));
  for (const finalizer of Array.isArray(metadata.finalizers) ? metadata.finalizers : []) {
    const problem = qualifiedNameProblem(String(finalizer));
    if (problem) errors.push(invalid('metadata.finalizers', finalizer, problem));
  }
  return errors;
}

export function validateLabels(labels: JsonObject, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels)) {
    const problem = qualifiedNameProblem(key);
    if (problem) errors.push(invalid(field, key, problem));
    const wrong = labelValueProblem(String(value));
    if (wrong) errors.push(invalid(field, value, wrong));
  }
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
      errors.push(
        invalid(`${at}.values`, values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
      );
    const problem = qualifiedNameProblem(stringAt(expression, 'key'));
    if (problem) errors.push(invalid(`${at}.key`, expression.key, problem));
  });
  return errors;
}

/** `field is immutable` for each of the paths (`spec.selector`) whose value changed. */
export function immutable(object: JsonObject, old: JsonObject | undefined, paths: readonly string[]): FieldError[] {
  if (!old) return [];
  return paths.flatMap((path) => {
    const now = valueAt(object, path);
    return isSame(now, valueAt(old, path)) ? [] : [invalid(path, now, 'field is immutable')];
  });
}

function valueAt(object: JsonObject, path: string) {
  let value: JsonObject[string] = object;
  for (const key of path.split('.')) value = isJsonObject(value) ? value[key] : undefined;
  return value;
}
