import { ageColumn, type Column, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import { nodes } from '../refs.js';

const info = (object: JsonObject) => objectAt(objectAt(object, 'status'), 'nodeInfo');
const address = (type: string) => (object: JsonObject) => {
  const found = objectsAt(objectAt(object, 'status'), 'addresses').find((each) => each.type === type);
  return stringAt(found, 'address') || '<none>';
};

function statusText(object: JsonObject): string {
  const ready = objectsAt(objectAt(object, 'status'), 'conditions').find((each) => each.type === 'Ready');
  const state = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return objectAt(object, 'spec').unschedulable === true ? `${state},SchedulingDisabled` : state;
}

function rolesText(object: JsonObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const labels = Object.keys(objectAt(objectAt(object, 'metadata'), 'labels'));
  const roles = labels.filter((each) => each.startsWith(prefix)).map((each) => each.slice(prefix.length));
  return roles.sort().join(',') || '<none>';
}

const wide: Column[] = [
  { name: 'Internal-IP', type: 'string', priority: 1, cell: address('InternalIP') },
  { name: 'External-IP', type: 'string', priority: 1, cell: address('ExternalIP') },
  { name: 'OS-Image', type: 'string', priority: 1, cell: (object) => stringAt(info(object), 'osImage') || '<unknown>' },
  {
    name: 'Kernel-Version',
    type: 'string',
    priority: 1,
    cell: (object) => stringAt(info(object), 'kernelVersion') || '<unknown>',
  },
  {
    name: 'Container-Runtime',
    type: 'string',
    priority: 1,
    cell: (object) => stringAt(info(object), 'containerRuntimeVersion') || '<unknown>',
  },
];

export const nodeKind = defineKind({
  type: nodes,
  schema: 'io.k8s.api.core.v1.Node',
  shortNames: ['no'],
  subresources: [
    { name: 'proxy', kind: 'NodeProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
    statusSubresource('Node'),
  ],
  columns: [
    nameColumn,
    { name: 'Status', type: 'string', cell: statusText },
    { name: 'Roles', type: 'string', cell: rolesText },
    ageColumn,
    { name: 'Version', type: 'string', cell: (object) => stringAt(info(object), 'kubeletVersion') },
    ...wide,
  ],
  fields: { 'spec.unschedulable': (object) => String(objectAt(object, 'spec').unschedulable === true) },
});
