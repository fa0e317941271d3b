import { checkName } from '../checks.js';
import { duplicate, type FieldError, invalid, notSupported, required, tooMany } from '../field-error.js';
import { arrayAt, isJsonObject, type Json, type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import { validateLabelSelector } from '../metadata.js';
import { pathProblems, qualifiedNameProblems } from '../names.js';
import { setDefault } from '../pod/pod.defaults.js';

export const failurePolicies = ['Fail', 'Ignore'];
export const matchPolicies = ['Equivalent', 'Exact'];
const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const scopes = ['*', 'Cluster', 'Namespaced'];

const onlyAlone = (what: string) => `if '*' is present, must not specify other ${what}`;

function checkResources(resources: readonly string[], field: string, errors: FieldError[]): void {
  if (resources.length === 0) errors.push(required(field));
  const withAnySub = new Set<string>();
  const ofAnyResource = new Set<string>();
  let hasPlain = false;
  resources.forEach((text, index) => {
    const at = `${field}[${index}]`;
    if (text === '') {
      errors.push(required(at));
      return;
    }
    const slash = text.indexOf('/');
    if (slash < 0) {
      hasPlain = text !== '*';
      return;
    }
    const resource = text.slice(0, slash);
    const sub = text.slice(slash + 1);
    if (withAnySub.has(resource))
      errors.push(invalid(at, text, `if '${resource}/*' is present, must not specify ${text}`));
    if (ofAnyResource.has(sub)) errors.push(invalid(at, text, `if '*/${sub}' is present, must not specify ${text}`));
    if (sub === '*') withAnySub.add(resource);
    if (resource === '*') ofAnyResource.add(sub);
  });
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalid(field, [...resources], "if '*/*' is present, must not specify other resources"));
  if (resources.includes('*') && hasPlain)
    errors.push(
      invalid(field, [...resources], "if '*' is present, must not specify other resources without subresources"),
    );
}

function checkWithWildcard(values: readonly Json[], field: string, what: string, errors: FieldError[]): void {
  if (values.length === 0) errors.push(required(field));
  if (values.length > 1 && values.includes('*')) errors.push(invalid(field, [...values], onlyAlone(what)));
}

/** Which operations on which resources. */
export function checkRule(rule: JsonObject, at: string, errors: FieldError[]): void {
  const given = arrayAt(rule, 'operations');
  checkWithWildcard(given, `${at}.operations`, 'operations', errors);
  given.forEach((each, index) => {
    if (!operations.includes(String(each))) errors.push(notSupported(`${at}.operations[${index}]`, each, operations));
  });
  checkWithWildcard(arrayAt(rule, 'apiGroups'), `${at}.apiGroups`, 'API groups', errors);
  const versions = arrayAt(rule, 'apiVersions');
  checkWithWildcard(versions, `${at}.apiVersions`, 'API versions', errors);
  versions.forEach((each, index) => {
    if (each === '') errors.push(required(`${at}.apiVersions[${index}]`));
  });
  checkResources(arrayAt(rule, 'resources').map(String), `${at}.resources`, errors);
  if (rule.scope !== undefined && !scopes.includes(String(rule.scope)))
    errors.push(notSupported(`${at}.scope`, rule.scope, scopes));
}

export function defaultRules(holder: JsonObject, list: string): void {
  for (const rule of objectsAt(holder, list)) setDefault(rule, 'scope', '*');
}

/** What a policy and its binding match alike. */
export function defaultMatchResources(match: JsonObject): void {
  setDefault(match, 'matchPolicy', 'Equivalent');
  setDefault(match, 'namespaceSelector', {});
  setDefault(match, 'objectSelector', {});
  defaultRules(match, 'resourceRules');
  defaultRules(match, 'excludeResourceRules');
}

export function checkSelectors(holder: JsonObject, at: string, errors: FieldError[]): void {
  for (const key of ['namespaceSelector', 'objectSelector']) {
    const selector = holder[key];
    if (isJsonObject(selector)) errors.push(...validateLabelSelector(selector, `${at}.${key}`));
  }
}

export function checkMatchResources(match: JsonObject, at: string, errors: FieldError[]): void {
  const policy = stringAt(match, 'matchPolicy');
  if (policy === '') errors.push(required(`${at}.matchPolicy`));
  else if (!matchPolicies.includes(policy)) errors.push(notSupported(`${at}.matchPolicy`, policy, matchPolicies));
  checkSelectors(match, at, errors);
  for (const list of ['resourceRules', 'excludeResourceRules'])
    objectsAt(match, list).forEach((rule, index) => {
      const field = `${at}.${list}[${index}]`;
      const names = arrayAt(rule, 'resourceNames').map(String);
      names.forEach((name, number) => {
        checkName(name, `${field}.resourceNames[${number}]`, pathProblems, errors);
        if (names.indexOf(name) < number) errors.push(duplicate(`${field}.resourceNames[${number}]`, name));
      });
      checkRule(rule, field, errors);
    });
}

/** The names of match conditions; what their expressions say is judged where they are compiled. */
export function checkMatchConditions(holder: JsonObject, at: string, errors: FieldError[]): void {
  const conditions = objectsAt(holder, 'matchConditions');
  if (conditions.length > 64) errors.push(tooMany(`${at}.matchConditions`, conditions.length, 64));
  const seen = new Set<string>();
  conditions.forEach((condition, index) => {
    const field = `${at}.matchConditions[${index}]`;
    const name = stringAt(condition, 'name');
    if (stringAt(condition, 'expression').trim() === '') errors.push(required(`${field}.expression`));
    if (name === '') errors.push(required(`${field}.name`));
    else {
      checkName(name, `${field}.name`, qualifiedNameProblems, errors);
      if (seen.has(name)) errors.push(duplicate(`${field}.name`, name));
    }
    seen.add(name);
  });
}

/** How parameters of a policy are found by its binding. */
export function checkParamRef(binding: JsonObject, errors: FieldError[]): void {
  const ref = binding.paramRef;
  if (!isJsonObject(ref)) return;
  const at = 'spec.paramRef';
  const name = stringAt(ref, 'name');
  const both = 'name and selector are mutually exclusive';
  if (name !== '') checkName(name, `${at}.name`, pathProblems, errors);
  if (isJsonObject(ref.selector)) {
    if (name !== '')
      errors.push(
        { field: `${at}.name`, reason: 'FieldValueForbidden', message: `Forbidden: ${both}` },
        { field: `${at}.selector`, reason: 'FieldValueForbidden', message: `Forbidden: ${both}` },
      );
    errors.push(...validateLabelSelector(ref.selector, `${at}.selector`));
  } else if (name === '') errors.push(required(at, 'one of name or selector must be specified'));
  const action = stringAt(ref, 'parameterNotFoundAction');
  if (action === '') errors.push(required(`${at}.parameterNotFoundAction`));
  else if (action !== 'Deny' && action !== 'Allow')
    errors.push(notSupported(`${at}.parameterNotFoundAction`, action, ['Deny', 'Allow']));
}

/** `<namespace>/<name>` of a binding's parameter, as upstream prints it. */
export function paramRefText(spec: JsonObject): string {
  const ref = spec.paramRef;
  if (!isJsonObject(ref)) return '<unset>';
  const name = stringAt(ref, 'name');
  if (name !== '') return `${stringAt(ref, 'namespace') || '*'}/${name}`;
  return isJsonObject(ref.selector) ? JSON.stringify(ref.selector) : '<unset>';
}

export function paramKindText(spec: JsonObject): string {
  const kind = objectAt(spec, 'paramKind');
  return isJsonObject(spec.paramKind) ? `${stringAt(kind, 'apiVersion')}/${stringAt(kind, 'kind')}` : '<unset>';
}
