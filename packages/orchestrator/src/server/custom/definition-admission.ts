import { type JsonObject, objectAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import type { AdmissionPlugin } from '../admission/admission.js';
import { ApiError, invalid } from '../api-error.js';
import type { User } from '../authentication.js';
import { asJson, nowText } from '../registry.js';
import { definitionsKey } from './custom-resources.js';
import { definitionErrors, storedVersionErrors } from './definition-rules.js';
import { statusOf } from './definition-status.js';

export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

/** Who writes the definitions that come with the server. */
export const bundledAuthor: User = { name: 'system:apiserver', groups: ['system:masters'] };

/** Judges definitions, and says in the same write which of their names they may use and whether they are served. */
export function definitionAdmission(store: Store): AdmissionPlugin {
  return {
    name: 'CustomResourceDefinition',
    handles: ({ type }, operation) =>
      type.group === 'apiextensions.k8s.io' && type.kind === 'CustomResourceDefinition' && operation !== 'DELETE',
    mutate: ({ object, subresource }) => {
      if (!object || subresource !== '') return;
      keepFinalizer(object);
      const others = store.list(definitionsKey).map((each) => asJson(each.value));
      object.status = statusOf(object, others, nowText());
    },
    validate: ({ kind, object, old, subresource, name, context }) => {
      // Those that come with the server are judged by its tests, not again in the first second of every cluster.
      if (!object || context.user === bundledAuthor) return;
      const errors = subresource === '' ? definitionErrors(object, old) : storedVersionErrors(object);
      if (errors.length > 0) throw invalid(kind, name, errors);
    },
  };
}

/** The objects of a kind go before its definition does. */
function keepFinalizer(definition: JsonObject): void {
  const metadata = objectAt(definition, 'metadata');
  if (metadata.deletionTimestamp !== undefined) return;
  const finalizers = Array.isArray(metadata.finalizers) ? metadata.finalizers : [];
  if (!finalizers.includes(cleanupFinalizer)) metadata.finalizers = [...finalizers, cleanupFinalizer];
}

/** Nothing new is made of a kind that is going away. */
export const terminatingAdmission: AdmissionPlugin = {
  name: 'CustomResourceTermination',
  handles: (kind, operation) => kind.custom?.isTerminating === true && operation === 'CREATE',
  validate: ({ kind }) => {
    const why = `create not allowed while custom resource definition is terminating`;
    throw new ApiError(405, 'MethodNotAllowed', why, { group: kind.type.group, kind: kind.type.plural });
  },
};
