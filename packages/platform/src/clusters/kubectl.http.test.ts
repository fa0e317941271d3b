import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { kubectlMinor, startTestCluster, type TestCluster } from '@slipway/orchestrator/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { NamespaceParts } from '../environments/namespace-parts.service.js';
import { Database } from '../kernel/database/index.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { KubernetesModule } from './kubernetes.module.js';

const namespace = 'acme-shop-production';
let api: TestApi;
let cluster: TestCluster;
let front: Server;
let folder: string;

/** The newest kubectl that there is, with the tenant's kubeconfig as the server answers it. */
function kubectl(...words: string[]): Promise<{ exit: number; output: string }> {
  const env = { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: path.join(folder, 'config') };
  return new Promise((resolve) => {
    execFile('kubectl', words, { env }, (error, stdout, stderr) => {
      resolve({ exit: error ? 1 : 0, output: `${stdout}${stderr}`.trim() });
    });
  });
}

beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  api = await startTestApi({
    databaseUrl: inject('databaseUrl'),
    redisUrl: inject('redisUrl'),
    modules: [KubernetesModule],
    env: { SLIPWAY_KUBECONFIG: cluster.kubeconfig },
  });
  const dora = await api.createUser('dora');
  for (const tenant of ['acme', 'beta']) {
    await api.call(api.admin, 'POST', '/tenants', { name: tenant });
    await api.call(api.admin, 'POST', `/tenants/${tenant}/projects`, { name: 'shop' });
  }
  await api.call(api.admin, 'POST', '/tenants/acme/members', { username: 'dora', role: 'developer' });
  const rows = await api.app.get(Database).read.environment.findMany({
    include: { project: { select: { name: true, tenant: { select: { name: true } } } } },
  });
  for (const { id, name, project, ...row } of rows) {
    const place = { ...row, environmentId: id, environment: name, project: project.name, tenant: project.tenant.name };
    await api.app.get(NamespaceParts).ensure(cluster.client, place);
    await api.app.get(Database).read.environment.update({ where: { id }, data: { state: 'ready' } });
  }
  folder = mkdtempSync(path.join(tmpdir(), 'slipway-kubectl-'));
  front = await startFront();
  const { port } = front.address() as AddressInfo;
  const { token, expiresAt } = (await api.call(dora, 'POST', '/me/kube-tokens', { tenant: 'acme' })).body;
  const plugin = path.join(folder, 'slipway');
  const apiVersion = 'client.authentication.k8s.io/v1beta1';
  const status = { token, expirationTimestamp: expiresAt.replace(/\.\d+Z$/, 'Z') };
  const credential = JSON.stringify({ apiVersion, kind: 'ExecCredential', status });
  writeFileSync(plugin, `#!/bin/sh\nprintf '%s' '${credential}'\n`, { mode: 0o700 });
  const { body } = await api.call(dora, 'GET', '/tenants/acme/kubeconfig');
  body.clusters[0].cluster = {
    server: `https://127.0.0.1:${port}/k8s/clusters/embedded`,
    'insecure-skip-tls-verify': true,
  };
  Object.assign(body.users[0].user.exec, { command: plugin, apiVersion });
  writeFileSync(path.join(folder, 'config'), JSON.stringify(body), { mode: 0o600 });
}, 120_000);

afterAll(async () => {
  front?.close();
  await api?.close();
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** TLS before the door, as an ingress gives it: kubectl asks a plugin for credentials over https alone. */
async function startFront(): Promise<Server> {
  const { certificate, key } = cluster.connection;
  const server = createServer({ cert: certificate, key }, (request, response) => {
    const { hostname, port } = new URL(api.url);
    const { method, url, headers } = request;
    const upstream = httpRequest({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    request.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe.skipIf(!kubectlMinor())('kubectl of a member, with a token of an hour from an exec plugin', () => {
  it('lists the member’s namespaces and no others', async () => {
    const { output } = await kubectl('get', 'namespaces', '-o', 'name');
    expect(output).toBe(`namespace/${namespace}`);
    expect((await kubectl('get', 'namespace', 'beta-shop-production')).output).toContain('not found');
  });

  it('says what the role may', async () => {
    const canI = async (...words: string[]) => (await kubectl('auth', 'can-i', ...words)).output;
    expect(await canI('create', 'deployments')).toBe('yes');
    expect(await canI('get', 'secrets')).toBe('no');
    expect(await canI('create', 'rolebindings')).toBe('no');
    expect(await canI('get', 'pods', '-n', 'beta-shop-production')).toBe('no');
  });

  it('works in its default namespace, and over all of its own', async () => {
    const created = await kubectl('create', 'configmap', 'page', '--from-literal=a=b');
    expect(created.output).toContain('created');
    const all = await kubectl('get', 'configmaps', '-A', '--no-headers');
    expect(all.output).toMatch(new RegExp(`^${namespace} +page`, 'm'));
    expect(all.output).not.toContain('beta');
    expect((await kubectl('get', 'secrets')).output).toContain('secrets:read');
  });
});
