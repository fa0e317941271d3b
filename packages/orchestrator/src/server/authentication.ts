import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { type JsonObject, objectAt, stringAt } from '../kinds/index.js';
import type { Store } from '../store/index.js';
import { ApiError } from './api-error.js';
import { issuer, type TokenSigner } from './tokens.js';

export interface User {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

const authenticated = 'system:authenticated';

/** Who a bearer token speaks for; undefined when it is not valid (any more). */
export function userOfToken(store: Store, tokens: TokenSigner, token: string, audiences = [issuer]): User | undefined {
  const claims = tokens.verify(token);
  if (!claims) return undefined;
  const audience = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  if (!audience.some((each) => audiences.includes(String(each)))) return undefined;
  const bound = objectAt(claims, 'kubernetes.io');
  const namespace = stringAt(bound, 'namespace');
  const account = objectAt(bound, 'serviceaccount');
  if (!isAlive(store, 'serviceaccounts', namespace, account)) return undefined;
  const pod = objectAt(bound, 'pod');
  if (stringAt(pod, 'name') !== '' && !isAlive(store, 'pods', namespace, pod)) return undefined;
  const secret = objectAt(bound, 'secret');
  if (stringAt(secret, 'name') !== '' && !isAlive(store, 'secrets', namespace, secret)) return undefined;
  return {
    name: stringAt(claims, 'sub'),
    uid: stringAt(account, 'uid'),
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, authenticated],
    ...(stringAt(pod, 'name') !== '' && {
      extra: {
        'authentication.kubernetes.io/pod-name': [stringAt(pod, 'name')],
        'authentication.kubernetes.io/pod-uid': [stringAt(pod, 'uid')],
      },
    }),
  };
}

function isAlive(store: Store, resource: string, namespace: string, bound: JsonObject): boolean {
  return store.get(resource, namespace, stringAt(bound, 'name'))?.value.metadata.uid === stringAt(bound, 'uid');
}

const users = new WeakMap<TLSSocket, User>();

/** The user of a request. Throws 401 for credentials that are not valid; a request without any is anonymous. */
export function authenticate(request: IncomingMessage, store: Store, tokens: TokenSigner): User {
  const { authorization } = request.headers;
  const bearer = authorization ? /^Bearer (.+)$/i.exec(authorization)?.[1] : undefined;
  if (bearer) {
    const user = cachedUser(store, tokens, bearer);
    if (!user) throw new ApiError(401, 'Unauthorized', 'Unauthorized');
    return user;
  }
  const { socket } = request;
  if (!(socket instanceof TLSSocket) || !socket.authorized) return anonymous;
  let user = users.get(socket);
  if (!user) {
    const subject = socket.getPeerCertificate().subject as unknown as
      | Record<string, string | string[] | undefined>
      | undefined;
    const organizations = subject?.O ?? [];
    user = {
      name: [subject?.CN ?? ''].flat()[0] ?? '',
      groups: [...[organizations].flat(), authenticated],
    };
    users.set(socket, user);
  }
  return user;
}

const verified = new Map<string, { user: User; until: number }>();

/** Signatures are checked once in ten seconds for each token. */
function cachedUser(store: Store, tokens: TokenSigner, token: string): User | undefined {
  const key = createHash('sha256').update(token).digest('base64');
  const now = Date.now();
  const known = verified.get(key);
  if (known && known.until > now) return known.user;
  const user = userOfToken(store, tokens, token);
  if (verified.size > 1000) verified.clear();
  if (user) verified.set(key, { user, until: now + 10_000 });
  else verified.delete(key);
  return user;
}
