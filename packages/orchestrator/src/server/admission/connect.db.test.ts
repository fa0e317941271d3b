import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type JsonObject, pods } from '../../kinds/index.js';
import { startTestCluster, type TestCluster } from '../../testing/index.js';
import { openCertificateAuthority } from '../pki.js';

let cluster: TestCluster;
let hook: Server;
let directory: string;
const asked: JsonObject[] = [];
const soon = { timeout: 15_000 };

beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  await cluster.client.create(pods, {
    metadata: { name: 'p', namespace: 'default' },
    spec: { containers: [{ name: 'main', image: 'a:1' }] },
  });
  directory = await mkdtemp(join(tmpdir(), 'slipway-connect-'));
  const authority = await openCertificateAuthority(directory);
  const pair = await authority.keep('hook', { commonName: 'hook', hosts: ['127.0.0.1'] });
  hook = createServer({ cert: pair.certificate, key: pair.key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const review = JSON.parse(Buffer.concat(chunks).toString());
      asked.push(review.request);
      const status = { message: 'no ports today', code: 403 };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ ...review, response: { uid: review.request.uid, allowed: false, status } }));
    });
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'], scope: '*' };
  const post = async (plural: string, body: object) => {
    const answer = await cluster.client.request('POST', `/apis/admissionregistration.k8s.io/v1/${plural}`, { body });
    expect(answer.status, await answer.text()).toBe(201);
  };
  await post('validatingwebhookconfigurations', {
    metadata: { name: 'ports' },
    webhooks: [
      {
        name: 'ports.example.com',
        rules: [{ ...rule, resources: ['pods/portforward', 'pods/proxy'] }],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        clientConfig: {
          url: `https://127.0.0.1:${(hook.address() as AddressInfo).port}/`,
          caBundle: Buffer.from(authority.certificate).toString('base64'),
        },
      },
    ],
  });
  await post('validatingadmissionpolicies', {
    metadata: { name: 'shells' },
    spec: {
      matchConstraints: { resourceRules: [{ ...rule, resources: ['pods/exec'] }] },
      validations: [
        {
          expression: "request.kind.kind == 'PodExecOptions' && object.command[0] != 'sh'",
          messageExpression: "'no shell for ' + request.userInfo.username + ' in ' + request.name",
        },
      ],
    },
  });
  await post('validatingadmissionpolicies', {
    metadata: { name: 'evictions' },
    spec: {
      matchConstraints: { resourceRules: [{ ...rule, operations: ['CREATE'], resources: ['pods/eviction'] }] },
      validations: [
        {
          expression: "request.kind.group == 'policy' && object.kind == 'Eviction' && !has(object.deleteOptions)",
          message: 'no options here',
        },
      ],
    },
  });
  for (const policyName of ['shells', 'evictions'])
    await post('validatingadmissionpolicybindings', {
      metadata: { name: policyName },
      spec: { policyName, validationActions: ['Deny'] },
    });
});
afterAll(async () => {
  hook?.close();
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});

const kubectl = (...args: string[]) =>
  new Promise<string>((resolve) => {
    execFile('kubectl', ['--kubeconfig', cluster.kubeconfig, ...args], (_error, out, problem) =>
      resolve(out + problem),
    );
  });

test('a policy judges what is to be run in a container', async () => {
  await expect
    .poll(() => kubectl('exec', 'p', '--', 'sh', '-c', 'id'), soon)
    .toContain('no shell for slipway-admin in p');
  expect(await kubectl('exec', 'p', '--', 'id')).toContain('pod p does not have a host assigned');
});

test('a web hook judges a port-forward and a proxied request', async () => {
  const refusal = 'admission webhook "ports.example.com" denied the request: no ports today';
  expect(await kubectl('get', '--raw', '/api/v1/namespaces/default/pods/p:80/proxy/a/b?c=d')).toContain(refusal);
  expect(asked.at(-1)).toMatchObject({
    operation: 'CONNECT',
    kind: { group: '', version: 'v1', kind: 'PodProxyOptions' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    subResource: 'proxy',
    name: 'p:80',
    namespace: 'default',
    object: { kind: 'PodProxyOptions', apiVersion: 'v1', path: '/a/b' },
    oldObject: null,
  });
  const headers = { upgrade: 'SPDY/3.1', connection: 'Upgrade', 'x-stream-protocol-version': 'portforward.k8s.io' };
  const path = '/api/v1/namespaces/default/pods/p/portforward?ports=80';
  const answer = await cluster.client.request('POST', path, { headers });
  expect([answer.status, ((await answer.json()) as { message: string }).message]).toEqual([403, refusal]);
  expect(asked.at(-1)).toMatchObject({ subResource: 'portforward', object: { ports: [80] } });
});

test('a policy judges an eviction, and a pod that is evicted says so', async () => {
  await cluster.client.create(pods, {
    metadata: { name: 'held', namespace: 'default' },
    spec: { nodeName: 'nowhere', containers: [{ name: 'main', image: 'a:1' }] },
  });
  const evict = async (more: object) => {
    const body = { metadata: { name: 'held', namespace: 'default' }, ...more };
    const path = '/api/v1/namespaces/default/pods/held/eviction';
    const answer = await cluster.client.request('POST', path, { body });
    return `${answer.status} ${await answer.text()}`;
  };
  await expect.poll(() => evict({ deleteOptions: { dryRun: ['All'] } }), soon).toContain('no options here');
  const held = () => cluster.client.get(pods, 'held', 'default');
  expect((await held()).status?.conditions?.some((each) => each.type === 'DisruptionTarget') ?? false).toBe(false);
  expect(await evict({})).toMatch(/^201 /);
  expect((await held()).metadata.deletionTimestamp).toBeDefined();
  expect((await held()).status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }),
  );
});
