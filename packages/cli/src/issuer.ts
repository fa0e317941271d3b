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
  /** A code of the second factor. */
  code?: string;
}): Promise<string> {
  const { issuer, tokenEndpoint } = await discover(options.server);
  const { username, password, code } = options;
  const { response, field } = await post(issuer, tokenEndpoint, {
    grant_type: 'password',
    client_id: clientId,
    scope: 'openid',
    username,
    password,
    ...(code === undefined ? {} : { totp: code }),
  });
  const accessToken = field('access_token');
  if (response.ok && accessToken) return accessToken;
  if (/second factor/.test(field('error_description') ?? ''))
    throw new CliError('second-factor-needed', field('error_description') ?? '', {
      exit: 'unauthenticated',
      remedy: "Run 'slipway login' without --username, or add --code with a code of your authenticator app.",
    });
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

/** What the user must do in a browser to let the CLI in (RFC 8628). */
export interface DeviceLogin {
  readonly userCode: string;
  readonly url: string;
  /** The access token, once the user has said yes. */
  wait(): Promise<string>;
}

/**
 * Begins a login by the browser, on this machine or on another.
 * @throws CliError `issuer-unreachable`, `device-login-off`; `wait` throws `login-refused`
 */
export async function beginDeviceLogin(
  server: string,
  sleep: (milliseconds: number) => Promise<void>,
): Promise<DeviceLogin> {
  const { issuer, tokenEndpoint, deviceEndpoint } = await discover(server);
  const begun = await post(issuer, deviceEndpoint, { client_id: clientId, scope: 'openid profile email' });
  const [deviceCode, userCode] = [begun.field('device_code'), begun.field('user_code')];
  const url = begun.field('verification_uri_complete') ?? begun.field('verification_uri');
  if (!begun.response.ok || !deviceCode || !userCode || !url)
    throw new CliError('device-login-off', `${issuer} does not log in by the browser here.`, {
      exit: 'unauthenticated',
      remedy: 'Add --username, or --token-stdin with a token that you made in the portal.',
    });
  return {
    userCode,
    url,
    async wait() {
      for (let seconds = begun.number('interval') ?? 5; ; ) {
        await sleep(seconds * 1000);
        const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: deviceCode };
        const { response, field } = await post(issuer, tokenEndpoint, { client_id: clientId, ...grant });
        const accessToken = field('access_token');
        if (response.ok && accessToken) return accessToken;
        const error = field('error');
        if (error === 'slow_down') seconds += 5;
        else if (error !== 'authorization_pending')
          throw new CliError('login-refused', field('error_description') ?? 'The login was refused or took too long.', {
            exit: 'unauthenticated',
            remedy: "Run 'slipway login' again.",
          });
      }
    },
  };
}

async function post(issuer: string, url: string, form: Record<string, string>) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams(form),
  }).catch((error: unknown) => {
    throw unreachable(issuer, error);
  });
  const answer: unknown = await response.json().catch(() => undefined);
  const value = (key: string) => (isRecord(answer) ? answer[key] : undefined);
  return {
    response,
    field: (key: string) => {
      const found = value(key);
      return typeof found === 'string' ? found : undefined;
    },
    number: (key: string) => {
      const found = value(key);
      return typeof found === 'number' ? found : undefined;
    },
  };
}

/** The issuer that the server names, or the built-in one beside its API. */
async function discover(server: string): Promise<{ issuer: string; tokenEndpoint: string; deviceEndpoint: string }> {
  const issuer = (await issuerOf(server)) ?? `${server}/realms/slipway`;
  const document: unknown = await fetch(`${issuer}/.well-known/openid-configuration`)
    .then((response) => (response.ok ? response.json() : undefined))
    .catch((error: unknown) => {
      throw unreachable(issuer, error);
    });
  const endpoint = (key: string, path: string) => {
    const named = isRecord(document) ? document[key] : undefined;
    return typeof named === 'string' ? named : `${issuer}/protocol/openid-connect/${path}`;
  };
  return {
    issuer,
    tokenEndpoint: endpoint('token_endpoint', 'token'),
    deviceEndpoint: endpoint('device_authorization_endpoint', 'auth/device'),
  };
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
