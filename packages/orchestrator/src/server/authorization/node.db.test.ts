import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createKubeClient, type KubeClient } from '../../client/index.js';
import { nodes, pods, secrets } from '../../kinds/index.js';
import { startTestCluster, type TestCluster } from '../../testing/index.js';

let cluster: TestCluster;
let one: KubeClient;
beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  one = createKubeClient(await cluster.server.connectionFor('system:node:one', ['system:nodes']));
  for (const name of ['one', 'two']) {
    await cluster.client.request('POST', '/api/v1/nodes', { body: { metadata: { name } } });
    await cluster.client.create(secrets, { metadata: { name: `of-${name}`, namespace: 'default' } });
    await cluster.client.create(pods, {
      metadata: { name: `on-${name}`, namespace: 'default' },
      spec: {
        nodeName: name,
        containers: [{ name: 'a', image: 'a:1' }],
        volumes: [{ name: 's', secret: { secretName: `of-${name}` } }],
      },
    });
  }
});
afterAll(async () => {
  await one.close();
  await cluster.stop();
});

const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 200,
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );

test('a node reads what its own pods use and nothing of others', async () => {
  expect(await code(one.get(secrets, 'of-one', 'default'))).toBe(200);
  expect(await code(one.get(secrets, 'of-two', 'default'))).toBe(403);
  expect(await code(one.get(secrets, 'absent', 'default'))).toBe(403);
  expect(await code(one.list(secrets, { namespace: 'default' }))).toBe(403);
  const named = (name: string) => ({ namespace: 'default', fieldSelector: `metadata.name=${name}` });
  expect(await code(one.list(secrets, named('of-one')))).toBe(200);
  expect(await code(one.list(secrets, named('of-two')))).toBe(403);
  expect(await code(one.create(secrets, { metadata: { name: 'x', namespace: 'default' } }))).toBe(403);
  const uidOf = async (name: string) => (await cluster.client.get(pods, name, 'default')).metadata.uid;
  const token = async (account: string, boundObjectRef?: object) => {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { boundObjectRef } };
    const path = `/api/v1/namespaces/default/serviceaccounts/${account}/token`;
    return (await one.request('POST', path, { body })).status;
  };
  const boundTo = async (name: string) => ({ apiVersion: 'v1', kind: 'Pod', name, uid: await uidOf(name) });
  expect(await token('default', await boundTo('on-one'))).toBe(201);
  expect(await token('default')).toBe(403);
  expect(await token('default', { ...(await boundTo('on-one')), uid: 'another' })).toBe(403);
  expect(await token('default', await boundTo('on-two'))).toBe(403);
  expect(await token('other', await boundTo('on-one'))).toBe(403);
});

test('a node reads itself and its own pods only', async () => {
  expect(await code(one.get(nodes, 'one'))).toBe(200);
  expect(await code(one.get(nodes, 'two'))).toBe(403);
  expect(await code(one.list(nodes, { fieldSelector: 'metadata.name=one' }))).toBe(200);
  expect(await code(one.list(nodes))).toBe(403);
  expect(await code(one.get(pods, 'on-one', 'default'))).toBe(200);
  expect(await code(one.get(pods, 'on-two', 'default'))).toBe(403);
  expect(
    (await one.list(pods, { fieldSelector: 'spec.nodeName=one' })).items.map((each) => each.metadata.name),
  ).toEqual(['on-one']);
  for (const fieldSelector of ['spec.nodeName=two', 'spec.nodeName!=one', 'status.phase=Running'])
    expect(await code(one.list(pods, { fieldSelector })), fieldSelector).toBe(403);
  const asked = (requirements: object[]) => ({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb: 'list', resource: 'pods', fieldSelector: { requirements } } },
  });
  const review = async (requirements: object[]) => {
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    // Whoever is authenticated may ask about himself.
    const answer = await one.request('POST', path, { body: asked(requirements) });
    return ((await answer.json()) as { status: { allowed: boolean } }).status.allowed;
  };
  expect(await review([{ key: 'spec.nodeName', operator: 'In', values: ['one'] }])).toBe(true);
  expect(await review([{ key: 'spec.nodeName', operator: 'In', values: ['two'] }])).toBe(false);
});

test('a node changes itself and its own pods only', async () => {
  const label = (key: string) => ({ metadata: { labels: { [key]: 'x' } } });
  const merge = { type: 'merge' } as const;
  expect(await code(one.patch(nodes, 'one', '', label('example.com/a'), merge))).toBe(200);
  expect(await code(one.patch(nodes, 'two', '', label('example.com/a'), merge))).toBe(403);
  expect(await code(one.patch(nodes, 'one', '', label('node-restriction.kubernetes.io/a'), merge))).toBe(403);
  expect(
    await code(one.patch(nodes, 'one', '', { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }, merge)),
  ).toBe(403);
  expect(await code(one.delete(nodes, 'one', ''))).toBe(403);
  const status = { status: { phase: 'Running' } };
  const sub = { ...merge, subresource: 'status' } as const;
  expect(await code(one.patch(pods, 'on-one', 'default', status, sub))).toBe(200);
  expect(await code(one.patch(pods, 'on-two', 'default', status, sub))).toBe(403);
  expect(await code(one.delete(pods, 'on-two', 'default'))).toBe(403);
  const pod = { metadata: { name: 'new', namespace: 'default' }, spec: { containers: [{ name: 'a', image: 'a:1' }] } };
  expect(await code(one.create(pods, pod))).toBe(403);
});
