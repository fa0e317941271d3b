import { type CelType, typeOfSchema } from '../../cel/index.js';
import {
  arrayAt,
  type FieldError,
  type JsonObject,
  type KindDefinition,
  objectAt,
  objectsAt,
  schemaFor,
  stringAt,
} from '../../kinds/index.js';
import type { AdmissionPlugin } from '../admission/admission.js';
import { invalid } from '../api-error.js';
import type { KindCatalog } from '../catalog.js';
import {
  admissionEnvironment,
  compileExpression,
  compileVariables,
  type Expression,
  type Scope,
} from './expressions.js';
import { mutationStructs } from './object-types.js';
import { policyGroup, policySpec } from './spec.js';

const resources = ['validatingadmissionpolicies', 'mutatingadmissionpolicies'];
const mostKinds = 10;

/** Refuses policies whose expressions are none, and writes into `status.typeChecking` where they do not fit the kinds they are about. */
export function policyDefinitions(catalog: KindCatalog): AdmissionPlugin {
  return {
    name: 'AdmissionPolicyDefinitions',
    handles: ({ type }, operation, subresource) =>
      type.group === policyGroup && resources.includes(type.plural) && subresource === '' && operation !== 'DELETE',
    mutate: ({ kind, object }) => {
      if (object && kind.type.plural === 'validatingadmissionpolicies') noteTypes(object, catalog);
    },
    validate: ({ kind, object, old }) => {
      if (!object) return;
      // A policy that was taken once stays writable.
      const before = JSON.stringify(objectAt(old, 'spec'));
      if (old && before === JSON.stringify(objectAt(object, 'spec'))) return;
      const errors = problemsOf(object, kind.type.plural === 'mutatingadmissionpolicies');
      if (errors.length > 0) throw invalid(kind, stringAt(objectAt(object, 'metadata'), 'name'), errors);
    },
  };
}

/** What is wrong with the expressions of a policy, as upstream tells it. */
function problemsOf(policy: JsonObject, isMutation: boolean): FieldError[] {
  const { paramKind, variables, conditions } = policySpec(policy);
  const spec = objectAt(policy, 'spec');
  const base: Scope = {
    hasParams: paramKind !== undefined,
    hasAuthorizer: true,
    ...(isMutation && { structs: mutationStructs, isMutation }),
  };
  const errors: FieldError[] = [];
  const report = (field: string, { text, program, problem }: Expression) => {
    if (text.trim() === '') errors.push({ field, reason: 'FieldValueRequired', message: 'Required value' });
    else if (!program)
      errors.push({
        field,
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(text)}: ${problem}`,
      });
  };
  const conditionsIn = admissionEnvironment({ hasParams: base.hasParams, hasAuthorizer: true });
  for (const [index, { expression }] of conditions.entries())
    report(`spec.matchConditions[${index}].expression`, compileExpression(expression, conditionsIn, ['bool']));
  const own = compileVariables(variables, base);
  for (const [index, { name }] of variables.entries()) {
    const expression = own.expressions.get(name);
    if (expression) report(`spec.variables[${index}].expression`, expression);
  }
  const environment = admissionEnvironment({ ...base, variables: own.type });
  const telling = admissionEnvironment({ ...base, hasAuthorizer: false, variables: own.type });
  for (const [index, each] of objectsAt(spec, 'validations').entries()) {
    const field = `spec.validations[${index}]`;
    report(`${field}.expression`, compileExpression(stringAt(each, 'expression'), environment, ['bool']));
    const message = stringAt(each, 'messageExpression');
    if (message !== '') report(`${field}.messageExpression`, compileExpression(message, telling, ['string']));
  }
  for (const [index, each] of objectsAt(spec, 'auditAnnotations').entries())
    report(
      `spec.auditAnnotations[${index}].valueExpression`,
      compileExpression(stringAt(each, 'valueExpression'), telling, ['string', 'null']),
    );
  for (const [index, each] of objectsAt(spec, 'mutations').entries()) {
    const [part, wanted] =
      each.patchType === 'JSONPatch' ? ['jsonPatch', 'list(JSONPatch)'] : ['applyConfiguration', 'Object'];
    const text = stringAt(objectAt(each, part), 'expression');
    report(`spec.mutations[${index}].${part}.expression`, compileExpression(text, environment, [wanted]));
  }
  return errors;
}

function noteTypes(policy: JsonObject, catalog: KindCatalog): void {
  const warnings = typeWarnings(policy, catalog);
  const { generation } = objectAt(policy, 'metadata');
  const status = objectAt(policy, 'status');
  policy.status = {
    ...status,
    ...(generation !== undefined && { observedGeneration: generation }),
    typeChecking: warnings.length > 0 ? { expressionWarnings: warnings } : {},
  };
}

/** Where expressions ask for what the kinds the policy names do not have. A policy about `*` is not checked. */
export function typeWarnings(policy: JsonObject, catalog: KindCatalog): JsonObject[] {
  const spec = objectAt(policy, 'spec');
  const { paramKind, variables } = policySpec(policy);
  const kinds = kindsOf(objectsAt(objectAt(spec, 'matchConstraints'), 'resourceRules'), catalog);
  const slash = paramKind?.apiVersion.indexOf('/') ?? -1;
  const param =
    paramKind &&
    catalog.findByKind(
      paramKind.apiVersion.slice(0, Math.max(slash, 0)),
      paramKind.apiVersion.slice(slash + 1),
      paramKind.kind,
    );
  const params = param && typeOf(param);
  const environments = kinds.map((kind) => {
    const scope: Scope = { hasParams: paramKind !== undefined, hasAuthorizer: true, object: typeOf(kind), params };
    const own = compileVariables(variables, scope);
    return { kind, environment: admissionEnvironment({ ...scope, variables: own.type }) };
  });
  const warnings: JsonObject[] = [];
  const check = (fieldRef: string, text: string) => {
    const found = environments.flatMap(({ kind: { type }, environment }) => {
      const { program, problem } = compileExpression(text, environment, []);
      const name = `${type.group}/${type.version}, Kind=${type.kind}`;
      return program ? [] : [`${name}: ${problem.replace(/^compilation failed: /, '')}\n`];
    });
    if (found.length > 0) warnings.push({ fieldRef, warning: found.join('\n') });
  };
  for (const [index, each] of objectsAt(spec, 'validations').entries()) {
    check(`spec.validations[${index}].expression`, stringAt(each, 'expression'));
    const message = stringAt(each, 'messageExpression');
    if (message !== '') check(`spec.validations[${index}].messageExpression`, message);
  }
  return warnings;
}

const typesOfKinds = new WeakMap<KindDefinition, { type: CelType | undefined }>();

function typeOf(kind: KindDefinition): CelType | undefined {
  let known = typesOfKinds.get(kind);
  if (!known) {
    known = { type: typeOfSchema(schemaFor(kind), true) };
    typesOfKinds.set(kind, known);
  }
  return known.type;
}

function kindsOf(rules: readonly JsonObject[], catalog: KindCatalog): KindDefinition[] {
  const found = new Set<KindDefinition>();
  for (const rule of rules) {
    const [groups, versions, plurals] = ['apiGroups', 'apiVersions', 'resources'].map((key) =>
      arrayAt(rule, key).map(String),
    );
    if (groups?.includes('*') || versions?.includes('*')) continue;
    for (const group of groups ?? [])
      for (const version of versions ?? [])
        for (const plural of plurals ?? []) {
          const kind = /[*/]/.test(plural) ? undefined : catalog.find(group, version, plural);
          if (kind && found.size < mostKinds) found.add(kind);
        }
  }
  return [...found].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

const sortKey = ({ type }: KindDefinition) => `${type.group} ${type.version} ${type.kind}`;
