import { ageColumn, type Column, defineKind, nameColumn } from '../definition.js';
import { type FieldError, notSupported, required } from '../field-error.js';
import { arrayAt, type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import { immutable } from '../metadata.js';
import { setDefault } from '../pod/pod.defaults.js';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '../refs.js';

const group = 'rbac.authorization.k8s.io';

function validateRules(object: JsonObject): FieldError[] {
  return objectsAt(object, 'rules').flatMap((rule, index) => {
    const at = `rules[${index}]`;
    if (arrayAt(rule, 'verbs').length === 0) return [required(`${at}.verbs`, 'verbs must contain at least one value')];
    if (arrayAt(rule, 'nonResourceURLs').length > 0) return [];
    const errors: FieldError[] = [];
    if (arrayAt(rule, 'apiGroups').length === 0)
      errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
    if (arrayAt(rule, 'resources').length === 0)
      errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
    return errors;
  });
}

function defaultBinding(draft: JsonObject): void {
  setDefault(objectAt(draft, 'roleRef'), 'apiGroup', group);
  if (objectAt(draft, 'roleRef').apiGroup === '') objectAt(draft, 'roleRef').apiGroup = group;
  for (const subject of objectsAt(draft, 'subjects'))
    if (stringAt(subject, 'apiGroup') === '' && (subject.kind === 'User' || subject.kind === 'Group'))
      subject.apiGroup = group;
}

function validateBinding(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const role = objectAt(object, 'roleRef');
  const errors: FieldError[] = [];
  if (!['Role', 'ClusterRole'].includes(stringAt(role, 'kind')))
    errors.push(notSupported('roleRef.kind', role.kind ?? '', ['Role', 'ClusterRole']));
  if (stringAt(role, 'name') === '') errors.push(required('roleRef.name'));
  objectsAt(object, 'subjects').forEach((subject, index) => {
    const at = `subjects[${index}]`;
    if (stringAt(subject, 'name') === '') errors.push(required(`${at}.name`));
    if (!['ServiceAccount', 'User', 'Group'].includes(stringAt(subject, 'kind')))
      errors.push(notSupported(`${at}.kind`, subject.kind ?? '', ['ServiceAccount', 'User', 'Group']));
  });
  return [...errors, ...(old ? immutable(object, old, ['roleRef']) : [])];
}

const created: Column = {
  name: 'Created At',
  type: 'date',
  cell: (object) => stringAt(objectAt(object, 'metadata'), 'creationTimestamp'),
};
const role: Column = {
  name: 'Role',
  type: 'string',
  cell: (object) => `${stringAt(objectAt(object, 'roleRef'), 'kind')}/${stringAt(objectAt(object, 'roleRef'), 'name')}`,
};

export const roleKind = defineKind({
  type: roles,
  schema: 'io.k8s.api.rbac.v1.Role',
  nameRule: 'path',
  validate: validateRules,
  columns: [nameColumn, created],
});

export const clusterRoleKind = defineKind({
  type: clusterRoles,
  schema: 'io.k8s.api.rbac.v1.ClusterRole',
  nameRule: 'path',
  validate: validateRules,
  columns: [nameColumn, created],
});

export const roleBindingKind = defineKind({
  type: roleBindings,
  schema: 'io.k8s.api.rbac.v1.RoleBinding',
  nameRule: 'path',
  setDefaults: defaultBinding,
  validate: validateBinding,
  columns: [nameColumn, role, ageColumn],
});

export const clusterRoleBindingKind = defineKind({
  type: clusterRoleBindings,
  schema: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  nameRule: 'path',
  setDefaults: defaultBinding,
  validate: validateBinding,
  columns: [nameColumn, role, ageColumn],
});
