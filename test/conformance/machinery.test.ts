import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Body, createKubeRequests, type KubeRequests } from '../support/kube-requests.js';
import { uniqueName } from '../support/slipway.js';

const namespace = uniqueName('machinery');
const maps = `/api/v1/namespaces/${namespace}/configmaps`;
let kube: KubeRequests;

const map = (name: string, data: Record<string, string> = {}, metadata: Record<string, unknown> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});
const create = async (object: { metadata: object }): Promise<Body> => {
  const { status, body } = await kube.send('POST', maps, object);
  expect(status, body.message).toBe(201);
  return body;
};
const versionOf = (body: Body) => Number(body.metadata?.resourceVersion);
const namesOf = (body: Body) => (body.items ?? []).map((each) => String(each.metadata?.['name']));

beforeAll(async () => {
  kube = createKubeRequests();
  await kube.send('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
});
afterAll(async () => {
  await kube.send('DELETE', `/api/v1/namespaces/${namespace}`);
});

describe('revisions', () => {
  test('grow over all kinds with each write', async () => {
    const first = await create(map('r1'));
    const { body: secret } = await kube.send('POST', `/api/v1/namespaces/${namespace}/secrets`, {
      metadata: { name: 'r1' },
    });
    const second = await create(map('r2'));
    expect(versionOf(secret)).toBeGreaterThan(versionOf(first));
    expect(versionOf(second)).toBeGreaterThan(versionOf(secret));
  });

  test('an update from an old one is a conflict and changes nothing', async () => {
    const old = await create(map('stale', { k: '1' }));
    expect((await kube.send('PUT', `${maps}/stale`, { ...old, data: { k: '2' } })).status).toBe(200);
    const late = await kube.send('PUT', `${maps}/stale`, { ...old, data: { k: '3' } });
    expect([late.status, late.body.reason]).toEqual([409, 'Conflict']);
    expect((await kube.send('GET', `${maps}/stale`)).body['data']).toEqual({ k: '2' });
  });

  test('an update that changes nothing makes no new one', async () => {
    const made = await create(map('same', { k: '1' }));
    const again = await kube.send('PUT', `${maps}/same`, made);
    expect(versionOf(again.body)).toBe(versionOf(made));
  });
});

describe('lists', () => {
  test('come in pages of one state, and tell what is left', async () => {
    for (let index = 0; index < 5; index++) await create(map(`page-${index}`, {}, { labels: { set: 'pages' } }));
    const first = await kube.send('GET', `${maps}?limit=2`);
    expect(first.body.items).toHaveLength(2);
    expect(first.body.metadata?.remainingItemCount).toBeGreaterThan(0);
    await create(map('page-later', {}, { labels: { set: 'pages' } }));
    const seen = namesOf(first.body);
    let token = String(first.body.metadata?.continue);
    while (token !== '') {
      const next = await kube.send('GET', `${maps}?limit=2&continue=${encodeURIComponent(token)}`);
      expect(next.body.metadata?.resourceVersion).toBe(first.body.metadata?.resourceVersion);
      seen.push(...namesOf(next.body));
      token = next.body.metadata?.continue ?? '';
    }
    expect(seen.filter((each) => each.startsWith('page-'))).toEqual(['page-0', 'page-1', 'page-2', 'page-3', 'page-4']);
  });

  test('refuse a token that they did not give', async () => {
    const { status, body } = await kube.send('GET', `${maps}?limit=2&continue=nonsense`);
    expect([status, body.kind]).toEqual([400, 'Status']);
  });

  test('choose by labels and fields', async () => {
    await create(map('chosen', {}, { labels: { app: 'x', tier: 'a' } }));
    await create(map('other', {}, { labels: { app: 'x', tier: 'b' } }));
    const by = async (query: string) => namesOf((await kube.send('GET', `${maps}?${query}`)).body);
    expect(await by('labelSelector=app%3Dx')).toEqual(['chosen', 'other']);
    expect(await by('labelSelector=app%3Dx,tier%20notin%20(b)')).toEqual(['chosen']);
    expect(await by('fieldSelector=metadata.name%3Dother')).toEqual(['other']);
    expect((await kube.send('GET', `${maps}?fieldSelector=data.k%3D1`)).status).toBe(400);
  });

  test('leave as tables and as metadata', async () => {
    const table = await kube.send('GET', maps, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    expect(table.body.kind).toBe('Table');
    const partial = await kube.send('GET', maps, undefined, {
      accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
    });
    expect(partial.body.kind).toBe('PartialObjectMetadataList');
    expect(partial.body.items?.every((each) => each['data'] === undefined)).toBe(true);
  });
});

describe('watches', () => {
  test('tell everything after a revision, in order', async () => {
    const { metadata } = await create(map('w0'));
    for (const name of ['w1', 'w2', 'w3']) await create(map(name));
    await kube.send('DELETE', `${maps}/w2`);
    const path = `${maps}?watch=true&resourceVersion=${metadata?.resourceVersion}`;
    const lines = await kube.watch(path, (seen) => seen.length >= 4);
    expect(lines.map(({ type, object }) => `${type} ${String(object.metadata?.['name'])}`)).toEqual([
      'ADDED w1',
      'ADDED w2',
      'ADDED w3',
      'DELETED w2',
    ]);
    const versions = lines.map((line) => versionOf(line.object));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
  });

  test('begin with what is there, and say where that ends', async () => {
    await create(map('initial', {}, { labels: { set: 'initial' } }));
    const query =
      'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=set%3Dinitial';
    const lines = await kube.watch(`${maps}?${query}`, (seen) => seen.some((each) => each.type === 'BOOKMARK'));
    expect(lines.map((each) => each.type)).toEqual(['ADDED', 'BOOKMARK']);
    expect(lines[1]?.object.metadata?.['annotations']).toEqual({ 'k8s.io/initial-events-end': 'true' });
  });

  test('tell when an object begins and ceases to be selected', async () => {
    const { metadata } = await create(map('mover'));
    const label = (value: string | null) =>
      kube.send('PATCH', `${maps}/mover`, { metadata: { labels: { in: value } } }, { 'content-type': merge });
    await label('yes');
    await label(null);
    const path = `${maps}?watch=true&labelSelector=in%3Dyes&resourceVersion=${metadata?.resourceVersion}`;
    const lines = await kube.watch(path, (seen) => seen.length >= 2);
    expect(lines.map((each) => each.type)).toEqual(['ADDED', 'DELETED']);
  });

  test('end when their time is over', async () => {
    const lines = await kube.watch(`${maps}?watch=true&timeoutSeconds=1&labelSelector=none%3Dsuch`, () => false);
    expect(lines.filter((each) => each.type !== 'BOOKMARK')).toEqual([]);
  });
});

const merge = 'application/merge-patch+json';

describe('deletion', () => {
  test('waits for finalizers', async () => {
    await create(map('held', {}, { finalizers: ['example.com/held'] }));
    const asked = await kube.send('DELETE', `${maps}/held`);
    expect(asked.body.metadata?.['deletionTimestamp']).toBeTruthy();
    expect((await kube.send('GET', `${maps}/held`)).status).toBe(200);
    await kube.send('PATCH', `${maps}/held`, { metadata: { finalizers: null } }, { 'content-type': merge });
    expect((await kube.send('GET', `${maps}/held`)).status).toBe(404);
  });

  test('keeps its preconditions', async () => {
    const made = await create(map('guarded'));
    const other = { preconditions: { uid: '00000000-0000-0000-0000-000000000000' } };
    expect((await kube.send('DELETE', `${maps}/guarded`, other)).status).toBe(409);
    const stale = { preconditions: { resourceVersion: '1' } };
    expect((await kube.send('DELETE', `${maps}/guarded`, stale)).status).toBe(409);
    const right = { preconditions: { uid: made.metadata?.['uid'] } };
    expect((await kube.send('DELETE', `${maps}/guarded`, right)).status).toBe(200);
  });

  test('of a collection takes what is selected', async () => {
    await create(map('c1', {}, { labels: { set: 'gone' } }));
    await create(map('c2', {}, { labels: { set: 'gone' } }));
    await create(map('c3', {}, { labels: { set: 'kept' } }));
    expect((await kube.send('DELETE', `${maps}?labelSelector=set%3Dgone`)).status).toBe(200);
    expect(namesOf((await kube.send('GET', `${maps}?labelSelector=set`)).body)).toContain('c3');
    expect((await kube.send('GET', `${maps}/c1`)).status).toBe(404);
  });
});

describe('dry runs', () => {
  test('answer as if and change nothing', async () => {
    const made = await kube.send('POST', `${maps}?dryRun=All`, map('dry'));
    expect([made.status, made.body.metadata?.['uid'] !== undefined]).toEqual([201, true]);
    expect((await kube.send('GET', `${maps}/dry`)).status).toBe(404);
    await create(map('wet', { k: '1' }));
    await kube.send('PATCH', `${maps}/wet?dryRun=All`, { data: { k: '2' } }, { 'content-type': merge });
    await kube.send('DELETE', `${maps}/wet?dryRun=All`);
    expect((await kube.send('GET', `${maps}/wet`)).body['data']).toEqual({ k: '1' });
    expect((await kube.send('POST', `${maps}?dryRun=Some`, map('dry'))).status).toBe(400);
  });
});

describe('what is sent', () => {
  test('may leave the name to the server', async () => {
    const { status, body } = await kube.send('POST', maps, { metadata: { generateName: 'made-' } });
    expect([status, /^made-[a-z0-9]{5}$/.test(String(body.metadata?.['name']))]).toEqual([201, true]);
  });

  test.each([
    ['Strict', 400, undefined],
    ['Warn', 201, '299 - "unknown field \\"dataa\\""'],
    ['Ignore', 201, undefined],
  ])('with an unknown field is judged by fieldValidation %s', async (mode, status, warning) => {
    const object = { ...map(uniqueName('unknown')), dataa: {} };
    const answer = await kube.send('POST', `${maps}?fieldValidation=${mode}`, object);
    expect(answer.status).toBe(status);
    expect([answer.headers['warning']].flat()[0]).toBe(warning);
  });

  test.each([
    ['no JSON', '{"metadata":', 'application/json', 400],
    ['a list where an object is wanted', '[]', 'application/json', 400],
    [
      'a kind that the path is not about',
      '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}',
      'application/json',
      400,
    ],
    ['a media type that nobody speaks', 'x', 'application/x-nothing', 415],
    ['more than 3 MB', `{"metadata":{"name":"x"},"data":{"k":"${'x'.repeat(3.2e6)}"}}`, 'application/json', 413],
  ])('%s is refused with a Status', async (_, body, type, code) => {
    const answer = await kube.send('POST', maps, body, { 'content-type': type });
    expect([answer.status, answer.body.kind]).toEqual([code, 'Status']);
  });
});

test('what is not there is a Status of reason NotFound', async () => {
  for (const path of [`${maps}/nothing`, '/api/v1/nothing', '/apis/none.example.com/v1/things']) {
    const { status, body } = await kube.send('GET', path);
    expect([status, body.kind, body.reason], path).toEqual([404, 'Status', 'NotFound']);
  }
});
