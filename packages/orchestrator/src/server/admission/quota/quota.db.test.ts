import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { KubeError } from '../../../client/index.js';
import { configMaps, limitRanges, namespaces, type Pod, pods, resourceQuotas, services } from '../../../kinds/index.js';
import { startTestCluster, type TestCluster } from '../../../testing/index.js';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
});
afterAll(() => cluster.stop());

let count = 0;
async function space(): Promise<string> {
  const name = `quota-${count++}`;
  await cluster.client.create(namespaces, { metadata: { name }, spec: {} });
  return name;
}

const pod = (namespace: string, name: string, requests?: Record<string, string>): Pod => ({
  metadata: { name, namespace },
  spec: { containers: [{ name: 'main', image: 'a', ...(requests && { resources: { requests } }) }] },
});

async function refusalOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof KubeError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'made';
}

const usedOf = async (namespace: string) => (await cluster.client.get(resourceQuotas, 'q', namespace)).status?.used;

test('of 100 creations at once exactly as many succeed as fit, and none fails without need', async () => {
  const namespace = await space();
  await cluster.client.create(resourceQuotas, {
    metadata: { name: 'q', namespace },
    spec: { hard: { pods: '60', 'requests.cpu': '6' } },
  });
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      refusalOf(cluster.client.create(pods, pod(namespace, `p${index}`, { cpu: '100m' }))),
    ),
  );
  expect(outcomes.filter((each) => each === 'made')).toHaveLength(60);
  expect(new Set(outcomes.filter((each) => each !== 'made').map((each) => each.replace(/"p\d+"/, '"p"')))).toEqual(
    new Set([
      '403 pods "p" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=100m, used: pods=60,requests.cpu=6, limited: pods=60,requests.cpu=6',
    ]),
  );
  expect((await cluster.client.list(pods, { namespace })).items).toHaveLength(60);
  expect(await usedOf(namespace)).toEqual({ pods: '60', 'requests.cpu': '6' });
});

test('what is used is given back with the deletion and when a pod has ended', async () => {
  const namespace = await space();
  const hard = { pods: '2', 'requests.memory': '2Gi', 'count/pods': '5' };
  await cluster.client.create(resourceQuotas, { metadata: { name: 'q', namespace }, spec: { hard } });
  const first = await cluster.client.create(pods, pod(namespace, 'a', { memory: '1Gi' }));
  await cluster.client.create(pods, pod(namespace, 'b', { memory: '1Gi' }));
  expect(await usedOf(namespace)).toEqual({ pods: '2', 'requests.memory': '2Gi', 'count/pods': '2' });
  await cluster.client.update(pods, { ...first, status: { phase: 'Succeeded' } }, { subresource: 'status' });
  expect(await usedOf(namespace)).toEqual({ pods: '1', 'requests.memory': '1Gi', 'count/pods': '2' });
  await cluster.client.delete(pods, 'b', namespace, {});
  await cluster.client.delete(pods, 'a', namespace, {});
  expect(await usedOf(namespace)).toEqual({ pods: '0', 'requests.memory': '0', 'count/pods': '0' });
});

test('a usage that is taken out of the status is counted, and written only where it differs', async () => {
  const namespace = await space();
  await cluster.client.create(resourceQuotas, { metadata: { name: 'q', namespace }, spec: { hard: { pods: '9' } } });
  await cluster.client.create(pods, pod(namespace, 'a'));
  const set = (status: object) =>
    cluster.client.patch(resourceQuotas, 'q', namespace, { status }, { type: 'merge', subresource: 'status' });
  const right = await cluster.client.get(resourceQuotas, 'q', namespace);
  expect((await set({ used: null })).metadata.resourceVersion).toBe(right.metadata.resourceVersion);
  expect((await set({ hard: { pods: '3' }, used: { pods: '3' } })).status).toEqual({
    hard: { pods: '3' },
    used: { pods: '3' },
  });
  const [counted] = await Promise.all([
    set({ used: null }),
    ...['b', 'c', 'd', 'e'].map((name) => cluster.client.create(pods, pod(namespace, name))),
  ]);
  expect(counted.status?.hard).toEqual({ pods: '9' });
  expect(await usedOf(namespace)).toEqual({ pods: '5' });
});

test('a new quota knows at once what is used, and more of it is refused', async () => {
  const namespace = await space();
  await cluster.client.create(configMaps, { metadata: { name: 'one', namespace } });
  const settled = async () => (await cluster.client.list(configMaps, { namespace })).items.length;
  await expect.poll(settled).toBe(2);
  const made = await cluster.client.create(resourceQuotas, {
    metadata: { name: 'q', namespace },
    spec: { hard: { configmaps: '2', 'count/configmaps': '10' } },
  });
  expect(await usedOf(namespace)).toEqual({ configmaps: '2', 'count/configmaps': '2' });
  expect(await refusalOf(cluster.client.create(configMaps, { metadata: { name: 'two', namespace } }))).toBe(
    '403 configmaps "two" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=2, limited: configmaps=2',
  );
  const spec = { hard: { configmaps: '3' } };
  await cluster.client.patch(resourceQuotas, 'q', namespace, [{ op: 'replace', path: '/spec', value: spec }], {
    type: 'json',
  });
  expect(made.spec.hard?.configmaps).toBe('2');
  expect(await usedOf(namespace)).toEqual({ configmaps: '2' });
  await cluster.client.create(configMaps, { metadata: { name: 'two', namespace } });
});

test('a pod must say what a quota limits, unless a limit range says it for it', async () => {
  const namespace = await space();
  await cluster.client.create(resourceQuotas, {
    metadata: { name: 'q', namespace },
    spec: { hard: { 'limits.cpu': '2', 'limits.memory': '1Gi' } },
  });
  expect(await refusalOf(cluster.client.create(pods, pod(namespace, 'a')))).toBe(
    '403 pods "a" is forbidden: failed quota: q: must specify limits.cpu for: main; limits.memory for: main',
  );
  await cluster.client.create(limitRanges, {
    metadata: { name: 'l', namespace },
    spec: { limits: [{ type: 'Container', default: { cpu: '500m', memory: '256Mi' }, max: { cpu: '1' } }] },
  });
  const made = await cluster.client.create(pods, pod(namespace, 'a'));
  expect(made.spec?.containers[0]?.resources?.limits).toEqual({ cpu: '500m', memory: '256Mi' });
  expect(made.metadata.annotations?.['kubernetes.io/limit-ranger']).toBe(
    'LimitRanger plugin set: cpu, memory request for container main; cpu, memory limit for container main',
  );
  expect(await usedOf(namespace)).toEqual({ 'limits.cpu': '500m', 'limits.memory': '256Mi' });
  const big = pod(namespace, 'big');
  if (big.spec?.containers[0]) big.spec.containers[0].resources = { limits: { cpu: '1500m' } };
  expect(await refusalOf(cluster.client.create(pods, big))).toBe(
    '403 pods "big" is forbidden: [maximum cpu usage per Container is 1, but limit is 1500m, maximum cpu usage per Container is 1, but request is 1500m]'.replace(
      /\[(.*limit is 1500m), .*\]/,
      '$1',
    ),
  );
});

test('a service that changes its type uses and gives back node ports', async () => {
  const namespace = await space();
  await cluster.client.create(resourceQuotas, {
    metadata: { name: 'q', namespace },
    spec: { hard: { services: '5', 'services.nodeports': '1' } },
  });
  const ports = [{ port: 80 }, { port: 81, name: 'b' }].map((each, index) => ({ name: `p${index}`, ...each }));
  const service = await cluster.client.create(services, { metadata: { name: 's', namespace }, spec: { ports } });
  expect(await usedOf(namespace)).toEqual({ services: '1', 'services.nodeports': '0' });
  expect(
    await refusalOf(cluster.client.update(services, { ...service, spec: { ...service.spec, type: 'NodePort' } })),
  ).toContain('requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1');
  await cluster.client.delete(services, 's', namespace, {});
  expect(await usedOf(namespace)).toEqual({ services: '0', 'services.nodeports': '0' });
});

test('scopes choose the pods, and a dry run is judged without using anything', async () => {
  const namespace = await space();
  await cluster.client.create(resourceQuotas, {
    metadata: { name: 'q', namespace },
    spec: { hard: { pods: '1' }, scopes: ['BestEffort'] },
  });
  await cluster.client.create(pods, pod(namespace, 'burst', { cpu: '1m' }));
  expect(await usedOf(namespace)).toEqual({ pods: '0' });
  await cluster.client.create(pods, pod(namespace, 'a'), { dryRun: true });
  await cluster.client.create(pods, pod(namespace, 'a'));
  expect(await usedOf(namespace)).toEqual({ pods: '1' });
  expect(await refusalOf(cluster.client.create(pods, pod(namespace, 'b'), { dryRun: true }))).toContain(
    'exceeded quota: q',
  );
});
