import { checkEnum, checkName, checkRequired } from '../checks.js';
import { column, countColumn, specOf, textColumn } from '../columns.js';
import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { duplicate, type FieldError, invalid, notSupported, required } from '../field-error.js';
import { arrayAt, isJsonObject, type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import { label1035Problems, qualifiedNameProblems, subdomainProblems } from '../names.js';
import { setDefault } from '../pod/pod.defaults.js';
import {
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '../refs.js';
import {
  checkMatchConditions,
  checkMatchResources,
  checkParamRef,
  defaultMatchResources,
  failurePolicies,
  paramKindText,
  paramRefText,
} from './match.validation.js';

const mutatingOperations = ['CREATE', 'UPDATE'];

function checkParamKind(spec: JsonObject, errors: FieldError[]): void {
  const { paramKind } = spec;
  if (!isJsonObject(paramKind)) return;
  const at = 'spec.paramKind';
  const apiVersion = stringAt(paramKind, 'apiVersion');
  const parts = apiVersion.split('/');
  const version = parts.at(-1) ?? '';
  if (apiVersion === '') errors.push(required(`${at}.apiVersion`));
  else if (parts.length > 2)
    errors.push(invalid(`${at}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  else {
    if (parts.length === 2) checkName(parts[0] ?? '', `${at}.apiVersion`, subdomainProblems, errors);
    checkName(version, `${at}.apiVersion`, label1035Problems, errors);
  }
  const kind = stringAt(paramKind, 'kind');
  if (kind === '') errors.push(required(`${at}.kind`));
  else {
    for (const problem of label1035Problems(kind.toLowerCase()))
      errors.push(invalid(`${at}.kind`, kind, `may have mixed case, but should otherwise match: ${problem}`));
  }
}

/** What both sorts of policies say beside what they do. */
function checkPolicy(spec: JsonObject, errors: FieldError[]): void {
  checkEnum(spec, 'failurePolicy', 'spec', failurePolicies, errors);
  checkParamKind(spec, errors);
  const at = 'spec.matchConstraints';
  if (isJsonObject(spec.matchConstraints)) {
    checkMatchResources(spec.matchConstraints, at, errors);
    if (objectsAt(spec.matchConstraints, 'resourceRules').length === 0) errors.push(required(`${at}.resourceRules`));
  } else errors.push(required(at));
  checkMatchConditions(spec, 'spec', errors);
  objectsAt(spec, 'variables').forEach((variable, index) => {
    const name = stringAt(variable, 'name');
    const field = `spec.variables[${index}]`;
    if (name.trim() === '') errors.push(required(`${field}.name`, 'name is not specified'));
    else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name))
      errors.push(invalid(`${field}.name`, name, 'must be a valid CEL identifier'));
    if (stringAt(variable, 'expression').trim() === '')
      errors.push(required(`${field}.expression`, 'expression is not specified'));
  });
}

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'];

function checkValidation(each: JsonObject, at: string, errors: FieldError[]): void {
  const expression = stringAt(each, 'expression').trim();
  const message = stringAt(each, 'message');
  const trimmed = message.trim();
  if (expression === '') errors.push(required(`${at}.expression`, 'expression is not specified'));
  const telling = stringAt(each, 'messageExpression');
  if (telling !== '' && telling.trim() === '')
    errors.push(invalid(`${at}.messageExpression`, telling, 'must be non-empty if specified'));
  if (message !== '' && trimmed === '')
    errors.push(invalid(`${at}.message`, message, 'must be non-empty if specified'));
  else if (/[\r\n]/.test(trimmed)) errors.push(invalid(`${at}.message`, message, 'must not contain line breaks'));
  else if (/[\r\n]/.test(expression) && trimmed === '')
    errors.push(required(`${at}.message`, 'message must be specified if expression contains line breaks'));
  if (each.reason !== undefined && !reasons.includes(String(each.reason)))
    errors.push(notSupported(`${at}.reason`, each.reason, reasons));
}

function validateValidating(object: JsonObject): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  checkPolicy(spec, errors);
  const validations = objectsAt(spec, 'validations');
  const annotations = objectsAt(spec, 'auditAnnotations');
  if (validations.length === 0 && annotations.length === 0)
    for (const key of ['validations', 'auditAnnotations'])
      errors.push(required(`spec.${key}`, 'validations or auditAnnotations must contain at least one item'));
  validations.forEach((each, index) => {
    checkValidation(each, `spec.validations[${index}]`, errors);
  });
  if (annotations.length > 20)
    errors.push(invalid('spec.auditAnnotations', annotations, 'must not have more than 20 auditAnnotations'));
  const keys = new Set<string>();
  const name = stringAt(objectAt(object, 'metadata'), 'name');
  annotations.forEach((each, index) => {
    const at = `spec.auditAnnotations[${index}]`;
    const key = stringAt(each, 'key');
    checkName(`${name}/${key}`, `${at}.key`, qualifiedNameProblems, errors);
    if (stringAt(each, 'valueExpression').trim() === '')
      errors.push(required(`${at}.valueExpression`, 'valueExpression is not specified'));
    if (keys.has(key)) errors.push(duplicate(`${at}.key`, key));
    keys.add(key);
  });
  return errors;
}

function checkMutatingOperations(match: JsonObject, at: string, errors: FieldError[]): void {
  for (const rule of objectsAt(match, 'resourceRules'))
    for (const each of arrayAt(rule, 'operations'))
      if (!mutatingOperations.includes(String(each)))
        errors.push(notSupported(`${at}.resourceRules.operations`, each, mutatingOperations));
}

const patches: Readonly<Record<string, readonly [string, string]>> = {
  JSONPatch: ['jsonPatch', 'applyConfiguration'],
  ApplyConfiguration: ['applyConfiguration', 'jsonPatch'],
};

function checkMutation(mutation: JsonObject, at: string, errors: FieldError[]): void {
  const type = stringAt(mutation, 'patchType');
  const parts = patches[type];
  if (type === '') errors.push(required(`${at}.patchType`));
  else if (!parts) errors.push(notSupported(`${at}.patchType`, type, ['ApplyConfiguration', 'JSONPatch']));
  if (!parts) return;
  const [own, other] = parts;
  if (!isJsonObject(mutation[own]))
    errors.push(required(`${at}.${own}`, `must be specified when patchType is ${type}`));
  else if (stringAt(objectAt(mutation, own), 'expression').trim() === '')
    errors.push(required(`${at}.${own}.expression`));
  if (mutation[other] !== undefined)
    errors.push(invalid(`${at}.${other}`, `{${other}}`, `must not be specified when patchType is ${type}`));
}

function validateMutating(object: JsonObject): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  checkPolicy(spec, errors);
  checkMutatingOperations(objectAt(spec, 'matchConstraints'), 'spec.matchConstraints', errors);
  const mutations = objectsAt(spec, 'mutations');
  if (mutations.length === 0) errors.push(required('spec.mutations', 'mutations must contain at least one item'));
  mutations.forEach((each, index) => {
    checkMutation(each, `spec.mutations[${index}]`, errors);
  });
  checkEnum(spec, 'reinvocationPolicy', 'spec', ['IfNeeded', 'Never'], errors);
  return errors;
}

function checkBinding(spec: JsonObject, errors: FieldError[]): void {
  checkRequired(spec, ['policyName'], 'spec', errors);
  const name = stringAt(spec, 'policyName');
  if (name !== '') checkName(name, 'spec.policyName', subdomainProblems, errors);
  checkParamRef(spec, errors);
  if (isJsonObject(spec.matchResources)) checkMatchResources(spec.matchResources, 'spec.matchResources', errors);
}

const actions = ['Audit', 'Deny', 'Warn'];

function validateValidatingBinding(object: JsonObject): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  checkBinding(spec, errors);
  const given = arrayAt(spec, 'validationActions').map(String);
  const at = 'spec.validationActions';
  given.forEach((action, index) => {
    if (!actions.includes(action)) errors.push(notSupported(`${at}[${index}]`, action, actions));
    if (given.indexOf(action) < index) errors.push(duplicate(`${at}[${index}]`, action));
  });
  if (given.includes('Deny') && given.includes('Warn'))
    errors.push(
      invalid(
        at,
        given,
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ),
    );
  if (given.length === 0) errors.push(required(at, 'at least one validation action is required'));
  return errors;
}

function validateMutatingBinding(object: JsonObject): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  checkBinding(spec, errors);
  checkMutatingOperations(objectAt(spec, 'matchResources'), 'spec.matchResources', errors);
  return errors;
}

function defaultPolicy(draft: JsonObject): void {
  const { spec } = draft;
  if (!isJsonObject(spec)) return;
  setDefault(spec, 'failurePolicy', 'Fail');
  if (isJsonObject(spec.matchConstraints)) defaultMatchResources(spec.matchConstraints);
}

function defaultBinding(draft: JsonObject): void {
  const { matchResources } = specOf(draft);
  if (isJsonObject(matchResources)) defaultMatchResources(matchResources);
}

const shared = { categories: ['api-extensions'], generationOf: ['spec'] };
const paramKindColumn = column('ParamKind', (object) => paramKindText(specOf(object)));
const bindingColumns = [
  nameColumn,
  textColumn('PolicyName', 'spec.policyName'),
  column('ParamRef', (object) => paramRefText(specOf(object))),
  ageColumn,
];

export const validatingAdmissionPolicyKind = defineKind({
  ...shared,
  type: validatingAdmissionPolicies,
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
  subresources: [statusSubresource('ValidatingAdmissionPolicy')],
  setDefaults: defaultPolicy,
  validate: validateValidating,
  columns: [nameColumn, countColumn('Validations', 'spec.validations'), paramKindColumn, ageColumn],
});

export const validatingAdmissionPolicyBindingKind = defineKind({
  ...shared,
  type: validatingAdmissionPolicyBindings,
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding',
  setDefaults: defaultBinding,
  validate: validateValidatingBinding,
  columns: bindingColumns,
});

export const mutatingAdmissionPolicyKind = defineKind({
  ...shared,
  type: mutatingAdmissionPolicies,
  schema: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy',
  setDefaults: defaultPolicy,
  validate: validateMutating,
  columns: [nameColumn, countColumn('Mutations', 'spec.mutations'), paramKindColumn, ageColumn],
});

export const mutatingAdmissionPolicyBindingKind = defineKind({
  ...shared,
  type: mutatingAdmissionPolicyBindings,
  schema: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding',
  setDefaults: defaultBinding,
  validate: validateMutatingBinding,
  columns: bindingColumns,
});
