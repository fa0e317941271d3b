import { execFileSync } from 'node:child_process';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { namespaces, networkPolicies, type Pod, pods } from '../../kinds/index.js';
import { silentLogger, systemClock } from '../../runtime/index.js';
import { startTestCluster, type TestCluster } from '../../testing/index.js';
import { applyNft } from '../kernel.js';
import { type NetworkPolicies, startNetworkPolicies } from './controller.js';
import { policyTable } from './ruleset.js';

const tables = { table: 'slipway_polctl', bridge: 'slwpolctl', podCidr: '100.98.0.0/17', hasBridgeFamily: false };
const name = policyTable(tables.table);

let cluster: TestCluster;
let policies: NetworkPolicies;

const start = () =>
  startNetworkPolicies(
    { client: cluster.client, clock: systemClock, log: silentLogger, metrics: new Registry() },
    tables,
    [],
  );
const rules = () => execFileSync('nft', ['list', 'table', 'ip', name], { encoding: 'utf8' });
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 15_000, interval: 50 });

const createPod = (podName: string): Promise<Pod> =>
  cluster.client.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: podName, namespace: 'shop', labels: { app: 'web' } },
    spec: { nodeName: 'n1', containers: [{ name: 'main', image: 'x' }] },
  });
const chainOf = (ip: string) =>
  new RegExp(`${ip.replaceAll('.', '\\.')} : goto (pods-ingress-\\w+)`).exec(rules())?.[1];

beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  await cluster.client.create(namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop' },
    spec: {},
  });
  await cluster.client.create(networkPolicies, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'deny', namespace: 'shop' },
    spec: { podSelector: {} },
  });
  policies = await start();
});

afterAll(async () => {
  await policies.stop();
  await cluster.stop();
  for (const family of ['ip', 'ip6']) await applyNft(`delete table ${family} ${name}`);
});

it('has the policies in force for a pod’s address when the node is told so', async () => {
  const pod = await createPod('first');
  await policies.admit(pod, '100.98.0.5');
  expect(chainOf('100.98.0.5')).toBeDefined();
});

it('follows pods that come and go, and gives an address to the last one that got it', async () => {
  const second = await createPod('second');
  await policies.admit(second, '100.98.0.5');
  expect(chainOf('100.98.0.5')).toBeDefined();
  await cluster.client.delete(pods, 'first', 'shop', { gracePeriodSeconds: 0 });
  await cluster.client.delete(pods, 'second', 'shop', { gracePeriodSeconds: 0 });
  await eventually(() => expect(rules()).not.toContain('100.98.0.5'));
});

it('leaves alone a pod on the machine’s own network', async () => {
  const pod = await createPod('third');
  await policies.admit({ ...pod, spec: { containers: pod.spec?.containers ?? [], hostNetwork: true } }, '100.98.0.6');
  expect(rules()).not.toContain('100.98.0.6');
});

it('leaves the rules in force when it stops, and finds its way from there', async () => {
  await policies.admit(await createPod('fourth'), '100.98.0.7');
  await cluster.client.patch(
    pods,
    'fourth',
    'shop',
    { status: { podIP: '100.98.0.7' } },
    { type: 'merge', subresource: 'status' },
  );
  await policies.stop();
  expect(chainOf('100.98.0.7')).toBeDefined();
  policies = await start();
  expect(chainOf('100.98.0.7')).toBeDefined();
});

it('opens the pods when the last policy is deleted', async () => {
  await cluster.client.delete(networkPolicies, 'deny', 'shop');
  await eventually(() => expect(chainOf('100.98.0.7')).toBeUndefined());
  expect(rules()).toContain('100.98.0.7');
});
