import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { kubectlMinor, startTestCluster, type TestCluster } from '../../testing/index.js';

// What older ones do is in test/conformance/apply.test.ts.
const isNew = kubectlMinor() >= 28;
if (!isNew) console.warn('kubectl is not installed, or older than 1.28: its tests are skipped');

interface Entry {
  manager: string;
  operation: string;
  subresource?: string;
  time?: string;
  fieldsV1: Record<string, Record<string, unknown>>;
}

const deployment = (name: string, replicas?: number, image = 'example/web:1') =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: { app: name } },
    spec: {
      ...(replicas !== undefined && { replicas }),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 80 }] }] },
      },
    },
  });
const configMap = (name: string, data: Record<string, string>, annotations?: Record<string, string>) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...(annotations && { annotations }) },
    data,
  });

describe.skipIf(!isNew)('server-side apply with kubectl', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  });
  afterAll(() => cluster.stop());

  function run(args: string[], input = ''): Promise<{ code: number; out: string }> {
    return new Promise((resolve) => {
      const options = ['--kubeconfig', cluster.kubeconfig, `--cache-dir=${cluster.directory}/cache`];
      const child = execFile('kubectl', [...options, ...args], (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, out: stdout + stderr });
      });
      child.stdin?.end(input);
    });
  }
  const apply = (input: string, manager: string, ...flags: string[]) =>
    run(['apply', '--server-side', `--field-manager=${manager}`, ...flags, '-f', '-'], input);
  async function get(resource: string) {
    const { out } = await run(['get', resource, '-o', 'json', '--show-managed-fields']);
    return JSON.parse(out);
  }
  async function owners(resource: string): Promise<Entry[]> {
    return (await get(resource)).metadata.managedFields ?? [];
  }
  const named = (entries: Entry[]) =>
    entries.map(({ manager, operation, subresource }) =>
      [manager, operation, ...(subresource ? [subresource] : [])].join(' '),
    );

  test('creates an object and owns what it states, not what was defaulted', async () => {
    expect(await apply(deployment('made', 2), 'a')).toEqual({
      code: 0,
      out: 'deployment.apps/made serverside-applied\n',
    });
    const [entry, ...others] = await owners('deploy/made');
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ manager: 'a', operation: 'Apply', fieldsType: 'FieldsV1', apiVersion: 'apps/v1' });
    expect(entry?.fieldsV1).toEqual({
      'f:metadata': { 'f:labels': { 'f:app': {} } },
      'f:spec': {
        'f:replicas': {},
        'f:selector': {},
        'f:template': {
          'f:metadata': { 'f:labels': { 'f:app': {} } },
          'f:spec': {
            'f:containers': {
              'k:{"name":"web"}': {
                '.': {},
                'f:image': {},
                'f:name': {},
                'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
              },
            },
          },
        },
      },
    });
  });

  test('makes no new revision of what is applied again', async () => {
    await apply(deployment('again', 2), 'a');
    const before = await get('deploy/again');
    expect((await apply(deployment('again', 2), 'a')).code).toBe(0);
    expect((await get('deploy/again')).metadata).toEqual(before.metadata);
  });

  test('refuses to change what another owns, until it is forced', async () => {
    await apply(deployment('fought', 2), 'a');
    const { code, out } = await apply(deployment('fought', 3), 'b');
    expect(code).not.toBe(0);
    expect(out).toContain('Apply failed with 1 conflict: conflict with "a": .spec.replicas');
    expect((await apply(deployment('fought', 3), 'b', '--force-conflicts')).code).toBe(0);
    const entries = await owners('deploy/fought');
    expect(named(entries)).toEqual(['a Apply', 'b Apply']);
    expect(entries.map((each) => each.fieldsV1['f:spec']?.['f:replicas'] !== undefined)).toEqual([false, true]);
    expect((await apply(deployment('fought', 2), 'a')).out).toContain('conflict with "b": .spec.replicas');
    expect((await apply(deployment('fought'), 'a')).code).toBe(0);
    expect((await get('deploy/fought')).spec.replicas).toBe(3);
  });

  test('removes what its owner no longer applies, and nothing of others', async () => {
    await apply(configMap('shared', { mine: '1', ours: '1' }), 'a');
    await apply(configMap('shared', { theirs: '1', ours: '1' }), 'b');
    await apply(configMap('shared', {}), 'a');
    expect((await get('cm/shared')).data).toEqual({ theirs: '1', ours: '1' });
    await apply(configMap('shared', {}), 'b');
    expect((await get('cm/shared')).data).toBeUndefined();
  });

  test('an ordinary write takes fields over; apply then conflicts with it by name and version', async () => {
    await apply(configMap('patched', { k: '1' }), 'a');
    const patch = ['patch', 'cm', 'patched', '--type=merge', '--field-manager=p', '-p', '{"data":{"k":"2"}}'];
    expect((await run(patch)).code).toBe(0);
    expect(named(await owners('cm/patched'))).toEqual(['p Update']);
    const { out } = await apply(configMap('patched', { k: '1' }), 'a');
    expect(out).toContain('conflict with "p" using v1: .data.k');
  });

  test('notes who scaled, and apply through the scale', async () => {
    await apply(deployment('scaled'), 'a');
    expect((await run(['scale', 'deploy/scaled', '--replicas=4'])).code).toBe(0);
    expect(named(await owners('deploy/scaled'))).toEqual(['a Apply', 'kubectl Update scale']);
    const { out } = await apply(deployment('scaled', 1), 'a');
    expect(out).toContain('conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas');
    const scale = JSON.stringify({
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'scaled' },
      spec: { replicas: 5 },
    });
    const path = '/apis/apps/v1/namespaces/default/deployments/scaled/scale';
    const answer = await patchApply(`${path}?fieldManager=s&force=true`, scale);
    expect(answer).toMatchObject({ kind: 'Scale', spec: { replicas: 5 } });
    expect(named(await owners('deploy/scaled'))).toEqual(['a Apply', 's Apply scale']);
  });

  test('applies to the status alone through its subresource', async () => {
    await apply(deployment('reported', 1), 'a');
    const body = {
      ...JSON.parse(deployment('reported', 9)),
      status: { replicas: 7, conditions: [{ type: 'Nice', status: 'True' }] },
    };
    const flags = ['apply', '--server-side', '--field-manager=r', '--subresource=status', '-f', '-'];
    const { code, out } = await run(flags, JSON.stringify(body));
    expect(out).toContain('serverside-applied');
    expect(code).toBe(0);
    const live = await get('deploy/reported');
    expect([live.spec.replicas, live.status.replicas]).toEqual([1, 7]);
    const entry = (await owners('deploy/reported')).find((each) => each.manager === 'r');
    expect(entry?.subresource).toBe('status');
    expect(Object.keys(entry?.fieldsV1 ?? {})).toEqual(['f:status']);
    expect(entry?.fieldsV1['f:status']).toEqual({
      'f:conditions': { 'k:{"type":"Nice"}': { '.': {}, 'f:status': {}, 'f:type': {} } },
      'f:replicas': {},
    });
  });

  test('takes over from client-side apply without a conflict, and keeps its annotation true', async () => {
    expect((await run(['apply', '-f', '-'], configMap('migrated', { k: '1', gone: '1' }))).code).toBe(0);
    expect(named(await owners('cm/migrated'))).toEqual(['kubectl-client-side-apply Update']);
    const { code } = await run(['apply', '--server-side', '-f', '-'], configMap('migrated', { k: '2' }));
    expect(code).toBe(0);
    const live = await get('cm/migrated');
    expect(live.data).toEqual({ k: '2' });
    expect(named(await owners('cm/migrated'))).toContain('kubectl Apply');
    const { out } = await run(['apply', 'view-last-applied', 'cm/migrated', '-o', 'json']);
    expect(JSON.parse(out).data).toEqual({ k: '2' });
    expect((await run(['apply', '-f', '-'], configMap('migrated', { k: '3' }))).code).toBe(0);
  });

  test('forgets the owners when told to, and asks nobody until the next apply', async () => {
    await apply(configMap('reset', { k: '1' }), 'a');
    const clear = '{"metadata":{"managedFields":[{}]}}';
    expect((await run(['patch', 'cm', 'reset', '--type=merge', '-p', clear])).code).toBe(0);
    expect(await owners('cm/reset')).toEqual([]);
    await run(['patch', 'cm', 'reset', '--type=merge', '-p', '{"data":{"k":"2"}}']);
    expect(await owners('cm/reset')).toEqual([]);
    const { out } = await apply(configMap('reset', { k: '3' }), 'a');
    expect(out).toContain('conflict with "before-first-apply" using v1: .data.k');
  });

  test('refuses what it cannot apply', async () => {
    const unknown = JSON.stringify({ ...JSON.parse(configMap('bad', {})), wrong: 1 });
    expect((await apply(unknown, 'a', '--validate=false')).out).toContain('.wrong: field not declared in schema');
    const twice = JSON.parse(deployment('bad'));
    twice.spec.template.spec.containers.push({ name: 'web', image: 'example/web:2' });
    expect((await apply(JSON.stringify(twice), 'a')).out).toContain('duplicate entries for key [name="web"]');
    const owned = JSON.parse(configMap('bad', {}));
    owned.metadata.managedFields = [{ manager: 'x' }];
    expect((await apply(JSON.stringify(owned), 'a')).out).toContain('metadata.managedFields must be nil');
  });

  test('a dry run shows the conflict and the result, and changes nothing', async () => {
    await apply(configMap('dry', { k: '1' }), 'a');
    const { out } = await apply(configMap('dry', { k: '2' }), 'a', '--dry-run=server', '-o', 'jsonpath={.data.k}');
    expect(out).toBe('2');
    expect((await get('cm/dry')).data).toEqual({ k: '1' });
  });

  async function patchApply(path: string, body: string): Promise<unknown> {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const config = new KubeConfig();
    config.loadFromFile(cluster.kubeconfig);
    const { request } = await import('node:https');
    const options: import('node:https').RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return new Promise((resolve, reject) => {
      const url = `${config.getCurrentCluster()?.server}${path}`;
      const headers = { ...options.headers, 'content-type': 'application/apply-patch+yaml' };
      const call = request(url, { ...options, method: 'PATCH', headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve(JSON.parse(text)));
      });
      call.on('error', reject);
      call.end(body);
    });
  }
});
