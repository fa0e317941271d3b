import { checkNonNegative } from '../checks.js';
import { column, metadataOf, numberColumn } from '../columns.js';
import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { type FieldError, required } from '../field-error.js';
import { isJsonObject, type JsonObject, objectsAt, stringAt } from '../json.js';
import { immutable } from '../metadata.js';
import { setDefault } from '../pod/pod.defaults.js';
import { controllerRevisions } from '../refs.js';

/** `statefulset.apps/db`, `<none>` without a controller. */
function controllerText(object: JsonObject): string {
  const owner = objectsAt(metadataOf(object), 'ownerReferences').find((each) => each.controller === true);
  if (!owner) return '<none>';
  const apiVersion = stringAt(owner, 'apiVersion');
  const group = apiVersion.includes('/') ? `.${apiVersion.slice(0, apiVersion.indexOf('/'))}` : '';
  return `${stringAt(owner, 'kind').toLowerCase()}${group}/${stringAt(owner, 'name')}`;
}

export const controllerRevisionKind = defineKind({
  type: controllerRevisions,
  schema: 'io.k8s.api.apps.v1.ControllerRevision',
  setDefaults: (draft) => setDefault(draft, 'revision', 0),
  validate: (object, old) => {
    const errors: FieldError[] = [];
    if (typeof object.revision === 'number' && object.revision < 0) checkNonNegative(object, ['revision'], '', errors);
    if (!old && !isJsonObject(object.data)) errors.push(required('data', 'data is mandatory'));
    return [
      ...errors.map((each) => ({ ...each, field: each.field.replace(/^\./, '') })),
      ...immutable(object, old, ['data']),
    ];
  },
  columns: [
    nameColumn,
    column('Controller', controllerText),
    numberColumn('Revision', 'revision', { type: 'string' }),
    ageColumn,
  ],
});
