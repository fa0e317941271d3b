import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createKubeClient, type KubeClient } from '../client/index.js';
import {
  certificateSigningRequests,
  deployments,
  kubernetesSigners,
  nodes,
  type Pod,
  podDisruptionBudgets,
  pods,
  resourceQuotas,
} from '../kinds/index.js';
import { type Informers, type Stoppable, silentLogger, systemClock, toTime } from '../runtime/index.js';
import { startTestCluster, type TestCluster } from '../testing/index.js';
import { createClusterInformers, startControllers } from './index.js';

const soon = { timeout: 15_000 };
let cluster: TestCluster;
let client: KubeClient;
const parts: Stoppable[] = [];
/** How many pods of the Deployment were ready after each change. */
const readyCounts: number[] = [];

beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  client = cluster.client;
  const spec = { hard: { pods: '50', configmaps: '5' } };
  await client.create(resourceQuotas, { metadata: { name: 'q', namespace: 'default' }, spec });
  const wrong = { status: { used: { pods: '49', configmaps: '5' } } };
  await client.patch(resourceQuotas, 'q', 'default', wrong, { type: 'merge', subresource: 'status' });
  const context = { client, clock: systemClock, logger: silentLogger, metrics: new Registry() };
  const informers = createClusterInformers(context);
  parts.push(informers, await startControllers({ ...context, informers }), simulateNodes(informers));
});
afterAll(async () => {
  for (const part of parts.reverse()) await part.stop();
  await cluster.stop();
});

/** What a scheduler and two nodes would do: pods run and are ready at once, and go when they are told to. */
function simulateNodes(informers: Informers): Stoppable {
  const copies = informers.of(pods);
  const nodeCopies = informers.of(nodes);
  const handle = async (pod: Pod) => {
    const { name, namespace = '', deletionTimestamp, uid } = pod.metadata;
    if (deletionTimestamp !== undefined) return client.delete(pods, name, namespace, { gracePeriodSeconds: 0, uid });
    const node = nodeCopies.list().find((each) => each.spec.unschedulable !== true);
    if (!pod.spec?.nodeName && node) {
      const body = { metadata: { name }, target: { kind: 'Node', name: node.metadata.name } };
      await client.request('POST', `/api/v1/namespaces/${namespace}/pods/${name}/binding`, { body });
    } else if (pod.spec?.nodeName && pod.status?.phase !== 'Running') {
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: toTime(Date.now()) }];
      const status = { ...pod.status, phase: 'Running', conditions };
      await client.update(pods, { ...pod, status }, { subresource: 'status' });
    }
    return undefined;
  };
  const isReady = (pod: Pod) =>
    pod.metadata.deletionTimestamp === undefined && pod.status?.conditions?.some((each) => each.type === 'Ready');
  const end = copies.onChange(({ type, object }) => {
    readyCounts.push(copies.list('default').filter(isReady).length);
    if (type !== 'removed') handle(object).catch(() => undefined);
  });
  return { stop: async () => end() };
}

const evict = async (name: string) => {
  const answer = await client.request('POST', `/api/v1/namespaces/default/pods/${name}/eviction`, {
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'default' } },
  });
  return { status: answer.status, body: (await answer.json()) as { message?: string; details?: object } };
};
const allowed = async (name: string) =>
  (await client.get(podDisruptionBudgets, name, 'default')).status?.disruptionsAllowed;

test('a quota whose usage is wrong is counted anew', async () => {
  await expect
    .poll(async () => (await client.get(resourceQuotas, 'q', 'default')).status?.used, soon)
    .toEqual({ pods: '0', configmaps: '1' });
});

test('a ready pod may be evicted as long as its budget allows it', async () => {
  for (const name of ['n1', 'n2']) await client.create(nodes, { metadata: { name }, spec: {} });
  for (const name of ['a', 'b'])
    await client.create(pods, {
      metadata: { name, namespace: 'default', labels: { app: 'plain' } },
      spec: { containers: [{ name: 'a', image: 'a:1' }] },
    });
  await client.create(podDisruptionBudgets, {
    metadata: { name: 'plain', namespace: 'default' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'plain' } } },
  });
  await expect.poll(() => allowed('plain'), soon).toBe(1);
  expect((await evict('a')).status).toBe(201);
  const edge = await evict('b');
  expect(edge.status).toBe(429);
  expect(edge.body).toMatchObject({
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes: [{ reason: 'DisruptionBudget' }] },
  });
  await expect
    .poll(async () => (await client.get(podDisruptionBudgets, 'plain', 'default')).status, soon)
    .toMatchObject({
      expectedPods: 1,
      currentHealthy: 1,
      desiredHealthy: 1,
      disruptionsAllowed: 0,
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
    });
  expect((await evict('b')).body.details).toMatchObject({
    causes: [{ message: 'The disruption budget plain needs 1 healthy pods and has 1 currently' }],
  });
});

test('kubectl drains a node within the budget of what runs there', async () => {
  const labels = { app: 'web' };
  await client.patch(nodes, 'n2', '', { spec: { unschedulable: true } }, { type: 'merge' });
  await client.create(deployments, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: { metadata: { name: '', labels }, spec: { containers: [{ name: 'a', image: 'a:1' }] } },
    },
  });
  await client.create(podDisruptionBudgets, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  });
  await expect.poll(() => allowed('web'), soon).toBe(1);
  await client.patch(nodes, 'n2', '', { spec: { unschedulable: false } }, { type: 'merge' });
  await client.delete(podDisruptionBudgets, 'plain', 'default');
  readyCounts.length = 0;
  const args = ['--kubeconfig', cluster.kubeconfig, 'drain', 'n1', '--force', '--timeout=60s'];
  const { code, out } = await new Promise<{ code: number; out: string }>((resolve) => {
    execFile('kubectl', args, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, out: stdout + stderr }),
    );
  });
  expect(out).toMatch(/node\/n1 (drained|evicted)/);
  expect(code).toBe(0);
  const left = (await client.list(pods, { namespace: 'default', fieldSelector: 'spec.nodeName=n1' })).items;
  expect(left.filter((each) => each.metadata.deletionTimestamp === undefined)).toEqual([]);
  expect(Math.min(...readyCounts)).toBeGreaterThanOrEqual(2);
}, 90_000);

test('a node that may ask for its own certificate gets it', async () => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'O=system:nodes, CN=system:node:n3',
    keys,
    signingAlgorithm: algorithm,
  });
  const request = {
    metadata: { name: 'n3' },
    spec: {
      request: Buffer.from(made.toString('pem')).toString('base64'),
      signerName: kubernetesSigners.kubeletClient,
      usages: ['client auth', 'digital signature'],
    },
  };
  const node = createKubeClient(await cluster.server.connectionFor('system:node:n3', ['system:nodes']));
  await client.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    body: {
      metadata: { name: 'nodes-renew' },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
      },
      subjects: [{ kind: 'Group', name: 'system:nodes' }],
    },
  });
  await node.create(certificateSigningRequests, request);
  await expect
    .poll(async () => (await client.get(certificateSigningRequests, 'n3')).status, soon)
    .toMatchObject({ certificate: expect.any(String), conditions: [{ type: 'Approved', reason: 'AutoApproved' }] });
  await node.close();
});
