import { type CelProgram, celEnvironment, compileCel, requestBudget, types } from '../../cel/index.js';
import { isJsonObject, type JsonObject, objectAt } from '../../kinds/index.js';
import type { AdmissionRequest } from '../admission/admission.js';
import { forbidden } from '../api-error.js';
import type { Hook } from './hooks.js';
import { reviewOf, type Sent } from './review.js';

const environment = celEnvironment({ variables: { object: types.dyn, oldObject: types.dyn, request: types.dyn } });
const programs = new WeakMap<Hook, readonly CelProgram[]>();

function programsOf(hook: Hook): readonly CelProgram[] {
  const known = programs.get(hook);
  if (known) return known;
  const compiled = hook.matchConditions.map(({ expression }) => compileCel(expression, environment));
  programs.set(hook, compiled);
  return compiled;
}

/**
 * Whether all of the hook's match conditions are true of the request. One that is false decides over others that cannot be
 * evaluated; where only those are left the failure policy does: pass the hook by, or throw 403.
 */
export function conditionsMatch(hook: Hook, request: AdmissionRequest, sent: Sent): boolean {
  if (hook.matchConditions.length === 0) return true;
  const asked: JsonObject = objectAt(reviewOf(hook, request, sent).body, 'request');
  const { object, oldObject, ...rest } = asked;
  const variables = {
    object: isJsonObject(object) ? object : null,
    oldObject: isJsonObject(oldObject) ? oldObject : null,
    request: { name: '', namespace: '', subResource: '', ...rest },
  };
  const budget = requestBudget();
  const failures: string[] = [];
  try {
    for (const program of programsOf(hook)) {
      try {
        if (program.evaluate(variables, budget) !== true) return false;
      } catch (error) {
        failures.push(messageOf(error));
      }
    }
  } catch (error) {
    failures.push(messageOf(error));
  }
  if (failures.length === 0) return true;
  if (hook.failurePolicy === 'Ignore') return false;
  const text = failures.length === 1 ? (failures[0] ?? '') : `[${failures.join(', ')}]`;
  throw forbidden(request.kind.type, request.name, text);
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
