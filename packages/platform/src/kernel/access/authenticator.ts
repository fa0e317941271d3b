import type { Actor } from '../tenancy/caller.js';

/** Turns credentials into an actor. The identity feature implements it; the guard and the doors ask it. */
export abstract class Authenticator {
  /** The actor of a bearer: an OIDC access token, `slp_pat_…` or `slp_robot_…`. Undefined when it is not valid. */
  abstract authenticateBearer(token: string): Promise<Actor | undefined>;

  /** The actor of HTTP Basic: a user or robot name with a token as password. Undefined when it is not valid. */
  abstract authenticateBasic(username: string, password: string): Promise<Actor | undefined>;
}

/** Takes the credentials out of an Authorization header and asks the authenticator. Undefined without or with bad ones. */
export async function authenticate(
  authenticator: Authenticator,
  header: string | undefined,
  schemes: { basic: boolean } = { basic: false },
): Promise<Actor | undefined> {
  const [, scheme, credentials] = /^(Bearer|Basic) +([^\s]+)$/i.exec(header ?? '') ?? [];
  if (!scheme || !credentials) return undefined;
  if (scheme.toLowerCase() === 'bearer') return authenticator.authenticateBearer(credentials);
  if (!schemes.basic) return undefined;
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : authenticator.authenticateBasic(text.slice(0, colon), text.slice(colon + 1));
}
