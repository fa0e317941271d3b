import { type JsonObject, objectAt, stringAt } from '../kinds/index.js';
import type { Store } from '../store/index.js';
import { noSuchPath } from './api-error.js';
import { type User, userOfToken } from './authentication.js';
import { type Attributes, isAllowed, refusalText, rulesFor } from './authorization.js';
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
    const allowed = isAllowed(store, user, wanted);
    return { ...review, status: { allowed, ...(!allowed && { reason: refusalText(user, wanted) }) } };
  };
  switch (`${group}/${plural}`) {
    case 'authorization.k8s.io/selfsubjectaccessreviews':
      return access(asker);
    case 'authorization.k8s.io/subjectaccessreviews':
    case 'authorization.k8s.io/localsubjectaccessreviews':
      return access({ name: stringAt(spec, 'user'), groups: strings(spec.groups) });
    case 'authorization.k8s.io/selfsubjectrulesreviews': {
      const isTrusted = isAllowed(store, asker, {
        verb: '*',
        group: '*',
        resource: '*',
        subresource: '',
        namespace: '',
        name: '',
      });
      const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
      const rules = isTrusted ? [everything] : rulesFor(store, asker, stringAt(spec, 'namespace'));
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
