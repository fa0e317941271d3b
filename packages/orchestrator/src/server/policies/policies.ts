// Owns: asking the policies that are bound to a write. May run twice: a mutating policy, for one write, when a policy or a web
// hook after it changed the object. Never: is asked about policies and hooks themselves, does I/O, keeps anything of a write.

import { cloneJson, DecodeError, decodeObject, isSame, type JsonObject, schemaFor } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { type AdmissionPlugin, type AdmissionRequest, isOfOwnKind } from '../admission/admission.js';
import type { KindCatalog } from '../catalog.js';
import { isExempt } from '../webhooks/hooks.js';
import { policyDefinitions } from './definitions.js';
import { mutateRequest, mutatingPolicies, type Settle } from './mutating.js';
import { MutationError } from './patch.js';
import { type AnnotateAudit, validateRequest, validatingPolicies } from './validating.js';

export interface PolicyAdmission {
  /** After every built-in plugin that changes objects, before the mutating web hooks. */
  readonly mutating: AdmissionPlugin;
  /** After the mutating web hooks: asks policies with `reinvocationPolicy: IfNeeded` again where a hook changed the object. */
  readonly reinvoking: AdmissionPlugin;
  /** Before the validating web hooks. */
  readonly validating: AdmissionPlugin;
  /** Judges policies themselves and notes what their types do not fit. */
  readonly definitions: AdmissionPlugin;
}

/** ValidatingAdmissionPolicy and MutatingAdmissionPolicy. */
export function policyAdmission(store: Store, catalog: KindCatalog, annotate?: AnnotateAudit): PolicyAdmission {
  const mutating = mutatingPolicies(store);
  const validating = validatingPolicies(store);
  // A binding has been judged as the one it is before the pod is written.
  const handles: AdmissionPlugin['handles'] = ({ type }, operation, subresource) =>
    !isExempt(type) && !(operation === 'UPDATE' && subresource === 'binding');
  const mayChange: AdmissionPlugin['handles'] = (kind, operation, subresource) =>
    handles(kind, operation, subresource) && !isOfOwnKind({ operation, subresource });
  /** What the policies left, of requests under way. */
  const left = new WeakMap<AdmissionRequest, JsonObject>();
  return {
    mutating: {
      name: 'MutatingAdmissionPolicy',
      handles: mayChange,
      mutate: (request) => {
        const policies = mutating();
        if (policies.length === 0) return;
        mutateRequest(policies, request, store, catalog, settle);
        if (request.object && policies.some((each) => each.isReinvoked)) left.set(request, cloneJson(request.object));
      },
    },
    reinvoking: {
      name: 'MutatingAdmissionPolicyReinvocation',
      handles: mayChange,
      mutate: (request) => {
        const before = left.get(request);
        if (!before || isSame(before, request.object)) return;
        const policies = mutating().filter((each) => each.isReinvoked);
        mutateRequest(policies, request, store, catalog, settle);
      },
    },
    validating: {
      name: 'ValidatingAdmissionPolicy',
      handles,
      validate: (request) => {
        const policies = validating();
        if (policies.length > 0) validateRequest(policies, request, store, catalog, annotate);
      },
    },
    definitions: policyDefinitions(catalog),
  };
}

const settle: Settle = (kind, object) => {
  const unknown: string[] = [];
  let decoded: JsonObject;
  try {
    decoded = kind.custom ? kind.custom.decode(object, unknown) : decodeObject(schemaFor(kind), object, unknown);
  } catch (error) {
    if (error instanceof DecodeError) throw new MutationError(error.message);
    throw error;
  }
  if (unknown.length > 0)
    throw new MutationError(
      `strict decoding error: ${unknown.map((field) => `unknown field ${JSON.stringify(field)}`).join(', ')}`,
    );
  kind.setDefaults?.(decoded);
  return decoded;
};
