import { column } from '../columns.js';
import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { type FieldError, forbidden, invalid, tooLong } from '../field-error.js';
import { isSame, type JsonObject, objectAt } from '../json.js';
import { configKeyProblems } from '../names.js';
import { configMaps } from '../refs.js';

const limitBytes = 1024 * 1024;

/** Length of a text in UTF-8; of base64, of what it stands for. */
function sizeOf(value: JsonObject[string], isBase64: boolean): number {
  const text = typeof value === 'string' ? value : '';
  if (!isBase64) return Buffer.byteLength(text);
  return Math.floor((text.length * 3) / 4) - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0);
}

/** The keys of a map of data, and its size in bytes. */
export function checkData(data: JsonObject, field: string, isBase64: boolean, errors: FieldError[]): number {
  let size = 0;
  for (const key in data) {
    for (const problem of configKeyProblems(key)) errors.push(invalid(`${field}[${key}]`, key, problem));
    size += sizeOf(data[key], isBase64);
  }
  return size;
}

/** What was made immutable stays as it is. */
export function checkImmutable(
  object: JsonObject,
  old: JsonObject | undefined,
  fields: readonly string[],
  errors: FieldError[],
): void {
  if (old?.immutable !== true) return;
  const detail = 'field is immutable when `immutable` is set';
  if (object.immutable !== true) errors.push(forbidden('immutable', detail));
  for (const field of fields)
    if (!isSame(objectAt(object, field), objectAt(old, field))) errors.push(forbidden(field, detail));
}

export const tooMuchData = (field: string): FieldError => tooLong(field, limitBytes);
export const isTooMuch = (size: number): boolean => size > limitBytes;

export const configMapKind = defineKind({
  type: configMaps,
  schema: 'io.k8s.api.core.v1.ConfigMap',
  shortNames: ['cm'],
  validate: (object, old) => {
    const errors: FieldError[] = [];
    const data = objectAt(object, 'data');
    const binary = objectAt(object, 'binaryData');
    let size = checkData(data, 'data', false, errors);
    for (const key in data)
      if (Object.hasOwn(binary, key))
        errors.push(invalid(`data[${key}]`, key, `duplicate of key present in binaryData`));
    size += checkData(binary, 'binaryData', true, errors);
    if (isTooMuch(size)) errors.push(tooMuchData(''));
    checkImmutable(object, old, ['data', 'binaryData'], errors);
    return errors;
  },
  columns: [
    nameColumn,
    column(
      'Data',
      (object) => Object.keys(objectAt(object, 'data')).length + Object.keys(objectAt(object, 'binaryData')).length,
    ),
    ageColumn,
  ],
});
