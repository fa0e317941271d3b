import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKubectl, kubectlMinor } from '../support/kubectl.js';
import { uniqueName } from '../support/slipway.js';

const namespace = uniqueName('apply');
const kubectl = createKubectl(namespace);
const { ok } = kubectl;
/** Since 1.21 kubectl shows the entries only when asked to; since 1.32 it can apply to subresources. */
const shown = (kubectlMinor ?? 0) >= 21 ? ['--show-managed-fields'] : [];
const hasSubresources = (kubectlMinor ?? 0) >= 32;
const hasMigration = (kubectlMinor ?? 0) >= 26;

interface Entry {
  manager: string;
  operation: string;
  apiVersion: string;
  subresource?: string;
  fieldsType: string;
  fieldsV1: Record<string, Record<string, unknown>>;
}

const apply = (manager: string, manifest: string, ...flags: string[]) =>
  kubectl.try(['apply', '--server-side', `--field-manager=${manager}`, ...flags, '-f', '-'], manifest);
const applied = async (manager: string, manifest: string, ...flags: string[]) => {
  const { exit, stderr } = await apply(manager, manifest, ...flags);
  expect(stderr).not.toContain('Error');
  expect(exit).toBe(0);
};
const refused = async (manager: string, manifest: string, ...flags: string[]) => {
  const { exit, stderr } = await apply(manager, manifest, ...flags);
  expect(exit).not.toBe(0);
  return stderr;
};
const get = async (resource: string) => JSON.parse(await ok(['get', resource, '-o', 'json', ...shown]));
const entriesOf = async (resource: string): Promise<Entry[]> => (await get(resource)).metadata.managedFields ?? [];
const ownersOf = async (resource: string) =>
  (await entriesOf(resource)).map(({ manager, operation, subresource = '' }) =>
    `${manager} ${operation} ${subresource}`.trimEnd(),
  );
const configMap = (name: string, data: Record<string, string>) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data });
const deployment = (name: string, spec: object = {}, template: object = {}) =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      ...spec,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [{ name: 'web', image: 'example.org/none:1', ports: [{ containerPort: 80 }] }],
          ...template,
        },
      },
    },
  });

describe.skipIf(!kubectlMinor)('server-side apply and the owners of fields', () => {
  beforeAll(() => ok(['create', 'namespace', namespace]));
  afterAll(async () => {
    await kubectl.try(['delete', 'namespace', namespace, '--wait=false']);
  });

  test('an applied object is owned in what it states, not in what was defaulted', async () => {
    await applied('a', deployment('states', { replicas: 0 }));
    const [entry] = (await entriesOf('deploy/states')).filter((each) => each.manager === 'a');
    expect(entry).toMatchObject({ operation: 'Apply', apiVersion: 'apps/v1', fieldsType: 'FieldsV1' });
    expect(entry?.fieldsV1).toEqual({
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

  test('a created object is owned in all it holds', async () => {
    await ok(['create', '--field-manager=c', '-f', '-'], configMap('created', { k: '1' }));
    const [entry] = await entriesOf('cm/created');
    expect(entry).toMatchObject({ manager: 'c', operation: 'Update', apiVersion: 'v1' });
    expect(entry?.fieldsV1).toEqual({ 'f:data': { '.': {}, 'f:k': {} } });
  });

  test('applying the same again makes no new version', async () => {
    await applied('a', configMap('same', { k: '1' }));
    const before = await get('cm/same');
    await applied('a', configMap('same', { k: '1' }));
    expect((await get('cm/same')).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  test('a field that another owns is a conflict, which force wins', async () => {
    await applied('a', configMap('fought', { k: '1', l: '1' }));
    expect(await refused('b', configMap('fought', { k: '2' }))).toContain(
      'Apply failed with 1 conflict: conflict with "a": .data.k',
    );
    expect((await get('cm/fought')).data).toEqual({ k: '1', l: '1' });
    await applied('b', configMap('fought', { k: '2' }), '--force-conflicts');
    expect((await get('cm/fought')).data).toEqual({ k: '2', l: '1' });
    expect(await refused('a', configMap('fought', { k: '1', l: '1' }))).toContain('conflict with "b": .data.k');
  });

  test('the same value may have several owners, and lives as long as one of them', async () => {
    await applied('a', configMap('both', { k: '1', own: '1' }));
    await applied('b', configMap('both', { k: '1' }));
    await applied('a', configMap('both', {}));
    expect((await get('cm/both')).data).toEqual({ k: '1' });
    await applied('b', configMap('both', {}));
    expect((await get('cm/both')).data).toBeUndefined();
  });

  test('a patch takes a field from its applier, and conflicts are told by name and version', async () => {
    await applied('a', configMap('patched', { k: '1' }));
    const patch = '{"data":{"k":"2"}}';
    await ok(['patch', 'cm', 'patched', '--type=merge', '--field-manager=p', '-p', patch]);
    expect(await ownersOf('cm/patched')).toEqual(['p Update']);
    expect(await refused('a', configMap('patched', { k: '1' }))).toContain('conflict with "p" using v1');
  });

  test('items of a list are merged by their keys', async () => {
    await applied('a', deployment('items', { replicas: 0 }));
    const containers = [
      { name: 'web', env: [{ name: 'E', value: '1' }] },
      { name: 'side', image: 'example.org/none:1' },
    ];
    const partly = JSON.parse(deployment('items', {}, { containers }));
    await applied('b', JSON.stringify(partly));
    const live = (await get('deploy/items')).spec.template.spec.containers;
    expect(live.map(({ name, image, env }: Record<string, unknown>) => ({ name, image, env }))).toEqual([
      { name: 'web', image: 'example.org/none:1', env: [{ name: 'E', value: '1' }] },
      { name: 'side', image: 'example.org/none:1', env: undefined },
    ]);
    await applied('b', deployment('items', {}, { containers: [{ name: 'web', ports: [] }] }));
    expect((await get('deploy/items')).spec.template.spec.containers).toHaveLength(1);
  });

  test('scaling is noted as such', async () => {
    await applied('a', deployment('scaled'));
    await ok(['scale', 'deploy/scaled', '--replicas=0']);
    expect(await ownersOf('deploy/scaled')).toContain('kubectl Update scale');
    expect(await refused('a', deployment('scaled', { replicas: 1 }))).toContain(
      'conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas',
    );
  });

  test.skipIf(!hasSubresources)('the status is applied through its subresource, and only there', async () => {
    const widget = { ...JSON.parse(deployment('status', { replicas: 0 })), status: { observedGeneration: 99 } };
    await applied('a', JSON.stringify(widget));
    expect((await get('deploy/status')).status?.observedGeneration).not.toBe(99);
    const condition = { type: 'example.org/Nice', status: 'True' };
    const status = { ...JSON.parse(deployment('status', { replicas: 7 })), status: { conditions: [condition] } };
    await applied('s', JSON.stringify(status), '--subresource=status');
    const live = await get('deploy/status');
    expect(live.spec.replicas).toBe(0);
    const entry = live.metadata.managedFields.find((each: Entry) => each.manager === 's');
    expect(entry).toMatchObject({ operation: 'Apply', subresource: 'status' });
    expect(Object.keys(entry.fieldsV1)).toEqual(['f:status']);
  });

  test.skipIf(!hasMigration)('what kubectl applied from its side is taken over without a conflict', async () => {
    await ok(['apply', '-f', '-'], configMap('migrated', { k: '1', gone: '1' }));
    expect(await ownersOf('cm/migrated')).toEqual(['kubectl-client-side-apply Update']);
    await ok(['apply', '--server-side', '-f', '-'], configMap('migrated', { k: '2' }));
    expect((await get('cm/migrated')).data).toEqual({ k: '2' });
    const last = JSON.parse(await ok(['apply', 'view-last-applied', 'cm/migrated', '-o', 'json']));
    expect(last.data).toEqual({ k: '2' });
  });

  test('owners are forgotten when a client asks for it; the next apply finds what was there before', async () => {
    await applied('a', configMap('reset', { k: '1' }));
    await ok(['patch', 'cm', 'reset', '--type=merge', '-p', '{"metadata":{"managedFields":[{}]}}']);
    expect(await ownersOf('cm/reset')).toEqual([]);
    expect(await refused('a', configMap('reset', { k: '2' }))).toContain('"before-first-apply" using v1: .data.k');
  });

  test('what cannot be applied is refused', async () => {
    const unknown = { ...JSON.parse(configMap('bad', {})), wrong: 1 };
    expect(await refused('a', JSON.stringify(unknown), '--validate=false')).toContain(
      '.wrong: field not declared in schema',
    );
    const containers = [1, 2].map((version) => ({ name: 'web', image: `example.org/none:${version}` }));
    expect(await refused('a', deployment('bad', {}, { containers }))).toContain(
      'duplicate entries for key [name="web"]',
    );
    const owned = JSON.parse(configMap('bad', {}));
    owned.metadata.managedFields = [{ manager: 'x', operation: 'Apply', apiVersion: 'v1' }];
    expect(await refused('a', JSON.stringify(owned))).toContain('metadata.managedFields must be nil');
  });

  test('a dry run shows the result and changes nothing', async () => {
    await applied('a', configMap('dry', { k: '1' }));
    await applied('a', configMap('dry', { k: '2' }), '--dry-run=server');
    expect((await get('cm/dry')).data).toEqual({ k: '1' });
  });
});
