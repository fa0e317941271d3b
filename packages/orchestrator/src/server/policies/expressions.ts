import {
  AuthorizerValue,
  type CelBudget,
  CelCompileError,
  CelCostError,
  type CelEnvironment,
  CelError,
  type CelProgram,
  type CelType,
  type CelValue,
  celEnvironment,
  compileCel,
  LazyObject,
  listOf,
  mapOf,
  noTarget,
  type ObjectType,
  objectType,
  opaque,
  ResourceCheck,
  types,
} from '../../cel/index.js';
import { apiVersionOf, type Json, type JsonObject, type KindDefinition } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { type AdmissionRequest, isOfOwnKind, kindWritten } from '../admission/admission.js';
import { ApiError } from '../api-error.js';
import type { User } from '../authentication.js';
import { type Attributes, isAllowed, refusalText } from '../authorization.js';
import { asJson } from '../registry.js';
import type { Named } from './spec.js';

/** What all conditions of one policy may cost together, and all its rules. */
export const conditionsBudget = 2_500_000;
export const rulesBudget = 10_000_000;

const { string, bool, dyn, timestamp, int } = types;
const texts = listOf(string);
const labels = mapOf(string, string);

const groupVersionKind = objectType('kubernetes.GroupVersionKind', { group: string, version: string, kind: string });
const groupVersionResource = objectType('kubernetes.GroupVersionResource', {
  group: string,
  version: string,
  resource: string,
});
const userInfo = objectType('kubernetes.UserInfo', {
  username: string,
  uid: string,
  groups: texts,
  extra: mapOf(string, texts),
});
const requestType = objectType('kubernetes.AdmissionRequest', {
  kind: groupVersionKind,
  resource: groupVersionResource,
  subResource: string,
  requestKind: groupVersionKind,
  requestResource: groupVersionResource,
  requestSubResource: string,
  name: string,
  namespace: string,
  operation: string,
  userInfo,
  dryRun: bool,
  options: dyn,
});
const namespaceMetadata = objectType('kubernetes.NamespaceMetadata', {
  name: string,
  generateName: string,
  namespace: string,
  labels,
  annotations: labels,
  uid: string,
  resourceVersion: string,
  generation: int,
  creationTimestamp: timestamp,
  deletionTimestamp: timestamp,
  deletionGracePeriodSeconds: int,
  finalizers: texts,
});
const namespaceType = objectType('kubernetes.Namespace', {
  metadata: namespaceMetadata,
  spec: objectType('kubernetes.NamespaceSpec', { finalizers: texts }),
  status: objectType('kubernetes.NamespaceStatus', { phase: string }),
});

/** What kinds of variables there are beside those of every admission expression. */
export interface Scope {
  readonly hasParams: boolean;
  readonly hasAuthorizer: boolean;
  /** The policy's own variables; undefined where an expression may not use them. */
  readonly variables?: ObjectType;
  readonly structs?: (name: string) => ObjectType | undefined;
  readonly isMutation?: boolean;
  /** For type checking: `dyn` in every program that runs. */
  readonly object?: CelType;
  readonly params?: CelType;
}

/** The environment of an expression about a write. */
export function admissionEnvironment(scope: Scope): CelEnvironment {
  const object = scope.object ?? dyn;
  return celEnvironment({
    variables: {
      object,
      oldObject: object,
      request: requestType,
      namespaceObject: namespaceType,
      ...(scope.hasParams && { params: scope.params ?? dyn }),
      ...(scope.hasAuthorizer && {
        authorizer: opaque('kubernetes.authorization.Authorizer'),
        'authorizer.requestResource': opaque('kubernetes.authorization.ResourceCheck'),
      }),
      ...(scope.variables && { variables: scope.variables }),
    },
    structs: scope.structs,
    withJsonPatch: scope.isMutation,
  });
}

/** An expression, or why there is none: it is told only when the expression would have run. */
export interface Expression {
  readonly text: string;
  readonly program: CelProgram | undefined;
  readonly problem: string;
}

/** `wanted`: the types the expression may have; empty for any. */
export function compileExpression(text: string, environment: CelEnvironment, wanted: readonly string[]): Expression {
  try {
    const program = compileCel(text, environment);
    if (wanted.length === 0 || wanted.includes(program.resultType)) return { text, program, problem: '' };
    const types = wanted.length === 1 ? wanted[0] : `one of [${wanted.join(' ')}]`;
    return { text, program: undefined, problem: `must evaluate to ${types}` };
  } catch (error) {
    if (!(error instanceof CelCompileError)) throw error;
    return { text, program: undefined, problem: `compilation failed: ${error.message}` };
  }
}

/** A policy's own variables: each may use those before it, and is evaluated when it is first used. */
export interface Variables {
  readonly type: ObjectType;
  readonly expressions: ReadonlyMap<string, Expression>;
}

export function compileVariables(list: readonly Named[], scope: Scope): Variables {
  const fields = new Map<string, { property: string; type: CelType }>();
  const type: ObjectType = { kind: 'object', name: 'kubernetes.variables', fields };
  const expressions = new Map<string, Expression>();
  const environment = admissionEnvironment({ ...scope, variables: type });
  for (const { name, expression } of list) {
    const compiled = compileExpression(expression, environment, []);
    expressions.set(name, compiled);
    fields.set(name, { property: name, type: compiled.program?.type ?? dyn });
  }
  return { type, expressions };
}

/** One write as expressions see it. */
export interface Activation {
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface ActivationParts {
  readonly request: AdmissionRequest;
  /** The kind in whose version the objects are shown. */
  readonly kind: KindDefinition;
  readonly object: JsonObject | undefined;
  readonly old: JsonObject | undefined;
  readonly store: Store;
}

/** The objects of a request in the version of an equivalent kind. */
export function inVersion(request: AdmissionRequest, kind: KindDefinition): Pick<ActivationParts, 'object' | 'old'> {
  const show = (each: JsonObject | undefined) => {
    if (!each) return undefined;
    if (isOfOwnKind(request)) return each;
    const converted = kind === request.kind ? each : convert(each, request.kind, kind);
    return { ...converted, apiVersion: apiVersionOf(kind.type), kind: kind.type.kind };
  };
  return { object: show(request.object), old: show(request.old) };
}

export function convert(object: JsonObject, from: KindDefinition, to: KindDefinition): JsonObject {
  if (from === to) return object;
  if (to.storedAs?.hook)
    throw new ApiError(
      500,
      'InternalError',
      `a policy cannot wait for the web hook that converts ${to.type.kind}: name ${apiVersionOf(from.type)} in its resourceRules as well`,
    );
  const copy = structuredClone(object);
  const stored = from.storedAs ? from.storedAs.toStored(copy) : copy;
  return to.storedAs ? to.storedAs.fromStored(stored) : stored;
}

export function activationOf(parts: ActivationParts): Activation {
  const { request, kind, object, old, store } = parts;
  const isNamespace = request.kind.type.kind === 'Namespace' && request.kind.type.group === '';
  const name = isNamespace ? '' : request.namespace;
  const namespace = name === '' ? undefined : store.get('namespaces', '', name);
  const authorizer = authorizerOf(store, request.context.user);
  return {
    variables: {
      object: object ?? null,
      oldObject: old ?? null,
      request: requestJson(request, kind),
      namespaceObject: namespace ? asJson(namespace.value) : null,
      params: null,
      authorizer,
      'authorizer.requestResource': new ResourceCheck(authorizer, {
        ...noTarget,
        group: request.kind.type.group,
        resource: request.kind.type.plural,
        subresource: request.subresource,
        namespace: request.namespace,
        name: request.name,
      }),
    },
  };
}

/** The activation for one parameter of a policy, with the policy's variables evaluated as they are used. */
export function withParams(
  { variables }: Activation,
  params: JsonObject | undefined,
  own: Variables,
  budget: CelBudget,
): Activation {
  const all: Record<string, unknown> = { ...variables, params: params ?? null };
  all.variables = new LazyObject(own.type, (name) => {
    const expression = own.expressions.get(name);
    if (!expression) return undefined;
    if (!expression.program)
      throw new CelError(`composited variable ${JSON.stringify(name)} fails to compile: ${expression.problem}`);
    try {
      return expression.program.evaluate(all, budget);
    } catch (error) {
      if (error instanceof CelCostError || !(error instanceof CelError)) throw error;
      throw new CelError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${error.message}`);
    }
  });
  return { variables: all };
}

function requestJson(request: AdmissionRequest, matched: KindDefinition): JsonObject {
  const { operation, kind, subresource, namespace, name, context } = request;
  const { user } = context;
  const kindOf = ({ type }: KindDefinition) => kindWritten(request, type);
  const resourceOf = ({ type }: KindDefinition) => ({
    group: type.group,
    version: type.version,
    resource: type.plural,
  });
  return {
    kind: kindOf(matched),
    resource: resourceOf(matched),
    requestKind: kindOf(kind),
    requestResource: resourceOf(kind),
    ...(subresource !== '' && { subResource: subresource, requestSubResource: subresource }),
    ...(name !== '' && { name }),
    ...(namespace !== '' && { namespace }),
    operation,
    userInfo: {
      username: user.name,
      ...(user.uid !== undefined && { uid: user.uid }),
      groups: [...user.groups],
      ...(user.extra && { extra: copyExtra(user.extra) }),
    },
    dryRun: context.isDryRun,
    ...(operation !== 'CONNECT' && { options: optionsOf(request) }),
  };
}

function copyExtra(extra: NonNullable<User['extra']>): JsonObject {
  return Object.fromEntries(Object.entries(extra).map(([key, values]): [string, Json] => [key, [...values]]));
}

function optionsOf({ operation, context }: AdmissionRequest): JsonObject {
  const kind = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions', CONNECT: '' }[operation];
  return {
    ...(kind !== '' && { kind, apiVersion: 'meta.k8s.io/v1' }),
    ...(context.isDryRun && { dryRun: ['All'] }),
    ...(kind !== 'DeleteOptions' && context.fieldManager !== '' && { fieldManager: context.fieldManager }),
  };
}

function authorizerOf(store: Store, user: User): AuthorizerValue {
  return new AuthorizerValue((question, account) => {
    const who: User = account
      ? {
          name: `system:serviceaccount:${account.namespace}:${account.name}`,
          groups: ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`, 'system:authenticated'],
        }
      : user;
    const nothing = { group: '', resource: '', subresource: '', namespace: '', name: '' };
    const wanted: Attributes =
      'path' in question
        ? { ...nothing, verb: question.verb, path: question.path }
        : {
            verb: question.verb,
            group: question.group,
            resource: question.resource,
            subresource: question.subresource,
            namespace: question.namespace,
            name: question.name,
          };
    const allowed = isAllowed(store, who, wanted);
    return { allowed, reason: allowed ? '' : refusalText(who, wanted) };
  });
}

/** All rules of a policy together cost too much. */
export class BudgetError extends Error {
  constructor() {
    super('validation failed due to running out of cost budget, no further validation rules will be run');
  }
}

export type Outcome = { readonly value: CelValue } | { readonly error: string };

/** Throws a BudgetError where the budget is used up; any other failure is an outcome. */
export function evaluate(expression: Expression, { variables }: Activation, budget: CelBudget): Outcome {
  if (!expression.program) return { error: `compilation error: ${expression.problem}` };
  try {
    return { value: expression.program.evaluate(variables, budget) };
  } catch (error) {
    if (budget.remaining <= 0) throw new BudgetError();
    if (!(error instanceof CelError)) throw error;
    return { error: `expression '${expression.text}' resulted in error: ${error.message}` };
  }
}

export type ConditionResult = { readonly isMatch: boolean } | { readonly error: string };

export interface Condition {
  readonly name: string;
  readonly expression: Expression;
}

export function compileConditions(list: readonly Named[], scope: Scope): Condition[] {
  const environment = admissionEnvironment(scope);
  return list.map(({ name, expression }) => ({
    name,
    expression: compileExpression(expression, environment, ['bool']),
  }));
}

/** One false condition decides, whatever errors the others end in. */
export function judgeConditions(
  conditions: readonly Condition[],
  activation: Activation,
  budget: CelBudget = { remaining: conditionsBudget },
): ConditionResult {
  const errors: string[] = [];
  try {
    for (const { expression } of conditions) {
      const outcome = evaluate(expression, activation, budget);
      if ('error' in outcome) errors.push(outcome.error);
      else if (outcome.value !== true) return { isMatch: false };
    }
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    return { error: error.message };
  }
  if (errors.length === 0) return { isMatch: true };
  return { error: errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]` };
}
