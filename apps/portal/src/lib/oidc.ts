import * as client from 'openid-client';
import { getConfig } from './config';

export const clientId = 'slipway-portal';
const scope = 'openid profile email';
const answerMilliseconds = 3_000;

let discovered: Promise<client.Configuration> | undefined;

/** The issuer's metadata, discovered once; a failed discovery is tried again at the next call. */
export function getIssuer(): Promise<client.Configuration> {
  discovered ??= discover().catch((error: unknown) => {
    discovered = undefined;
    throw error;
  });
  return discovered;
}

function discover(): Promise<client.Configuration> {
  const config = getConfig();
  const issuer = new URL(config.issuerUrl);
  // Plain http is for one machine; an https issuer stays https.
  const options = issuer.protocol === 'http:' ? { execute: [client.allowInsecureRequests] } : undefined;
  return client.discovery(issuer, clientId, config.clientSecret, undefined, options);
}

export interface LoginAttempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly returnTo: string;
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
  readonly idToken?: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Where to send the browser to sign in, and what the callback must be checked against. */
export async function beginLogin(returnTo: string, locale: string): Promise<{ url: URL; attempt: LoginAttempt }> {
  const issuer = await getIssuer();
  await assertAnswers();
  const attempt = {
    state: client.randomState(),
    nonce: client.randomNonce(),
    verifier: client.randomPKCECodeVerifier(),
    returnTo,
  };
  const url = client.buildAuthorizationUrl(issuer, {
    redirect_uri: `${getConfig().portalUrl}/auth/callback`,
    scope,
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
    code_challenge_method: 'S256',
    ui_locales: locale,
  });
  return { url, attempt };
}

/** Throws where the issuer is away: better said here than by the browser on its address. */
async function assertAnswers(): Promise<void> {
  const url = `${getConfig().issuerUrl}/.well-known/openid-configuration`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(answerMilliseconds), cache: 'no-store' });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
}

/** Exchanges the code of the callback for tokens. `search` is the callback's query string. Throws what openid-client throws. */
export async function finishLogin(search: string, attempt: LoginAttempt): Promise<Tokens> {
  const callback = new URL(`${getConfig().portalUrl}/auth/callback${search}`);
  const answer = await client.authorizationCodeGrant(await getIssuer(), callback, {
    expectedState: attempt.state,
    expectedNonce: attempt.nonce,
    pkceCodeVerifier: attempt.verifier,
  });
  return toTokens(answer);
}

/** Throws `IssuerUnreachable` where it cannot be asked, and what openid-client throws for a refusal. */
export async function refreshTokens(refreshToken: string): Promise<Tokens> {
  const answer = await askForRefresh(refreshToken).catch((cause: unknown) => {
    throw isRefusal(cause) ? cause : new IssuerUnreachable(cause);
  });
  return { ...toTokens(answer), refreshToken: answer.refresh_token ?? refreshToken };
}

/**
 * Ends the issuer's session by the refresh token of one of its sign-ins, as Keycloak has it: for sessions that were ended in Slipway,
 * so that the browser cannot come back without a password. Throws what fetch throws.
 */
export async function endIssuerSession(refreshToken: string): Promise<void> {
  const { end_session_endpoint: url } = (await getIssuer()).serverMetadata();
  if (!url) return;
  const form = { client_id: clientId, client_secret: getConfig().clientSecret, refresh_token: refreshToken };
  const signal = AbortSignal.timeout(answerMilliseconds);
  await fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual', signal });
}

/** The issuer's page that ends its own session, or undefined when it has none. */
export async function endSessionUrl(idToken: string | undefined): Promise<URL | undefined> {
  const issuer = await getIssuer();
  if (!issuer.serverMetadata().end_session_endpoint) return undefined;
  return client.buildEndSessionUrl(issuer, {
    post_logout_redirect_uri: getConfig().portalUrl,
    ...(idToken ? { id_token_hint: idToken } : {}),
  });
}

async function askForRefresh(refreshToken: string) {
  return client.refreshTokenGrant(await getIssuer(), refreshToken);
}

/** The issuer said no: the session is over. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'error' in error && error.error === 'invalid_grant';
}

/** The issuer does not answer, or not as it should. */
export class IssuerUnreachable extends Error {
  override readonly name = 'IssuerUnreachable';

  constructor(cause: unknown) {
    super('The identity provider does not answer', { cause });
  }
}

function toTokens(answer: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers): Tokens {
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    idToken: answer.id_token,
    expiresAt: Date.now() + (answer.expiresIn() ?? 60) * 1000,
  };
}
