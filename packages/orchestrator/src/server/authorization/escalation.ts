import { isSame, type JsonObject, objectAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import type { AdmissionPlugin, AdmissionRequest } from '../admission/admission.js';
import { forbidden, notFound } from '../api-error.js';
import { isAllowed, isPrivileged } from '../authorization.js';
import { asJson } from '../registry.js';
import { findRole, rbacOf } from './rbac.js';
import { describeRules, fullAuthority, missingRules, type PolicyRule, quoteList, rulesOfRole } from './rules.js';

const group = 'rbac.authorization.k8s.io';

/**
 * Nobody gives away what he does not have: a role's rules must be among the writer's own unless he may `escalate` it, and
 * a bound role's unless he may `bind` it.
 */
export function escalationAdmission(store: Store): AdmissionPlugin {
  return {
    name: 'RBACEscalation',
    handles: ({ type }, operation, subresource) =>
      type.group === group && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
    validate: (request) => {
      if (isPrivileged(request.context.user)) return;
      if (request.kind.type.plural.endsWith('bindings')) checkBinding(store, request);
      else checkRole(store, request);
    },
  };
}

function checkRole(store: Store, request: AdmissionRequest): void {
  const { kind, object = {}, old, context } = request;
  const isUnchanged =
    old && isSame(object.rules ?? [], old.rules ?? []) && isSame(object.aggregationRule, old.aggregationRule);
  if (isUnchanged) return;
  const { plural } = kind.type;
  const { namespace, name } = request;
  const wanted = { verb: 'escalate', group, resource: plural, subresource: '', namespace, name };
  if (isAllowed(store, context.user, wanted)) return;
  confirm(store, request, rulesOfRole(object));
  if (object.aggregationRule || old?.aggregationRule) confirm(store, request, fullAuthority);
}

function checkBinding(store: Store, request: AdmissionRequest): void {
  const { object = {}, old, context, namespace } = request;
  const isUnchanged = old && isSame(object.subjects ?? [], old.subjects ?? []) && isSame(object.roleRef, old.roleRef);
  if (isUnchanged) return;
  const reference = objectAt(object, 'roleRef');
  const plural = reference.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  const name = String(reference.name);
  const wanted = { verb: 'bind', group, resource: plural, subresource: '', namespace, name };
  if (isAllowed(store, context.user, wanted)) return;
  const role = findRole(store, reference, namespace);
  if (!role) throw notFound({ group, plural }, name);
  confirm(store, request, rulesOfRole(asJson(role.value)));
}

function confirm(store: Store, request: AdmissionRequest, rules: readonly PolicyRule[]): void {
  const { user } = request.context;
  const missing = missingRules(rbacOf(store).rulesFor(user, request.namespace), rules);
  if (missing.length === 0) return;
  const who = `user ${JSON.stringify(user.name)} (groups=${quoteList(user.groups)})`;
  const why = `${who} is attempting to grant RBAC permissions not currently held:\n${describeRules(missing)}`;
  throw forbidden(request.kind.type, nameOf(request.object) || request.name, why);
}

const nameOf = (object: JsonObject | undefined) => String(objectAt(object, 'metadata').name ?? '');
