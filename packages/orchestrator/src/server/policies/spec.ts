import {
  arrayAt,
  isJsonObject,
  type Json,
  type JsonObject,
  type LabelSelector,
  objectAt,
  objectsAt,
  stringAt,
} from '../../kinds/index.js';

/** Policies and their bindings as plain data, with the defaults the API gives them. */

export const policyGroup = 'admissionregistration.k8s.io';

export interface ResourceRule {
  readonly operations: readonly string[];
  readonly groups: readonly string[];
  readonly versions: readonly string[];
  readonly resources: readonly string[];
  /** Empty: any name. */
  readonly names: readonly string[];
  readonly scope: string;
}

/** What requests a policy or a binding is about. */
export interface Match {
  readonly rules: readonly ResourceRule[];
  readonly excluded: readonly ResourceRule[];
  readonly namespaceSelector: LabelSelector | undefined;
  readonly objectSelector: LabelSelector | undefined;
  readonly isEquivalent: boolean;
}

export interface ParamKind {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface ParamRef {
  readonly name: string;
  readonly namespace: string;
  readonly selector: LabelSelector | undefined;
  readonly isRequired: boolean;
}

export interface Binding {
  readonly name: string;
  readonly policy: string;
  /** Undefined: whatever the policy is about. */
  readonly match: Match | undefined;
  readonly param: ParamRef | undefined;
  readonly actions: readonly string[];
}

export interface Named {
  readonly name: string;
  readonly expression: string;
}

export interface PolicySpec {
  readonly name: string;
  readonly match: Match;
  readonly paramKind: ParamKind | undefined;
  readonly isFailClosed: boolean;
  readonly conditions: readonly Named[];
  readonly variables: readonly Named[];
  /** Of one that changes objects: it is run once more when another has changed the object after it. */
  readonly isReinvoked: boolean;
}

/** What both kinds of policy have. */
export function policySpec(policy: JsonObject): PolicySpec {
  const spec = objectAt(policy, 'spec');
  return {
    name: stringAt(objectAt(policy, 'metadata'), 'name'),
    match: toMatch(objectAt(spec, 'matchConstraints')),
    paramKind: isJsonObject(spec.paramKind)
      ? { apiVersion: stringAt(spec.paramKind, 'apiVersion'), kind: stringAt(spec.paramKind, 'kind') }
      : undefined,
    isFailClosed: spec.failurePolicy !== 'Ignore',
    conditions: objectsAt(spec, 'matchConditions').map(toNamed),
    variables: objectsAt(spec, 'variables').map(toNamed),
    isReinvoked: spec.reinvocationPolicy === 'IfNeeded',
  };
}

export function toNamed(each: JsonObject): Named {
  return { name: stringAt(each, 'name'), expression: stringAt(each, 'expression') };
}

export function bindingOf(object: JsonObject): Binding {
  const spec = objectAt(object, 'spec');
  const ref = spec.paramRef;
  return {
    name: stringAt(objectAt(object, 'metadata'), 'name'),
    policy: stringAt(spec, 'policyName'),
    match: isJsonObject(spec.matchResources) ? toMatch(spec.matchResources) : undefined,
    param: isJsonObject(ref)
      ? {
          name: stringAt(ref, 'name'),
          namespace: stringAt(ref, 'namespace'),
          selector: isJsonObject(ref.selector) ? ref.selector : undefined,
          isRequired: ref.parameterNotFoundAction === 'Deny',
        }
      : undefined,
    actions: texts(spec, 'validationActions'),
  };
}

function toMatch(match: JsonObject): Match {
  return {
    rules: objectsAt(match, 'resourceRules').map(toRule),
    excluded: objectsAt(match, 'excludeResourceRules').map(toRule),
    namespaceSelector: selectorOf(match.namespaceSelector),
    objectSelector: selectorOf(match.objectSelector),
    isEquivalent: match.matchPolicy !== 'Exact',
  };
}

function toRule(rule: JsonObject): ResourceRule {
  return {
    operations: texts(rule, 'operations'),
    groups: texts(rule, 'apiGroups'),
    versions: texts(rule, 'apiVersions'),
    resources: texts(rule, 'resources'),
    names: texts(rule, 'resourceNames'),
    scope: stringAt(rule, 'scope') || '*',
  };
}

/** Undefined: everything matches. */
function selectorOf(selector: Json | undefined): LabelSelector | undefined {
  return isJsonObject(selector) && Object.keys(selector).length > 0 ? selector : undefined;
}

const texts = (object: JsonObject, key: string) => arrayAt(object, key).map(String);
