import { checkName } from '../checks.js';
import { column, metadataOf } from '../columns.js';
import { ageColumn, type Column, defineKind, nameColumn } from '../definition.js';
import { type FieldError, invalid, notSupported, required } from '../field-error.js';
import { arrayAt, isJsonObject, isSame, type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import { validateLabelSelector } from '../metadata.js';
import { pathProblems, subdomainProblems } from '../names.js';
import { presentAt, setZero } from '../pod/pod.defaults.js';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '../refs.js';

const group = 'rbac.authorization.k8s.io';
const has = (rule: JsonObject, key: string) => arrayAt(rule, key).length > 0;

function checkRule(rule: JsonObject, at: string, isNamespaced: boolean, errors: FieldError[]): void {
  if (!has(rule, 'verbs')) errors.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
  if (has(rule, 'nonResourceURLs')) {
    const urls = rule.nonResourceURLs;
    const field = `${at}.nonResourceURLs`;
    if (isNamespaced) errors.push(invalid(field, urls, 'namespaced rules cannot apply to non-resource URLs'));
    if (['apiGroups', 'resources', 'resourceNames'].some((key) => has(rule, key)))
      errors.push(invalid(field, urls, 'rules cannot apply to both regular resources and non-resource URLs'));
    return;
  }
  if (!has(rule, 'apiGroups'))
    errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
  if (!has(rule, 'resources'))
    errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
}

const validateRole = (isNamespaced: boolean) => (object: JsonObject) => {
  const errors: FieldError[] = [];
  objectsAt(object, 'rules').forEach((rule, index) => {
    checkRule(rule, `rules[${index}]`, isNamespaced, errors);
  });
  if (isNamespaced || !isJsonObject(object.aggregationRule)) return errors;
  const at = 'aggregationRule.clusterRoleSelectors';
  const selectors = objectsAt(object.aggregationRule, 'clusterRoleSelectors');
  if (selectors.length === 0)
    errors.push(required(at, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  selectors.forEach((selector, index) => {
    errors.push(...validateLabelSelector(selector, `${at}[${index}]`));
  });
  return errors;
};

function defaultBinding(draft: JsonObject): void {
  setZero(presentAt(draft, 'roleRef'), 'apiGroup', group);
  for (const subject of objectsAt(draft, 'subjects'))
    if (subject.kind === 'User' || subject.kind === 'Group') setZero(subject, 'apiGroup', group);
}

function checkSubject(subject: JsonObject, at: string, isNamespaced: boolean, errors: FieldError[]): void {
  const name = stringAt(subject, 'name');
  const own = stringAt(subject, 'apiGroup');
  if (name === '') errors.push(required(`${at}.name`));
  switch (subject.kind) {
    case 'ServiceAccount':
      if (name !== '') checkName(name, `${at}.name`, subdomainProblems, errors);
      if (own !== '') errors.push(notSupported(`${at}.apiGroup`, own, ['']));
      if (!isNamespaced && stringAt(subject, 'namespace') === '') errors.push(required(`${at}.namespace`));
      return;
    case 'User':
    case 'Group':
      if (own !== group) errors.push(notSupported(`${at}.apiGroup`, own, [group]));
      return;
    default:
      errors.push(notSupported(`${at}.kind`, subject.kind ?? '', ['ServiceAccount', 'User', 'Group']));
  }
}

const validateBinding =
  (isNamespaced: boolean) =>
  (object: JsonObject, old: JsonObject | undefined): FieldError[] => {
    const role = objectAt(object, 'roleRef');
    const errors: FieldError[] = [];
    if (role.apiGroup !== group) errors.push(notSupported('roleRef.apiGroup', role.apiGroup ?? '', [group]));
    const allowed = isNamespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
    if (!allowed.includes(stringAt(role, 'kind'))) errors.push(notSupported('roleRef.kind', role.kind ?? '', allowed));
    const name = stringAt(role, 'name');
    if (name === '') errors.push(required('roleRef.name'));
    else checkName(name, 'roleRef.name', pathProblems, errors);
    objectsAt(object, 'subjects').forEach((subject, index) => {
      checkSubject(subject, `subjects[${index}]`, isNamespaced, errors);
    });
    if (old && !isSame(object.roleRef, old.roleRef))
      errors.push(invalid('roleRef', object.roleRef ?? null, 'cannot change roleRef'));
    return errors;
  };

const created: Column = column('Created At', (object) => stringAt(metadataOf(object), 'creationTimestamp'), {
  type: 'date',
});

const subjectsColumn = (title: string, kind: string): Column =>
  column(
    title,
    (object) =>
      objectsAt(object, 'subjects')
        .filter((each) => each.kind === kind)
        .map((each) => {
          const namespace = kind === 'ServiceAccount' ? stringAt(each, 'namespace') : '';
          return `${namespace === '' ? '' : `${namespace}/`}${stringAt(each, 'name')}`;
        })
        .join(', '),
    { priority: 1 },
  );

const bindingColumns: readonly Column[] = [
  nameColumn,
  column('Role', (object) => {
    const role = objectAt(object, 'roleRef');
    return `${stringAt(role, 'kind')}/${stringAt(role, 'name')}`;
  }),
  ageColumn,
  subjectsColumn('Users', 'User'),
  subjectsColumn('Groups', 'Group'),
  subjectsColumn('ServiceAccounts', 'ServiceAccount'),
];

export const roleKind = defineKind({
  type: roles,
  schema: 'io.k8s.api.rbac.v1.Role',
  nameRule: 'path',
  validate: validateRole(true),
  columns: [nameColumn, created],
});

export const clusterRoleKind = defineKind({
  type: clusterRoles,
  schema: 'io.k8s.api.rbac.v1.ClusterRole',
  nameRule: 'path',
  validate: validateRole(false),
  columns: [nameColumn, created],
});

export const roleBindingKind = defineKind({
  type: roleBindings,
  schema: 'io.k8s.api.rbac.v1.RoleBinding',
  nameRule: 'path',
  setDefaults: defaultBinding,
  validate: validateBinding(true),
  columns: bindingColumns,
});

export const clusterRoleBindingKind = defineKind({
  type: clusterRoleBindings,
  schema: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  nameRule: 'path',
  setDefaults: defaultBinding,
  validate: validateBinding(false),
  columns: bindingColumns,
});
