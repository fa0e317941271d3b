import { execFileSync } from 'node:child_process';
import { inject } from 'vitest';

export const keycloakRealm = 'slipway';

export interface TokenAnswer {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** The real Keycloak of the platform under test, as its administrator and as the command line's client. */
export interface KeycloakUnderTest {
  /** `path` begins with `/admin/realms`, a text is XML. Answers the JSON of the answer, or the id of what was created. */
  admin(method: string, path: string, body?: unknown): Promise<unknown>;
  createUser(username: string, password: string, groups?: readonly string[]): Promise<string>;
  /** The access and refresh token of a user, by the client `slipway-cli`. Throws with Keycloak's answer. */
  signIn(username: string, password: string): Promise<TokenAnswer>;
  refresh(refreshToken: string): Promise<TokenAnswer>;
  signOut(refreshToken: string): Promise<void>;
  /** Ends its process as a crash would. */
  kill(): void;
  isUp(): Promise<boolean>;
}

export function findKeycloak(): KeycloakUnderTest | undefined {
  const place = inject('keycloak');
  if (!place) return undefined;
  const { url, password } = place;
  const endpoint = (realm: string, name: string) => `${url}/realms/${realm}/protocol/openid-connect/${name}`;
  const post = async (address: string, form: Record<string, string>): Promise<Response> => {
    const answer = await fetch(address, { method: 'POST', body: new URLSearchParams(form) });
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    return answer;
  };
  const tokens = (realm: string, form: Record<string, string>): Promise<TokenAnswer> =>
    post(endpoint(realm, 'token'), form).then((answer) => answer.json() as Promise<TokenAnswer>);
  const client = { client_id: 'slipway-cli', scope: 'openid' };

  async function admin(method: string, path: string, body?: unknown): Promise<unknown> {
    const credentials = { client_id: 'admin-cli', username: 'keycloak-admin', password };
    const { access_token } = await tokens('master', { grant_type: 'password', ...credentials });
    const type = typeof body === 'string' ? 'application/xml' : 'application/json';
    const headers = { authorization: `Bearer ${access_token}`, 'content-type': type };
    const answer = await fetch(`${url}${path}`, {
      method,
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return text === '' ? answer.headers.get('location')?.split('/').at(-1) : JSON.parse(text);
  }

  return {
    admin,
    createUser: async (username, ofUser, groups = []) => {
      const names = { firstName: username, lastName: 'Tester', email: `${username}@example.test`, emailVerified: true };
      const credentials = [{ type: 'password', value: ofUser, temporary: false }];
      const user = { username, ...names, enabled: true, credentials, groups };
      return String(await admin('POST', `/admin/realms/${keycloakRealm}/users`, user));
    },
    signIn: (username, ofUser) =>
      tokens(keycloakRealm, { grant_type: 'password', ...client, username, password: ofUser }),
    refresh: (refresh_token) => tokens(keycloakRealm, { grant_type: 'refresh_token', ...client, refresh_token }),
    signOut: async (refresh_token) => {
      await post(endpoint(keycloakRealm, 'logout'), { client_id: client.client_id, refresh_token });
    },
    kill: () => {
      const home = `${inject('home')}/keycloak/server`;
      const pids = execFileSync('pgrep', ['-f', `java.*${home}`], { encoding: 'utf8' })
        .trim()
        .split('\n');
      for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
    },
    isUp: () =>
      fetch(`${url}/realms/${keycloakRealm}`).then(
        ({ ok }) => ok,
        () => false,
      ),
  };
}
