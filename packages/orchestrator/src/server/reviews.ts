import { type JsonObject, objectAt, stringAt } from '../kinds/index.js';
import type { Store } from '../store/index.js';
import { noSuchPath } from './api-error.js';
import { type User, userOfToken } from './authentication.js';
import { rbacOf } from './authorization/rbac.js';
import { fromRule, fullAuthority } from './authorization/rules.js';
import { type Attributes, isAllowed, isPrivileged } from './authorization.js';
import type { TokenSigner } from './tokens.js';

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
  return {
    verb: stringAt(resource, 'verb'),
    group: stringAt(resource, 'group'),
    resource: stringAt(resource, 'resource'),
    subresource: stringAt(resource, 'subresource'),
    namespace: stringAt(resource, 'namespace'),
    name: stringAt(resource, 'name'),
  };
}

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** Answers the review kinds, which are kept nowhere. */
export function answerReview(
  store: Store,
  tokens: TokenSigner,
  group: string,
  plural: string,
  review: JsonObject,
  asker: User,
): JsonObject {
  const spec = objectAt(review, 'spec');
  const access = (user: User): JsonObject => {
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
    case 'authorization.k8s.io/subjectaccessreviews':
    case 'authorization.k8s.io/localsubjectaccessreviews':
      return access({ name: stringAt(spec, 'user'), groups: strings(spec.groups) });
    case 'authorization.k8s.io/selfsubjectrulesreviews': {
      const namespace = stringAt(spec, 'namespace');
      const owned = [...(isPrivileged(asker) ? fullAuthority : []), ...rbacOf(store).rulesFor(asker, namespace)];
      const rules = owned.map(fromRule);
      const resourceRules = rules.filter((each) => each.resources !== undefined);
      const nonResourceRules = rules.filter((each) => each.nonResourceURLs !== undefined);
      return { ...review, status: { resourceRules, nonResourceRules, incomplete: false } };
    }
    case 'authentication.k8s.io/tokenreviews': {
      const audiences = strings(spec.audiences);
      const user = userOfToken(store, tokens, stringAt(spec, 'token'), audiences.length > 0 ? audiences : undefined);
      if (!user) return { ...review, status: { authenticated: false, error: 'invalid bearer token' } };
      const extra = Object.fromEntries(Object.entries(user.extra ?? {}).map(([key, value]) => [key, [...value]]));
      const who = {
        username: user.name,
        groups: [...user.groups],
        ...(user.uid !== undefined && { uid: user.uid }),
        extra,
      };
      return { ...review, status: { authenticated: true, user: who, audiences } };
    }
    default:
      throw noSuchPath();
  }
}
