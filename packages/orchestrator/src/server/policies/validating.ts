import type { CelValue } from '../../cel/index.js';
import { type JsonObject, objectAt, objectsAt, stringAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import type { AdmissionRequest } from '../admission/admission.js';
import { ApiError } from '../api-error.js';
import type { KindCatalog } from '../catalog.js';
import { type BoundPolicy, boundPolicies } from './bound.js';
import {
  type Activation,
  activationOf,
  admissionEnvironment,
  BudgetError,
  type Condition,
  compileConditions,
  compileExpression,
  compileVariables,
  type Expression,
  evaluate,
  inVersion,
  judgeConditions,
  rulesBudget,
  type Variables,
  withParams,
} from './expressions.js';
import { matchedKind } from './match.js';
import { ConfigurationError, collectParams } from './params.js';
import type { Binding, PolicySpec } from './spec.js';

interface Validation {
  readonly expression: Expression;
  readonly message: string;
  readonly messageExpression: Expression | undefined;
  readonly reason: string;
}

type ValidatingPolicy = BoundPolicy<CompiledPolicy>;

interface CompiledPolicy {
  readonly conditions: readonly Condition[];
  readonly variables: Variables;
  readonly validations: readonly Validation[];
  readonly annotations: readonly { readonly key: string; readonly expression: Expression }[];
}

/** What a policy says of a request with one parameter. */
interface Verdict {
  readonly denials: readonly Denial[];
  readonly annotations: readonly { readonly key: string; readonly value: string }[];
  /** Annotations that could not be made; they refuse the request whatever the binding's actions are. */
  readonly broken: readonly string[];
}

interface Denial {
  /** Which of the policy's validations. */
  readonly index: number;
  readonly message: string;
  readonly reason: string;
}

/** Where annotations of the audit log go. */
export type AnnotateAudit = (request: AdmissionRequest, key: string, value: string) => void;

const longestMessage = 5 * 1024;
const longestAnnotation = 10 * 1024;

export function validatingPolicies(store: Store): () => readonly ValidatingPolicy[] {
  return boundPolicies(store, 'validating', compilePolicy);
}

function compilePolicy(object: JsonObject, spec: PolicySpec): CompiledPolicy {
  const hasParams = spec.paramKind !== undefined;
  const variables = compileVariables(spec.variables, { hasParams, hasAuthorizer: true });
  const own = { hasParams, hasAuthorizer: true, variables: variables.type };
  const environment = admissionEnvironment(own);
  // Messages and annotations tell of a decision; they may not make one.
  const telling = admissionEnvironment({ ...own, hasAuthorizer: false });
  const content = objectAt(object, 'spec');
  return {
    conditions: compileConditions(spec.conditions, { hasParams, hasAuthorizer: true }),
    variables,
    validations: objectsAt(content, 'validations').map((each) => {
      const text = stringAt(each, 'messageExpression');
      return {
        expression: compileExpression(stringAt(each, 'expression'), environment, ['bool']),
        message: stringAt(each, 'message').trim(),
        messageExpression: text === '' ? undefined : compileExpression(text, telling, ['string']),
        reason: stringAt(each, 'reason') || 'Invalid',
      };
    }),
    annotations: objectsAt(content, 'auditAnnotations').map((each) => ({
      key: stringAt(each, 'key'),
      expression: compileExpression(stringAt(each, 'valueExpression'), telling, ['string', 'null']),
    })),
  };
}

/** Asks every policy that is bound to the request. Throws the first refusal; warns and annotates as the bindings say. */
export function validateRequest(
  policies: readonly ValidatingPolicy[],
  request: AdmissionRequest,
  store: Store,
  catalog: KindCatalog,
  annotate: AnnotateAudit | undefined,
): void {
  const refusals: { text: string; reason: string }[] = [];
  for (const policy of policies) {
    const kind = matchedKind(policy.match, request, store, catalog);
    if (!kind) continue;
    let activation: Activation | undefined;
    const annotations = new Map<string, string[]>();
    for (const binding of policy.bindings) {
      if (binding.match && !matchedKind(binding.match, request, store, catalog)) continue;
      const by = `ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}'`;
      let params: (JsonObject | undefined)[];
      try {
        params = collectParams(store, catalog, policy.paramKind, binding.param, request.namespace);
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        if (policy.isFailClosed)
          refusals.push({
            text: `${by} denied request: failed to configure binding: ${error.message}`,
            reason: 'Invalid',
          });
        continue;
      }
      for (const param of params) {
        activation ??= activationOf({ request, kind, ...inVersion(request, kind), store });
        const verdict = judge(policy, activation, param);
        for (const denial of verdict.denials) act(binding, by, denial);
        for (const message of verdict.broken)
          refusals.push({ text: `${by} denied request: ${message}`, reason: 'Invalid' });
        for (const { key, value } of verdict.annotations) {
          const values = annotations.get(key) ?? [];
          if (!values.includes(value)) annotations.set(key, [...values, value]);
        }
      }
    }
    for (const [key, values] of annotations) annotate?.(request, `${policy.name}/${key}`, values.join(', '));
  }
  const [first] = refusals;
  if (first) throw refusalOf(request, first.text, first.reason);

  function act(binding: Binding, by: string, denial: Denial): void {
    const { index, message, reason } = denial;
    const { warnings } = request.context;
    for (const action of binding.actions) {
      if (action === 'Deny') refusals.push({ text: `${by} denied request: ${message}`, reason });
      else if (action === 'Warn') {
        const warning = `Validation failed for ${by}: ${message}`;
        if (!warnings.includes(warning)) warnings.push(warning);
      } else if (action === 'Audit') {
        const failure = {
          message,
          policy: binding.policy,
          binding: binding.name,
          expressionIndex: index,
          validationActions: binding.actions,
        };
        annotate?.(request, 'validation.policy.admission.k8s.io/validation_failure', JSON.stringify([failure]));
      }
    }
  }
}

function judge(policy: ValidatingPolicy, request: Activation, params: JsonObject | undefined): Verdict {
  const { conditions, variables, validations, annotations } = policy.compiled();
  const budget = { remaining: rulesBudget };
  const activation = withParams(request, params, variables, budget);
  const failed = (message: string): Verdict => ({
    denials: policy.isFailClosed ? [{ index: 0, message, reason: 'Invalid' }] : [],
    annotations: [],
    broken: [],
  });
  const matched = judgeConditions(conditions, activation);
  if ('error' in matched) return failed(matched.error);
  if (!matched.isMatch) return { denials: [], annotations: [], broken: [] };
  const denials: Denial[] = [];
  try {
    for (const [index, each] of validations.entries()) {
      const outcome = evaluate(each.expression, activation, budget);
      if ('error' in outcome) {
        if (policy.isFailClosed) denials.push({ index, message: outcome.error, reason: 'Invalid' });
      } else if (outcome.value !== true)
        denials.push({ index, message: messageOf(each, activation, budget), reason: each.reason });
    }
    return { denials, ...annotate(policy, annotations, activation) };
  } catch (error) {
    if (error instanceof BudgetError) return failed(error.message);
    throw error;
  }
}

/** What the policy's author wrote for the case: an expression, else a text, else the rule itself. */
function messageOf(validation: Validation, activation: Activation, budget: { remaining: number }): string {
  const { expression, message, messageExpression } = validation;
  if (messageExpression?.program) {
    const outcome = evaluate(messageExpression, activation, budget);
    const text = 'value' in outcome && typeof outcome.value === 'string' ? outcome.value.trim() : '';
    if (text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= longestMessage) return text;
  }
  return message || `failed expression: ${expression.text.trim()}`;
}

function annotate(
  policy: ValidatingPolicy,
  list: CompiledPolicy['annotations'],
  activation: Activation,
): Pick<Verdict, 'annotations' | 'broken'> {
  const annotations: { key: string; value: string }[] = [];
  const broken: string[] = [];
  const budget = { remaining: rulesBudget };
  for (const { key, expression } of list) {
    const outcome = evaluate(expression, activation, budget);
    if ('error' in outcome) {
      if (policy.isFailClosed) broken.push(outcome.error);
      continue;
    }
    const value = textOf(outcome.value);
    if (value !== '') annotations.push({ key, value: value.slice(0, longestAnnotation) });
  }
  return { annotations, broken };
}

function textOf(value: CelValue): string {
  return typeof value === 'string' ? value.trim() : '';
}

const codes = new Map<string, [number, 'Unauthorized' | 'Forbidden' | 'Invalid' | 'RequestEntityTooLarge']>([
  ['Unauthorized', [401, 'Unauthorized']],
  ['Forbidden', [403, 'Forbidden']],
  ['Invalid', [422, 'Invalid']],
  ['RequestEntityTooLarge', [413, 'RequestEntityTooLarge']],
]);

function refusalOf({ kind: { type }, name }: AdmissionRequest, text: string, wanted: string): ApiError {
  const [code, reason] = codes.get(wanted) ?? [422, 'Invalid'];
  const resource = type.group === '' ? type.plural : `${type.plural}.${type.group}`;
  const subject = name === '' ? resource : `${resource} ${JSON.stringify(name)}`;
  return new ApiError(code, reason, `${subject} is forbidden: ${text}`, {
    ...(name !== '' && { name }),
    ...(type.group !== '' && { group: type.group }),
    kind: type.plural,
    causes: [{ message: text }],
  });
}
