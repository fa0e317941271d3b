import type { IncomingHttpHeaders } from 'node:http';
import { arrayAt, type Json, type JsonObject, objectAt, objectsAt, stringAt } from '../kinds/index.js';
import type { Store } from '../store/index.js';
import { forbidden } from './api-error.js';
import type { User } from './authentication.js';
import { asJson } from './registry.js';

/** What is asked for: a resource, or with `path` something that is none. */
export interface Attributes {
  verb: string;
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  path?: string;
}

/** Groups of the platform's own components, which may do anything. */
const trusted = new Set(['system:masters', 'system:nodes', 'system:slipway']);
const rbac = 'rbac.authorization.k8s.io';
const publicPaths = ['/healthz', '/readyz', '/livez', '/version'];
const discoveryPaths = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/openapi',
  '/openapi/*',
  '/version/',
  '/healthz/*',
  '/readyz/*',
  '/livez/*',
];

/** Allowed by the groups of the platform, discovery for everybody who is known, or a role bound to the user. */
export function isAllowed(store: Store, user: User, wanted: Attributes): boolean {
  if (user.groups.some((group) => trusted.has(group))) return true;
  const isRead = wanted.verb === 'get' || wanted.verb === 'head';
  if (wanted.path !== undefined && isRead) {
    if (publicPaths.includes(wanted.path)) return true;
    if (user.groups.includes('system:authenticated') && matchesAny(discoveryPaths, wanted.path)) return true;
  }
  if (wanted.group === 'authorization.k8s.io' && wanted.verb === 'create' && wanted.resource.startsWith('selfsubject'))
    return user.groups.includes('system:authenticated');
  return rulesFor(store, user, wanted.namespace).some((rule) => covers(rule, wanted));
}

/** The rules that hold for a user in a namespace (empty: cluster-wide ones only). */
export function rulesFor(store: Store, user: User, namespace: string): JsonObject[] {
  const rules: JsonObject[] = [];
  for (const { value } of store.list(`${rbac}/clusterrolebindings`)) {
    const binding = asJson(value);
    if (bindsUser(binding, user, '')) rules.push(...rulesOf(store, objectAt(binding, 'roleRef'), ''));
  }
  if (namespace === '') return rules;
  for (const object of store.list(`${rbac}/rolebindings`)) {
    if (object.namespace !== namespace) continue;
    const binding = asJson(object.value);
    if (bindsUser(binding, user, namespace)) rules.push(...rulesOf(store, objectAt(binding, 'roleRef'), namespace));
  }
  return rules;
}

function bindsUser(binding: JsonObject, user: User, namespace: string): boolean {
  return objectsAt(binding, 'subjects').some((subject) => {
    const name = stringAt(subject, 'name');
    switch (subject.kind) {
      case 'User':
        return name === user.name;
      case 'Group':
        return user.groups.includes(name);
      case 'ServiceAccount':
        return user.name === `system:serviceaccount:${stringAt(subject, 'namespace') || namespace}:${name}`;
      default:
        return false;
    }
  });
}

function rulesOf(store: Store, reference: JsonObject, namespace: string): JsonObject[] {
  const isCluster = reference.kind === 'ClusterRole';
  const role = store.get(
    `${rbac}/${isCluster ? 'clusterroles' : 'roles'}`,
    isCluster ? '' : namespace,
    stringAt(reference, 'name'),
  );
  return role ? objectsAt(asJson(role.value), 'rules') : [];
}

const has = (list: readonly Json[], value: string) => list.includes('*') || list.includes(value);

function covers(rule: JsonObject, wanted: Attributes): boolean {
  if (!has(arrayAt(rule, 'verbs'), wanted.verb)) return false;
  if (wanted.path !== undefined) return matchesAny(arrayAt(rule, 'nonResourceURLs').map(String), wanted.path);
  if (!has(arrayAt(rule, 'apiGroups'), wanted.group)) return false;
  const resources = arrayAt(rule, 'resources');
  const full = wanted.subresource === '' ? wanted.resource : `${wanted.resource}/${wanted.subresource}`;
  const isCovered =
    has(resources, full) || (wanted.subresource !== '' && resources.includes(`*/${wanted.subresource}`));
  const names = arrayAt(rule, 'resourceNames');
  return isCovered && (names.length === 0 || names.includes(wanted.name));
}

function matchesAny(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) => (pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path));
}

/** Who a request is to be judged as: `Impersonate-User` and `Impersonate-Group`, for those who may impersonate. Throws 403. */
export function impersonated(store: Store, user: User, headers: IncomingHttpHeaders): User {
  const name = headers['impersonate-user'];
  if (typeof name !== 'string' || name === '') return user;
  const groups = [headers['impersonate-group'] ?? []]
    .flat()
    .flatMap((each) => each.split(',').map((part) => part.trim()));
  const allow = (resource: string, of: string) => {
    const wanted = { verb: 'impersonate', group: '', resource, subresource: '', namespace: '', name: of };
    if (!isAllowed(store, user, wanted))
      throw forbidden({ group: '', plural: resource }, of, refusalText(user, wanted));
  };
  allow('users', name);
  for (const group of groups) allow('groups', group);
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  const implied = account ? ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`] : [];
  return { name, groups: [...new Set([...groups, ...implied, 'system:authenticated'])] };
}

export function refusalText(user: User, wanted: Attributes): string {
  if (wanted.path !== undefined)
    return `User ${JSON.stringify(user.name)} cannot ${wanted.verb} path ${JSON.stringify(wanted.path)}`;
  const resource = wanted.subresource === '' ? wanted.resource : `${wanted.resource}/${wanted.subresource}`;
  const where =
    wanted.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(wanted.namespace)}`;
  return `User ${JSON.stringify(user.name)} cannot ${wanted.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(wanted.group)} ${where}`;
}
