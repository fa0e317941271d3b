import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { startTestCluster, type TestCluster } from '../testing/index.js';

// Every request here is refused by a Status of the right code and reason, changes nothing, and leaves the server ready.

let cluster: TestCluster;
const configMaps = '/api/v1/namespaces/default/configmaps';
const json = 'application/json';
const yaml = 'application/yaml';
const protobuf = 'application/vnd.kubernetes.protobuf';
const jsonPatch = 'application/json-patch+json';
const mergePatch = 'application/merge-patch+json';
const strategicPatch = 'application/strategic-merge-patch+json';
const apply = 'application/apply-patch+yaml';
const patient = { data: { key: 'value' }, metadata: { name: 'patient' } };
let before = '';

interface Status {
  kind?: string;
  status?: string;
  reason?: string;
  code?: number;
  message?: string;
  details?: { causes?: { field?: string }[] };
}

const send = async (
  method: string,
  path: string,
  body?: unknown,
  type = json,
  headers: Record<string, string> = {},
) => {
  const contentType: Record<string, string> = body === undefined ? {} : { 'content-type': type };
  const answer = await cluster.client.request(method, path, { body, headers: { ...contentType, ...headers } });
  const text = await answer.text();
  const status: Status = text.startsWith('{') ? JSON.parse(text.split('\n')[0] ?? '') : {};
  return { code: answer.status, status, text };
};
const refused = async (code: number, reason: string, ...request: Parameters<typeof send>): Promise<Status> => {
  const answer = await send(...request);
  expect(answer.status).toMatchObject({ kind: 'Status', status: 'Failure', reason, code });
  expect(answer.code).toBe(code);
  return answer.status;
};
const names = async () => {
  const { text } = await send('GET', configMaps);
  const list: { items: { metadata: { name: string; resourceVersion: string } }[] } = JSON.parse(text);
  return JSON.stringify(list.items.map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
};

beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  await send('POST', configMaps, patient);
  await vi.waitFor(async () => expect((await send('GET', `${configMaps}/kube-root-ca.crt`)).code).toBe(200));
  before = await names();
});
afterEach(async () => {
  expect(await names()).toBe(before);
  expect((await cluster.client.request('GET', '/readyz')).status).toBe(200);
});
afterAll(() => cluster.stop());

describe('a body', () => {
  const create = (body: unknown, type = json) => ['POST', configMaps, body, type] as const;
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  const laughs = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefgh'.split('').map((each, at) => `${each}: &${each} [${Array(9).fill(`*${'abcdefg'[at]}`)}]`),
  ];
  const magic = Buffer.from([0x6b, 0x38, 0x73, 0]);
  const table: [string, string | Buffer, string?][] = [
    ['of malformed JSON', '{"metadata":'],
    ['of malformed YAML', 'metadata: [b', yaml],
    ['of malformed protobuf', Buffer.concat([magic, Buffer.from([0xff, 0xff, 0xff])]), protobuf],
    ['of protobuf without its prefix', 'name', protobuf],
    [
      'of protobuf whose length is a lie',
      Buffer.concat([magic, Buffer.from([0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])]),
      protobuf,
    ],
    ['that is empty', ''],
    ['that is a list', '[]'],
    ['that is a text', '"ConfigMap"'],
    ['that is null', 'null'],
    ['of another kind', '{"kind":"Secret","apiVersion":"v1","metadata":{"name":"x"}}'],
    ['of another version', '{"kind":"ConfigMap","apiVersion":"v2","metadata":{"name":"x"}}'],
    ['whose kind is a number', '{"kind":5,"metadata":{"name":"x"}}'],
    ['whose metadata is a list', '{"metadata":[1]}'],
    ['whose name is a number', '{"metadata":{"name":5}}'],
    ['nested too deep in JSON', deep],
    ['nested too deep in YAML', deep, yaml],
    ['nested too deep in blocks', `${'- '.repeat(600)}a`, yaml],
    ['that is a bomb of aliases', laughs.join('\n'), yaml],
    ['with an alias of itself', 'metadata: &m {name: x, labels: *m}', yaml],
    ['with a tag of another language', 'metadata: !!js/function x', yaml],
    ['with a prototype', '{"metadata":{"name":"x"},"data":{"__proto__":"y"}}'],
    ['with a prototype in disguise', '{"metadata":{"name":"x","labels":{"\\u005f_proto__":"y"}}}'],
    ['with a prototype in YAML', 'metadata: {name: x}\n__proto__: {data: {a: b}}', yaml],
  ];
  for (const [what, body, type] of table)
    test(`${what} is a bad request`, () => refused(400, 'BadRequest', ...create(body, type)).then(() => undefined));

  test('with unknown or repeated fields is refused where the client asks for it', async () => {
    const unknown = await refused(400, 'BadRequest', 'POST', `${configMaps}?fieldValidation=Strict`, {
      metadata: { name: 'x' },
      strange: 1,
    });
    expect(unknown.message).toContain('strict decoding error: unknown field "strange"');
    const twice = await refused(
      400,
      'BadRequest',
      'POST',
      `${configMaps}?fieldValidation=Strict`,
      '{"metadata":{"name":"x","name":"y"}}',
    );
    expect(twice.message).toContain('duplicate field "metadata.name"');
  });

  test('with bytes that are no text, NULs or half characters cannot name anything', async () => {
    for (const name of [
      Buffer.from([0xff, 0xfe]),
      Buffer.from('a\\u0000b'),
      Buffer.from('\\ud800'),
      Buffer.from('..'),
    ]) {
      const body = Buffer.concat([Buffer.from('{"metadata":{"name":"'), name, Buffer.from('"}}')]);
      const { details } = await refused(422, 'Invalid', ...create(body));
      expect(details?.causes?.[0]?.field).toBe('metadata.name');
    }
  });

  test('of an unknown media type is refused', async () => {
    for (const type of ['application/xml', ';;;', 'text/html', 'application/x-www-form-urlencoded'])
      await refused(415, 'UnsupportedMediaType', ...create('{"metadata":{"name":"x"}}', type));
  });

  test('of more than 3 MB is too large, packed or not, with its length said or not', async () => {
    const large = Buffer.alloc(3 * 1024 * 1024 + 1, ' ');
    await refused(413, 'RequestEntityTooLarge', ...create(large));
    const packed = { 'content-encoding': 'gzip' };
    await refused(413, 'RequestEntityTooLarge', 'POST', configMaps, gzipSync(Buffer.alloc(100_000_000)), json, packed);
    await refused(400, 'BadRequest', 'POST', configMaps, 'not packed', json, packed);
  });

  test('with too much in it is invalid', async () => {
    await refused(422, 'Invalid', ...create({ metadata: { name: 'x' }, data: { key: 'x'.repeat(1_100_000) } }));
    await refused(422, 'Invalid', ...create({ metadata: { name: 'x', annotations: { key: 'x'.repeat(300_000) } } }));
  });

  test('of YAML takes time by its length only', async () => {
    const begun = performance.now();
    const items = Array.from({ length: 30_000 }, (_, index) => `- &a${index} x\n- *a${index}\n`).join('');
    await refused(400, 'BadRequest', ...create(items, yaml));
    await refused(
      400,
      'BadRequest',
      ...create(
        `metadata: {name: x}\ndata:\n${Array.from({ length: 30_000 }, (_, i) => `  k${i}: 1\n`).join('')}`,
        yaml,
      ),
    );
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});

describe('a patch', () => {
  const patch = (body: unknown, type: string, query = '') =>
    ['PATCH', `${configMaps}/patient${query}`, body, type] as const;
  const copy = (index: number) => ({ op: 'copy', from: '/data', path: `/data/c${index}` });

  test('of JSON that is a bomb is refused', async () => {
    const tests = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data/key', value: 'value' }));
    await refused(413, 'RequestEntityTooLarge', ...patch(tests, jsonPatch));
    await refused(
      413,
      'RequestEntityTooLarge',
      ...patch(
        Array.from({ length: 64 }, (_, index) => copy(index)),
        jsonPatch,
      ),
    );
    const nesting = Array.from({ length: 1_000 }, () => [
      { op: 'add', path: '/m', value: {} },
      { op: 'move', from: '/data', path: '/m/n' },
      { op: 'move', from: '/m', path: '/data' },
    ]);
    await refused(422, 'Invalid', ...patch(nesting.flat(), jsonPatch));
  });

  test('that cannot be read is a bad request', async () => {
    for (const body of [
      '{}',
      'null',
      '[1]',
      '[{"op":"x","path":"/a"}]',
      '[{"op":"add","path":"a","value":1}]',
      `[{"op":"add","path":"/a","value":${'['.repeat(600)}${']'.repeat(600)}}]`,
    ])
      await refused(400, 'BadRequest', ...patch(body, jsonPatch));
    for (const type of [mergePatch, strategicPatch])
      for (const body of [
        '[]',
        'null',
        '{',
        '{"__proto__":{"immutable":true}}',
        `${'{"a":'.repeat(600)}1${'}'.repeat(600)}`,
      ])
        await refused(400, 'BadRequest', ...patch(body, type));
    await refused(400, 'BadRequest', ...patch('{"data":{"$patch":"nonsense"}}', strategicPatch));
    await refused(400, 'BadRequest', ...patch('apiVersion: v1\nkind: Secret\n', apply, '?fieldManager=x'));
    await refused(400, 'BadRequest', ...patch('apiVersion: v1\nkind: ConfigMap\n', apply));
    await refused(415, 'UnsupportedMediaType', ...patch('{}', 'application/patch'));
  });

  test('that makes no sense of the object is refused', async () => {
    for (const path of ['/__proto__/a', '/constructor/prototype/a', '/data/key/deeper', '/absent/a'])
      await refused(422, 'Invalid', ...patch([{ op: 'add', path, value: 'x' }], jsonPatch));
    await refused(422, 'Invalid', ...patch([{ op: 'replace', path: '', value: 5 }], jsonPatch));
    await refused(400, 'BadRequest', ...patch([{ op: 'replace', path: '/metadata', value: 5 }], jsonPatch));
    await refused(400, 'BadRequest', ...patch({ metadata: { name: 'another' } }, mergePatch));
    await refused(409, 'Conflict', ...patch({ metadata: { uid: 'another' } }, mergePatch));
    await refused(409, 'Conflict', ...patch({ metadata: { resourceVersion: '1' } }, mergePatch));
    expect('a' in {}).toBe(false);
  });

  test('by a manager without a proper name is invalid', async () => {
    await refused(422, 'Invalid', ...patch({}, mergePatch, `?fieldManager=${'x'.repeat(129)}`));
    await refused(422, 'Invalid', ...patch({}, mergePatch, '?fieldManager=%00'));
  });
});

describe('a deletion', () => {
  test('whose options cannot be read deletes nothing', async () => {
    for (const body of [
      '{"gracePeriodSeconds":"soon"}',
      '[1]',
      '"x"',
      '{',
      '{"kind":"Pod"}',
      '{"preconditions":5}',
      '{"dryRun":"All"}',
    ])
      await refused(400, 'BadRequest', 'DELETE', `${configMaps}/patient`, body);
    for (const query of ['propagationPolicy=Nobody', 'gracePeriodSeconds=soon'])
      await refused(400, 'BadRequest', 'DELETE', `${configMaps}/patient?${query}`);
    await refused(409, 'Conflict', 'DELETE', `${configMaps}/patient`, { preconditions: { uid: 'another' } });
  });
});

describe('a query', () => {
  const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const bad = [
    'resourceVersion=-1',
    'resourceVersion=abc',
    'resourceVersion=1.5',
    'resourceVersion=99999999999999999999',
    'resourceVersion=%00',
    'limit=abc',
    'limit=1e3',
    'limit=99999999999999999999',
    'timeoutSeconds=x',
    'labelSelector=a%20b',
    'labelSelector=a%20in%20(',
    'labelSelector=-a',
    'labelSelector=__proto__',
    'labelSelector=%00',
    `labelSelector=a%3D${'x'.repeat(64)}`,
    'fieldSelector=strange%3D1',
    'fieldSelector=__proto__%3D1',
    'fieldSelector=constructor%3D1',
    'fieldSelector=%3D',
    'continue=garbage',
    `continue=${token(null)}`,
    `continue=${token({ v: 'meta.k8s.io/v1', rv: 'x', start: 'a' })}`,
    `continue=${token({ v: 'meta.k8s.io/v1', rv: 5, start: '' })}`,
    `continue=${token({ v: 'v9', rv: 5, start: 'a' })}`,
    'continue=x&resourceVersion=5',
  ];
  for (const query of bad)
    test(`of ${query.slice(0, 50)} is a bad request, for a list and for a watch`, async () => {
      await refused(400, 'BadRequest', 'GET', `${configMaps}?${query}`);
      if (!query.startsWith('continue') && !query.startsWith('timeoutSeconds'))
        await refused(400, 'BadRequest', 'GET', `${configMaps}?watch=1&timeoutSeconds=1&${query}`);
    });

  test('that does not fit together is invalid', async () => {
    for (const query of [
      'resourceVersionMatch=Exact',
      'resourceVersionMatch=Some&resourceVersion=1',
      'sendInitialEvents=true',
      'watch=1&sendInitialEvents=true',
    ])
      await refused(422, 'Invalid', 'GET', `${configMaps}?${query}`);
  });

  test('for what is not there yet is a timeout, for lists, pages and watches', async () => {
    const page = token({ v: 'meta.k8s.io/v1', rv: 999_999_999, start: 'a' });
    await Promise.all(
      ['resourceVersion=999999999', `continue=${page}`, 'watch=1&resourceVersion=999999999'].map(async (query) => {
        const { message } = await refused(504, 'Timeout', 'GET', `${configMaps}?${query}`);
        expect(message).toMatch(/^Too large resource version: 999999999, current: \d+$/);
      }),
    );
  });

  test('with numbers beyond sense is answered as if they had been left out', async () => {
    for (const query of ['limit=-1', 'timeoutSeconds=-1', 'timeoutSeconds=99999999999', 'limit=999999999'])
      expect((await send('GET', `${configMaps}?${query}`)).code, query).toBe(200);
    expect((await send('GET', `${configMaps}?watch=1&timeoutSeconds=1&limit=1`)).code).toBe(200);
  });
});

describe('a path or method', () => {
  test('that leads nowhere is not found', async () => {
    const long = `/api/v1/${'a/'.repeat(3_000)}`;
    const strange = [
      '/api/v1/__proto__',
      '/apis/__proto__/v1',
      '/apis/apps/v1/constructor',
      '/openapi/v3/__proto__',
      '/api/v1/../../etc/passwd',
      '//api/v1/pods',
      long,
    ];
    const missing = ['a%2Fb', '%00', '%2e%2e', 'a/b/c/d', 'patient/nonsense', `${'x'.repeat(10_000)}`].map(
      (each) => `${configMaps}/${each}`,
    );
    for (const path of [...strange, ...missing]) await refused(404, 'NotFound', 'GET', path);
  });

  test('that is not properly encoded is a bad request', async () => {
    for (const name of ['%ff', '%zz', '%e0%80']) await refused(400, 'BadRequest', 'GET', `${configMaps}/${name}`);
  });

  test('that the resource does not know is not allowed', async () => {
    for (const method of ['TRACE', 'OPTIONS', 'PROPFIND']) await refused(405, 'MethodNotAllowed', method, configMaps);
    await refused(405, 'MethodNotAllowed', 'POST', `${configMaps}/patient`, patient);
    await refused(405, 'MethodNotAllowed', 'PUT', configMaps, patient);
    await refused(405, 'MethodNotAllowed', 'PATCH', configMaps, {}, mergePatch);
    await refused(405, 'MethodNotAllowed', 'DELETE', '/api/v1/namespaces');
  });
});
