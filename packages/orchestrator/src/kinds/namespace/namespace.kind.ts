import { checkName } from '../checks.js';
import { metadataOf, specOf, statusOf, textColumn, textField } from '../columns.js';
import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { type FieldError, invalid } from '../field-error.js';
import { arrayAt, objectAt, stringAt } from '../json.js';
import { qualifiedNameProblem } from '../names.js';
import { namespaces } from '../refs.js';

const nameLabel = 'kubernetes.io/metadata.name';

function validateFinalizers(finalizers: readonly unknown[]): FieldError[] {
  const errors: FieldError[] = [];
  finalizers.forEach((each, index) => {
    const name = String(each);
    const field = `spec.finalizers[${index}]`;
    checkName(name, field, qualifiedNameProblem, errors);
    if (!name.includes('/') && name !== 'kubernetes' && name !== 'orphan' && name !== 'foregroundDeletion')
      errors.push(invalid(field, name, 'name is neither a standard finalizer name nor is it fully qualified'));
  });
  return errors;
}

export const namespaceKind = defineKind({
  type: namespaces,
  schema: 'io.k8s.api.core.v1.Namespace',
  shortNames: ['ns'],
  nameRule: 'label',
  hasDeleteCollection: false,
  subresources: [
    {
      name: 'finalize',
      kind: 'Namespace',
      verbs: ['update'],
      validate: (object) => validateFinalizers(arrayAt(specOf(object), 'finalizers')),
    },
    statusSubresource('Namespace', {
      validate: (object) => {
        const phase = stringAt(statusOf(object), 'phase');
        const wanted = metadataOf(object).deletionTimestamp === undefined ? 'Active' : 'Terminating';
        if (phase === wanted) return [];
        const detail = `may only be '${wanted}' if \`deletionTimestamp\` is ${wanted === 'Active' ? '' : 'not '}empty`;
        return [invalid('status.Phase', phase, detail)];
      },
    }),
  ],
  setDefaults: (draft) => {
    const metadata = metadataOf(draft);
    const name = stringAt(metadata, 'name');
    const labels = objectAt(metadata, 'labels');
    if (name !== '' && labels[nameLabel] !== name) metadata.labels = { ...labels, [nameLabel]: name };
  },
  prepareForCreate: (draft) => {
    const finalizers = arrayAt(specOf(draft), 'finalizers').filter((each) => each !== 'kubernetes');
    draft.spec = { finalizers: [...finalizers, 'kubernetes'] };
    draft.status = { phase: 'Active' };
  },
  prepareForUpdate: (draft, old) => {
    // Finalizers of the spec change through the finalize subresource only.
    draft.spec = { ...specOf(old) };
  },
  validate: (object, old) => (old ? [] : validateFinalizers(arrayAt(specOf(object), 'finalizers'))),
  columns: [nameColumn, textColumn('Status', 'status.phase'), ageColumn],
  fields: { 'status.phase': textField('status.phase'), name: textField('metadata.name') },
});
