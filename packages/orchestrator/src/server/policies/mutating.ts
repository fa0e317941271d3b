import { isSame, type JsonObject, type KindDefinition, objectAt, objectsAt, stringAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import type { AdmissionRequest } from '../admission/admission.js';
import { ApiError } from '../api-error.js';
import type { KindCatalog } from '../catalog.js';
import { type BoundPolicy, boundPolicies } from './bound.js';
import {
  activationOf,
  admissionEnvironment,
  BudgetError,
  type Condition,
  compileConditions,
  compileExpression,
  compileVariables,
  convert,
  type Expression,
  evaluate,
  inVersion,
  judgeConditions,
  rulesBudget,
  type Variables,
  withParams,
} from './expressions.js';
import { matchedKind } from './match.js';
import { mutationStructs } from './object-types.js';
import { ConfigurationError, collectParams } from './params.js';
import { applyConfiguration, applyOperations, MutationError } from './patch.js';
import type { Binding, PolicySpec } from './spec.js';

interface Mutation {
  readonly isJsonPatch: boolean;
  readonly expression: Expression;
}

export type MutatingPolicy = BoundPolicy<CompiledPolicy>;

interface CompiledPolicy {
  readonly conditions: readonly Condition[];
  readonly variables: Variables;
  readonly mutations: readonly Mutation[];
}

/** One policy with one binding and one parameter of it. */
interface Invocation {
  readonly policy: MutatingPolicy;
  readonly binding: Binding;
  readonly params: JsonObject | undefined;
  readonly kind: KindDefinition;
}

interface Problem {
  readonly message: string;
  readonly reason: 'Forbidden' | 'Invalid';
}

/** Writes the defaults of the kind, and refuses fields it does not know. Throws an Error. */
export type Settle = (kind: KindDefinition, object: JsonObject) => JsonObject;

export function mutatingPolicies(store: Store): () => readonly MutatingPolicy[] {
  return boundPolicies(store, 'mutating', compilePolicy);
}

function compilePolicy(object: JsonObject, spec: PolicySpec): CompiledPolicy {
  const hasParams = spec.paramKind !== undefined;
  const scope = { hasParams, hasAuthorizer: true, structs: mutationStructs, isMutation: true };
  const variables = compileVariables(spec.variables, scope);
  const environment = admissionEnvironment({ ...scope, variables: variables.type });
  return {
    conditions: compileConditions(spec.conditions, { hasParams, hasAuthorizer: true }),
    variables,
    mutations: objectsAt(objectAt(object, 'spec'), 'mutations').map((each) => {
      const isJsonPatch = each.patchType === 'JSONPatch';
      const text = stringAt(objectAt(each, isJsonPatch ? 'jsonPatch' : 'applyConfiguration'), 'expression');
      const wanted = isJsonPatch ? 'list(JSONPatch)' : 'Object';
      return { isJsonPatch, expression: compileExpression(text, environment, [wanted]) };
    }),
  };
}

/**
 * Runs every policy that is bound to the request; those that ask for it once more when one after them changed the object.
 * `request.object` is the changed object then. Throws one refusal with all problems of policies that fail closed.
 */
export function mutateRequest(
  policies: readonly MutatingPolicy[],
  request: AdmissionRequest,
  store: Store,
  catalog: KindCatalog,
  settle: Settle,
): void {
  const problems: Problem[] = [];
  const invocations = policies.flatMap((policy) => invocationsOf(policy, request, store, catalog, problems));
  let lastChange = -1;
  for (const [index, invocation] of invocations.entries())
    if (invoke(invocation, request, store, settle, problems)) lastChange = index;
  for (const [index, invocation] of invocations.entries())
    if (invocation.policy.isReinvoked && index < lastChange) invoke(invocation, request, store, settle, problems);
  if (problems.length > 0) throw refusalOf(request, problems);
}

function invocationsOf(
  policy: MutatingPolicy,
  request: AdmissionRequest,
  store: Store,
  catalog: KindCatalog,
  problems: Problem[],
): Invocation[] {
  const kind = matchedKind(policy.match, request, store, catalog);
  if (!kind) return [];
  return policy.bindings.flatMap((binding) => {
    if (binding.match && !matchedKind(binding.match, request, store, catalog)) return [];
    try {
      const params = collectParams(store, catalog, policy.paramKind, binding.param, request.namespace);
      return params.map((each) => ({ policy, binding, params: each, kind }));
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      report({ policy, binding }, `failed to configure binding: ${error.message}`, 'Forbidden', problems);
      return [];
    }
  });
}

function report(
  { policy, binding }: Pick<Invocation, 'policy' | 'binding'>,
  message: string,
  reason: Problem['reason'],
  problems: Problem[],
): void {
  if (!policy.isFailClosed) return;
  const by = `policy '${policy.name}' with binding '${binding.name}'`;
  problems.push({ message: `${by} denied request: ${message}`, reason });
}

/** True when the policy changed the object. */
function invoke(
  invocation: Invocation,
  request: AdmissionRequest,
  store: Store,
  settle: Settle,
  problems: Problem[],
): boolean {
  const { policy, params, kind } = invocation;
  const { conditions, variables, mutations } = policy.compiled();
  const shown = inVersion(request, kind);
  const before = activationOf({ request, kind, ...shown, store });
  const matched = judgeConditions(conditions, withParams(before, params, variables, { remaining: rulesBudget }));
  if ('error' in matched) {
    report(invocation, matched.error, 'Invalid', problems);
    return false;
  }
  if (!matched.isMatch || !shown.object) return false;
  let { object } = shown;
  for (const mutation of mutations) {
    const budget = { remaining: rulesBudget };
    const activation = withParams(
      activationOf({ request, kind, object, old: shown.old, store }),
      params,
      variables,
      budget,
    );
    try {
      const outcome = evaluate(mutation.expression, activation, budget);
      if ('error' in outcome) throw new MutationError(outcome.error);
      const changed = mutation.isJsonPatch
        ? applyOperations(object, outcome.value)
        : applyConfiguration(kind, object, outcome.value);
      if (!isSame(changed, object)) object = settle(kind, changed);
    } catch (error) {
      if (!(error instanceof MutationError || error instanceof BudgetError)) throw error;
      report(invocation, error.message, 'Invalid', problems);
    }
  }
  if (isSame(object, shown.object)) return false;
  request.object = convert(object, kind, request.kind);
  return true;
}

function refusalOf({ kind: { type }, name }: AdmissionRequest, problems: readonly Problem[]): ApiError {
  const [first] = problems;
  return new ApiError(403, first?.reason ?? 'Forbidden', first?.message ?? '', {
    ...(name !== '' && { name }),
    ...(type.group !== '' && { group: type.group }),
    kind: type.plural,
    causes: problems.map(({ message }) => ({ message })),
  });
}
