import { randomUUID } from 'node:crypto';
import { getIronSession, type IronSession, type SessionOptions } from 'iron-session';
import { cookies } from 'next/headers';
import { getConfig } from './config';
import { endIssuerSession, isRefusal, type LoginAttempt, refreshTokens, type Tokens } from './oidc';
import { getRedis } from './redis';

const sessionSeconds = 12 * 3600;
const loginSeconds = 600;
const refreshMarginMilliseconds = 20_000;
const lockMilliseconds = 10_000;

/** The cookie holds only the session's id; the tokens stay in Redis. */
interface SessionCookie {
  id?: string;
}

interface LoginCookie {
  attempt?: LoginAttempt;
}

function cookieOptions(name: string, path: string, ttl: number): SessionOptions {
  const config = getConfig();
  // A prefix that browsers hold us to: no other host, and nothing without TLS, can set a cookie of this name.
  const prefix = config.secureCookies ? (path === '/' ? '__Host-' : '__Secure-') : '';
  return {
    cookieName: `${prefix}slipway_${name}_${config.cookieSuffix}`,
    password: config.sessionSecret,
    ttl,
    cookieOptions: { httpOnly: true, sameSite: 'lax', secure: config.secureCookies, path },
  };
}

export async function getLoginCookie(): Promise<IronSession<LoginCookie>> {
  return getIronSession<LoginCookie>(await cookies(), cookieOptions('login', '/auth', loginSeconds));
}

async function getSessionCookie(): Promise<IronSession<SessionCookie>> {
  return getIronSession<SessionCookie>(await cookies(), cookieOptions('session', '/', sessionSeconds));
}

const keyOf = (id: string): string => `slipway:portal:session:${id}`;

/** Keeps the tokens in Redis under a new id and sets the cookie. A new sign-in always gets a new id. */
export async function startSession(tokens: Tokens): Promise<void> {
  const cookie = await getSessionCookie();
  if (cookie.id) await getRedis().del(keyOf(cookie.id));
  cookie.id = randomUUID();
  await writeTokens(cookie.id, tokens);
  await cookie.save();
}

/** Ends the session here and answers its id token, with which the issuer's session can be ended. */
export async function endSession(): Promise<string | undefined> {
  const cookie = await getSessionCookie();
  const tokens = cookie.id ? await readTokens(cookie.id) : undefined;
  if (cookie.id) await getRedis().del(keyOf(cookie.id));
  cookie.destroy();
  return tokens?.idToken;
}

/** Lets go of tokens that the API does not take any more: the session was ended elsewhere, so the issuer's ends as well. */
export async function forgetSession(): Promise<void> {
  const { id } = await getSessionCookie();
  if (!id) return;
  const tokens = await readTokens(id);
  await forget(id);
  if (tokens?.refreshToken) await endIssuerSession(tokens.refreshToken);
}

/** An access token that is good for some seconds at least, or undefined when nobody is signed in. */
export async function findAccessToken(): Promise<string | undefined> {
  const { id } = await getSessionCookie();
  if (!id) return undefined;
  const tokens = await readTokens(id);
  if (!tokens) return undefined;
  if (isFresh(tokens)) return tokens.accessToken;
  return (await refreshOnce(id, tokens))?.accessToken;
}

const isFresh = (tokens: Tokens): boolean => tokens.expiresAt - Date.now() > refreshMarginMilliseconds;

async function readTokens(id: string): Promise<Tokens | undefined> {
  const text = await getRedis().get(keyOf(id));
  return text ? (JSON.parse(text) as Tokens) : undefined;
}

async function writeTokens(id: string, tokens: Tokens): Promise<void> {
  await getRedis().set(keyOf(id), JSON.stringify(tokens), 'EX', sessionSeconds);
}

const refreshing = new Map<string, Promise<Tokens | undefined>>();

/** A refresh token may be used once: requests of this process share one refresh, a lock in Redis keeps other replicas out. */
function refreshOnce(id: string, old: Tokens): Promise<Tokens | undefined> {
  const running = refreshing.get(id);
  if (running) return running;
  const started = refresh(id, old).finally(() => refreshing.delete(id));
  refreshing.set(id, started);
  return started;
}

async function refresh(id: string, old: Tokens): Promise<Tokens | undefined> {
  const redis = getRedis();
  const lock = `${keyOf(id)}:refresh`;
  if ((await redis.set(lock, '1', 'PX', lockMilliseconds, 'NX')) !== 'OK') return waitForOther(id, old);
  try {
    const current = await readTokens(id);
    if (!current || isFresh(current)) return current;
    if (!current.refreshToken) return await forget(id);
    const tokens = await refreshTokens(current.refreshToken);
    await writeTokens(id, { ...tokens, idToken: tokens.idToken ?? current.idToken });
    return tokens;
  } catch (error) {
    // An issuer that is down must not sign people out.
    if (isRefusal(error)) return await forget(id);
    if (old.expiresAt > Date.now()) return old;
    throw error;
  } finally {
    await redis.del(lock);
  }
}

async function waitForOther(id: string, old: Tokens): Promise<Tokens | undefined> {
  for (let waited = 0; waited < lockMilliseconds; waited += 100) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const current = await readTokens(id);
    if (!current || current.accessToken !== old.accessToken) return current;
  }
  return undefined;
}

async function forget(id: string): Promise<undefined> {
  await getRedis().del(keyOf(id));
  return undefined;
}
