import { column, metadataOf, textColumn, textField } from '../columns.js';
import { checkData, checkImmutable, isTooMuch, tooMuchData } from '../config-map/config-map.kind.js';
import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { type FieldError, invalid, required } from '../field-error.js';
import { isJsonObject, type Json, type JsonObject, objectAt, stringAt } from '../json.js';
import { immutable } from '../metadata.js';
import { setZero } from '../pod/pod.defaults.js';
import { secrets } from '../refs.js';

const jsonKeys: Readonly<Record<string, string>> = {
  'kubernetes.io/dockerconfigjson': '.dockerconfigjson',
  'kubernetes.io/dockercfg': '.dockercfg',
};

function checkJson(data: JsonObject, key: string, errors: FieldError[]): void {
  const value = data[key];
  if (value === undefined) {
    errors.push(required(`data[${key}]`));
    return;
  }
  const text = Buffer.from(String(value), 'base64').toString();
  if (!isObjectText(text))
    errors.push(
      invalid(
        `data[${key}]`,
        '<secret contents redacted>',
        text === '' ? 'unexpected end of JSON input' : 'invalid character in the JSON object',
      ),
    );
}

function isObjectText(text: string): boolean {
  try {
    const parsed: Json = JSON.parse(text);
    return isJsonObject(parsed) || parsed === null;
  } catch {
    return false;
  }
}

function checkType(object: JsonObject, errors: FieldError[]): void {
  const data = objectAt(object, 'data');
  const type = stringAt(object, 'type');
  const jsonKey = jsonKeys[type];
  if (jsonKey !== undefined) checkJson(data, jsonKey, errors);
  switch (type) {
    case 'kubernetes.io/service-account-token': {
      const account = 'kubernetes.io/service-account.name';
      if (stringAt(objectAt(metadataOf(object), 'annotations'), account) === '')
        errors.push(required(`metadata.annotations[${account}]`));
      return;
    }
    case 'kubernetes.io/basic-auth':
      if (data.username === undefined && data.password === undefined)
        errors.push(required('data[username]'), required('data[password]'));
      return;
    case 'kubernetes.io/ssh-auth':
      if (stringAt(data, 'ssh-privatekey') === '') errors.push(required('data[ssh-privatekey]'));
      return;
    case 'kubernetes.io/tls':
      for (const key of ['tls.crt', 'tls.key']) if (data[key] === undefined) errors.push(required(`data[${key}]`));
      return;
    default:
  }
}

export const secretKind = defineKind({
  type: secrets,
  schema: 'io.k8s.api.core.v1.Secret',
  setDefaults: (draft) => {
    setZero(draft, 'type', 'Opaque');
    if (!isJsonObject(draft.stringData)) return;
    const data = { ...objectAt(draft, 'data') };
    for (const key in draft.stringData) data[key] = Buffer.from(String(draft.stringData[key])).toString('base64');
    draft.data = data;
    delete draft.stringData;
  },
  prepareForUpdate: (draft, old) => {
    // A client that does not say the type means to keep it.
    setZero(draft, 'type', old.type);
  },
  validate: (object, old) => {
    const errors: FieldError[] = [];
    if (isTooMuch(checkData(objectAt(object, 'data'), 'data', true, errors))) errors.push(tooMuchData('data'));
    checkType(object, errors);
    checkImmutable(object, old, ['data'], errors);
    return [...errors, ...immutable(object, old, ['type'])];
  },
  columns: [
    nameColumn,
    textColumn('Type', 'type'),
    column('Data', (object) => Object.keys(objectAt(object, 'data')).length),
    ageColumn,
  ],
  fields: { type: textField('type') },
});
