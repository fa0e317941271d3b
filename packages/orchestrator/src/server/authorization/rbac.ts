import { type JsonObject, objectAt, objectsAt, stringAt } from '../../kinds/index.js';
import type { Store, StoredObject } from '../../store/index.js';
import type { User } from '../authentication.js';
import type { Attributes } from '../authorization.js';
import { derived } from '../derived.js';
import { asJson } from '../registry.js';
import { matchesPath, type PolicyRule, rulesOfRole } from './rules.js';

const group = 'rbac.authorization.k8s.io';
const resources = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'].map((each) => `${group}/${each}`);
const [roleKey = '', clusterRoleKey = '', roleBindingKey = '', clusterRoleBindingKey = ''] = resources;

/** Everywhere, nowhere, or the names it is allowed for. */
type Permission = boolean | ReadonlySet<string>;

/** The rules of a role, spread out so that a question is a look-up. */
interface CompiledRole {
  readonly rules: readonly PolicyRule[];
  /** By `verb group resource`, each of which may be `*`. */
  readonly grants: ReadonlyMap<string, true | ReadonlySet<string>>;
  readonly paths: readonly { verbs: readonly string[]; patterns: readonly string[] }[];
}

interface Grant {
  readonly role: CompiledRole;
  /** `ClusterRoleBinding "a" of ClusterRole "b" to Group "c"`. */
  readonly origin: string;
}

type GrantsBySubject = Map<string, Grant[]>;

const permissionsKept = 2_000;

export function compileRules(rules: readonly PolicyRule[]): CompiledRole {
  const grants = new Map<string, true | Set<string>>();
  const paths: { verbs: readonly string[]; patterns: readonly string[] }[] = [];
  for (const rule of rules) {
    if (rule.nonResourceURLs.length > 0) paths.push({ verbs: rule.verbs, patterns: rule.nonResourceURLs });
    for (const verb of rule.verbs)
      for (const apiGroup of rule.apiGroups)
        for (const resource of rule.resources) addGrant(grants, `${verb} ${apiGroup} ${resource}`, rule.resourceNames);
  }
  return { rules, grants, paths };
}

function addGrant(grants: Map<string, true | Set<string>>, key: string, names: readonly string[]): void {
  const known = grants.get(key);
  if (known === true) return;
  if (names.length === 0) grants.set(key, true);
  else grants.set(key, new Set([...(known ?? []), ...names]));
}

function keysOf(wanted: Attributes): string[] {
  const { verb, subresource } = wanted;
  const full = subresource === '' ? wanted.resource : `${wanted.resource}/${subresource}`;
  const names = subresource === '' ? [full, '*'] : [full, '*', `*/${subresource}`];
  return [verb, '*'].flatMap((each) =>
    [wanted.group, '*'].flatMap((apiGroup) => names.map((name) => `${each} ${apiGroup} ${name}`)),
  );
}

/** What a role says about a request for a resource, whatever its name. */
function permissionIn(role: CompiledRole, keys: readonly string[]): Permission {
  let names: Set<string> | undefined;
  for (const key of keys) {
    const found = role.grants.get(key);
    if (found === true) return true;
    if (found) names = new Set([...(names ?? []), ...found]);
  }
  return names ?? false;
}

const allows = (permission: Permission, name: string) =>
  typeof permission === 'boolean' ? permission : permission.has(name);

const allowsPath = (role: CompiledRole, verb: string, path: string) =>
  role.paths.some(
    (each) => (each.verbs.includes('*') || each.verbs.includes(verb)) && matchesPath(each.patterns, path),
  );

export function roleAllows(role: CompiledRole, wanted: Attributes): boolean {
  return wanted.path === undefined
    ? allows(permissionIn(role, keysOf(wanted)), wanted.name)
    : allowsPath(role, wanted.verb, wanted.path);
}

/** The roles and bindings of one state of the store. */
class RbacIndex {
  readonly #cluster: GrantsBySubject = new Map();
  readonly #byNamespace = new Map<string, GrantsBySubject>();
  readonly #permissions = new WeakMap<User, Map<string, Permission>>();

  constructor(store: Store, compile: (role: StoredObject) => CompiledRole) {
    for (const object of store.list(clusterRoleBindingKey)) this.#add(store, compile, object, this.#cluster);
    for (const object of store.list(roleBindingKey)) {
      let grants = this.#byNamespace.get(object.namespace);
      if (!grants) {
        grants = new Map();
        this.#byNamespace.set(object.namespace, grants);
      }
      this.#add(store, compile, object, grants);
    }
  }

  isAllowed(user: User, wanted: Attributes): boolean {
    const { path } = wanted;
    if (path !== undefined) return this.#grantsFor(user, '').some(({ role }) => allowsPath(role, wanted.verb, path));
    let known = this.#permissions.get(user);
    if (!known) {
      known = new Map();
      this.#permissions.set(user, known);
    }
    const key = `${wanted.verb} ${wanted.group} ${wanted.resource}/${wanted.subresource} ${wanted.namespace}`;
    let permission = known.get(key);
    if (permission === undefined) {
      permission = this.#permissionFor(user, wanted);
      if (known.size >= permissionsKept) known.clear();
      known.set(key, permission);
    }
    return allows(permission, wanted.name);
  }

  /** `ClusterRoleBinding "a" of ClusterRole "b" to Group "c"` that allows it; undefined when none does. */
  findOrigin(user: User, wanted: Attributes): string | undefined {
    const namespace = wanted.path === undefined ? wanted.namespace : '';
    return this.#grantsFor(user, namespace).find(({ role }) => roleAllows(role, wanted))?.origin;
  }

  /** The rules that hold for a user in a namespace; in none (empty): the cluster-wide ones only. */
  rulesFor(user: User, namespace: string): PolicyRule[] {
    return this.#grantsFor(user, namespace).flatMap(({ role }) => role.rules);
  }

  #permissionFor(user: User, wanted: Attributes): Permission {
    const keys = keysOf(wanted);
    let names: Set<string> | undefined;
    for (const { role } of this.#grantsFor(user, wanted.namespace)) {
      const found = permissionIn(role, keys);
      if (found === true) return true;
      if (found) names = new Set([...(names ?? []), ...found]);
    }
    return names ?? false;
  }

  #grantsFor(user: User, namespace: string): Grant[] {
    const subjects = [`User ${user.name}`, ...user.groups.map((each) => `Group ${each}`)];
    const inNamespace = namespace === '' ? undefined : this.#byNamespace.get(namespace);
    return [
      ...subjects.flatMap((each) => this.#cluster.get(each) ?? []),
      ...(inNamespace ? subjects.flatMap((each) => inNamespace.get(each) ?? []) : []),
    ];
  }

  #add(
    store: Store,
    compile: (role: StoredObject) => CompiledRole,
    object: StoredObject,
    grants: GrantsBySubject,
  ): void {
    const binding = asJson(object.value);
    const reference = objectAt(binding, 'roleRef');
    const role = findRole(store, reference, object.namespace);
    if (!role) return;
    const compiled = compile(role);
    const kind = object.namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding';
    const name = object.namespace === '' ? object.name : `${object.name}/${object.namespace}`;
    const of = `${stringAt(reference, 'kind')} ${JSON.stringify(stringAt(reference, 'name'))}`;
    for (const subject of objectsAt(binding, 'subjects')) {
      const known = subjectOf(subject, object.namespace);
      if (!known) continue;
      const origin = `${kind} ${JSON.stringify(name)} of ${of} to ${known.text}`;
      const list = grants.get(known.key);
      if (list) list.push({ role: compiled, origin });
      else grants.set(known.key, [{ role: compiled, origin }]);
    }
  }
}

function subjectOf(subject: JsonObject, bindingNamespace: string): { key: string; text: string } | undefined {
  const name = stringAt(subject, 'name');
  switch (subject.kind) {
    case 'User':
    case 'Group':
      return { key: `${subject.kind} ${name}`, text: `${subject.kind} ${JSON.stringify(name)}` };
    case 'ServiceAccount': {
      const namespace = stringAt(subject, 'namespace') || bindingNamespace;
      const text = `ServiceAccount ${JSON.stringify(`${name}/${namespace}`)}`;
      return namespace === '' ? undefined : { key: `User system:serviceaccount:${namespace}:${name}`, text };
    }
    default:
      return undefined;
  }
}

/** The role that a binding of a namespace (empty: of the cluster) refers to. */
export function findRole(store: Store, reference: JsonObject, namespace: string): StoredObject | undefined {
  const name = stringAt(reference, 'name');
  if (reference.kind === 'ClusterRole') return store.get(clusterRoleKey, '', name);
  return namespace === '' ? undefined : store.get(roleKey, namespace, name);
}

const compiledRoles = new WeakMap<StoredObject, CompiledRole>();

function compileRole(role: StoredObject): CompiledRole {
  let compiled = compiledRoles.get(role);
  if (!compiled) {
    compiled = compileRules(rulesOfRole(asJson(role.value)));
    compiledRoles.set(role, compiled);
  }
  return compiled;
}

const indices = new WeakMap<Store, () => RbacIndex>();

/** The index of a store's roles and bindings as they are now. */
export function rbacOf(store: Store): RbacIndex {
  let index = indices.get(store);
  if (!index) {
    index = derived(store, resources, () => new RbacIndex(store, compileRole));
    indices.set(store, index);
  }
  return index();
}
