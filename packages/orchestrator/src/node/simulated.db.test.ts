import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { nodes, pods } from '../kinds/index.js';
import { silentLogger, systemClock } from '../runtime/index.js';
import { startTestCluster, type TestCluster } from '../testing/index.js';
import { createSimulatedRuntime, type NodeAgent, startNodeAgent } from './index.js';

let directory: string;
let cluster: TestCluster;
let agent: NodeAgent;
const eventually = <T>(check: () => Promise<T>) => vi.waitFor(check, { timeout: 20_000, interval: 50 });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-simulated-'));
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  const { authority } = cluster.server;
  const pair = await authority.keep('node', { commonName: 'system:node:n1', hosts: ['127.0.0.1'] });
  const context = { client: cluster.client, clock: systemClock, log: silentLogger, metrics: new Registry() };
  agent = await startNodeAgent(context, {
    nodeName: 'n1',
    runtime: createSimulatedRuntime(systemClock),
    address: '127.0.0.1',
    port: 17_746,
    tls: { cert: pair.certificate, key: pair.key, ca: authority.certificate },
    directory,
    podCidr: '100.64.0.0/17',
    clusterDnsIp: '100.64.128.10',
    cgroupParent: '/none',
    pauseImage: 'pause',
  });
});

afterAll(async () => {
  await agent?.stop();
  await cluster?.stop();
  await rm(directory, { recursive: true, force: true });
});

it('registers a ready node', async () => {
  await eventually(async () => {
    const node = await cluster.client.get(nodes, 'n1');
    expect(node.status?.conditions?.find((one) => one.type === 'Ready')?.status).toBe('True');
    expect(node.status?.daemonEndpoints?.kubeletEndpoint?.Port).toBe(17_746);
  });
});

it('runs a pod without containers, shows a log and lets go of it', async () => {
  await cluster.client.create(pods, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { nodeName: 'n1', automountServiceAccountToken: false, containers: [{ name: 'main', image: 'shop/web:1' }] },
  });
  await eventually(async () => {
    const { status } = await cluster.client.get(pods, 'web', 'default');
    expect(status).toMatchObject({ phase: 'Running', podIP: expect.stringMatching(/^100\.64\./) });
  });
  const chunks: string[] = [];
  for await (const chunk of await cluster.client.podLog('default', 'web')) chunks.push(String(chunk));
  expect(chunks.join('')).toContain('simulated container');
  await cluster.client.delete(pods, 'web', 'default');
  await eventually(async () => expect(await cluster.client.find(pods, 'web', 'default')).toBeUndefined());
});

it('ends a pod whose deadline passes, and says why', async () => {
  const containers = [{ name: 'main', image: 'shop/web:1' }];
  const spec = { nodeName: 'n1', automountServiceAccountToken: false, activeDeadlineSeconds: 1, containers };
  await cluster.client.create(pods, { metadata: { name: 'late', namespace: 'default' }, spec });
  await eventually(async () => {
    const { status } = await cluster.client.get(pods, 'late', 'default');
    expect(status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });
});
