import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { type JsonObject, objectsAt } from '../json.js';
import { serviceAccounts } from '../refs.js';

/** Of the secrets that are listed, only the names count. */
function keepNames(draft: JsonObject): void {
  if (draft.secrets !== undefined) draft.secrets = objectsAt(draft, 'secrets').map(({ name = '' }) => ({ name }));
}

export const serviceAccountKind = defineKind({
  type: serviceAccounts,
  schema: 'io.k8s.api.core.v1.ServiceAccount',
  shortNames: ['sa'],
  subresources: [
    { name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
  ],
  prepareForCreate: keepNames,
  prepareForUpdate: keepNames,
  columns: [nameColumn, ageColumn],
});
