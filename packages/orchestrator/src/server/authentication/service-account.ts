import { type JsonObject, objectAt, stringAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { authenticatedGroup, type User } from '../authentication.js';
import { asJson } from '../registry.js';
import { issuer, legacyIssuer } from '../tokens.js';

const extraKey = 'authentication.kubernetes.io';

/** The groups that every service account of a namespace is in. */
export const accountGroups = (namespace: string) => ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];

/** What a service account's token, whose signature is good, is for: empty when it names no audience. */
export function audiencesOf(claims: JsonObject): string[] {
  if (claims.iss === legacyIssuer) return [issuer];
  return (Array.isArray(claims.aud) ? claims.aud : [claims.aud]).filter((each) => typeof each === 'string');
}

/** Whether the account, and what the token is bound to, are still there: tokens end with them. */
export function isAlive(store: Store, claims: JsonObject): boolean {
  const { namespace, account, bound } = partsOf(claims);
  if (!isSameObject(store, 'serviceaccounts', namespace, account)) return false;
  if (claims.iss === legacyIssuer) {
    const secret = store.get('secrets', namespace, stringAt(claims, 'kubernetes.io/serviceaccount/secret.name'));
    const isTheToken = (data: JsonObject) => stringAt(data, 'token') !== '';
    return secret !== undefined && isTheToken(objectAt(asJson(secret.value), 'data'));
  }
  const resources = { pod: 'pods', secret: 'secrets' } as const;
  return Object.entries(resources).every(([key, resource]) => {
    const reference = objectAt(bound, key);
    return stringAt(reference, 'name') === '' || isSameObject(store, resource, namespace, reference);
  });
}

function partsOf(claims: JsonObject): { namespace: string; account: JsonObject; bound: JsonObject } {
  if (claims.iss === legacyIssuer) {
    const prefix = 'kubernetes.io/serviceaccount/';
    const account = {
      name: stringAt(claims, `${prefix}service-account.name`),
      uid: stringAt(claims, `${prefix}service-account.uid`),
    };
    return { namespace: stringAt(claims, `${prefix}namespace`), account, bound: {} };
  }
  const bound = objectAt(claims, 'kubernetes.io');
  return { namespace: stringAt(bound, 'namespace'), account: objectAt(bound, 'serviceaccount'), bound };
}

export function userOfClaims(claims: JsonObject): User {
  const { namespace, account, bound } = partsOf(claims);
  const extra: Record<string, readonly string[]> = {};
  const id = stringAt(claims, 'jti');
  if (id !== '') extra[`${extraKey}/credential-id`] = [`JTI=${id}`];
  for (const part of ['pod', 'node']) {
    const reference = objectAt(bound, part);
    if (stringAt(reference, 'name') !== '') extra[`${extraKey}/${part}-name`] = [stringAt(reference, 'name')];
    if (stringAt(reference, 'uid') !== '') extra[`${extraKey}/${part}-uid`] = [stringAt(reference, 'uid')];
  }
  return {
    name: `system:serviceaccount:${namespace}:${stringAt(account, 'name')}`,
    uid: stringAt(account, 'uid'),
    groups: [...accountGroups(namespace), authenticatedGroup],
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

function isSameObject(store: Store, resource: string, namespace: string, reference: JsonObject): boolean {
  const uid = stringAt(reference, 'uid');
  const found = store.get(resource, namespace, stringAt(reference, 'name'));
  return uid !== '' && found?.value.metadata.uid === uid;
}
