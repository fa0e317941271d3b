import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { scaleSubresource, templateColumns, validateReplicated } from '../deployment/deployment.kind.js';
import { isJsonObject, numberAt, objectAt } from '../json.js';
import { defaultPodTemplate, setDefault } from '../pod/pod.defaults.js';
import { replicaSets } from '../refs.js';

export const replicaSetKind = defineKind({
  type: replicaSets,
  schema: 'io.k8s.api.apps.v1.ReplicaSet',
  shortNames: ['rs'],
  categories: ['all'],
  subresources: [scaleSubresource, statusSubresource('ReplicaSet')],
  generationOf: ['spec'],
  setDefaults: (draft) => {
    if (!isJsonObject(draft.spec)) return;
    setDefault(draft.spec, 'replicas', 1);
    defaultPodTemplate(objectAt(draft.spec, 'template'));
  },
  prepareForCreate: (draft) => {
    draft.status = { replicas: 0 };
  },
  validate: validateReplicated,
  columns: [
    nameColumn,
    { name: 'Desired', type: 'integer', cell: (object) => numberAt(objectAt(object, 'spec'), 'replicas') ?? 0 },
    { name: 'Current', type: 'integer', cell: (object) => numberAt(objectAt(object, 'status'), 'replicas') ?? 0 },
    { name: 'Ready', type: 'integer', cell: (object) => numberAt(objectAt(object, 'status'), 'readyReplicas') ?? 0 },
    ageColumn,
    ...templateColumns,
  ],
  fields: {
    'status.replicas': (object) => String(numberAt(objectAt(object, 'status'), 'replicas') ?? 0),
  },
});
