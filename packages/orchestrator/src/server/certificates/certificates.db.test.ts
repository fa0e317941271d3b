import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createKubeClient, KubeError } from '../../client/index.js';
import { type CertificateSigningRequest, certificateSigningRequests, kubernetesSigners } from '../../kinds/index.js';
import { startTestCluster, type TestCluster } from '../../testing/index.js';

const soon = { timeout: 15_000 };
let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
});
afterAll(() => cluster.stop());

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

/** A key and a request for it, both PEM. */
async function ask(commonName: string, organizations: string[], addresses: string[] = []) {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: new x509.Name([...organizations.map((each) => ({ O: [each] })), { CN: [commonName] }]).toJSON(),
    keys,
    signingAlgorithm: algorithm,
    extensions:
      addresses.length > 0
        ? [new x509.SubjectAlternativeNameExtension(addresses.map((value) => ({ type: 'ip' as const, value })))]
        : [],
  });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { key, request: Buffer.from(request.toString('pem')).toString('base64') };
}

const clientUsages = ['client auth', 'digital signature'];
const requestNamed = (name: string, request: string, more: Partial<CertificateSigningRequest['spec']> = {}) => ({
  metadata: { name },
  spec: { request, signerName: kubernetesSigners.client, usages: clientUsages, ...more },
});
const get = (name: string) => cluster.client.get(certificateSigningRequests, name);

const as = (user: string, ...groups: string[]) => ({
  'impersonate-user': user,
  ...(groups.length > 0 && { 'impersonate-group': groups.join(',') }),
});
async function send(method: string, to: string, body: object, headers: object = {}) {
  const answer = await cluster.client.request(method, `${path}${to}`, { body, headers: { ...headers } });
  return { status: answer.status, body: (await answer.json()) as CertificateSigningRequest & { message?: string } };
}

const decision = (type: string) => ({
  status: { conditions: [{ type, status: 'True', reason: 'Tested', message: 'by a test' }] },
});
const merge = { 'content-type': 'application/merge-patch+json' };
const decide = (name: string, type: string, headers: object = {}) =>
  send('PATCH', `/${name}/approval`, decision(type), { ...merge, ...headers });

async function certificateOf(name: string): Promise<string> {
  await expect.poll(async () => (await get(name)).status?.certificate, soon).toBeDefined();
  return Buffer.from((await get(name)).status?.certificate ?? '', 'base64').toString();
}

function kubectl(...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile('kubectl', ['--kubeconfig', cluster.kubeconfig, ...args], (_error, out, problem) =>
      resolve(out + problem),
    );
  });
}

async function allow(user: string, rules: object[]) {
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const post = (plural: string, body: object) => cluster.client.request('POST', `${rbac}/${plural}`, { body });
  await post('clusterroles', { metadata: { name: user }, rules });
  await post('clusterrolebindings', {
    metadata: { name: user },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: user },
    subjects: [{ kind: 'User', name: user }],
  });
}
const apiGroups = ['certificates.k8s.io'];

test('kubectl approves a request, and its certificate is a login', async () => {
  const { key, request } = await ask('ann', ['devs']);
  await cluster.client.create(certificateSigningRequests, requestNamed('ann', request, { expirationSeconds: 3600 }));
  expect((await get('ann')).status?.certificate).toBeUndefined();
  expect(await kubectl('certificate', 'approve', 'ann')).toContain(
    'certificatesigningrequest.certificates.k8s.io/ann approved',
  );
  const certificate = await certificateOf('ann');
  expect(await kubectl('get', 'csr', 'ann')).toMatch(/slipway-admin\s+60m\s+Approved,Issued/);
  const parsed = new X509Certificate(certificate);
  expect(parsed.subject).toBe('O=devs\nCN=ann');
  expect((Date.parse(parsed.validTo) - Date.now()) / 60_000).toBeGreaterThan(55);
  expect((Date.parse(parsed.validTo) - Date.now()) / 60_000).toBeLessThan(61);
  const { server, ca } = cluster.connection;
  const client = createKubeClient({ server, ca, certificate, key });
  const answer = await client.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  });
  expect(await answer.json()).toMatchObject({
    status: { userInfo: { username: 'ann', groups: ['devs', 'system:authenticated'] } },
  });
  await client.close();
});

test('a request that is denied stays without a certificate, for good', async () => {
  const { request } = await ask('eve', []);
  await cluster.client.create(certificateSigningRequests, requestNamed('eve', request));
  expect(await kubectl('certificate', 'deny', 'eve')).toContain('denied');
  expect(await kubectl('get', 'csr', 'eve')).toMatch(/Denied$/m);
  const both = {
    status: {
      conditions: [...((await get('eve')).status?.conditions ?? []), decision('Approved').status.conditions[0]],
    },
  };
  const refused = await send('PATCH', '/eve/approval', both, merge);
  expect(refused.status).toBe(422);
  expect(refused.body.message).toContain('Approved and Denied conditions are mutually exclusive');
  expect((await decide('eve', 'Approved')).body.message).toContain('may not remove a condition of type "Denied"');
});

test('a request says who made it, whatever it says itself', async () => {
  await allow('asker', [{ apiGroups, resources: ['certificatesigningrequests'], verbs: ['create', 'get'] }]);
  const { request } = await ask('x', []);
  const forged = { username: 'system:admin', uid: '1', groups: ['system:masters'], extra: { a: ['b'] } };
  const made = await send('POST', '', requestNamed('forged', request, forged), {
    ...as('asker', 'people'),
    'impersonate-extra-scope': 'one',
  });
  expect(made.status).toBe(201);
  const { username, uid, groups, extra } = made.body.spec;
  expect({ username, uid, groups, extra }).toEqual({
    username: 'asker',
    uid: undefined,
    groups: ['people', 'system:authenticated'],
    extra: { scope: ['one'] },
  });
});

test('who decides or signs needs leave for the signer', async () => {
  const paths = ['certificatesigningrequests/approval', 'certificatesigningrequests/status'];
  const change = { apiGroups, resources: paths, verbs: ['patch', 'update'] };
  await allow('clerk', [change]);
  await allow('boss', [
    change,
    { apiGroups, resources: ['signers'], resourceNames: ['example.com/*'], verbs: ['approve', 'sign'] },
  ]);
  const { request } = await ask('x', []);
  const own = { signerName: 'example.com/own' };
  await cluster.client.create(certificateSigningRequests, requestNamed('own', request, own));
  const refused = await decide('own', 'Approved', as('clerk'));
  expect([refused.status, refused.body.message]).toEqual([
    403,
    'certificatesigningrequests.certificates.k8s.io "own" is forbidden: user not permitted to approve requests with signerName "example.com/own"',
  ]);
  expect((await decide('own', 'Approved', as('boss'))).status).toBe(200);
  const issued = { status: { certificate: Buffer.from(cluster.connection.ca ?? '').toString('base64') } };
  const sign = (body: object, user: string) => send('PATCH', '/own/status', body, { ...merge, ...as(user) });
  expect((await sign(issued, 'clerk')).body.message).toContain(
    'user not permitted to sign requests with signerName "example.com/own"',
  );
  const noise = { status: { certificate: Buffer.from('noise').toString('base64') } };
  expect((await sign(noise, 'boss')).body.message).toContain('must contain at least one CERTIFICATE PEM block');
  expect((await sign(issued, 'boss')).status).toBe(200);
});

test('what must not be asked for is refused, and what a signer does not sign fails', async () => {
  const refusalOf = async (name: string, request: string, more: Partial<CertificateSigningRequest['spec']> = {}) => {
    const error = await cluster.client
      .create(certificateSigningRequests, requestNamed(name, request, more))
      .catch((thrown: unknown) => thrown);
    return error instanceof KubeError ? `${error.code} ${error.message}` : 'made';
  };
  const { request } = await ask('x', []);
  const masters = await ask('x', ['system:masters']);
  expect(await refusalOf('m', masters.request)).toContain(
    'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
  );
  expect(await refusalOf('s', request, { expirationSeconds: 599 })).toContain(
    'may not specify a duration less than 600',
  );
  expect(await refusalOf('u', request, { usages: ['flying'] })).toContain('Unsupported value: "flying"');
  expect(await refusalOf('n', Buffer.from('none').toString('base64'))).toContain(
    'PEM block type must be CERTIFICATE REQUEST',
  );
  await cluster.client.create(certificateSigningRequests, requestNamed('fails', request, { usages: ['server auth'] }));
  await decide('fails', 'Approved');
  await expect
    .poll(async () => (await get('fails')).status?.conditions?.find((each) => each.type === 'Failed'), soon)
    .toMatchObject({ reason: 'SignerValidationFailure', message: 'invalid usage for client certificate: server auth' });
});

test("a node's serving certificate is signed for its addresses", async () => {
  const { key, request } = await ask('system:node:n1', ['system:nodes'], ['10.9.8.7']);
  const usages = ['digital signature', 'server auth'];
  const spec = { signerName: kubernetesSigners.kubeletServing, usages };
  await cluster.client.create(certificateSigningRequests, requestNamed('serving', request, spec));
  await decide('serving', 'Approved');
  const certificate = await certificateOf('serving');
  const parsed = new X509Certificate(certificate);
  expect(parsed.subjectAltName).toBe('IP Address:10.9.8.7');
  expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  // It serves, and is no login.
  const { server, ca } = cluster.connection;
  const client = createKubeClient({ server, ca, certificate, key });
  expect((await client.request('GET', '/api')).status).toBe(401);
  await client.close();
});
