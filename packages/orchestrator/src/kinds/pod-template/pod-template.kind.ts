import { column, containerColumns, labelsText } from '../columns.js';
import { defineKind, nameColumn } from '../definition.js';
import { objectAt } from '../json.js';
import { defaultPodTemplate } from '../pod/pod.defaults.js';
import { validatePodTemplate } from '../pod/pod.validation.js';
import { podTemplates } from '../refs.js';

export const podTemplateKind = defineKind({
  type: podTemplates,
  schema: 'io.k8s.api.core.v1.PodTemplate',
  generationOf: ['template'],
  setDefaults: (draft) => defaultPodTemplate(draft),
  validate: (object) => validatePodTemplate(objectAt(object, 'template'), 'template'),
  columns: [
    nameColumn,
    ...containerColumns('template.spec.containers', 0),
    column('Pod Labels', (object) =>
      labelsText(objectAt(objectAt(objectAt(object, 'template'), 'metadata'), 'labels')),
    ),
  ],
});
