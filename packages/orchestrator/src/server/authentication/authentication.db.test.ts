import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createKubeClient } from '../../client/index.js';
import { clusterRoles, nodes, pods, secrets, serviceAccounts } from '../../kinds/index.js';
import { kubectlMinor, startTestCluster, type TestCluster } from '../../testing/index.js';

let cluster: TestCluster;
let provider: Server;
let issuer: string;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;

beforeAll(async () => {
  keys = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  provider = createServer((request, response) => {
    const isKeys = request.url === '/keys';
    response.end(JSON.stringify(isKeys ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` }));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  cluster = await startTestCluster({
    databaseUrl: inject('databaseUrl'),
    oidc: [
      {
        issuerUrl: issuer,
        audiences: ['slipway'],
        usernameClaim: 'name',
        usernamePrefix: 'oidc:',
        groupsClaim: 'groups',
      },
    ],
  });
});
afterAll(async () => {
  await cluster.stop();
  provider.close();
});

interface Who {
  status: { userInfo: { username: string; uid?: string; groups: string[]; extra?: Record<string, string[]> } };
}

const selfReview = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };

/** Who the server takes the bearer of a token to be; the code of its refusal otherwise. */
async function whoIs(token: string | undefined): Promise<Who['status']['userInfo'] | number> {
  const { server, ca } = cluster.connection;
  const client = createKubeClient({ server, ca, ...(token !== undefined && { token }) });
  const answer = await client.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
    body: selfReview,
  });
  const body = await answer.json();
  await client.close();
  return answer.status === 201 ? (body as Who).status.userInfo : answer.status;
}

const idToken = (claims: object, key = keys.privateKey, algorithm = 'RS256') =>
  new SignJWT({ iss: issuer, aud: 'slipway', name: 'ann', exp: Math.floor(Date.now() / 1000) + 600, ...claims })
    .setProtectedHeader({ alg: algorithm, kid: 'one' })
    .sign(key);

test('an ID token of the provider is its user, in its groups', async () => {
  expect(await whoIs(await idToken({ groups: ['devs', 'system:masters'] }))).toEqual({
    username: 'oidc:ann',
    groups: ['devs', 'system:authenticated'],
  });
});

test('an ID token of another signer, audience, issuer or time is refused', async () => {
  const other = await generateKeyPair('RS256');
  const now = Math.floor(Date.now() / 1000);
  const refused = [
    await idToken({}, other.privateKey),
    await idToken({ aud: 'another' }),
    await idToken({ iss: 'http://127.0.0.1:1' }),
    await idToken({ exp: now - 120 }),
    await idToken({ nbf: now + 600 }),
    await idToken({ exp: undefined }),
    await idToken({ name: undefined }),
    await idToken({ name: 7 }),
    `${await idToken({})}x`,
    'nothing',
  ];
  for (const token of refused) expect(await whoIs(token)).toBe(401);
  expect(await whoIs(undefined)).toBe(403);
});

async function tokenFor(name: string, spec: object): Promise<string> {
  const path = `/api/v1/namespaces/default/serviceaccounts/${name}/token`;
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
  const answer = await cluster.client.request('POST', path, { body });
  return ((await answer.json()) as { status: { token: string } }).status.token;
}

async function review(token: string, audiences: string[] = []) {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token, audiences } };
  const answer = await cluster.client.request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body });
  return ((await answer.json()) as { status: object }).status;
}

test('a token for another audience is none of ours, and a review says whose it is', async () => {
  await cluster.client.create(serviceAccounts, { metadata: { name: 'robot', namespace: 'default' } });
  const vault = await tokenFor('robot', { audiences: ['vault'] });
  expect(await whoIs(vault)).toBe(401);
  expect(await review(vault)).toMatchObject({ error: 'invalid bearer token' });
  expect(await review(vault, ['other'])).toMatchObject({ error: 'invalid bearer token' });
  expect(await review(vault, ['vault', 'other'])).toMatchObject({
    authenticated: true,
    audiences: ['vault'],
    user: { username: 'system:serviceaccount:default:robot' },
  });
});

test('a token ends at once with what it is bound to', async () => {
  await cluster.client.create(pods, {
    metadata: { name: 'p', namespace: 'default' },
    spec: { containers: [{ name: 'a', image: 'a:1' }], serviceAccountName: 'robot' },
  });
  const bound = await tokenFor('robot', { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p' } });
  const plain = await tokenFor('robot', {});
  expect(await whoIs(bound)).toMatchObject({ extra: { 'authentication.kubernetes.io/pod-name': ['p'] } });
  await cluster.client.delete(pods, 'p', 'default', { gracePeriodSeconds: 0 });
  expect(await whoIs(bound)).toBe(401);
  expect(await whoIs(plain)).toMatchObject({ username: 'system:serviceaccount:default:robot' });
  await cluster.client.delete(serviceAccounts, 'robot', 'default');
  expect(await whoIs(plain)).toBe(401);
});

test('a token bound to a node ends with the node', async () => {
  await cluster.client.create(serviceAccounts, { metadata: { name: 'agent', namespace: 'default' } });
  await cluster.client.create(nodes, { metadata: { name: 'n1' }, spec: {} });
  const bound = await tokenFor('agent', { boundObjectRef: { apiVersion: 'v1', kind: 'Node', name: 'n1' } });
  expect(await whoIs(bound)).toMatchObject({ extra: { 'authentication.kubernetes.io/node-name': ['n1'] } });
  await cluster.client.delete(nodes, 'n1', '');
  expect(await whoIs(bound)).toBe(401);
});

const tokenSecret = (data: Record<string, string>) => ({
  metadata: { name: 'bootstrap-token-abcdef', namespace: 'kube-system' },
  type: 'bootstrap.kubernetes.io/token',
  stringData: { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', ...data },
});

test('a bootstrap token is a bootstrapper, in its time and for its use', async () => {
  const use = { 'usage-bootstrap-authentication': 'true' };
  const groups = { 'auth-extra-groups': 'system:bootstrappers:workers' };
  const expected: [Record<string, string>, unknown][] = [
    [
      { ...use, ...groups },
      {
        username: 'system:bootstrap:abcdef',
        groups: ['system:bootstrappers', 'system:bootstrappers:workers', 'system:authenticated'],
      },
    ],
    [{}, 401],
    [{ ...use, expiration: '2020-01-01T00:00:00Z' }, 401],
    [{ ...use, expiration: 'soon' }, 401],
    [{ ...use, 'token-secret': 'another-secret-x' }, 401],
    [{ ...use, 'auth-extra-groups': 'system:masters' }, 401],
  ];
  for (const [data, answer] of expected) {
    await cluster.client.create(secrets, tokenSecret(data));
    expect(await whoIs('abcdef.0123456789abcdef'), JSON.stringify(data)).toEqual(answer);
    await cluster.client.delete(secrets, 'bootstrap-token-abcdef', 'kube-system');
  }
  expect(await whoIs('abcdef.0123456789abcdef')).toBe(401);
});

test('who impersonates needs leave for the user, each group, the uid and each extra value', async () => {
  const send = async (headers: Record<string, string>) => {
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const answer = await cluster.client.request('POST', path, { body: selfReview, headers });
    return { status: answer.status, body: (await answer.json()) as Who & { message: string } };
  };
  const all = {
    'impersonate-user': 'bob',
    'impersonate-uid': 'u-1',
    'impersonate-group': 'a',
    'impersonate-extra-scopes%2fx': 'read',
  };
  expect((await send(all)).body.status.userInfo).toEqual({
    username: 'bob',
    uid: 'u-1',
    groups: ['a', 'system:authenticated'],
    extra: { 'scopes/x': ['read'] },
  });
  expect((await send({ 'impersonate-group': 'system:masters' })).status).toBe(400);
  await cluster.client.create(clusterRoles, {
    metadata: { name: 'speaker' },
    rules: [{ apiGroups: [''], resources: ['users'], resourceNames: ['bob'], verbs: ['impersonate'] }],
  });
  await cluster.client.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    body: {
      metadata: { name: 'speaker' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'speaker' },
      subjects: [{ kind: 'User', name: 'oidc:ann' }],
    },
  });
  const { server, ca } = cluster.connection;
  const ann = createKubeClient({ server, ca, token: await idToken({}) });
  const asAnn = (headers: Record<string, string>) =>
    ann
      .request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body: selfReview, headers })
      .then((answer) => answer.status);
  expect(await asAnn({ 'impersonate-user': 'bob' })).toBe(201);
  expect(await asAnn({ 'impersonate-user': 'eve' })).toBe(403);
  const others = ['impersonate-group', 'impersonate-uid', 'impersonate-extra-a'];
  for (const other of others)
    expect(await asAnn({ 'impersonate-user': 'bob', [other]: 'system:masters' }), other).toBe(403);
  expect(await asAnn({ 'impersonate-user': 'system:serviceaccount:kube-system:default' })).toBe(403);
  await ann.close();
});

test.skipIf(kubectlMinor() < 28)('kubectl tells who one is', async () => {
  const args = ['--kubeconfig', cluster.kubeconfig, 'auth', 'whoami', '-o', 'json'];
  const { stdout } = await promisify(execFile)('kubectl', args);
  expect(JSON.parse(stdout).status.userInfo).toEqual({
    username: 'slipway-admin',
    groups: ['system:masters', 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)] },
  });
});
