import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:http2';
import { createServer, request as httpsRequest, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { kubectlMinor, startTestCluster, type TestCluster } from '../../testing/index.js';
import { openCertificateAuthority } from '../pki.js';

const run = promisify(execFile);
const group = 'wardle.example.com';
const root = `/apis/${group}/v1alpha1`;
const flunders = `${root}/namespaces/default/flunders`;
const apiService = `/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.${group}`;
const configMap = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';

let cluster: TestCluster;
let extension: Server;
let directory: string;
let caBundle: string;
let port: number;
let isBroken = false;
const seen: { url: string; headers: IncomingMessage['headers'] }[] = [];

const flunder = (name: string) => ({
  apiVersion: `${group}/v1alpha1`,
  kind: 'Flunder',
  metadata: { name, namespace: 'default', uid: name, resourceVersion: '1' },
  spec: { reference: 'fischer' },
});

const operation = {
  operationId: 'listFlunders',
  'x-kubernetes-action': 'list',
  'x-kubernetes-group-version-kind': { group, version: 'v1alpha1', kind: 'Flunder' },
  responses: { 200: { description: 'OK' } },
};

const documents: Readonly<Record<string, unknown>> = {
  [root]: {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: `${group}/v1alpha1`,
    resources: [
      {
        name: 'flunders',
        singularName: 'flunder',
        namespaced: true,
        kind: 'Flunder',
        verbs: ['create', 'get', 'list', 'watch'],
        shortNames: ['fl'],
      },
      { name: 'flunders/status', singularName: '', namespaced: true, kind: 'Flunder', verbs: ['get'] },
    ],
  },
  [flunders]: {
    kind: 'FlunderList',
    apiVersion: `${group}/v1alpha1`,
    metadata: { resourceVersion: '1' },
    items: [flunder('one')],
  },
  '/openapi/v3': { paths: { [root.slice(1)]: { serverRelativeURL: `/openapi/v3${root}?hash=ABC` } } },
  [`/openapi/v3${root}`]: {
    openapi: '3.0.0',
    info: { title: 'wardle', version: 'v1' },
    paths: { [`${root}/namespaces/{namespace}/flunders`]: { get: operation } },
    components: {
      schemas: {
        'com.example.wardle.Flunder': {
          type: 'object',
          description: 'A flunder',
          properties: { spec: { type: 'object', properties: { reference: { type: 'string' } } } },
          'x-kubernetes-group-version-kind': [{ group, version: 'v1alpha1', kind: 'Flunder' }],
        },
      },
    },
  },
  '/openapi/v2': {
    swagger: '2.0',
    paths: { [`${root}/namespaces/{namespace}/flunders`]: { get: {} }, '/apis/': { get: {} } },
    definitions: { 'com.example.wardle.Flunder': { type: 'object' } },
  },
};

/** The front proxy's word is taken only with its certificate. */
function isFromFrontProxy(request: IncomingMessage): boolean {
  const socket = request.socket as TLSSocket;
  return socket.authorized && socket.getPeerCertificate().subject?.CN === 'front-proxy-client';
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'https://extension');
  if (!isFromFrontProxy(request)) return void response.writeHead(401).end();
  if (isBroken) return void response.writeHead(500).end('broken');
  seen.push({ url: request.url ?? '', headers: request.headers });
  const send = (code: number, body: unknown) =>
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (url.searchParams.get('watch') === 'true') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    request.once('resume', () => {});
    watchers.push(response);
    return;
  }
  if (request.method === 'POST') {
    let text = '';
    request.on('data', (chunk) => {
      text += String(chunk);
    });
    request.on('end', () => send(201, JSON.parse(text)));
    return;
  }
  if (url.pathname === `${flunders}/one`) return void send(200, flunder('one'));
  const found = documents[url.pathname];
  send(found ? 200 : 404, found ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 });
}
const watchers: ServerResponse[] = [];

async function call(method: string, path: string, options: { body?: unknown; headers?: Record<string, string> } = {}) {
  const response = await cluster.client.request(method, path, options);
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

const get = async (path: string, accept = 'application/json') =>
  (await call('GET', path, { headers: { accept } })).body;
const condition = async (path = apiService) =>
  (await get(path)).status?.conditions?.find((each: { type: string }) => each.type === 'Available');
const untilReason = (reason: string) =>
  vi.waitFor(async () => expect((await condition())?.reason).toBe(reason), { timeout: 10_000, interval: 50 });
const patch = (path: string, body: unknown) =>
  call('PATCH', path, { body, headers: { 'content-type': 'application/merge-patch+json' } });

beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  directory = await mkdtemp(join(tmpdir(), 'slipway-extension-'));
  const authority = await openCertificateAuthority(directory, 'extension-ca');
  const pair = await authority.keep('server', { commonName: 'wardle', hosts: ['wardle.default.svc'] });
  caBundle = Buffer.from(authority.certificate).toString('base64');
  const { data } = await get(configMap);
  extension = createServer(
    {
      cert: pair.certificate,
      key: pair.key,
      ca: data['requestheader-client-ca-file'],
      requestCert: true,
      rejectUnauthorized: false,
    },
    answer,
  );
  extension.on('upgrade', (request, socket) => {
    seen.push({ url: request.url ?? '', headers: request.headers });
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => extension.listen(0, '127.0.0.1', resolve));
  port = (extension.address() as AddressInfo).port;
});

afterAll(async () => {
  extension?.close();
  extension?.closeAllConnections();
  await cluster?.stop();
  await rm(directory, { recursive: true, force: true });
});

it('publishes whom other API servers are to trust', async () => {
  const { data } = await get(configMap);
  expect(data['client-ca-file']).toBe(cluster.connection.ca);
  expect(data['requestheader-client-ca-file']).toContain('BEGIN CERTIFICATE');
  expect(data['requestheader-client-ca-file']).not.toBe(data['client-ca-file']);
  expect(data).toMatchObject({
    'requestheader-allowed-names': '["front-proxy-client"]',
    'requestheader-username-headers': '["X-Remote-User"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
  });
});

describe('what is served here', () => {
  const local = '/apis/apiregistration.k8s.io/v1/apiservices';

  it('has an APIService that is always available', async () => {
    const { items } = await get(local);
    const names = items.map((each: { metadata: { name: string } }) => each.metadata.name);
    expect(names).toEqual(expect.arrayContaining(['v1.', 'v1.apps', 'v2.autoscaling', 'v1beta1.metrics.k8s.io']));
    expect(names).not.toContain('v1.apiregistration.k8s.io');
    expect(await condition(`${local}/v1.apps`)).toMatchObject({ status: 'True', reason: 'Local' });
    expect(await get(`${local}/v2.autoscaling`)).toMatchObject({
      metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } },
      spec: { group: 'autoscaling', version: 'v2', groupPriorityMinimum: 17_500, versionPriority: 30 },
    });
  });

  it('has one for each version of a custom resource, as long as that is there', async () => {
    const names = { plural: 'boats', singular: 'boat', kind: 'Boat', listKind: 'BoatList' };
    const schema = { openAPIV3Schema: { type: 'object' } };
    const versions = [{ name: 'v1', served: true, storage: true, schema }];
    const definition = {
      metadata: { name: 'boats.harbour.example.com' },
      spec: { group: 'harbour.example.com', scope: 'Namespaced', names, versions },
    };
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const defined = await call('POST', crds, { body: definition });
    expect(defined.status, JSON.stringify(defined.body)).toBe(201);
    const path = `${local}/v1.harbour.example.com`;
    await vi.waitFor(async () => expect((await condition(path))?.reason).toBe('Local'), { timeout: 10_000 });
    expect((await get(path)).spec).toMatchObject({ groupPriorityMinimum: 1000, versionPriority: 100 });
    expect((await call('DELETE', path)).status).toBe(200);
    await vi.waitFor(async () => expect((await call('GET', path)).status).toBe(200), { timeout: 10_000 });
    await call('DELETE', `${crds}/boats.harbour.example.com`);
    await vi.waitFor(async () => expect((await call('GET', path)).status).toBe(404), { timeout: 10_000 });
  });
});

describe('what another server answers for', () => {
  const service = '/api/v1/namespaces/default/services/wardle';

  it('says why it is not available', async () => {
    const spec = {
      group,
      version: 'v1alpha1',
      service: { namespace: 'default', name: 'wardle', port },
      caBundle,
      groupPriorityMinimum: 2000,
      versionPriority: 200,
    };
    const metadata = { name: `v1alpha1.${group}` };
    const created = await call('POST', apiService.slice(0, apiService.lastIndexOf('/')), { body: { metadata, spec } });
    expect(created.status, JSON.stringify(created.body)).toBe(201);
    await untilReason('ServiceNotFound');
    expect(await condition()).toMatchObject({ status: 'False', message: 'service/wardle in "default" is not present' });
    const refused = await call('GET', flunders);
    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({ kind: 'Status', reason: 'ServiceUnavailable' });
    expect(refused.body.message).toContain('ServiceNotFound: service/wardle in "default" is not present');
    expect(await get('/metrics')).toContain(`aggregator_unavailable_apiservice{name="v1alpha1.${group}"} 1\n`);

    const ports = [{ name: 'https', port: port + 1, targetPort: 1 }];
    const body = { metadata: { name: 'wardle' }, spec: { ports } };
    await call('POST', '/api/v1/namespaces/default/services', { body });
    await untilReason('ServicePortError');
    await patch(service, { spec: { ports: [{ ...ports[0], port }] } });
    await untilReason('EndpointsNotFound');
    const slice = {
      metadata: { name: 'wardle-1', labels: { 'kubernetes.io/service-name': 'wardle' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['100.127.255.1'], conditions: { ready: false } }],
      ports: [{ name: 'https', port: 1, protocol: 'TCP' }],
    };
    await call('POST', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', { body: slice });
    await untilReason('MissingEndpoints');
    expect((await condition()).message).toBe(
      'endpointslices for service/wardle in "default" have no addresses with port name "https"',
    );
    const stale = await get('/apis', 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
    const listed = stale.items.find((each: { metadata: { name: string } }) => each.metadata.name === group);
    expect(listed.versions).toEqual([{ version: 'v1alpha1', resources: [], freshness: 'Stale' }]);
  });

  it('becomes available with its service', async () => {
    await call('DELETE', service);
    const spec = { type: 'ExternalName', externalName: 'localhost' };
    await call('POST', '/api/v1/namespaces/default/services', { body: { metadata: { name: 'wardle' }, spec } });
    await untilReason('Passed');
    expect(await condition()).toMatchObject({ status: 'True', message: 'all checks passed' });
  });

  it('is reached as the user, who is told by the front proxy alone', async () => {
    seen.length = 0;
    const headers = {
      'x-remote-user': 'mallory',
      'x-remote-group': 'system:masters',
      'x-remote-extra-scopes': 'all',
      'impersonate-user': 'bob',
      'impersonate-group': 'sailors',
      'impersonate-extra-example.com%2fdeck': 'upper',
    };
    await call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
      body: {
        metadata: { name: 'flunders' },
        rules: [{ apiGroups: [group], resources: ['flunders'], verbs: ['list'] }],
      },
    });
    await call('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', {
      body: {
        metadata: { name: 'flunders' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'flunders' },
        subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'sailors' }],
      },
    });
    const found = await call('GET', `${flunders}?limit=5`, { headers });
    expect(found.body).toMatchObject({ kind: 'FlunderList', items: [{ metadata: { name: 'one' } }] });
    const last = seen.find((each) => each.url.startsWith(flunders));
    expect(last?.url).toBe(`${flunders}?limit=5`);
    expect(last?.headers).toMatchObject({ 'x-remote-user': 'bob', host: 'wardle.default.svc' });
    expect(last?.headers['x-remote-group']).toBe('sailors, system:authenticated');
    expect(last?.headers['x-remote-extra-example.com%2fdeck']).toBe('upper');
    expect(Object.keys(last?.headers ?? {}).filter((each) => /impersonate|authorization|scopes/.test(each))).toEqual(
      [],
    );
    const refused = await call('GET', `${flunders}/one`, { headers });
    expect(refused.status).toBe(403);
    expect(refused.body.message).toContain(
      'User "bob" cannot get resource "flunders" in API group "wardle.example.com" in the namespace "default"',
    );
  });

  it('takes bodies, streams watches and joins upgraded connections', async () => {
    const made = await call('POST', flunders, { body: flunder('two') });
    expect(made).toMatchObject({ status: 201, body: { metadata: { name: 'two' } } });

    const stop = new AbortController();
    const watch = await cluster.client.request('GET', `${flunders}?watch=true`, { signal: stop.signal });
    const reader = watch.body?.getReader();
    const watcher = watchers.at(-1);
    watcher?.write('{"type":"ADDED"}\n');
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('{"type":"ADDED"}\n');
    const ended = new Promise((resolve) => watcher?.on('close', resolve));
    stop.abort();
    await ended;

    const { certificate, key, ca, server } = cluster.connection;
    const asked = httpsRequest(`${server}${flunders}/one/connect`, {
      cert: certificate,
      key,
      ca,
      headers: { connection: 'Upgrade', upgrade: 'echo' },
    });
    const echoed = new Promise<string>((resolve, reject) => {
      asked.on('upgrade', (_response, socket) => {
        socket.on('data', (data) => {
          resolve(String(data));
          socket.destroy();
        });
        socket.write('ahoy');
      });
      asked.on('error', reject);
    });
    asked.end();
    expect(await echoed).toBe('ahoy');
    expect(seen.at(-1)?.headers['x-remote-user']).toBe('slipway-admin');
  });

  it('answers a client of HTTP/2', async () => {
    const { certificate, key, ca, server } = cluster.connection;
    const session = connect(server, { cert: certificate, key, ca });
    const answered = new Promise<string>((resolve, reject) => {
      const stream = session.request({ ':path': flunders, 'x-remote-user': 'mallory' });
      let text = '';
      stream.on('data', (data) => {
        text += String(data);
      });
      stream.on('end', () => resolve(text));
      stream.on('error', reject);
    });
    expect(JSON.parse(await answered).kind).toBe('FlunderList');
    expect(seen.at(-1)?.headers['x-remote-user']).toBe('slipway-admin');
    session.close();
  });

  it('is in discovery and in OpenAPI', async () => {
    const groups = await get('/apis');
    expect(groups.groups.find((each: { name: string }) => each.name === group)).toMatchObject({
      preferredVersion: { groupVersion: `${group}/v1alpha1` },
    });
    expect((await get(`/apis/${group}`)).kind).toBe('APIGroup');
    expect((await get(root)).resources).toHaveLength(2);
    const form = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const discovered = await vi.waitFor(async () => {
      const { items } = await get('/apis', form);
      const found = items.find((each: { metadata: { name: string } }) => each.metadata.name === group);
      expect(found.versions[0].freshness).toBe('Current');
      return found.versions[0].resources;
    });
    expect(discovered).toMatchObject([
      {
        resource: 'flunders',
        scope: 'Namespaced',
        shortNames: ['fl'],
        responseKind: { kind: 'Flunder' },
        subresources: [{ subresource: 'status' }],
      },
    ]);
    const index = await get('/openapi/v3');
    expect(index.paths[root.slice(1)].serverRelativeURL).toBe(`/openapi/v3${root}?hash=ABC`);
    const described = await get(`/openapi/v3${root}?hash=ABC`);
    expect(described.components.schemas).toHaveProperty(['com.example.wardle.Flunder']);
    const v2 = await get('/openapi/v2');
    expect(v2.definitions).toHaveProperty(['com.example.wardle.Flunder']);
    expect(v2.paths).toHaveProperty([`${root}/namespaces/{namespace}/flunders`]);
    expect(v2.paths).toHaveProperty(['/api/v1/namespaces/{namespace}/pods']);
    expect(v2.paths).not.toHaveProperty(['/apis/']);
  });

  it.skipIf(kubectlMinor() < 27)('serves kubectl', async () => {
    const kubectl = async (...words: string[]) =>
      (await run('kubectl', ['--kubeconfig', cluster.kubeconfig, '--cache-dir', join(directory, 'cache'), ...words]))
        .stdout;
    expect(await kubectl('api-resources', '--api-group', group)).toMatch(
      /^flunders +fl +wardle.example.com\/v1alpha1/m,
    );
    expect(await kubectl('get', 'fl', '-o', 'name')).toBe(`flunder.${group}/one\n`);
    expect(await kubectl('explain', 'flunder.spec.reference', '--api-version', `${group}/v1alpha1`)).toContain(
      'reference',
    );
    expect(await kubectl('get', 'apiservices', 'v1.apps', `v1alpha1.${group}`)).toMatch(
      /^v1.apps +Local +True[\s\S]*^v1alpha1.wardle.example.com +default\/wardle +True/m,
    );
  });

  it('is not trusted without its certificate, and not reached when it fails its check', async () => {
    await patch(apiService, { spec: { caBundle: null } });
    await untilReason('FailedDiscoveryCheck');
    expect((await condition()).message).toContain('failing or missing response from https://localhost');
    await patch(apiService, { spec: { insecureSkipTLSVerify: true } });
    await untilReason('Passed');
    isBroken = true;
    await patch(apiService, { spec: { versionPriority: 201, caBundle, insecureSkipTLSVerify: false } });
    await untilReason('FailedDiscoveryCheck');
    expect((await condition()).message).toContain('bad status');
    isBroken = false;
    await patch(apiService, { spec: { insecureSkipTLSVerify: true, caBundle: null } });
    await untilReason('Passed');
  });

  it('may stand instead of what is served here, and leaves it as it was', async () => {
    const metrics = '/apis/metrics.k8s.io/v1beta1';
    const taken = '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io';
    expect((await call('GET', `${metrics}/nodes`)).status).toBe(200);
    const service = { namespace: 'kube-system', name: 'metrics-server', port: 443 };
    expect((await patch(taken, { spec: { service, insecureSkipTLSVerify: true } })).status).toBe(200);
    await vi.waitFor(async () => expect((await condition(taken))?.reason).toBe('ServiceNotFound'), { timeout: 10_000 });
    expect((await call('GET', `${metrics}/nodes`)).status).toBe(503);
    expect((await get('/openapi/v3')).paths).not.toHaveProperty([metrics.slice(1)]);
    await call('DELETE', taken);
    await vi.waitFor(async () => expect((await condition(taken))?.reason).toBe('Local'), { timeout: 10_000 });
    expect((await call('GET', `${metrics}/nodes`)).status).toBe(200);
    expect((await get('/openapi/v3')).paths).toHaveProperty([metrics.slice(1)]);
  });

  it('goes with its APIService', async () => {
    await call('DELETE', apiService);
    expect((await call('GET', flunders)).status).toBe(404);
    expect((await get('/apis')).groups.some((each: { name: string }) => each.name === group)).toBe(false);
  });
});
