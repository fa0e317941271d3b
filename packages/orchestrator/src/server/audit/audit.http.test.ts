import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { JsonObject } from '../../kinds/index.js';
import { startTestCluster, type TestCluster } from '../../testing/index.js';

const policy = `
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
  - level: RequestResponse
    omitManagedFields: true
    namespaces: [default]
    resources: [{ group: '', resources: [configmaps, secrets] }]
  - level: Metadata
    omitStages: [RequestReceived]
`;

let cluster: TestCluster;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-audit-'));
  const path = join(directory, 'audit.log');
  const audit = { path, policy, maxSizeBytes: 10 * 1024 * 1024, maxBackups: 1, maxAgeDays: 1 };
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl'), audit });
});
afterAll(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true });
});

type Event = Record<string, never> & {
  stage: string;
  level: string;
  annotations?: Record<string, string>;
  objectRef?: JsonObject;
};

const text = () => readFile(join(directory, 'audit.log'), 'utf8').catch(() => '');
async function eventsOf(id: string | null, count: number): Promise<Event[]> {
  const read = async () =>
    (await text())
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .filter((each) => each.auditID === id);
  await expect.poll(async () => (await read()).length).toBe(count);
  return read();
}

interface Asked {
  status: number;
  id: string | null;
}

async function ask(path: string, method = 'GET', body?: object, headers: Record<string, string> = {}): Promise<Asked> {
  const { ca, server, certificate, key } = cluster.connection;
  const sent = request(`${server}${path}`, {
    ca,
    cert: certificate,
    key,
    method,
    headers: { 'content-type': 'application/json', 'user-agent': 'tester/1', ...headers },
  });
  const answered = once(sent, 'response');
  sent.end(body && JSON.stringify(body));
  const [response] = await answered;
  response.resume();
  await once(response, 'end');
  return { status: response.statusCode, id: response.headers['audit-id'] ?? null };
}

const configMaps = '/api/v1/namespaces/default/configmaps';

test('a change is noted with what was asked and what was answered', async () => {
  const { id } = await ask(configMaps, 'POST', { metadata: { generateName: 'noted-' }, data: { a: 'b' } });
  const [received, complete] = await eventsOf(id, 2);
  expect(received).toMatchObject({ stage: 'RequestReceived', level: 'RequestResponse' });
  expect(received).not.toHaveProperty('responseStatus');
  expect(complete).toMatchObject({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    stage: 'ResponseComplete',
    requestURI: configMaps,
    verb: 'create',
    user: { username: 'slipway-admin', groups: ['system:masters', 'system:authenticated'] },
    sourceIPs: ['127.0.0.1'],
    userAgent: 'tester/1',
    objectRef: { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 201 },
    requestObject: { metadata: { generateName: 'noted-' }, data: { a: 'b' } },
    responseObject: { kind: 'ConfigMap', data: { a: 'b' } },
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
  });
  expect(complete?.objectRef?.name).toMatch(/^noted-/);
  expect(JSON.stringify(complete)).not.toContain('managedFields');
});

test('a Secret is noted without what it holds, whatever the policy says', async () => {
  const secret = { metadata: { name: 'hidden' }, stringData: { password: 'swordfish-9' } };
  const { id } = await ask('/api/v1/namespaces/default/secrets', 'POST', secret);
  const events = await eventsOf(id, 2);
  expect(events.map((each) => each.level)).toEqual(['Metadata', 'Metadata']);
  expect(events[1]?.objectRef).toMatchObject({ resource: 'secrets', name: 'hidden' });
  const misplaced = await ask(configMaps, 'POST', { apiVersion: 'v1', kind: 'Secret', ...secret });
  await eventsOf(misplaced.id, 2);
  expect(await text()).not.toContain('swordfish-9');
  expect(await text()).not.toContain(Buffer.from('swordfish-9').toString('base64'));
});

test('a refusal is noted with its reason, and with who was impersonated', async () => {
  const { id, status } = await ask('/api/v1/nodes', 'GET', undefined, { 'impersonate-user': 'nobody' });
  expect(status).toBe(403);
  const [event] = await eventsOf(id, 1);
  expect(event).toMatchObject({
    verb: 'list',
    user: { username: 'slipway-admin' },
    impersonatedUser: { username: 'nobody' },
    responseStatus: { status: 'Failure', reason: 'Forbidden', code: 403 },
    annotations: { 'authorization.k8s.io/decision': 'forbid' },
  });
});

test('who is allowed by a role is noted with the binding', async () => {
  await ask('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', 'POST', {
    metadata: { name: 'readers' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'reader' }],
  });
  const { id } = await ask('/api/v1/services', 'GET', undefined, { 'impersonate-user': 'reader' });
  const [event] = await eventsOf(id, 1);
  expect(event?.annotations).toEqual({
    'authorization.k8s.io/decision': 'allow',
    'authorization.k8s.io/reason':
      'RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "view" to User "reader"',
  });
});

test('a watch is noted when it begins and when it ends', async () => {
  const { id } = await ask('/api/v1/namespaces?watch=true&timeoutSeconds=1');
  const events = await eventsOf(id, 2);
  expect(events.map((each) => each.stage)).toEqual(['ResponseStarted', 'ResponseComplete']);
});

test('what a policy says about a write is noted as its annotation', async () => {
  const group = '/apis/admissionregistration.k8s.io/v1';
  await ask(`${group}/validatingadmissionpolicies`, 'POST', {
    metadata: { name: 'noting' },
    spec: {
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
      },
      auditAnnotations: [{ key: 'made', valueExpression: "'made ' + object.metadata.name" }],
    },
  });
  await ask(`${group}/validatingadmissionpolicybindings`, 'POST', {
    metadata: { name: 'noting' },
    spec: { policyName: 'noting', validationActions: ['Audit'] },
  });
  const { id } = await ask(configMaps, 'POST', { metadata: { name: 'annotated' } });
  const [, complete] = await eventsOf(id, 2);
  expect(complete?.annotations).toMatchObject({ 'noting/made': 'made annotated' });
});
