import { checkNonNegative, selectsTemplate } from '../checks.js';
import { column, containerColumns, labelsText, metadataOf, numberColumn, specOf, textField } from '../columns.js';
import { ageColumn, defineKind, nameColumn, scaleSubresource, statusSubresource } from '../definition.js';
import { type FieldError, invalid, required } from '../field-error.js';
import { isJsonObject, type JsonObject, objectAt } from '../json.js';
import { defaultPodTemplate, setDefault } from '../pod/pod.defaults.js';
import { validatePodTemplate } from '../pod/pod.validation.js';
import { replicationControllers } from '../refs.js';
import { validateCounters } from '../workload/status.validation.js';
import { validateEndless } from '../workload/template.validation.js';

const isEmpty = (object: JsonObject) => Object.keys(object).length === 0;

function setDefaults(draft: JsonObject): void {
  const { spec } = draft;
  if (!isJsonObject(spec)) return;
  setDefault(spec, 'replicas', 1);
  const template = objectAt(spec, 'template');
  const labels = objectAt(template, 'metadata').labels;
  if (isJsonObject(labels)) {
    if (isEmpty(objectAt(spec, 'selector'))) spec.selector = { ...labels };
    const metadata = metadataOf(draft);
    if (isEmpty(objectAt(metadata, 'labels'))) metadata.labels = { ...labels };
  }
  if (isJsonObject(spec.template)) defaultPodTemplate(spec);
}

function validate(object: JsonObject): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  checkNonNegative(spec, ['minReadySeconds'], 'spec', errors);
  const selector = objectAt(spec, 'selector');
  if (isEmpty(selector)) errors.push(required('spec.selector'));
  checkNonNegative(spec, ['replicas'], 'spec', errors);
  const { template } = spec;
  if (!isJsonObject(template)) return [...errors, required('spec.template')];
  if (!isEmpty(selector) && !selectsTemplate({ matchLabels: selector }, template))
    errors.push(
      invalid(
        'spec.template.metadata.labels',
        objectAt(template, 'metadata').labels ?? null,
        '`selector` does not match template `labels`',
      ),
    );
  return [
    ...errors,
    ...validatePodTemplate(template, 'spec.template'),
    ...validateEndless(template, 'ReplicationController'),
  ];
}

export const replicationControllerKind = defineKind({
  type: replicationControllers,
  schema: 'io.k8s.api.core.v1.ReplicationController',
  shortNames: ['rc'],
  categories: ['all'],
  subresources: [
    scaleSubresource,
    statusSubresource('ReplicationController', {
      validate: validateCounters(
        ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'],
        ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'],
      ),
    }),
  ],
  generationOf: ['spec'],
  setDefaults,
  prepareForCreate: (draft) => {
    draft.status = { replicas: 0 };
  },
  validate,
  columns: [
    nameColumn,
    numberColumn('Desired', 'spec.replicas'),
    numberColumn('Current', 'status.replicas'),
    numberColumn('Ready', 'status.readyReplicas'),
    ageColumn,
    ...containerColumns('spec.template.spec.containers'),
    column('Selector', (object) => labelsText(objectAt(specOf(object), 'selector')), { priority: 1 }),
  ],
  fields: { 'status.replicas': textField('status.replicas', '0') },
});
