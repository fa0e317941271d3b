import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { pods } from '../kinds/index.js';
import { kubectlMinor, startTestCluster, type TestCluster } from '../testing/index.js';

if (kubectlMinor() === 0) console.warn('kubectl is not installed: its tests are skipped');

const manifest = (replicas: number) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: 'example/web:1', ports: [{containerPort: 80}]}]}
`;

describe.skipIf(kubectlMinor() === 0)('kubectl', () => {
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

  test('lists every kind that is served', async () => {
    const { out } = await run(['api-resources']);
    for (const kind of ['Pod', 'Deployment', 'HTTPRoute', 'EndpointSlice', 'Lease']) expect(out).toContain(kind);
  });

  test('applies, reads, changes and describes a Deployment', async () => {
    expect((await run(['apply', '-f', '-'], manifest(2))).out).toContain('deployment.apps/web created');
    expect((await run(['apply', '-f', '-'], manifest(2))).out).toContain('deployment.apps/web unchanged');
    expect((await run(['apply', '-f', '-'], manifest(3))).out).toContain('deployment.apps/web configured');
    expect((await run(['get', 'deploy', 'web', '-o', 'jsonpath={.spec.replicas} {.metadata.generation}'])).out).toBe(
      '3 2',
    );
    expect((await run(['get', 'deploy'])).out).toMatch(/web\s+0\/3\s+0\s+0/);
    expect((await run(['describe', 'deploy', 'web'])).out).toContain('example/web:1');
    expect((await run(['scale', 'deploy', 'web', '--replicas=4'])).out).toContain('scaled');
    expect((await run(['set', 'image', 'deploy/web', 'web=example/web:2'])).out).toContain('image updated');
  });

  test('patches in three ways', async () => {
    const image = '{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"example/web:3"}]}}}}';
    expect((await run(['patch', 'deploy', 'web', '-p', image])).code).toBe(0);
    expect((await run(['patch', 'deploy', 'web', '--type=merge', '-p', '{"spec":{"paused":true}}'])).code).toBe(0);
    const operations = '[{"op":"replace","path":"/spec/replicas","value":1}]';
    expect((await run(['patch', 'deploy', 'web', '--type=json', '-p', operations])).code).toBe(0);
    const path = 'jsonpath={.spec.replicas} {.spec.paused} {.spec.template.spec.containers[*].image}';
    expect((await run(['get', 'deploy', 'web', '-o', path])).out).toBe('1 true example/web:3');
  });

  test('is told what is wrong with an object, field by field', async () => {
    const wrong = manifest(-1).replace('image:', 'imaage:');
    const { code, out } = await run(['apply', '-f', '-'], wrong);
    expect(code).toBe(1);
    // The server names the whole path; a kubectl before 1.25 validates by itself, by the document that we serve.
    expect(out).toMatch(/unknown field "(spec\.template\.spec\.containers\[0\]\.)?imaage"/);
    expect((await run(['apply', '-f', '-'], manifest(-1))).out).toContain('spec.replicas: Invalid value: -1');
  });

  test('waits for a condition and for a deletion', async () => {
    await run(['run', 'p', '--image=x']);
    const met = run(['wait', '--for=condition=Ready', 'pod/p', '--timeout=10s']);
    const status = { conditions: [{ type: 'Ready', status: 'True' }] };
    await cluster.client.patch(pods, 'p', 'default', { status }, { type: 'merge', subresource: 'status' });
    expect((await met).out).toContain('condition met');
    const deleted = run(['wait', '--for=delete', 'pod/p', '--timeout=10s']);
    expect((await run(['delete', 'pod', 'p'])).out).toContain('deleted');
    expect((await deleted).code).toBe(0);
  });

  test('explains fields', async () => {
    expect((await run(['explain', 'pod.spec.containers.image'])).out).toMatch(/image\b/);
  });

  test('exposes a Service with an address and a node port of its own', async () => {
    expect((await run(['expose', 'deploy', 'web', '--port=80', '--type=NodePort'])).code).toBe(0);
    expect(
      (await run(['get', 'svc', 'web', '-o', 'jsonpath={.spec.clusterIP} {.spec.ports[0].nodePort}'])).out,
    ).toMatch(/^100\.127\.\d+\.\d+ 3\d{4}$/);
    expect((await run(['delete', 'svc,deploy', 'web'])).code).toBe(0);
  });
});
