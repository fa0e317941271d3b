import { checkName } from '../checks.js';
import { metadataOf, specOf, statusOf, textColumn, textField } from '../columns.js';
import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { type FieldError, invalid } from '../field-error.js';
import { arrayAt, type JsonObject, objectAt, stringAt } from '../json.js';
import { validateFinalizers } from '../metadata.js';
import { qualifiedNameProblems } from '../names.js';
import { namespaces } from '../refs.js';

const nameLabel = 'kubernetes.io/metadata.name';

function checkHolders(object: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const finalizers = arrayAt(specOf(object), 'finalizers');
  const at = 'spec.finalizers';
  finalizers.forEach((each) => {
    checkName(String(each), at, qualifiedNameProblems, errors);
  });
  return [...errors, ...validateFinalizers(finalizers, at).map((each) => ({ ...each, field: at }))];
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
      validate: (object) => checkHolders(object),
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
  validate: (object, old) => (old ? [] : checkHolders(object)),
  columns: [nameColumn, textColumn('Status', 'status.phase'), ageColumn],
  fields: { 'status.phase': textField('status.phase'), name: textField('metadata.name') },
});
