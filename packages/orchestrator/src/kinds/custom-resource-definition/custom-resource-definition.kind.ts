import { defineKind, nameColumn, statusSubresource } from '../definition.js';
import { type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import { customResourceDefinitions } from '../refs.js';

/** What it says is judged where its kinds are made (server/custom), as that takes the other definitions. */
export const customResourceDefinitionKind = defineKind({
  type: customResourceDefinitions,
  schema: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  subresources: [statusSubresource('CustomResourceDefinition')],
  generationOf: ['spec'],
  setDefaults,
  columns: [
    nameColumn,
    {
      name: 'Created At',
      type: 'date',
      cell: (object) => stringAt(objectAt(object, 'metadata'), 'creationTimestamp'),
    },
  ],
});

function setDefaults(draft: JsonObject): void {
  const spec = objectAt(draft, 'spec');
  const names = objectAt(spec, 'names');
  const kind = stringAt(names, 'kind');
  if (stringAt(names, 'singular') === '' && kind !== '') names.singular = kind.toLowerCase();
  if (stringAt(names, 'listKind') === '' && kind !== '') names.listKind = `${kind}List`;
  if (draft.spec !== undefined && spec.conversion === undefined) spec.conversion = { strategy: 'None' };
  const conversion = objectAt(spec, 'conversion');
  const service = objectAt(objectAt(objectAt(conversion, 'webhook'), 'clientConfig'), 'service');
  if (stringAt(service, 'name') !== '' && service.port === undefined) service.port = 443;
  for (const version of objectsAt(spec, 'versions')) {
    if (version.served === undefined) version.served = false;
    if (version.storage === undefined) version.storage = false;
  }
}
