import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { authenticatedGroup, type User } from '../authentication.js';

/** An identity provider whose ID tokens are taken as bearer tokens. */
export interface OidcOptions {
  /** As in the tokens' `iss`. */
  issuerUrl: string;
  /** One of these has to be in the tokens' `aud`. */
  audiences: readonly string[];
  /** Default `sub`. With `email`, an address that is said not to be verified is refused. */
  usernameClaim?: string;
  /** Default: the issuer and `#`, none for the claim `email`; `-` for none. */
  usernamePrefix?: string;
  /** A claim that holds a group or a list of groups. */
  groupsClaim?: string;
  groupsPrefix?: string;
  requiredClaims?: Readonly<Record<string, string>>;
  /** Default RS256. */
  signingAlgorithms?: readonly string[];
  /** PEM file of the authorities that may sign the provider's certificate; default: those the system trusts. */
  caFile?: string;
}

export interface OidcAuthenticator {
  /** Whether the token says that it is from this provider. */
  isIssuer(token: string): boolean;
  /** The user and when the token ends (milliseconds); undefined when it is not valid. Throws when the provider cannot be asked. */
  authenticate(token: string): Promise<{ user: User; until: number; audiences: readonly string[] } | undefined>;
}

const skewSeconds = 30;
const retryMilliseconds = 10_000;
const answerLimitBytes = 1024 * 1024;

export function createOidcAuthenticator(options: OidcOptions, now: () => number = Date.now): OidcAuthenticator {
  let keys: Promise<JWTVerifyGetKey> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  const open = () => {
    if (keys) return keys;
    if (now() - failedAt < retryMilliseconds)
      return Promise.reject(new Error(`the identity provider ${options.issuerUrl} could not be reached a moment ago`));
    keys = discover(options);
    keys.catch(() => {
      failedAt = now();
      keys = undefined;
    });
    return keys;
  };
  return {
    isIssuer: (token) => {
      try {
        return decodeJwt(token).iss === options.issuerUrl;
      } catch {
        return false;
      }
    },
    authenticate: async (token) => {
      const key = await open();
      try {
        const { payload } = await jwtVerify(token, key, {
          issuer: options.issuerUrl,
          audience: [...options.audiences],
          algorithms: [...(options.signingAlgorithms ?? ['RS256'])],
          clockTolerance: skewSeconds,
          requiredClaims: ['exp'],
          currentDate: new Date(now()),
        });
        const user = userOf(options, payload);
        const until = ((payload.exp ?? 0) + skewSeconds) * 1000;
        const given = [payload.aud ?? []].flat();
        return user && { user, until, audiences: options.audiences.filter((each) => given.includes(each)) };
      } catch (error) {
        if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) return undefined;
        throw error;
      }
    },
  };
}

/** Names of the system are the system's alone to give. */
const isReserved = (name: string) => name.startsWith('system:');

function userOf(options: OidcOptions, claims: JWTPayload): User | undefined {
  for (const [claim, value] of Object.entries(options.requiredClaims ?? {}))
    if (claims[claim] !== value) return undefined;
  const usernameClaim = options.usernameClaim ?? 'sub';
  const name = claims[usernameClaim];
  if (typeof name !== 'string' || name === '') return undefined;
  if (usernameClaim === 'email' && claims.email_verified !== undefined && claims.email_verified !== true)
    return undefined;
  const byDefault = usernameClaim === 'email' ? '' : `${options.issuerUrl}#`;
  const prefix = options.usernamePrefix === '-' ? '' : options.usernamePrefix || byDefault;
  const username = `${prefix}${name}`;
  if (isReserved(username)) return undefined;
  const given = options.groupsClaim === undefined ? [] : [claims[options.groupsClaim] ?? []].flat();
  if (!given.every((each) => typeof each === 'string')) return undefined;
  const groups = given.map((each) => `${options.groupsPrefix ?? ''}${each}`).filter((each) => !isReserved(each));
  return { name: username, groups: [...new Set([...groups, authenticatedGroup])] };
}

async function discover(options: OidcOptions): Promise<JWTVerifyGetKey> {
  const ca = options.caFile === undefined ? undefined : await readFile(options.caFile, 'utf8');
  const issuer = options.issuerUrl.replace(/\/$/, '');
  const answer = await get(`${issuer}/.well-known/openid-configuration`, ca);
  const document: unknown = await answer.json();
  const read = (key: string) =>
    typeof document === 'object' && document !== null ? Reflect.get(document, key) : undefined;
  const address: unknown = read('jwks_uri');
  if (answer.status !== 200 || typeof address !== 'string' || read('issuer') !== options.issuerUrl)
    throw new Error(`${options.issuerUrl} does not describe itself as the issuer of that name: check the issuer's URL`);
  return createRemoteJWKSet(new URL(address), {
    timeoutDuration: 5_000,
    cooldownDuration: retryMilliseconds,
    cacheMaxAge: 10 * 60_000,
    [customFetch]: (url: string) => get(url, ca),
  });
}

function get(url: string, ca: string | undefined): Promise<Response> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, { ca, timeout: 5_000, headers: { accept: 'application/json' } }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > answerLimitBytes) request.destroy(new Error(`the answer of ${url} is too long`));
        chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => resolve(new Response(Buffer.concat(chunks), { status: response.statusCode ?? 500 })));
    });
    request.on('timeout', () => request.destroy(new Error(`${url} did not answer in time`)));
    request.on('error', reject);
    request.end();
  });
}
