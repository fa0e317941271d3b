import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { JsonObject } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { ApiError } from '../api-error.js';
import { anonymous, authenticatedGroup, type User } from '../authentication.js';
import { issuer, legacyIssuer, type TokenSigner } from '../tokens.js';
import { userOfBootstrapToken } from './bootstrap-token.js';
import { createOidcAuthenticator, type OidcAuthenticator, type OidcOptions } from './oidc.js';
import { audiencesOf, credentialKey, isAlive, noteUse, userOfClaims } from './service-account.js';

interface AuthenticatorOptions {
  store: Store;
  tokens: TokenSigner;
  oidc?: readonly OidcOptions[];
  /** Told when an identity provider cannot be asked. */
  onError?(error: unknown): void;
}

interface TokenUser {
  user: User;
  /** Those of the wanted audiences that the token is for. */
  audiences: readonly string[];
}

/** Says who a request comes from. */
export interface Authenticator {
  /**
   * The user of a request; anonymous without credentials. Throws 401 for credentials that are not valid. A promise only
   * where an identity provider may have to be asked.
   */
  authenticate(request: IncomingMessage): User | Promise<User>;
  /** Who a bearer token speaks for to one of the audiences (empty: to this server); undefined when it is not valid. */
  review(token: string, audiences: readonly string[]): Promise<TokenUser | undefined>;
}

/** A token whose signature was found good. Whether it still holds is seen at each use. */
interface Known {
  user: User;
  audiences: readonly string[];
  until: number;
  /** Of a service account's token. */
  claims?: JsonObject;
}

const tokensKept = 2_000;
const providerTrustMilliseconds = 10_000;
const socketTokenPrefix = 'base64url.bearer.authorization.k8s.io.';

export function createAuthenticator({ store, tokens, oidc = [], onError }: AuthenticatorOptions): Authenticator {
  const known = new Map<string, Known>();
  const providers = oidc.map((each) => createOidcAuthenticator(each));

  const remember = (key: string, entry: Known): Known => {
    if (known.size >= tokensKept) known.clear();
    known.set(key, entry);
    return entry;
  };

  const holds = (entry: Known, token: string) => {
    const now = Date.now();
    const { claims } = entry;
    if (entry.until <= now || (claims !== undefined && !isAlive(store, token, claims))) return false;
    if (claims?.iss === legacyIssuer) noteUse(store, claims, now);
    return true;
  };

  function find(token: string): Known | undefined | Promise<Known | undefined> {
    const key = createHash('sha256').update(token).digest('base64');
    const entry = known.get(key);
    if (entry) {
      if (holds(entry, token)) return entry;
      known.delete(key);
    }
    const claims = tokens.verify(token);
    if (claims) {
      const until = typeof claims.exp === 'number' ? claims.exp * 1000 : Number.POSITIVE_INFINITY;
      const made = { user: userOfClaims(claims), audiences: audiencesOf(claims), until, claims };
      return holds(made, token) ? remember(key, made) : undefined;
    }
    const bootstrap = userOfBootstrapToken(store, token, Date.now());
    // Asked for again each time: such a token is used once in a node's life.
    if (bootstrap) return { user: bootstrap, audiences: [issuer], until: 0 };
    const provider = providers.find((each) => each.isIssuer(token));
    return provider && askProvider(provider, token, key);
  }

  async function askProvider(provider: OidcAuthenticator, token: string, key: string): Promise<Known | undefined> {
    try {
      const found = await provider.authenticate(token);
      if (!found) return undefined;
      const until = Math.min(found.until, Date.now() + providerTrustMilliseconds);
      return remember(key, { user: found.user, audiences: [issuer, ...found.audiences], until });
    } catch (error) {
      onError?.(error);
      return undefined;
    }
  }

  const accept = (found: Known | undefined): User => {
    if (!found?.audiences.includes(issuer)) throw new ApiError(401, 'Unauthorized', 'Unauthorized');
    return found.user;
  };

  return {
    authenticate: (request) => {
      const byCertificate = userOfCertificate(request);
      if (byCertificate) return byCertificate;
      const token = bearerOf(request);
      if (token === undefined) return anonymous;
      const found = find(token);
      return found instanceof Promise ? found.then(accept) : accept(found);
    },
    review: async (token, wanted) => {
      const found = token === '' ? undefined : await find(token);
      const audiences = found?.audiences.filter((each) => (wanted.length === 0 ? [issuer] : wanted).includes(each));
      return found && audiences && audiences.length > 0 ? { user: found.user, audiences } : undefined;
    },
  };
}

/** The token of a request; browsers, which cannot set a header, give a WebSocket's as one of its protocols. */
function bearerOf(request: IncomingMessage): string | undefined {
  const header = request.headers.authorization;
  const bearer = header ? /^Bearer +(\S+) *$/i.exec(header)?.[1] : undefined;
  if (bearer !== undefined) return bearer;
  const protocols = request.headers['sec-websocket-protocol']?.split(',').map((each) => each.trim());
  const found = protocols?.find((each) => each.startsWith(socketTokenPrefix));
  if (found === undefined) return undefined;
  // It is a secret, and no protocol to be agreed on.
  request.headers['sec-websocket-protocol'] = protocols?.filter((each) => each !== found).join(', ');
  return Buffer.from(found.slice(socketTokenPrefix.length), 'base64url').toString();
}

const users = new WeakMap<object, User>();

/** The user of a client certificate: CN is the name, each O a group. Throws 401 for one that nobody here has signed. */
function userOfCertificate({ socket }: IncomingMessage): User | undefined {
  if (!isTls(socket)) return undefined;
  const known = users.get(socket);
  if (known) return known;
  const certificate = socket.getPeerCertificate();
  // Node gives an empty object for a client without a certificate.
  const subject: unknown = Reflect.get(certificate ?? {}, 'subject');
  if (typeof subject !== 'object' || subject === null) return undefined;
  if (!socket.authorized) throw new ApiError(401, 'Unauthorized', 'Unauthorized');
  const texts = (key: string) => [Reflect.get(subject, key) ?? []].flat().filter((each) => typeof each === 'string');
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  const user = {
    name: texts('CN')[0] ?? '',
    groups: [...texts('O'), authenticatedGroup],
    extra: { [credentialKey]: [`X509SHA256=${fingerprint}`] },
  };
  if (user.name === '') throw new ApiError(401, 'Unauthorized', 'Unauthorized');
  users.set(socket, user);
  return user;
}

const isTls = (socket: object): socket is TLSSocket => 'getPeerCertificate' in socket;
