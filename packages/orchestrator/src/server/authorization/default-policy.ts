import { isSame, type Json, type JsonObject, objectAt, objectsAt, stringAt } from '../../kinds/index.js';
import { ApiError } from '../api-error.js';
import { asJson, type Registry, type WriteContext } from '../registry.js';
import { defaultBindings, defaultNamespacedRoles, defaultRoles } from './default-roles.js';
import { fromRule, missingRules, rulesOfRole } from './rules.js';

const group = 'rbac.authorization.k8s.io';
const autoupdate = 'rbac.authorization.kubernetes.io/autoupdate';
const metadata = (name: string, labels: Readonly<Record<string, string>> = {}): JsonObject => ({
  name,
  annotations: { [autoupdate]: 'true' },
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
});
const subjectsOf = ({ users = [], groups = [] }: { users?: readonly string[]; groups?: readonly string[] }) => [
  ...groups.map((name) => ({ kind: 'Group', apiGroup: group, name })),
  ...users.map((name) => {
    const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
    return account
      ? { kind: 'ServiceAccount', namespace: account[1], name: account[2] }
      : { kind: 'User', apiGroup: group, name };
  }),
];

/**
 * Makes the roles and bindings that every cluster has. One that is there already is given back what it misses, and keeps
 * what was added to it, unless its annotation `rbac.authorization.kubernetes.io/autoupdate` is `false`.
 */
export async function reconcileDefaultPolicy(registry: Registry, context: WriteContext): Promise<void> {
  const put = (plural: string, namespace: string, object: JsonObject) =>
    reconcile(registry, context, plural, namespace, object);
  // Together, so that they are committed together.
  const roles = defaultRoles.map(({ name, labels, rules, sumOf }) =>
    put('clusterroles', '', {
      metadata: metadata(name, labels),
      ...(rules && { rules: [...rules] }),
      ...(sumOf && { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [sumOf]: 'true' } }] } }),
    }),
  );
  const bindings = defaultBindings.map(({ name, role, ...who }) =>
    put('clusterrolebindings', '', {
      metadata: metadata(name),
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: role ?? name },
      ...(subjectsOf(who).length > 0 && { subjects: subjectsOf(who) }),
    }),
  );
  await Promise.all([...roles, ...bindings]);
  for (const { namespace, name, rules, ...who } of defaultNamespacedRoles) {
    await put('roles', namespace, { metadata: metadata(name), rules: [...rules] });
    await put('rolebindings', namespace, {
      metadata: metadata(name),
      roleRef: { apiGroup: group, kind: 'Role', name },
      subjects: subjectsOf(who),
    });
  }
}

async function reconcile(
  registry: Registry,
  context: WriteContext,
  plural: string,
  namespace: string,
  wanted: JsonObject,
): Promise<void> {
  const kind = registry.catalog.find(group, 'v1', plural);
  if (!kind) throw new Error(`no kind is defined for ${plural}`);
  const name = stringAt(objectAt(wanted, 'metadata'), 'name');
  const existing = registry.find(kind, namespace, name);
  const fresh = () => ({ ...context, warnings: [] });
  if (!existing) {
    await registry.create(kind, namespace, wanted, fresh()).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
    });
    return;
  }
  const change = (current: JsonObject) => completed(current, wanted);
  const now = asJson(existing.value);
  if (isSame(change(now), now)) return;
  await registry.update({ kind, namespace, name, subresource: '', change, isRetried: true }, fresh());
}

/** The object with what it misses of the wanted one. */
function completed(current: JsonObject, wanted: JsonObject): JsonObject {
  const now = objectAt(current, 'metadata');
  if (objectAt(now, 'annotations')[autoupdate] === 'false') return current;
  const want = objectAt(wanted, 'metadata');
  const withMetadata: JsonObject = {
    ...current,
    metadata: {
      ...now,
      labels: { ...objectAt(want, 'labels'), ...objectAt(now, 'labels') },
      annotations: { ...objectAt(want, 'annotations'), ...objectAt(now, 'annotations') },
    },
  };
  if (wanted.roleRef) {
    const known = objectsAt(current, 'subjects');
    const missing = objectsAt(wanted, 'subjects').filter((each) => !known.some((one) => isSame(one, each)));
    return missing.length === 0 ? withMetadata : { ...withMetadata, subjects: [...known, ...missing] };
  }
  if (wanted.aggregationRule)
    return { ...withMetadata, aggregationRule: current.aggregationRule ?? wanted.aggregationRule };
  const owned = rulesOfRole(current);
  const missing = rulesOfRole(wanted).filter((rule) => missingRules(owned, [rule]).length > 0);
  const known: Json[] = objectsAt(current, 'rules');
  return missing.length === 0 ? withMetadata : { ...withMetadata, rules: [...known, ...missing.map(fromRule)] };
}
