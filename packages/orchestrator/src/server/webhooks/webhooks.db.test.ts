import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import type { JsonObject } from '../../kinds/index.js';
import { createStore, type Store } from '../../store/index.js';
import { ApiError } from '../api-error.js';
import { KindCatalog } from '../catalog.js';
import { openCertificateAuthority } from '../pki.js';
import { asJson, Registry, type WriteContext } from '../registry.js';
import { webhookAdmission } from './webhooks.js';

const database = `hooks_${randomBytes(5).toString('hex')}`;
const admin = async (sql: string) => {
  const client = new pg.Client({ connectionString: inject('databaseUrl') });
  await client.connect();
  await client.query(sql);
  await client.end();
};

type Asked = { path: string; request: JsonObject };
let pool: pg.Pool;
let store: Store;
let registry: Registry;
let server: Server;
let directory: string;
let caBundle: string;
let address: string;
const asked: Asked[] = [];
/** What the server answers, by path. */
const answers: Record<string, (request: JsonObject) => JsonObject | undefined> = {};
const catalog = new KindCatalog();
let close: () => void;

beforeAll(async () => {
  await admin(`create database ${database}`);
  const url = new URL(inject('databaseUrl'));
  url.pathname = `/${database}`;
  pool = new pg.Pool({ connectionString: url.toString(), max: 3 });
  store = await createStore({ pool });
  registry = new Registry(store, catalog);
  const hooks = webhookAdmission(store, catalog);
  registry.admission.add(hooks.mutating, hooks.validating);
  close = hooks.close;
  directory = await mkdtemp(join(tmpdir(), 'slipway-hooks-'));
  const authority = await openCertificateAuthority(directory);
  const pair = await authority.keep('hook', { commonName: 'hook', hosts: ['127.0.0.1', 'hook.default.svc'] });
  caBundle = Buffer.from(authority.certificate).toString('base64');
  server = createServer({ cert: pair.certificate, key: pair.key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const review = JSON.parse(Buffer.concat(chunks).toString());
      const path = (request.url ?? '').split('?')[0] ?? '';
      asked.push({ path, request: review.request });
      const answer = answers[path]?.(review.request);
      if (!answer) return;
      response.end(JSON.stringify({ ...review, response: { uid: review.request.uid, ...answer } }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  close();
  server.closeAllConnections();
  server.close();
  await store.close();
  await pool.end();
  await rm(directory, { recursive: true, force: true });
  await admin(`drop database ${database} with (force)`);
});

beforeEach(async () => {
  asked.length = 0;
  for (const which of ['mutating', 'validating']) {
    const resource = `admissionregistration.k8s.io/${which}webhookconfigurations`;
    for (const each of store.list(resource))
      await store.commit([{ resource, namespace: '', name: each.name, value: each.value, remove: true }]);
  }
});

const rules = [{ operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }];

async function register(which: 'mutating' | 'validating', path: string, more: JsonObject = {}): Promise<void> {
  const name = `${path.slice(1)}.example.com`;
  const hook = { name, clientConfig: { url: `${address}${path}`, caBundle }, rules, sideEffects: 'None', ...more };
  const value = { metadata: { name: `${path.slice(1)}-hooks` }, webhooks: [hook] };
  const resource = `admissionregistration.k8s.io/${which}webhookconfigurations`;
  await store.commit([{ resource, namespace: '', name: value.metadata.name, value }]);
}

const contextOf = (more: Partial<WriteContext> = {}): WriteContext => ({
  user: { name: 'ann', groups: ['g'] },
  isDryRun: false,
  fieldManager: 'test',
  fieldValidation: 'Strict',
  warnings: [],
  ...more,
});

function create(name: string, context = contextOf(), data: JsonObject = {}, labels: JsonObject = {}) {
  const kind = catalog.find('', 'v1', 'configmaps');
  if (!kind) throw new Error('no configmaps');
  return registry.create(kind, 'default', { metadata: { name, labels }, data }, context);
}

async function refusalOf(promise: Promise<unknown>): Promise<JsonObject> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ApiError) return error.toStatus();
    throw error;
  }
  throw new Error('it was made');
}

const patchOf = (...operations: JsonObject[]): JsonObject => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});

test('a mutating hook is told who wants what, and changes the object', async () => {
  answers['/add'] = () => ({ ...patchOf({ op: 'add', path: '/data/added', value: 'yes' }), warnings: ['careful'] });
  await register('mutating', '/add');
  const context = contextOf();
  const made = await create('mutated', context, { own: 'x' });
  expect(asJson(made.value).data).toEqual({ own: 'x', added: 'yes' });
  expect(context.warnings).toEqual(['careful']);
  expect(asked[0]?.request).toMatchObject({
    kind: { group: '', version: 'v1', kind: 'ConfigMap' },
    resource: { group: '', version: 'v1', resource: 'configmaps' },
    operation: 'CREATE',
    name: 'mutated',
    namespace: 'default',
    userInfo: { username: 'ann', groups: ['g'] },
    object: { kind: 'ConfigMap', apiVersion: 'v1', data: { own: 'x' } },
    oldObject: null,
    dryRun: false,
  });
});

test('a validating hook refuses with its own code, reason and text', async () => {
  answers['/no'] = () => ({ allowed: false, status: { code: 418, reason: 'Teapot', message: 'short and stout' } });
  await register('validating', '/no');
  expect(await refusalOf(create('refused'))).toMatchObject({
    code: 418,
    reason: 'Teapot',
    message: 'admission webhook "no.example.com" denied the request: short and stout',
  });
  answers['/no'] = () => ({ allowed: false });
  expect(await refusalOf(create('refused'))).toMatchObject({
    code: 403,
    message: 'admission webhook "no.example.com" denied the request without explanation',
  });
  expect(store.get('configmaps', 'default', 'refused')).toBeUndefined();
});

test('a hook that does not answer in time stops the write, unless its failures are to be ignored', async () => {
  answers['/slow'] = () => undefined;
  await register('validating', '/slow', { timeoutSeconds: 0.05 });
  const refusal = await refusalOf(create('slow'));
  expect(refusal).toMatchObject({ code: 500, reason: 'InternalError' });
  expect(refusal.message).toMatch(
    /^Internal error occurred: failed calling webhook "slow.example.com": failed to call webhook: Post ".*\/slow\?timeout=0.05s": context deadline exceeded$/,
  );
  await register('validating', '/slow', { timeoutSeconds: 0.05, failurePolicy: 'Ignore' });
  await create('slow');
});

test('selectors, operations and dry runs decide whether a hook is asked', async () => {
  answers['/some'] = () => ({ allowed: true });
  await register('validating', '/some', { objectSelector: { matchLabels: { look: 'here' } } });
  await create('unlabelled');
  expect(asked).toHaveLength(0);
  await create('labelled', contextOf(), {}, { look: 'here' });
  expect(asked).toHaveLength(1);
  await register('validating', '/some', { sideEffects: 'Some' });
  expect(await refusalOf(create('dry', contextOf({ isDryRun: true })))).toMatchObject({
    code: 400,
    message: 'admission webhook "some.example.com" does not support dry run',
  });
  await register('validating', '/some', { rules: [{ ...rules[0], operations: ['DELETE'] }] });
  asked.length = 0;
  await create('deleted');
  expect(asked).toHaveLength(0);
  const kind = catalog.find('', 'v1', 'configmaps');
  const current = store.get('configmaps', 'default', 'deleted');
  if (kind && current) await registry.admitDeletion(kind, current, contextOf());
  expect(asked[0]?.request).toMatchObject({ operation: 'DELETE', object: null, oldObject: { kind: 'ConfigMap' } });
});

test('a hook is asked again when a later one changed the object', async () => {
  answers['/a'] = (request) =>
    JSON.stringify(request.object).includes('late')
      ? patchOf({ op: 'add', path: '/data/seen', value: 'yes' })
      : { allowed: true };
  answers['/b'] = () => patchOf({ op: 'add', path: '/data/late', value: 'yes' });
  await register('mutating', '/a', { reinvocationPolicy: 'IfNeeded' });
  await register('mutating', '/b');
  expect(asJson((await create('again', contextOf(), { own: 'x' })).value).data).toEqual({
    own: 'x',
    late: 'yes',
    seen: 'yes',
  });
  expect(asked.map((each) => each.path)).toEqual(['/a', '/b', '/a']);
});

test('a service is reached at its endpoints under its own name', async () => {
  answers['/in'] = () => ({ allowed: true });
  const port = Number(new URL(address).port);
  const service = { metadata: { name: 'hook', namespace: 'default' }, spec: { ports: [{ name: 'https', port: 443 }] } };
  const slice = {
    metadata: { name: 'hook-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'hook' } },
    ports: [{ name: 'https', port }],
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
  };
  await store.commit([
    { resource: 'services', namespace: 'default', name: 'hook', value: service },
    { resource: 'discovery.k8s.io/endpointslices', namespace: 'default', name: 'hook-1', value: slice },
  ]);
  await register('validating', '/in', {
    clientConfig: { service: { name: 'hook', namespace: 'default', path: '/in' }, caBundle },
  });
  await create('through-service');
  expect(asked.map((each) => each.path)).toEqual(['/in']);
});

test('match conditions decide whether a hook is asked', async () => {
  answers['/when'] = () => ({ allowed: true });
  const matchConditions = [
    { name: 'named', expression: 'object.metadata.name.startsWith("match")' },
    { name: 'user', expression: 'request.userInfo.username == "ann" && oldObject == null' },
  ];
  await register('validating', '/when', { matchConditions });
  await create('other');
  expect(asked).toHaveLength(0);
  await create('match-1');
  expect(asked).toHaveLength(1);
  await register('validating', '/when', { matchConditions: [{ name: 'broken', expression: 'object.none == 1' }] });
  expect(await refusalOf(create('match-2'))).toMatchObject({ code: 403, reason: 'Forbidden' });
});
