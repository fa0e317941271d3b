import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { objectAt, stringAt } from '../json.js';
import { namespaces } from '../refs.js';

export const namespaceKind = defineKind({
  type: namespaces,
  schema: 'io.k8s.api.core.v1.Namespace',
  shortNames: ['ns'],
  nameRule: 'label',
  hasDeleteCollection: false,
  subresources: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }, statusSubresource('Namespace')],
  setDefaults: (draft) => {
    const metadata = objectAt(draft, 'metadata');
    metadata.labels = { ...objectAt(metadata, 'labels'), 'kubernetes.io/metadata.name': stringAt(metadata, 'name') };
  },
  prepareForCreate: (draft) => {
    draft.spec = { finalizers: ['kubernetes'] };
    draft.status = { phase: 'Active' };
  },
  prepareForUpdate: (draft, old) => {
    // Finalizers of the spec change through the finalize subresource only.
    draft.spec = structuredClone(objectAt(old, 'spec'));
  },
  columns: [
    nameColumn,
    { name: 'Status', type: 'string', cell: (object) => stringAt(objectAt(object, 'status'), 'phase') },
    ageColumn,
  ],
  fields: {
    'status.phase': (object) => stringAt(objectAt(object, 'status'), 'phase'),
    name: (object) => stringAt(objectAt(object, 'metadata'), 'name'),
  },
});
