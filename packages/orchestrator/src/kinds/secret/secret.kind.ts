import { validateData } from '../config-map/config-map.kind.js';
import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { type FieldError, required } from '../field-error.js';
import { isJsonObject, type JsonObject, objectAt, stringAt } from '../json.js';
import { immutable } from '../metadata.js';
import { setDefault } from '../pod/pod.defaults.js';
import { secrets } from '../refs.js';

const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
};

function validate(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const data = objectAt(object, 'data');
  const missing = (requiredKeys[stringAt(object, 'type')] ?? []).filter((key) => data[key] === undefined);
  return [
    ...validateData(object, old, ['data']),
    ...missing.map((key) => required(`data[${key}]`)),
    ...immutable(object, old, ['type']),
  ];
}

export const secretKind = defineKind({
  type: secrets,
  schema: 'io.k8s.api.core.v1.Secret',
  setDefaults: (draft) => {
    setDefault(draft, 'type', 'Opaque');
    if (!isJsonObject(draft.stringData)) return;
    const written = Object.entries(draft.stringData).map(([key, value]) => [
      key,
      Buffer.from(String(value)).toString('base64'),
    ]);
    draft.data = { ...objectAt(draft, 'data'), ...Object.fromEntries(written) };
    delete draft.stringData;
  },
  validate,
  columns: [
    nameColumn,
    { name: 'Type', type: 'string', cell: (object) => stringAt(object, 'type') },
    { name: 'Data', type: 'integer', cell: (object) => Object.keys(objectAt(object, 'data')).length },
    ageColumn,
  ],
  fields: { type: (object) => stringAt(object, 'type') },
});
