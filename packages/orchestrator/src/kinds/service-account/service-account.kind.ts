import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { serviceAccounts } from '../refs.js';

export const serviceAccountKind = defineKind({
  type: serviceAccounts,
  schema: 'io.k8s.api.core.v1.ServiceAccount',
  shortNames: ['sa'],
  subresources: [
    { name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
  ],
  columns: [nameColumn, ageColumn],
});
