import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { KubeError } from '../../client/index.js';
import {
  type CustomResourceDefinition,
  customResourceDefinitions,
  type JsonObject,
  type KubeObject,
  objectAt,
  type ResourceType,
  stringAt,
  validatingWebhookConfigurations,
} from '../../kinds/index.js';
import { createStore, type Store } from '../../store/index.js';
import { startTestCluster, type TestCluster } from '../../testing/index.js';
import { HookCaller } from '../webhooks/call.js';
import { conversionHook } from './conversion-hook.js';

interface Endpoint extends KubeObject {
  spec: { hostPort?: string; host?: string; port?: string };
}

const group = 'stable.example.com';
const name = `endpoints.${group}`;
const endpoints = (version: string): ResourceType<Endpoint> => ({
  group,
  version,
  plural: 'endpoints',
  kind: 'Endpoint',
  namespaced: true,
});
const [v1, v2] = [endpoints('v1'), endpoints('v2')];

interface Review {
  request: { uid: string; desiredAPIVersion: string; objects: JsonObject[]; object?: JsonObject };
}

/** v1 has `host:port` in one field, v2 in two. */
function converted(object: JsonObject, apiVersion: string): JsonObject {
  const spec = objectAt(object, 'spec');
  const [host = '', port = ''] = stringAt(spec, 'hostPort').split(':');
  const isToV2 = apiVersion.endsWith('/v2');
  const joined = `${stringAt(spec, 'host')}:${stringAt(spec, 'port')}`;
  return { ...object, apiVersion, spec: isToV2 ? { host, port } : { hostPort: joined } };
}

const honest = ({ request }: Review): JsonObject => ({
  uid: request.uid,
  result: { status: 'Success' },
  convertedObjects: request.objects.map((each) => converted(each, request.desiredAPIVersion)),
});

let cluster: TestCluster;
let server: Server;
let url: string;
let caBundle: string;
let pool: pg.Pool;
let store: Store;
/** How many objects each call had. */
const calls: number[] = [];
/** What an admission hook was shown. */
const judged: JsonObject[] = [];
let answer: (review: Review, response: ServerResponse) => JsonObject | undefined = honest;

const text: JsonObject = { type: 'string' };
const version = (which: string, isStored: boolean, fields: string[]): JsonObject => ({
  name: which,
  served: true,
  storage: isStored,
  selectableFields: [{ jsonPath: `.spec.${fields[0]}` }],
  additionalPrinterColumns: [{ name: 'First', type: 'string', jsonPath: `.spec.${fields[0]}` }],
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: Object.fromEntries(fields.map((each) => [each, text])) },
      },
    },
  },
});

function definition(stored = 'v1', clientConfig: JsonObject = { url, caBundle }): JsonObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'endpoints', kind: 'Endpoint' },
      conversion: { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } },
      versions: [version('v1', stored === 'v1', ['hostPort']), version('v2', stored === 'v2', ['host', 'port'])],
    },
  };
}

const asDefinition = (object: JsonObject) => object as unknown as CustomResourceDefinition;
const endpoint = (type: typeof v1, called: string, spec: Endpoint['spec'], more: object = {}): Endpoint => ({
  apiVersion: `${group}/${type.version}`,
  kind: 'Endpoint',
  metadata: { name: called, namespace: 'default', ...more },
  spec,
});
const make = (called: string, hostPort = 'localhost:80') =>
  cluster.client.create(v1, endpoint(v1, called, { hostPort }));
const get = (type: typeof v1, called: string) => cluster.client.get(type, called, 'default');
const refusal = async (attempt: Promise<unknown>) => {
  const error = await attempt.then(
    () => undefined,
    (why: unknown) => why,
  );
  if (!(error instanceof KubeError)) throw new Error('it was not refused');
  return { code: error.code, reason: error.reason, message: error.message };
};

beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  const { authority } = cluster.server;
  const pair = await authority.keep('hook', { commonName: 'hook', hosts: ['127.0.0.1'] });
  caBundle = Buffer.from(authority.certificate).toString('base64');
  server = createServer({ cert: pair.certificate, key: pair.key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const review: Review & { apiVersion: string; kind: string } = JSON.parse(Buffer.concat(chunks).toString());
      if (request.url?.startsWith('/judge')) {
        const { uid, object = {} } = review.request;
        judged.push(object);
        response.end(JSON.stringify({ ...review, response: { uid, allowed: true } }));
        return;
      }
      calls.push(review.request.objects.length);
      const made = answer(review, response);
      if (made) response.end(JSON.stringify({ apiVersion: review.apiVersion, kind: review.kind, response: made }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/convert`;
  const database = new URL(inject('databaseUrl'));
  database.pathname = `/${cluster.database}`;
  pool = new pg.Pool({ connectionString: database.toString(), max: 2 });
  store = await createStore({ pool });
});

beforeEach(async () => {
  await cluster.client.create(customResourceDefinitions, asDefinition(definition()));
  calls.length = 0;
  answer = honest;
});

afterEach(async () => {
  answer = honest;
  await cluster.client.delete(customResourceDefinitions, name);
  await expect.poll(() => cluster.client.find(customResourceDefinitions, name), { timeout: 20_000 }).toBeUndefined();
});

afterAll(async () => {
  await store.close();
  await pool.end();
  await cluster.stop();
  server.closeAllConnections();
  server.close();
});

describe('a definition whose versions a hook converts', () => {
  test('is written and read in each of them', async () => {
    await make('a', 'example.com:8080');
    expect(calls).toEqual([]);
    const read = await get(v2, 'a');
    expect(read).toMatchObject({ apiVersion: `${group}/v2`, spec: { host: 'example.com', port: '8080' } });
    expect(read.spec.hostPort).toBeUndefined();
    const made = await cluster.client.create(v2, endpoint(v2, 'b', { host: 'b.example.com', port: '1' }));
    expect(made).toMatchObject({ apiVersion: `${group}/v2`, spec: { host: 'b.example.com', port: '1' } });
    expect((await get(v1, 'b')).spec).toEqual({ hostPort: 'b.example.com:1' });
    const patched = await cluster.client.patch(v2, 'b', 'default', { spec: { port: '2' } }, { type: 'merge' });
    expect(patched.spec).toEqual({ host: 'b.example.com', port: '2' });
    expect((await get(v1, 'b')).spec).toEqual({ hostPort: 'b.example.com:2' });
    await cluster.client.delete(v2, 'b', 'default');
    expect(await cluster.client.find(v1, 'b', 'default')).toBeUndefined();
  });

  test('asks once for a whole list, and once only for an object', async () => {
    for (let start = 0; start < 500; start += 20)
      await Promise.all(Array.from({ length: 20 }, (_, index) => make(`each-${start + index}`, `h:${start + index}`)));
    expect(calls).toEqual([]);
    const { items } = await cluster.client.list(v2, { namespace: 'default' });
    expect(items).toHaveLength(500);
    expect(items.every((each) => each.spec.host === 'h' && each.apiVersion === `${group}/v2`)).toBe(true);
    expect(calls).toEqual([500]);
    expect((await cluster.client.list(v2, { namespace: 'default' })).items).toHaveLength(500);
    await get(v2, 'each-7');
    expect(calls).toEqual([500]);
    expect((await cluster.client.list(v1, { namespace: 'default' })).items).toHaveLength(500);
    expect(calls).toEqual([500]);
  });

  test('is selected by the fields of the version that is asked for', async () => {
    await make('a', 'one:1');
    await make('b', 'two:2');
    const { items } = await cluster.client.list(v2, { namespace: 'default', fieldSelector: 'spec.host=two' });
    expect(items.map((each) => each.metadata.name)).toEqual(['b']);
  });

  test('is watched in either version', async () => {
    await make('before', 'old:1');
    const stop = new AbortController();
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { type, object } of cluster.client.watch(v2, { namespace: 'default', signal: stop.signal }))
        if (type !== 'BOOKMARK') seen.push(`${type} ${object.metadata.name} ${object.spec.host}:${object.spec.port}`);
    })();
    const selected: string[] = [];
    const selecting = (async () => {
      const options = { namespace: 'default', fieldSelector: 'spec.host=new', signal: stop.signal };
      for await (const { type, object } of cluster.client.watch(v2, options))
        if (type !== 'BOOKMARK') selected.push(`${type} ${object.metadata.name}`);
    })();
    await expect.poll(() => seen).toEqual(['ADDED before old:1']);
    await make('after', 'new:2');
    await cluster.client.patch(v1, 'after', 'default', { spec: { hostPort: 'newer:3' } }, { type: 'merge' });
    await cluster.client.delete(v1, 'before', 'default');
    await expect
      .poll(() => seen)
      .toEqual(['ADDED before old:1', 'ADDED after new:2', 'MODIFIED after newer:3', 'DELETED before old:1']);
    await expect.poll(() => selected).toEqual(['ADDED after', 'DELETED after']);
    stop.abort();
    await Promise.all([watching, selecting]);
  });

  test('is sent to an admission hook in the version that the hook asks for', async () => {
    const hooks = validatingWebhookConfigurations;
    await cluster.client.create(hooks, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'judge' },
      webhooks: [
        {
          name: 'judge.example.com',
          clientConfig: { url: url.replace('/convert', '/judge'), caBundle },
          rules: [{ apiGroups: [group], apiVersions: ['v2'], operations: ['CREATE'], resources: ['endpoints'] }],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    });
    judged.length = 0;
    await expect.poll(() => make(`a-${judged.length}`, 'one:1').then(() => judged.length)).toBeGreaterThan(0);
    await cluster.client.delete(hooks, 'judge');
    expect(judged[0]).toMatchObject({ apiVersion: `${group}/v2`, spec: { host: 'one', port: '1' } });
  });

  test('moves to another storage version as its objects are written again', async () => {
    await make('a', 'one:1');
    const { metadata } = await cluster.client.get(customResourceDefinitions, name);
    const next = definition('v2');
    next.metadata = { name, resourceVersion: String(metadata.resourceVersion) };
    await cluster.client.update(customResourceDefinitions, asDefinition(next));
    const known = await cluster.client.get(customResourceDefinitions, name);
    expect(known.status?.storedVersions).toEqual(['v1', 'v2']);
    const before = await get(v2, 'a');
    expect(before.spec).toEqual({ host: 'one', port: '1' });
    const after = await cluster.client.update(v2, before);
    expect(after.metadata.resourceVersion).not.toBe(before.metadata.resourceVersion);
    const again = await cluster.client.update(v2, after);
    expect(again.metadata.resourceVersion).toBe(after.metadata.resourceVersion);
    calls.length = 0;
    await get(v2, 'a');
    expect(calls).toEqual([]);
    const status = { status: { storedVersions: ['v2'] } };
    await cluster.client.patch(customResourceDefinitions, name, undefined, status, {
      type: 'merge',
      subresource: 'status',
    });
    expect((await cluster.client.get(customResourceDefinitions, name)).status?.storedVersions).toEqual(['v2']);
  });
});

describe('a hook that does not do what it is for', () => {
  const prefix = `conversion webhook for ${group}/v1, Kind=Endpoint`;

  test.each<[string, typeof answer, string]>([
    [
      'refuses',
      ({ request }) => ({ uid: request.uid, result: { status: 'Failure', message: 'not today' } }),
      `${prefix} failed: not today`,
    ],
    ['answers somebody else', (review) => ({ ...honest(review), uid: 'x' }), 'expected response.uid='],
    [
      'loses an object',
      (review) => ({ ...honest(review), convertedObjects: [] }),
      `${prefix} returned 0 objects, expected 1`,
    ],
    [
      'leaves the version as it was',
      (review) => ({ ...honest(review), convertedObjects: [...review.request.objects] }),
      `${prefix} returned invalid converted object at index 0: invalid groupVersion (expected ${group}/v2, received ${group}/v1)`,
    ],
    ['answers something else', (_, response) => void response.end('<html>'), 'the answer is not JSON'],
    ['fails', (_, response) => void response.writeHead(503).end('busy'), 'the server answered 503: busy'],
    ['hangs up', (_, response) => void response.destroy(), 'socket hang up'],
  ])('%s', async (_, how, message) => {
    await make('a');
    answer = how;
    const { code, reason, message: said } = await refusal(get(v2, 'a'));
    expect(said).toContain(message);
    expect(said).toContain(prefix);
    expect({ code, reason }).toEqual({ code: 500, reason: 'InternalError' });
    expect((await refusal(cluster.client.list(v2, { namespace: 'default' }))).message).toContain(message);
    // What needs no conversion goes on, and nothing was spoilt.
    expect((await get(v1, 'a')).spec).toEqual({ hostPort: 'localhost:80' });
    answer = honest;
    expect((await get(v2, 'a')).spec).toEqual({ host: 'localhost', port: '80' });
  });

  test('changes of the metadata nothing but labels and annotations', async () => {
    await make('a');
    const change = (metadata: (given: JsonObject) => JsonObject) => (review: Review) => ({
      ...honest(review),
      convertedObjects: review.request.objects.map((each) => {
        const made = converted(each, review.request.desiredAPIVersion);
        return { ...made, metadata: metadata(objectAt(made, 'metadata')) };
      }),
    });
    answer = change((given) => ({ ...given, name: 'b' }));
    expect((await refusal(get(v2, 'a'))).message).toContain('must have the same name: a != b');
    answer = change((given) => ({ ...given, labels: { 'a b': 'c' } }));
    expect((await refusal(get(v2, 'a'))).message).toContain('returned invalid metadata in object at index 0');
    answer = change((given) => ({ ...given, labels: { a: 'b' }, finalizers: ['example.com/x'], generation: 9 }));
    expect((await get(v2, 'a')).metadata).toMatchObject({ labels: { a: 'b' }, generation: 1 });
    expect((await get(v2, 'a')).metadata.finalizers).toBeUndefined();
  });

  test('writes nothing when it fails', async () => {
    answer = ({ request }) => ({ uid: request.uid, result: { status: 'Failure', message: 'no' } });
    const { code } = await refusal(cluster.client.create(v2, endpoint(v2, 'b', { host: 'h', port: '1' })));
    expect(code).toBe(500);
    expect((await cluster.client.list(v1, { namespace: 'default' })).items).toEqual([]);
  });

  test('is given up on in time', async () => {
    answer = () => undefined;
    const caller = new HookCaller(store);
    const hook = conversionHook(definition(), caller, 0.1);
    const object: JsonObject = { apiVersion: `${group}/v1`, kind: 'Endpoint', metadata: { name: 'a' } };
    await expect(hook?.convert([object], `${group}/v2`)).rejects.toThrow(
      `${prefix} failed: Post "${url}?timeout=0.1s": context deadline exceeded`,
    );
    caller.close();
  });
});
