import type { Store } from '../../store/index.js';
import { ApiError, forbidden, notFound } from '../api-error.js';
import type { AdmissionPlugin } from './admission.js';

const protectedNamespaces = ['default', 'kube-system', 'kube-public'];

/** Nothing is made in a namespace that is not there or on its way out, and the system's own namespaces stay. */
export function namespaceAdmission(store: Store): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    handles: (kind, operation, subresource) =>
      (kind.type.namespaced && operation === 'CREATE' && subresource === '') ||
      (kind.type.kind === 'Namespace' && operation === 'DELETE'),
    mutate: ({ kind, operation, namespace: name, name: own }) => {
      if (operation !== 'CREATE') return;
      const namespace = store.get('namespaces', '', name);
      if (!namespace) throw notFound({ group: '', plural: 'namespaces' }, name);
      if (namespace.value.metadata.deletionTimestamp === undefined) return;
      const why = `unable to create new content in namespace ${name} because it is being terminated`;
      const refusal = forbidden(kind.type, own, why);
      const cause = {
        reason: 'NamespaceTerminating',
        message: `namespace ${name} is being terminated`,
        field: 'metadata.namespace',
      };
      throw new ApiError(refusal.code, refusal.reason, refusal.message, { ...refusal.details, causes: [cause] });
    },
    validate: ({ kind, operation, name }) => {
      if (operation === 'DELETE' && protectedNamespaces.includes(name))
        throw forbidden(kind.type, name, 'this namespace may not be deleted');
    },
  };
}
