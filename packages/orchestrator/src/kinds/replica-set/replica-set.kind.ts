import { checkNonNegative } from '../checks.js';
import { numberColumn, specOf, templateColumns, textField } from '../columns.js';
import { ageColumn, defineKind, nameColumn, scaleSubresource, statusSubresource } from '../definition.js';
import { type FieldError } from '../field-error.js';
import { immutable } from '../metadata.js';
import { defaultPodTemplate, presentAt, setDefault } from '../pod/pod.defaults.js';
import { replicaSets } from '../refs.js';
import { validateCounters } from '../workload/status.validation.js';
import { validateSelectedTemplate } from '../workload/template.validation.js';

export const replicaSetKind = defineKind({
  type: replicaSets,
  schema: 'io.k8s.api.apps.v1.ReplicaSet',
  shortNames: ['rs'],
  categories: ['all'],
  subresources: [
    scaleSubresource,
    statusSubresource('ReplicaSet', {
      validate: validateCounters(
        ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'terminatingReplicas'],
        ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'],
      ),
    }),
  ],
  generationOf: ['spec'],
  setDefaults: (draft) => {
    const spec = presentAt(draft, 'spec');
    setDefault(spec, 'replicas', 1);
    defaultPodTemplate(spec);
  },
  prepareForCreate: (draft) => {
    draft.status = { replicas: 0 };
  },
  validate: (object, old) => {
    const errors: FieldError[] = [];
    const spec = specOf(object);
    checkNonNegative(spec, ['replicas', 'minReadySeconds'], 'spec', errors);
    errors.push(...validateSelectedTemplate(spec, 'ReplicaSet', 'deployment'));
    return [...errors, ...immutable(object, old, ['spec.selector'])];
  },
  columns: [
    nameColumn,
    numberColumn('Desired', 'spec.replicas'),
    numberColumn('Current', 'status.replicas'),
    numberColumn('Ready', 'status.readyReplicas'),
    ageColumn,
    ...templateColumns,
  ],
  fields: { 'status.replicas': textField('status.replicas', '0') },
});
