import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createKubeClient } from '../../client/index.js';
import { type Secret, secrets, serviceAccounts } from '../../kinds/index.js';
import { startTestCluster, type TestCluster } from '../../testing/index.js';

const soon = { timeout: 15_000 };
let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
});
afterAll(() => cluster.stop());

const account = (name: string) => cluster.client.create(serviceAccounts, { metadata: { name, namespace: 'default' } });
const secretFor = (name: string, of: string): Secret => ({
  metadata: { name, namespace: 'default', annotations: { 'kubernetes.io/service-account.name': of } },
  type: 'kubernetes.io/service-account-token',
});
const find = (name: string) => cluster.client.find(secrets, name, 'default');
const read = (secret: Secret | undefined, key: string) => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();

async function filled(name: string): Promise<Secret> {
  await expect.poll(async () => (await find(name))?.data?.token, soon).toBeDefined();
  return cluster.client.get(secrets, name, 'default');
}

async function whoIs(token: string): Promise<unknown> {
  const { server, ca } = cluster.connection;
  const client = createKubeClient({ server, ca, token });
  const answer = await client.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  });
  const body = (await answer.json()) as { status: { userInfo: { username: string } } };
  await client.close();
  return answer.status === 201 ? body.status.userInfo.username : answer.status;
}

test('a Secret that names an account is filled with a token that lasts as long as the Secret', async () => {
  const robot = await account('robot');
  await cluster.client.create(secrets, secretFor('robot-token', 'robot'));
  const secret = await filled('robot-token');
  expect(secret.metadata.annotations?.['kubernetes.io/service-account.uid']).toBe(robot.metadata.uid);
  expect(read(secret, 'namespace')).toBe('default');
  expect(read(secret, 'ca.crt')).toBe(cluster.connection.ca);
  const token = read(secret, 'token');
  expect(await whoIs(token)).toBe('system:serviceaccount:default:robot');
  await expect
    .poll(async () => (await find('robot-token'))?.metadata.labels, soon)
    .toEqual({ 'kubernetes.io/legacy-token-last-used': new Date().toISOString().slice(0, 10) });
  // Taken out, it is made anew and the old one is worth nothing.
  const old = { data: { token: Buffer.from(`${token}x`).toString('base64') } };
  await cluster.client.patch(secrets, 'robot-token', 'default', old, { type: 'merge' });
  expect(await whoIs(token)).toBe(401);
  await cluster.client.patch(secrets, 'robot-token', 'default', { data: { token: null } }, { type: 'merge' });
  expect(await whoIs(read(await filled('robot-token'), 'token'))).toBe('system:serviceaccount:default:robot');
  await cluster.client.delete(secrets, 'robot-token', 'default');
  expect(await whoIs(token)).toBe(401);
});

test('such a Secret goes with its account, and does not stay without one', async () => {
  await account('gone');
  await cluster.client.create(secrets, secretFor('gone-token', 'gone'));
  const token = read(await filled('gone-token'), 'token');
  await cluster.client.delete(serviceAccounts, 'gone', 'default');
  expect(await whoIs(token)).toBe(401);
  await expect.poll(() => find('gone-token'), soon).toBeUndefined();
  await cluster.client.create(secrets, secretFor('none-token', 'none'));
  await expect.poll(() => find('none-token'), soon).toBeUndefined();
});
