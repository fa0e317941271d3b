import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { createKubectl, kubectlMinor } from '../support/kubectl.js';
import { uniqueName } from '../support/slipway.js';

const namespace = uniqueName('kubectl');
const image = inject('image');
const kubectl = createKubectl(namespace);
const { ok } = kubectl;

const manifest = (body: string) =>
  [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'page', namespace }, data: { 'index.html': body } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' }, annotations: { body } },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [
              {
                name: 'web',
                image,
                command: ['sh', '-c', 'echo started; exec httpd -f -p 8080 -h /www'],
                ports: [{ containerPort: 8080 }],
                readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
                volumeMounts: [{ name: 'page', mountPath: '/www' }],
              },
            ],
            volumes: [{ name: 'page', configMap: { name: 'page' } }],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
    },
  ]
    .map((object) => JSON.stringify(object))
    .join('\n');

describe.skipIf(!kubectlMinor)('an unmodified kubectl', () => {
  beforeAll(() => ok(['create', 'namespace', namespace]));
  afterAll(async () => {
    await kubectl.try(['delete', 'namespace', namespace, '--wait=false']);
  });

  test('gets nodes, pods, deployments and services of all namespaces', async () => {
    const table = await ok(['get', 'nodes,pods,deploy,svc', '-A']);
    expect(table).toMatch(/node\/.* Ready/);
    expect(table).toContain('service/kubernetes');
  });

  test('applies a manifest and waits for the rollout', async () => {
    expect(await ok(['apply', '-f', '-'], manifest('one'))).toContain('deployment.apps/web created');
    expect(await ok(['rollout', 'status', 'deployment/web', '--timeout=90s'])).toContain('successfully rolled out');
    expect(await ok(['get', 'pods', '-l', 'app=web'])).toMatch(/web-\S+ +1\/1 +Running/);
  });

  test('applies again without a change, and with one', async () => {
    expect(await ok(['apply', '-f', '-'], manifest('one'))).toContain('deployment.apps/web unchanged');
    expect(await ok(['apply', '-f', '-'], manifest('two'))).toContain('deployment.apps/web configured');
    await ok(['rollout', 'status', 'deployment/web', '--timeout=90s']);
    // An old kubectl may choose a pod that is ending when it is asked for one of the Deployment.
    await eventually(async () => expect(await ok(['get', 'pods', '-l', 'app=web'])).not.toContain('Terminating'), 60);
  });

  test('reads logs', async () => {
    expect(await ok(['logs', 'deployment/web', '--tail=5'])).toContain('started');
  });

  test('runs a command in a pod, with its input, output and exit status', async () => {
    expect(await ok(['exec', 'deployment/web', '--', 'wget', '-qO-', 'http://127.0.0.1:8080/'])).toContain('two');
    expect(await ok(['exec', '-i', 'deployment/web', '--', 'cat'], 'through stdin')).toBe('through stdin');
    expect((await kubectl.try(['exec', 'deployment/web', '--', 'sh', '-c', 'exit 7'])).exit).toBe(7);
  });

  test('reaches the Service by its name from a pod', async () => {
    expect(
      await ok(['exec', 'deployment/web', '--', 'wget', '-qO-', `http://web.${namespace}.svc.cluster.local/`]),
    ).toContain('two');
  });

  test('describes what it made, with its events', async () => {
    const text = await ok(['describe', 'deployment', 'web']);
    expect(text).toMatch(/Replicas: +2 desired \| 2 updated \| 2 total \| 2 available/);
    expect(text).toContain('ScalingReplicaSet');
  });

  test('deletes, and what was made of it goes too', async () => {
    expect(await ok(['delete', 'deployment', 'web', '--timeout=60s'])).toContain('deleted');
    await ok(['wait', '--for=delete', 'pod', '-l', 'app=web', '--timeout=60s']);
    expect((await kubectl.try(['get', 'pods', '-l', 'app=web', '-o', 'name'])).stdout).toBe('');
  });
});
