import { timingSafeEqual } from 'node:crypto';
import { type JsonObject, objectAt, stringAt } from '../../kinds/index.js';
import type { Store, StoredObject } from '../../store/index.js';
import { authenticatedGroup, type User } from '../authentication.js';
import { asJson } from '../registry.js';
import { issuer, legacyIssuer } from '../tokens.js';

const extraKey = 'authentication.kubernetes.io';
/** Says by which credential a user came. */
export const credentialKey = `${extraKey}/credential-id`;

/** The groups that every service account of a namespace is in. */
export const accountGroups = (namespace: string) => ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];

/** What a service account's token, whose signature is good, is for: empty when it names no audience. */
export function audiencesOf(claims: JsonObject): string[] {
  if (claims.iss === legacyIssuer) return [issuer];
  return (Array.isArray(claims.aud) ? claims.aud : [claims.aud]).filter((each) => typeof each === 'string');
}

/** Whether the account, and what the token is bound to, are still there: tokens end with them. */
export function isAlive(store: Store, token: string, claims: JsonObject): boolean {
  const { namespace, account, bound } = partsOf(claims);
  if (!isSameObject(store, 'serviceaccounts', namespace, account)) return false;
  if (claims.iss === legacyIssuer) return isInSecret(secretOf(store, claims), token);
  const isThere = (key: string, resource: string, within: string) => {
    const reference = objectAt(bound, key);
    return stringAt(reference, 'name') === '' || isSameObject(store, resource, within, reference);
  };
  if (!isThere('pod', 'pods', namespace) || !isThere('secret', 'secrets', namespace)) return false;
  // A pod's token names the pod's node too, and ends with the pod.
  return stringAt(objectAt(bound, 'pod'), 'name') !== '' || isThere('node', 'nodes', '');
}

const secretOf = (store: Store, claims: JsonObject) =>
  store.get('secrets', partsOf(claims).namespace, stringAt(claims, 'kubernetes.io/serviceaccount/secret.name'));

/** A token without an end holds as long as its Secret has it. */
function isInSecret(secret: StoredObject | undefined, token: string): boolean {
  if (!secret || secret.value.metadata.deletionTimestamp !== undefined) return false;
  if (secret.value.metadata.labels?.[invalidSince] !== undefined) return false;
  const kept = Buffer.from(stringAt(objectAt(asJson(secret.value), 'data'), 'token'), 'base64');
  const given = Buffer.from(token);
  return kept.length === given.length && timingSafeEqual(kept, given);
}

const lastUsed = 'kubernetes.io/legacy-token-last-used';
const invalidSince = 'kubernetes.io/legacy-token-invalid-since';

/** Notes on the Secret of a token without an end the day of its last use, once a day. */
export function noteUse(store: Store, claims: JsonObject, now: number): void {
  const secret = secretOf(store, claims);
  const day = new Date(now).toISOString().slice(0, 10);
  if (!secret || secret.value.metadata.labels?.[lastUsed] === day) return;
  const { namespace, name } = secret;
  const value = (current: StoredObject | undefined) => {
    if (!current || current.value.metadata.uid !== secret.value.metadata.uid) return undefined;
    const { metadata } = current.value;
    if (metadata.labels?.[lastUsed] === day) return undefined;
    return { ...current.value, metadata: { ...metadata, labels: { ...metadata.labels, [lastUsed]: day } } };
  };
  // The next use tries again.
  store.commit([{ resource: 'secrets', namespace, name, value }]).catch(() => undefined);
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
  if (id !== '') extra[credentialKey] = [`JTI=${id}`];
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
