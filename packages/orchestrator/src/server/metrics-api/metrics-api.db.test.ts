import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { kubectlMinor, startTestCluster, type TestCluster } from '../../testing/index.js';

const run = promisify(execFile);
const base = '/apis/metrics.k8s.io/v1beta1';
const labels = (container: string) => `{container="${container}",namespace="default",pod="web"}`;

let cluster: TestCluster;
let agent: Server;

/** A node's agent that uses a quarter of a core in the pod and half a core in all. */
async function startAgent(): Promise<number> {
  const { authority } = cluster.server;
  const pair = await authority.keep('node', { commonName: 'system:node:n1', hosts: ['127.0.0.1'] });
  const started = Date.now();
  agent = createServer(
    { cert: pair.certificate, key: pair.key, ca: authority.certificate, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      if (request.url !== '/metrics/resource') return response.writeHead(404).end();
      const now = Date.now();
      const seconds = (now - started) / 1000;
      const of = (container: string) => [
        `container_cpu_usage_seconds_total${labels(container)} ${seconds / 8} ${now}`,
        `container_memory_working_set_bytes${labels(container)} ${4 << 20} ${now}`,
        `container_start_time_seconds${labels(container)} ${started / 1000} ${now}`,
      ];
      const node = [
        `node_cpu_usage_seconds_total ${seconds / 2} ${now}`,
        `node_memory_working_set_bytes 1073741824 ${now}`,
      ];
      response.end(`${[...node, ...of('main'), ...of('side')].join('\n')}\n`);
    },
  );
  await new Promise<void>((resolve) => agent.listen(0, '127.0.0.1', resolve));
  return (agent.address() as AddressInfo).port;
}

async function get(path: string, accept = 'application/json', status = 200) {
  const response = await cluster.client.request('GET', path, { headers: { accept } });
  const body = JSON.parse(await response.text());
  expect(response.status, JSON.stringify(body)).toBe(status);
  return body;
}

async function send(method: string, path: string, body: unknown, type = 'application/json') {
  const response = await cluster.client.request(method, path, { body, headers: { 'content-type': type } });
  expect(response.ok, await response.text()).toBe(true);
}

beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  const port = await startAgent();
  for (const name of ['n1', 'n2']) {
    await send('POST', '/api/v1/nodes', { metadata: { name, labels: { zone: name } } });
    const addresses = name === 'n1' ? [{ type: 'InternalIP', address: '127.0.0.1' }] : [];
    const status = { addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } } };
    await send('PATCH', `/api/v1/nodes/${name}/status`, { status }, 'application/merge-patch+json');
  }
  for (const [name, nodeName] of Object.entries({ web: 'n1', other: 'n2' })) {
    const containers = ['main', 'side'].map((each) => ({ name: each, image: 'shop/web:1' }));
    const pod = { metadata: { name, labels: { app: name } }, spec: { nodeName, containers } };
    await send('POST', '/api/v1/namespaces/default/pods', pod);
  }
  await vi.waitFor(
    async () => {
      expect((await get(`${base}/nodes`)).items).toHaveLength(1);
      expect((await get(`${base}/pods`)).items).toHaveLength(1);
    },
    { timeout: 20_000, interval: 100 },
  );
});

afterAll(async () => {
  agent?.close();
  agent?.closeAllConnections();
  await cluster?.stop();
});

describe('metrics.k8s.io', () => {
  it('tells what nodes and pods use, from two samples of their node', async () => {
    const node = await get(`${base}/nodes/n1`);
    expect(node).toMatchObject({
      kind: 'NodeMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: { name: 'n1', labels: { zone: 'n1' } },
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      window: expect.stringMatching(/^[\d.]+s$/),
      usage: { memory: '1Gi' },
    });
    const nano = (text: string) => Number(/^(\d+)n$/.exec(text)?.[1] ?? Number(/^(\d+)m$/.exec(text)?.[1]) * 1e6);
    expect(nano(node.usage.cpu)).toBeGreaterThan(490_000_000);
    expect(nano(node.usage.cpu)).toBeLessThan(510_000_000);
    const pod = await get(`${base}/namespaces/default/pods/web`);
    expect(pod).toMatchObject({ kind: 'PodMetrics', metadata: { name: 'web', namespace: 'default' } });
    expect(pod.containers.map((each: { name: string }) => each.name)).toEqual(['main', 'side']);
    expect(pod.containers[0].usage.memory).toBe('4Mi');
  });

  it('selects by labels and fields, and lists one namespace or all', async () => {
    const count = async (path: string) => (await get(`${base}/${path}`)).items.length;
    expect(await count('namespaces/default/pods?labelSelector=app%3Dweb')).toBe(1);
    expect(await count('namespaces/default/pods?labelSelector=app%3Dother')).toBe(0);
    expect(await count('pods?fieldSelector=metadata.name%3Dweb')).toBe(1);
    expect(await count('pods?fieldSelector=metadata.namespace%21%3Ddefault')).toBe(0);
    expect(await count('namespaces/kube-system/pods')).toBe(0);
    expect(await count('nodes?labelSelector=zone+in+(n1,n2)')).toBe(1);
  });

  it('knows nothing of what has no numbers: 404, and it cannot be watched or written', async () => {
    expect((await get(`${base}/nodes/n2`, undefined, 404)).message).toBe('nodemetrics.metrics.k8s.io "n2" not found');
    const pod = await get(`${base}/namespaces/default/pods/other`, undefined, 404);
    expect(pod.message).toBe('podmetrics.metrics.k8s.io "default/other" not found');
    await get(`${base}/pods?watch=1`, undefined, 405);
    const written = await cluster.client.request('POST', `${base}/nodes`, { body: {} });
    expect(written.status).toBe(405);
    await written.text();
  });

  it('prints as a table', async () => {
    const table = await get(`${base}/namespaces/default/pods`, 'application/json;as=Table;v=v1;g=meta.k8s.io');
    expect(table.columnDefinitions.map((each: { name: string }) => each.name)).toEqual([
      'Name',
      'cpu',
      'memory',
      'Window',
    ]);
    expect(table.rows[0].cells[0]).toBe('web');
    expect(table.rows[0].cells[2]).toBe('8Mi');
  });

  it('is in discovery and in OpenAPI, with get and list only', async () => {
    const { resources } = await get(base);
    expect(resources).toMatchObject([
      { name: 'nodes', singularName: 'node', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
      { name: 'pods', singularName: 'pod', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
    ]);
    const document = await get('/openapi/v3/apis/metrics.k8s.io/v1beta1');
    expect(Object.keys(document.paths[`${base}/nodes`])).toEqual(['get']);
    expect(document.paths[`${base}/nodes/{name}`]).toHaveProperty('get');
    expect(document.components.schemas).toHaveProperty(['io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetricsList']);
  });

  it.skipIf(kubectlMinor() === 0)('serves kubectl top', async () => {
    const top = async (...words: string[]) =>
      (await run('kubectl', ['--kubeconfig', cluster.kubeconfig, 'top', ...words])).stdout;
    expect(await top('pods', '--containers')).toMatch(/^web +main +12[45]m +4Mi/m);
    expect(await top('pods', '-A', '-l', 'app=web')).toMatch(/^default +web +2(49|50)m +8Mi/m);
    expect(await top('nodes')).toMatch(/^n1 +(49\d|50\d)m/m);
  });
});
