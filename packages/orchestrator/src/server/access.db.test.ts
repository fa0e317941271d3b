import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createKubeClient, KubeError } from '../client/index.js';
import {
  configMaps,
  deployments,
  namespaces,
  pods,
  roleBindings,
  roles,
  serviceAccounts,
  services,
} from '../kinds/index.js';
import { startTestCluster, type TestCluster } from '../testing/index.js';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
});
afterAll(() => cluster.stop());

const refusal = async (promise: Promise<unknown>): Promise<KubeError> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof KubeError)) throw new Error(`expected a refusal, got ${String(error)}`);
  return error;
};

async function tokenOf(name: string): Promise<string> {
  await expect.poll(() => cluster.client.find(serviceAccounts, name, 'default')).toBeDefined();
  const path = `/api/v1/namespaces/default/serviceaccounts/${name}/token`;
  const answer = await cluster.client.request('POST', path, {
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  });
  return ((await answer.json()) as { status: { token: string } }).status.token;
}

test('a service account may do what its roles say and nothing else', async () => {
  const { server, ca } = cluster.connection;
  const client = createKubeClient({ server, ca, token: await tokenOf('default') });
  expect((await refusal(client.list(pods, { namespace: 'default' }))).code).toBe(403);
  await cluster.client.create(roles, {
    metadata: { name: 'reader', namespace: 'default' },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }],
  });
  await cluster.client.create(roleBindings, {
    metadata: { name: 'reader', namespace: 'default' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
    subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }],
  });
  expect((await client.list(pods, { namespace: 'default' })).items).toEqual([]);
  expect((await refusal(client.list(pods, { namespace: 'kube-system' }))).code).toBe(403);
  expect((await refusal(client.create(configMaps, { metadata: { name: 'x', namespace: 'default' } }))).code).toBe(403);
  await client.close();
});

test('a forged token is refused, and without credentials only health and version are told', async () => {
  const { server, ca } = cluster.connection;
  const forged = createKubeClient({ server, ca, token: `${await tokenOf('default')}x` });
  expect((await refusal(forged.list(pods))).code).toBe(401);
  const nobody = createKubeClient({ server, ca });
  expect((await nobody.request('GET', '/healthz')).status).toBe(200);
  expect((await nobody.request('GET', '/version')).status).toBe(200);
  expect((await nobody.request('GET', '/api')).status).toBe(403);
  expect((await nobody.request('GET', '/metrics')).status).toBe(403);
  await forged.close();
  await nobody.close();
});

test('who impersonates is judged as the one impersonated', async () => {
  const headers = { 'impersonate-user': 'system:serviceaccount:kube-system:default' };
  const answer = await cluster.client.request('GET', '/api/v1/namespaces/default/secrets', { headers });
  expect(answer.status).toBe(403);
});

test('what is wrong is said with its reason, its code and its fields', async () => {
  const bad = await refusal(
    cluster.client.create(configMaps, { metadata: { name: 'Not_A_Name', namespace: 'default' } }),
  );
  expect([bad.code, bad.reason]).toEqual([422, 'Invalid']);
  expect(JSON.stringify(bad.details)).toContain('metadata.name');
  expect(
    (await refusal(cluster.client.create(configMaps, { metadata: { name: 'x', namespace: 'nowhere' } }))).code,
  ).toBe(404);
  const malformed = await cluster.client.request('POST', '/api/v1/namespaces/default/configmaps', {
    body: '{"kind"',
    headers: { 'content-type': 'application/json' },
  });
  expect(malformed.status).toBe(400);
  const big = { metadata: { name: 'big', namespace: 'default' }, data: { a: 'x'.repeat(3.2 * 1024 * 1024) } };
  expect((await refusal(cluster.client.create(configMaps, big))).code).toBe(413);
  expect((await cluster.client.request('GET', '/api/v1/namespaces/default/nothings')).status).toBe(404);
  const method = await cluster.client.request('PATCH', '/api/v1/namespaces/default/configmaps/x', {
    body: '{}',
    headers: { 'content-type': 'text/html' },
  });
  expect(method.status).toBe(415);
});

test('two changes to one version: the second is a conflict', async () => {
  const made = await cluster.client.create(configMaps, {
    metadata: { name: 'twice', namespace: 'default' },
    data: { a: '1' },
  });
  await cluster.client.update(configMaps, { ...made, data: { a: '2' } });
  const error = await refusal(cluster.client.update(configMaps, { ...made, data: { a: '3' } }));
  expect([error.code, error.reason]).toEqual([409, 'Conflict']);
});

test('status and spec are changed apart, and only the spec counts as a generation', async () => {
  const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'a:1' }] } };
  const made = await cluster.client.create(deployments, {
    metadata: { name: 'apart', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'a' } }, template },
    status: { replicas: 9 },
  });
  expect(made.status?.replicas).toBeUndefined();
  const withStatus = await cluster.client.update(
    deployments,
    { ...made, spec: { ...made.spec, replicas: 7 }, status: { replicas: 2 } },
    { subresource: 'status' },
  );
  expect([withStatus.spec.replicas, withStatus.status?.replicas, withStatus.metadata.generation]).toEqual([1, 2, 1]);
  const withSpec = await cluster.client.update(deployments, {
    ...withStatus,
    spec: { ...withStatus.spec, replicas: 7 },
    status: {},
  });
  expect([withSpec.spec.replicas, withSpec.status?.replicas, withSpec.metadata.generation]).toEqual([7, 2, 2]);
});

test('forty Services made at once have forty addresses and ports', async () => {
  const made = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      cluster.client.create(services, {
        metadata: { name: `s-${index}`, namespace: 'default' },
        spec: { type: 'NodePort', ports: [{ port: 80 }] },
      }),
    ),
  );
  expect(new Set(made.map((each) => each.spec.clusterIP)).size).toBe(40);
  expect(new Set(made.map((each) => each.spec.ports?.[0]?.nodePort)).size).toBe(40);
  const taken = {
    metadata: { name: 'taken', namespace: 'default' },
    spec: { clusterIP: made[0]?.spec.clusterIP, ports: [{ port: 80 }] },
  };
  expect((await refusal(cluster.client.create(services, taken))).code).toBe(422);
});

test('a list in pages is one consistent state', async () => {
  const space = { metadata: { name: 'pages' } };
  await cluster.client.create(namespaces, space);
  const make = (name: string) =>
    cluster.client.create(configMaps, { metadata: { name, namespace: 'pages', labels: { in: 'pages' } } });
  for (const name of ['a', 'c', 'e']) await make(name);
  const options = { namespace: 'pages', labelSelector: 'in=pages', limit: 2 };
  const first = await cluster.client.list(configMaps, options);
  await make('d');
  const second = await cluster.client.list(configMaps, { ...options, continue: first.metadata.continue });
  expect([...first.items, ...second.items].map((each) => each.metadata.name)).toEqual(['a', 'c', 'e']);
});

test('a finalizer holds an object until it is taken away', async () => {
  await cluster.client.create(configMaps, {
    metadata: { name: 'held', namespace: 'default', finalizers: ['example.com/hold'] },
  });
  await cluster.client.delete(configMaps, 'held', 'default');
  expect((await cluster.client.get(configMaps, 'held', 'default')).metadata.deletionTimestamp).toBeDefined();
  await cluster.client.patch(configMaps, 'held', 'default', { metadata: { finalizers: null } }, { type: 'merge' });
  expect(await cluster.client.find(configMaps, 'held', 'default')).toBeUndefined();
});
