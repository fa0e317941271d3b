import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { KubeError } from '../../client/index.js';
import { namespaces, nodes, type Pod, persistentVolumeClaims, pods, storageClasses } from '../../kinds/index.js';
import { startTestCluster, type TestCluster } from '../../testing/index.js';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
});
afterAll(() => cluster.stop());

const pod = (namespace: string, name: string, spec: Partial<NonNullable<Pod['spec']>> = {}): Pod => ({
  metadata: { name, namespace },
  spec: { containers: [{ name: 'main', image: 'a' }], ...spec },
});

async function refusalOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof KubeError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'made';
}

test('a namespace that is held to a standard takes no pods below it', async () => {
  const labels = { 'pod-security.kubernetes.io/enforce': 'baseline' };
  await cluster.client.create(namespaces, { metadata: { name: 'tight', labels }, spec: {} });
  expect(await refusalOf(cluster.client.create(pods, pod('tight', 'a', { hostNetwork: true })))).toBe(
    '403 pods "a" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
  );
  expect(await refusalOf(cluster.client.create(pods, pod('tight', 'a')))).toBe('made');
  const wrong = { 'pod-security.kubernetes.io/enforce': 'tight' };
  expect(
    await refusalOf(cluster.client.create(namespaces, { metadata: { name: 'wrong', labels: wrong }, spec: {} })),
  ).toContain('must be one of privileged, baseline, restricted');
});

describe('a namespace with a user of its own that is held to `restricted`', () => {
  const help = 'Run as another user.';
  beforeAll(() =>
    cluster.client.create(namespaces, {
      metadata: {
        name: 'own-user',
        labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
        annotations: { 'slipway.dev/run-as-user': '1000001000', 'slipway.dev/pod-security-help': help },
      },
      spec: {},
    }),
  );

  test('fills ordinary pods up to it', async () => {
    const made = await cluster.client.create(pods, pod('own-user', 'plain'));
    expect(made.metadata.annotations).toMatchObject({ 'slipway.dev/run-as-user': '1000001000' });
    expect(made.spec?.securityContext).toEqual({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
      fsGroup: 1000001000,
    });
    expect(made.spec?.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('leaves what a pod says itself, and takes no user of its own choice from its annotation', async () => {
    const securityContext = { runAsUser: 7, fsGroup: 8, seccompProfile: { type: 'RuntimeDefault' as const } };
    const asked = pod('own-user', 'asked', { securityContext });
    const annotations = { 'slipway.dev/run-as-user': '0', note: 'kept' };
    const made = await cluster.client.create(pods, { ...asked, metadata: { ...asked.metadata, annotations } });
    expect(made.spec?.securityContext).toEqual({ runAsNonRoot: true, ...securityContext });
    expect(made.metadata.annotations).toEqual({ 'slipway.dev/run-as-user': '1000001000', note: 'kept' });
  });

  test.each<[string, Partial<NonNullable<Pod['spec']>>, string]>([
    ['root', { securityContext: { runAsUser: 0 } }, 'runAsUser=0'],
    ['being root', { securityContext: { runAsNonRoot: false } }, 'runAsNonRoot != true'],
    [
      'a capability',
      {
        containers: [
          { name: 'main', image: 'a', securityContext: { capabilities: { drop: ['ALL'], add: ['CHOWN'] } } },
        ],
      },
      'unrestricted capabilities',
    ],
    [
      'more privileges',
      { containers: [{ name: 'main', image: 'a', securityContext: { allowPrivilegeEscalation: true } }] },
      'allowPrivilegeEscalation != false',
    ],
    ['no filter of system calls', { securityContext: { seccompProfile: { type: 'Unconfined' } } }, 'seccompProfile'],
    ['a path of the node', { volumes: [{ name: 'a', hostPath: { path: '/' } }] }, 'hostPath'],
  ])('refuses a pod that asks for %s, with the remedy', async (_, spec, reason) => {
    const refusal = await refusalOf(cluster.client.create(pods, pod('own-user', 'x', spec)));
    expect(refusal).toContain('violates PodSecurity "restricted:latest"');
    expect(refusal).toContain(reason);
    expect(refusal).toMatch(/\. Run as another user\.$/);
  });

  test('fills ephemeral containers up, too', async () => {
    await cluster.client.create(pods, pod('own-user', 'examined'));
    const made = await cluster.client.patch(
      pods,
      'examined',
      'own-user',
      { spec: { ephemeralContainers: [{ name: 'look', image: 'a' }] } },
      { type: 'strategic', subresource: 'ephemeralcontainers' },
    );
    expect(made.spec?.ephemeralContainers?.[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('warns of no template for what its pods are given', async () => {
    const warningsOf = async (name: string, spec: object) => {
      const template = {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image: 'a' }], ...spec },
      };
      const body = { metadata: { name }, spec: { selector: { matchLabels: { app: name } }, template } };
      const path = '/apis/apps/v1/namespaces/own-user/deployments';
      const { headers, status } = await cluster.client.request('POST', path, { body });
      expect(status).toBe(201);
      return headers.get('warning') ?? '';
    };
    expect(await warningsOf('plain', {})).toBe('');
    expect(await warningsOf('root', { securityContext: { runAsUser: 0 } })).toContain('runAsUser=0');
  });
});

test('a pod gets the number of its priority class, and may not choose its own', async () => {
  const made = await cluster.client.create(
    pods,
    pod('default', 'critical', { priorityClassName: 'system-node-critical' }),
  );
  expect(made.spec?.priority).toBe(2_000_001_000);
  expect((await cluster.client.create(pods, pod('default', 'plain'))).spec?.priority).toBe(0);
  expect(await refusalOf(cluster.client.create(pods, pod('default', 'x', { priorityClassName: 'none' })))).toBe(
    '403 pods "x" is forbidden: no PriorityClass with name none was found',
  );
  expect(await refusalOf(cluster.client.create(pods, pod('default', 'x', { priority: 7 })))).toContain(
    'the integer value of priority (7) must not be provided in pod spec',
  );
});

test('a new node takes no pods until it is ready', async () => {
  const made = await cluster.client.create(nodes, { metadata: { name: 'n1' }, spec: {} });
  expect(made.spec?.taints).toEqual([{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
});

test('a pod learns with its node where that stands', async () => {
  const zone = { 'topology.kubernetes.io/zone': 'z1' };
  await cluster.client.create(nodes, { metadata: { name: 'n2', labels: { ...zone, other: 'x' } }, spec: {} });
  await cluster.client.create(pods, pod('default', 'placed'));
  const path = '/api/v1/namespaces/default/pods/placed/binding';
  const body = { metadata: { name: 'placed' }, target: { kind: 'Node', name: 'n2' } };
  expect((await cluster.client.request('POST', path, { body })).status).toBe(201);
  expect((await cluster.client.get(pods, 'placed', 'default')).metadata.labels).toEqual(zone);
});

test('a claim grows only where its storage class lets it', async () => {
  for (const [name, allowVolumeExpansion] of [
    ['grows', true],
    ['stays', false],
  ] as const)
    await cluster.client.create(storageClasses, {
      metadata: { name },
      provisioner: 'example.com/a',
      allowVolumeExpansion,
    });
  const grow = async (name: string, storageClassName: string, isBound: boolean) => {
    const metadata = { name, namespace: 'default' };
    const resources = { requests: { storage: '1Gi' } };
    const spec = { storageClassName, accessModes: ['ReadWriteOnce'], resources };
    await cluster.client.create(persistentVolumeClaims, { metadata, spec });
    const patch = (body: object, subresource?: 'status') =>
      cluster.client.patch(persistentVolumeClaims, name, 'default', body, { type: 'merge', subresource });
    if (isBound) await patch({ status: { phase: 'Bound', capacity: { storage: '1Gi' } } }, 'status');
    return refusalOf(patch({ spec: { resources: { requests: { storage: '2Gi' } } } }));
  };
  expect(await grow('a', 'grows', true)).toBe('made');
  expect(await grow('b', 'stays', true)).toContain('the storageclass that provisions the pvc must support resize');
  expect(await grow('c', 'grows', false)).toMatch(/^422 .*spec is immutable after creation/);
});
