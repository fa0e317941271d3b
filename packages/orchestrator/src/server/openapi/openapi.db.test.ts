import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { request } from 'node:https';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../../testing/index.js';

const list = JSON.stringify({
  apiVersion: 'v1',
  kind: 'List',
  items: ['a', 'b'].map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { k: name } })),
});

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
});
afterAll(() => cluster.stop());

function get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const { ca, certificate, key } = cluster.connection;
  return new Promise((resolve, reject) => {
    const sent = request(`${cluster.server.url}${path}`, { ca, cert: certificate, key, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

const getJson = async (path: string, headers?: Record<string, string>) =>
  JSON.parse(String((await get(path, headers)).body));

describe('discovery', () => {
  test('tells all of the groups in one answer, which a client that knows it is spared', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const { body, headers } = await get('/apis', { accept });
    const found = JSON.parse(String(body));
    expect(found).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' });
    const apps = found.items.find((each: { metadata: { name: string } }) => each.metadata.name === 'apps');
    expect(apps.versions[0].resources[0]).toMatchObject({ responseKind: { group: 'apps', version: 'v1' } });
    const again = await get('/apis', { accept, 'if-none-match': String(headers.etag) });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  test('lists groups, versions and resources for those who ask one by one', async () => {
    expect((await getJson('/apis')).groups[0].preferredVersion.groupVersion).toMatch(/\//);
    const { resources } = await getJson('/api/v1');
    expect(resources).toContainEqual(
      expect.objectContaining({ name: 'pods', shortNames: ['po'], storageVersionHash: 'xPOwRZ+Yhw8=' }),
    );
    expect((await get('/apis/no.such.group')).status).toBe(404);
  });
});

describe('OpenAPI', () => {
  test('v3 has an address for each group version that may be kept for ever', async () => {
    const { paths } = await getJson('/openapi/v3');
    const address = paths['apis/apps/v1'].serverRelativeURL;
    const { headers, body } = await get(address);
    expect(headers['cache-control']).toContain('immutable');
    const document = JSON.parse(String(body));
    const item = document.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'];
    expect(Object.keys(item).sort()).toEqual(['delete', 'get', 'patch', 'put']);
    expect(item.patch['x-kubernetes-group-version-kind']).toEqual({ group: 'apps', version: 'v1', kind: 'Deployment' });
    expect((await get(address, { 'if-none-match': String(headers.etag) })).status).toBe(304);
    const moved = await get('/openapi/v3/apis/apps/v1?hash=OLD');
    expect([moved.status, moved.headers.location]).toEqual([301, address]);
  });

  test('a large answer is packed for those who take it so', async () => {
    const { headers, body } = await get('/openapi/v2', { 'accept-encoding': 'gzip' });
    expect(headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(String(gunzipSync(body))).swagger).toBe('2.0');
  });

  test('every reference of the documents leads somewhere and every operation has its own name', async () => {
    const v2 = await getJson('/openapi/v2');
    const references = [...JSON.stringify(v2).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)].map((each) => each[1]);
    expect(references.filter((each) => !(String(each) in v2.definitions))).toEqual([]);
    const ids = [...JSON.stringify(v2.paths).matchAll(/"operationId":"([^"]+)"/g)].map((each) => each[1]);
    expect(ids.filter((each, index) => ids.indexOf(each) !== index)).toEqual([]);
  });
});

// The oldest that is served and the newest on the machine; the old one is unpacked beside it where there is one.
const kubectls = ['kubectl', process.env.KUBECTL_OLD ?? '/opt/kubectl-1.20/kubectl'].filter(
  (each) => each === 'kubectl' || existsSync(each),
);

describe.each(kubectls)('%s', (program) => {
  function run(args: string[], input = ''): Promise<string> {
    return new Promise((resolve) => {
      const options = [
        '--kubeconfig',
        cluster.kubeconfig,
        `--cache-dir=${cluster.directory}/cache-${kubectls.indexOf(program)}`,
      ];
      const child = execFile(program, [...options, ...args], (_error, stdout, stderr) => resolve(stdout + stderr));
      child.stdin?.end(input);
    });
  }

  test('applies a List, tries it out on the server first, and sees what would change', async () => {
    const name = `n${kubectls.indexOf(program)}`;
    await run(['create', 'namespace', name]);
    expect(await run(['-n', name, 'apply', '--dry-run=server', '-f', '-'], list)).toContain(
      'configmap/a created (server dry run)',
    );
    expect(await run(['-n', name, 'get', 'cm'])).not.toMatch(/^a /m);
    expect(await run(['-n', name, 'apply', '-f', '-'], list)).toMatch(/configmap\/a created\nconfigmap\/b created/);
    expect(await run(['-n', name, 'diff', '-f', '-'], list.replace('"k":"a"', '"k":"z"'))).toMatch(/\+ {2}k: z/);
    expect(await run(['-n', name, 'apply', '-f', '-'], list.replace('"data"', '"datta"'))).toMatch(
      /unknown field "datta"/,
    );
  });

  test('explains fields to their depth', async () => {
    expect(await run(['explain', 'deployment.spec.strategy.rollingUpdate'])).toMatch(
      /maxSurge\s+<(string|IntOrString)>/,
    );
    expect(await run(['explain', 'pods', '--recursive'])).toMatch(/terminationGracePeriodSeconds\s+<integer>/);
  });
});
