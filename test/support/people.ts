import { inject } from 'vitest';
import { findKeycloak } from './keycloak.js';
import { login, type SlipwayCommand, uniqueName } from './slipway.js';

export interface Person {
  readonly username: string;
  readonly password: string;
  readonly slipway: SlipwayCommand;
}

/** A user of whichever issuer the platform has, signed in once; `approver`: may decide requests of the whole platform. */
export async function createPerson(username: string, options: { approver?: boolean } = {}): Promise<Person> {
  const apiUrl = inject('apiUrl');
  const password = 'A-long-password-for-tests-1';
  const keycloak = findKeycloak();
  if (keycloak) {
    await keycloak.createUser(username, password, options.approver ? ['slipway-approvers'] : []);
    return { username, password, slipway: await login(apiUrl, username, password) };
  }
  const admin = await login(apiUrl, 'admin', inject('adminPassword'));
  const words = ['users', 'create', username, '--email', `${username}@example.test`, '--password-stdin'];
  const { exit, stderr } = await admin.try(words, { stdin: `${password}\n` });
  if (exit !== 0) throw new Error(stderr);
  const slipway = await login(apiUrl, username, password);
  if (options.approver) {
    const body = { username, role: 'approver' };
    const { status } = await callApi(await createToken(admin), 'POST', '/platform-members', body);
    if (status !== 201) throw new Error(`${username} did not become an approver: ${status}`);
  }
  await admin.dispose();
  return { username, password, slipway };
}

/** A personal token of whoever is logged in. */
export async function createToken(slipway: SlipwayCommand): Promise<string> {
  const { token } = (await slipway.json('tokens', 'create', uniqueName('test'))) as { token: string };
  return token;
}

/** One call of the REST API; `path` begins after /api/v1. */
export async function callApi(
  token: string,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: unknown }> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${inject('apiUrl')}/api/v1${path}`, {
    method,
    headers,
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
}
