import type { IncomingMessage } from 'node:http';
import type { Actor } from '../tenancy/caller.js';

/** Where a request came in, and from where: a token may be good at one door or from some addresses only. */
export interface Origin {
  readonly door: 'rest' | 'git' | 'registry' | 'kubernetes';
  readonly address: string | null;
  readonly device?: string;
}

/** Turns credentials into an actor. The identity feature implements it; the guard and the doors ask it. */
export abstract class Authenticator {
  /** The actor of a bearer: an OIDC access token, `slp_pat_…`, `slp_kube_…` or `slp_robot_…`. Undefined when it is not valid. */
  abstract authenticateBearer(token: string, origin: Origin): Promise<Actor | undefined>;

  /** The actor of HTTP Basic: a user or robot name with a token as password. Undefined when it is not valid. */
  abstract authenticateBasic(username: string, password: string, origin: Origin): Promise<Actor | undefined>;

  /**
   * Who opened something with the token is asked about again. Undefined when what let him in was taken away or has run out:
   * the token, the session that it is of, the user. A token that is short-lived by its nature and merely ran out is no reason.
   */
  abstract renew(token: string, before: Actor, origin: Origin): Promise<Actor | undefined>;
}

/** Takes the credentials out of the Authorization header and asks the authenticator. Undefined without or with bad ones. */
export async function authenticate(
  authenticator: Authenticator,
  request: Pick<IncomingMessage, 'headers' | 'socket'>,
  door: Origin['door'],
): Promise<Actor | undefined> {
  const found = findCredentials(request, door);
  if (!found) return undefined;
  const { username, token, origin } = found;
  return username === undefined
    ? authenticator.authenticateBearer(token, origin)
    : authenticator.authenticateBasic(username, token, origin);
}

/** Of a request that is still open: its actor as he is now, or undefined when he may no longer come in by it. */
export async function authenticateAgain(
  authenticator: Authenticator,
  request: Pick<IncomingMessage, 'headers' | 'socket'>,
  door: Origin['door'],
  before: Actor,
): Promise<Actor | undefined> {
  const found = findCredentials(request, door);
  return found && authenticator.renew(found.token, before, found.origin);
}

function findCredentials({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>, door: Origin['door']) {
  const [, scheme, credentials] = /^(Bearer|Basic) +([^\s]+)$/i.exec(headers.authorization ?? '') ?? [];
  if (!scheme || !credentials) return undefined;
  const address = addressOf({ headers, socket });
  const origin: Origin = { door, address, device: headers['user-agent']?.slice(0, 300) };
  if (scheme.toLowerCase() === 'bearer') return { username: undefined, token: credentials, origin };
  // The API itself takes bearers only; git, docker and helm know no other way than Basic.
  if (door === 'rest') return undefined;
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { username: text.slice(0, colon), token: text.slice(colon + 1), origin };
}

/** The caller's address, past proxies on this machine only: nobody else's X-Forwarded-For is believed. Also for upgrades. */
export function addressOf(request: Pick<IncomingMessage, 'headers' | 'socket'>): string | null {
  const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',');
  const chain = [request.socket.remoteAddress ?? '', ...forwarded.reverse()].map((text) => text.trim()).filter(Boolean);
  return chain.find((address) => !isLoopback(address)) ?? chain.at(-1) ?? null;
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}
