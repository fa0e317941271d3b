import { defineKind, type JsonObject, type KindDefinition, objectAt, objectsAt, stringAt } from '../kinds/index.js';
import type { Store } from '../store/index.js';
import { ApiError, badRequest, noSuchPath } from './api-error.js';
import type { Authenticator } from './authentication/authenticator.js';
import type { User } from './authentication.js';
import { rbacOf } from './authorization/rbac.js';
import { fromRule, fullAuthority } from './authorization/rules.js';
import { type Attributes, isAllowed, isPrivileged } from './authorization.js';
import { nowText } from './registry.js';
import type { VirtualResource } from './virtual.js';

function attributesOf(spec: JsonObject): Attributes {
  const resource = objectAt(spec, 'resourceAttributes');
  const other = objectAt(spec, 'nonResourceAttributes');
  if (stringAt(other, 'path') !== '')
    return {
      verb: stringAt(other, 'verb'),
      group: '',
      resource: '',
      subresource: '',
      namespace: '',
      name: '',
      path: stringAt(other, 'path'),
    };
  const fieldSelector = selectorText(objectAt(resource, 'fieldSelector'));
  return {
    verb: stringAt(resource, 'verb'),
    group: stringAt(resource, 'group'),
    resource: stringAt(resource, 'resource'),
    subresource: stringAt(resource, 'subresource'),
    namespace: stringAt(resource, 'namespace'),
    name: stringAt(resource, 'name'),
    ...(fieldSelector !== '' && { fieldSelector }),
  };
}

/** The requirements that allow a field one value; others would only narrow what is asked for. */
function selectorText(selector: JsonObject): string {
  const raw = stringAt(selector, 'rawSelector');
  if (raw !== '') return raw;
  return objectsAt(selector, 'requirements')
    .filter(({ operator, values }) => operator === 'In' && Array.isArray(values) && values.length === 1)
    .map(({ key, values }) => `${String(key)}=${String(Array.isArray(values) ? values[0] : '')}`)
    .join(',');
}

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

const toInfo = (user: User): JsonObject => ({
  username: user.name,
  ...(user.uid !== undefined && { uid: user.uid }),
  groups: [...user.groups],
  ...(user.extra && { extra: Object.fromEntries(Object.entries(user.extra).map(([key, list]) => [key, [...list]])) }),
});

const reviewed = (group: string, kind: string, namespaced = false): KindDefinition =>
  defineKind({
    type: { group: `${group}.k8s.io`, version: 'v1', plural: `${kind.toLowerCase()}s`, kind, namespaced },
    schema: `io.k8s.api.${group}.v1.${kind}`,
    verbs: ['create'],
  });

const reviews: readonly KindDefinition[] = [
  reviewed('authentication', 'TokenReview'),
  reviewed('authentication', 'SelfSubjectReview'),
  reviewed('authorization', 'LocalSubjectAccessReview', true),
  reviewed('authorization', 'SelfSubjectAccessReview'),
  reviewed('authorization', 'SelfSubjectRulesReview'),
  reviewed('authorization', 'SubjectAccessReview'),
];

/** The review kinds: each object is a question, and its own answer. */
export function reviewResources(store: Store, authenticator: Authenticator): VirtualResource[] {
  return reviews.map((kind) => ({
    kind,
    create: (review, namespace, asker) =>
      answerReview(store, authenticator, kind.type.group, kind.type.plural, namespace, review, asker),
  }));
}

/** Throws 400 and 422 for a question that is none. */
async function answerReview(
  store: Store,
  authenticator: Authenticator,
  group: string,
  plural: string,
  namespace: string,
  review: JsonObject,
  asker: User,
): Promise<JsonObject> {
  const spec = objectAt(review, 'spec');
  const access = (user: User): JsonObject => {
    checkAttributes(plural, spec);
    const wanted = attributesOf(spec);
    // The answer is not to be kept with the asker's own permissions: what is asked may hold any text.
    const who = { ...user };
    const allowed = isAllowed(store, who, wanted);
    const origin = allowed && !isPrivileged(who) ? rbacOf(store).findOrigin(who, wanted) : undefined;
    return { ...review, status: { allowed, ...(origin !== undefined && { reason: `RBAC: allowed by ${origin}` }) } };
  };
  switch (`${group}/${plural}`) {
    case 'authorization.k8s.io/selfsubjectaccessreviews':
      return access(asker);
    case 'authorization.k8s.io/localsubjectaccessreviews':
      if (stringAt(objectAt(spec, 'resourceAttributes'), 'namespace') !== namespace)
        throw unprocessable(plural, 'spec.resourceAttributes.namespace', 'must match the namespace of the request');
      return access({ name: stringAt(spec, 'user'), groups: strings(spec.groups) });
    case 'authorization.k8s.io/subjectaccessreviews':
      return access({ name: stringAt(spec, 'user'), groups: strings(spec.groups) });
    case 'authorization.k8s.io/selfsubjectrulesreviews': {
      const space = stringAt(spec, 'namespace');
      if (space === '') throw badRequest('no namespace on request');
      const owned = [...(isPrivileged(asker) ? fullAuthority : []), ...rbacOf(store).rulesFor(asker, space)];
      const rules = owned.map(fromRule);
      const resourceRules = rules.filter((each) => each.resources !== undefined);
      const nonResourceRules = rules.filter((each) => each.nonResourceURLs !== undefined);
      return { ...review, status: { resourceRules, nonResourceRules, incomplete: false } };
    }
    case 'authentication.k8s.io/selfsubjectreviews':
      return { ...review, metadata: { creationTimestamp: nowText() }, status: { userInfo: toInfo(asker) } };
    case 'authentication.k8s.io/tokenreviews': {
      const token = stringAt(spec, 'token');
      if (token === '') throw badRequest('token is required for TokenReview in authentication');
      const found = await authenticator.review(token, strings(spec.audiences));
      if (!found) return { ...review, status: { user: {}, error: 'invalid bearer token' } };
      const { user, audiences } = found;
      return { ...review, status: { authenticated: true, user: toInfo(user), audiences: [...audiences] } };
    }
    default:
      throw noSuchPath();
  }
}

function checkAttributes(plural: string, spec: JsonObject): void {
  const { resourceAttributes, nonResourceAttributes } = spec;
  if ((resourceAttributes === undefined) === (nonResourceAttributes === undefined))
    throw unprocessable(
      plural,
      'spec.resourceAttributes',
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    );
  if (!plural.startsWith('self') && stringAt(spec, 'user') === '' && strings(spec.groups).length === 0)
    throw unprocessable(plural, 'spec.user', 'at least one of user or group must be specified');
}

const kinds: Readonly<Record<string, string>> = {
  selfsubjectaccessreviews: 'SelfSubjectAccessReview',
  subjectaccessreviews: 'SubjectAccessReview',
  localsubjectaccessreviews: 'LocalSubjectAccessReview',
};

function unprocessable(plural: string, field: string, why: string): ApiError {
  const kind = kinds[plural] ?? plural;
  const group = 'authorization.k8s.io';
  return new ApiError(422, 'Invalid', `${kind}.${group} "" is invalid: ${field}: Invalid value: ${why}`, {
    group,
    kind,
    causes: [{ reason: 'FieldValueInvalid', message: `Invalid value: ${why}`, field }],
  });
}
