import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { type FieldError, forbidden, invalid, tooLong } from '../field-error.js';
import { isSame, type JsonObject, objectAt } from '../json.js';
import { configKeyProblem } from '../names.js';
import { configMaps } from '../refs.js';

const limitBytes = 1024 * 1024;

/** Keys, total size and immutability, for ConfigMaps and Secrets alike. */
export function validateData(object: JsonObject, old: JsonObject | undefined, fields: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const field of fields) {
    for (const [key, value] of Object.entries(objectAt(object, field))) {
      const problem = configKeyProblem(key);
      if (problem) errors.push(invalid(`${field}[${key}]`, key, problem));
      size += String(value).length;
    }
  }
  if (size > limitBytes * (fields.includes('binaryData') ? 1 : 4 / 3)) errors.push(tooLong('data', limitBytes));
  if (old?.immutable !== true) return errors;
  if (object.immutable !== true) errors.push(forbidden('immutable', 'field is immutable when `immutable` is set'));
  for (const field of fields)
    if (!isSame(objectAt(object, field), objectAt(old, field)))
      errors.push(forbidden(field, 'field is immutable when `immutable` is set'));
  return errors;
}

export const configMapKind = defineKind({
  type: configMaps,
  schema: 'io.k8s.api.core.v1.ConfigMap',
  shortNames: ['cm'],
  validate: (object, old) => validateData(object, old, ['data', 'binaryData']),
  columns: [
    nameColumn,
    {
      name: 'Data',
      type: 'integer',
      cell: (object) =>
        Object.keys(objectAt(object, 'data')).length + Object.keys(objectAt(object, 'binaryData')).length,
    },
    ageColumn,
  ],
});
