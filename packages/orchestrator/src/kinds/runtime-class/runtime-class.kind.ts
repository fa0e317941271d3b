import { checkName } from '../checks.js';
import { textColumn } from '../columns.js';
import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { duplicate, type FieldError, required } from '../field-error.js';
import { isSame, type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import { immutable, validateLabels } from '../metadata.js';
import { labelProblems } from '../names.js';
import { checkTolerations } from '../pod/scheduling.validation.js';
import { runtimeClasses } from '../refs.js';
import { checkContainerResources } from '../resources.js';

function validate(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const handler = stringAt(object, 'handler');
  if (handler === '') errors.push(required('handler'));
  else checkName(handler, 'handler', labelProblems, errors);
  const fixed = objectAt(objectAt(object, 'overhead'), 'podFixed');
  checkContainerResources({ limits: fixed }, 'overhead', errors);
  const scheduling = objectAt(object, 'scheduling');
  errors.push(...validateLabels(objectAt(scheduling, 'nodeSelector'), 'scheduling.nodeSelector'));
  checkTolerations(scheduling, 'scheduling', errors);
  const tolerations = objectsAt(scheduling, 'tolerations');
  tolerations.forEach((toleration, index) => {
    if (tolerations.slice(0, index).some((each) => isSame(each, toleration)))
      errors.push(duplicate(`scheduling.tolerations[${index}]`, toleration));
  });
  return [...errors, ...immutable(object, old, ['handler'])];
}

export const runtimeClassKind = defineKind({
  type: runtimeClasses,
  schema: 'io.k8s.api.node.v1.RuntimeClass',
  validate,
  columns: [nameColumn, textColumn('Handler', 'handler'), ageColumn],
});
