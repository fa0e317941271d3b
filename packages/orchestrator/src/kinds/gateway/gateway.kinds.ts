import { ageColumn, type Column, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { arrayAt, type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import { gatewayClasses, gateways, httpRoutes } from '../refs.js';

const spec = (object: JsonObject) => objectAt(object, 'spec');
const condition =
  (type: string): Column['cell'] =>
  (object) =>
    stringAt(
      objectsAt(objectAt(object, 'status'), 'conditions').find((each) => each.type === type),
      'status',
    ) || null;

const shared = { isStructural: true, categories: ['gateway-api'], generationOf: ['spec'] };

export const gatewayClassKind = defineKind({
  ...shared,
  type: gatewayClasses,
  schema: 'io.k8s.networking.gateway.v1.GatewayClass',
  shortNames: ['gc'],
  subresources: [statusSubresource('GatewayClass')],
  columns: [
    nameColumn,
    { name: 'Controller', type: 'string', cell: (object) => stringAt(spec(object), 'controllerName') },
    { name: 'Accepted', type: 'string', cell: condition('Accepted') },
    ageColumn,
    { name: 'Description', type: 'string', priority: 1, cell: (object) => stringAt(spec(object), 'description') },
  ],
});

export const gatewayKind = defineKind({
  ...shared,
  type: gateways,
  schema: 'io.k8s.networking.gateway.v1.Gateway',
  shortNames: ['gtw'],
  subresources: [statusSubresource('Gateway')],
  columns: [
    nameColumn,
    { name: 'Class', type: 'string', cell: (object) => stringAt(spec(object), 'gatewayClassName') },
    {
      name: 'Address',
      type: 'string',
      cell: (object) =>
        objectsAt(objectAt(object, 'status'), 'addresses')
          .map((each) => stringAt(each, 'value'))
          .join(','),
    },
    { name: 'Programmed', type: 'string', cell: condition('Programmed') },
    ageColumn,
  ],
});

export const httpRouteKind = defineKind({
  ...shared,
  type: httpRoutes,
  schema: 'io.k8s.networking.gateway.v1.HTTPRoute',
  subresources: [statusSubresource('HTTPRoute')],
  columns: [
    nameColumn,
    { name: 'Hostnames', type: 'string', cell: (object) => JSON.stringify(arrayAt(spec(object), 'hostnames')) },
    ageColumn,
  ],
});
