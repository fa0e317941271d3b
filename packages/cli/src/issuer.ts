import { isRecord } from './config.js';
import { CliError } from './errors.js';

/** Public client of the CLI at the issuer; it has no secret. */
const clientId = 'slipway-cli';

/**
 * Exchanges a user name and password for an access token at the platform's issuer (resource owner password grant).
 * @throws CliError `login-refused`, `issuer-unreachable`, `password-login-off`
 */
export async function exchangePassword(options: {
  server: string;
  username: string;
  password: string;
}): Promise<string> {
  const { issuer, tokenEndpoint } = await discover(options.server);
  const response = await fetch(tokenEndpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({
      grant_type: 'password',
      client_id: clientId,
      scope: 'openid',
      username: options.username,
      password: options.password,
    }),
  }).catch((error: unknown) => {
    throw unreachable(issuer, error);
  });
  const answer: unknown = await response.json().catch(() => undefined);
  const field = (key: string) => (isRecord(answer) && typeof answer[key] === 'string' ? answer[key] : undefined);
  const accessToken = field('access_token');
  if (response.ok && accessToken) return accessToken;
  if (field('error') === 'unsupported_grant_type' || field('error') === 'unauthorized_client')
    throw new CliError('password-login-off', `${issuer} does not log in by password here.`, {
      exit: 'unauthenticated',
      remedy: "Make a token in the portal (your name, Tokens) and run 'slipway login --token-stdin'.",
    });
  if (response.status >= 500 || response.status === 429) throw unreachable(issuer, `it answered ${response.status}`);
  throw new CliError('login-refused', field('error_description') ?? 'The user name or the password is wrong.', {
    exit: 'unauthenticated',
    remedy: "Check both; an administrator can set a new password with 'slipway users update'.",
  });
}

/** The issuer that the server names, or the built-in one beside its API. */
async function discover(server: string): Promise<{ issuer: string; tokenEndpoint: string }> {
  const issuer = (await issuerOf(server)) ?? `${server}/realms/slipway`;
  const document: unknown = await fetch(`${issuer}/.well-known/openid-configuration`)
    .then((response) => (response.ok ? response.json() : undefined))
    .catch((error: unknown) => {
      throw unreachable(issuer, error);
    });
  const endpoint = isRecord(document) ? document['token_endpoint'] : undefined;
  return { issuer, tokenEndpoint: typeof endpoint === 'string' ? endpoint : `${issuer}/protocol/openid-connect/token` };
}

async function issuerOf(server: string): Promise<string | undefined> {
  const answer: unknown = await fetch(`${server}/api/v1/version`)
    .then((response) => (response.ok ? response.json() : undefined))
    .catch((error: unknown) => {
      throw unreachable(server, error);
    });
  return isRecord(answer) && typeof answer['issuer'] === 'string' ? answer['issuer'].replace(/\/+$/, '') : undefined;
}

function unreachable(where: string, error: unknown): CliError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const why = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new CliError('server-unreachable', `Cannot reach ${where}: ${why}`, {
    exit: 'unavailable',
    remedy: "Check --server and that the platform runs ('npm run status').",
    cause: error,
  });
}
