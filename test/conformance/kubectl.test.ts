import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createKubectl, kubectlMinor } from '../support/kubectl.js';
import { uniqueName } from '../support/slipway.js';

const namespace = uniqueName('conformance');
const kubectl = createKubectl(namespace);
const { ok, refused } = kubectl;
const field = (resource: string, path: string) => ok(['get', resource, '-o', `jsonpath={${path}}`]);
const configMap = (name: string, data: Record<string, string>, labels: Record<string, string> = {}) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data });

describe.skipIf(!kubectlMinor)('what kubectl expects of a Kubernetes API', () => {
  beforeAll(() => ok(['create', 'namespace', namespace]));
  afterAll(async () => {
    await kubectl.try(['delete', 'namespace', namespace, '--wait=false']);
  });

  test('discovery lists groups, versions and resources with their short names', async () => {
    expect(await ok(['api-versions'])).toMatch(/^apps\/v1$/m);
    const resources = await ok(['api-resources', '--no-headers']);
    expect(resources).toMatch(/^deployments +deploy +apps\/v1 +true +Deployment$/m);
    expect(resources).toMatch(/^configmaps +cm +v1 +true +ConfigMap$/m);
    expect(resources).toMatch(/^namespaces +ns +v1 +false +Namespace$/m);
    expect(await ok(['version', '-o', 'json'])).toContain('"serverVersion"');
  });

  test('create, get, label, annotate, edit by patch, delete', async () => {
    await ok(['create', 'configmap', 'a', '--from-literal=k=1']);
    expect(await field('cm/a', '.data.k')).toBe('1');
    await ok(['label', 'cm/a', 'tier=back']);
    await ok(['annotate', 'cm/a', 'note=hi']);
    await ok(['patch', 'cm', 'a', '--type=merge', '-p', '{"data":{"m":"2"}}']);
    await ok(['patch', 'cm', 'a', '--type=json', '-p', '[{"op":"replace","path":"/data/k","value":"3"}]']);
    await ok(['patch', 'cm', 'a', '--type=strategic', '-p', '{"data":{"m":null}}']);
    expect(JSON.parse(await field('cm/a', '.data'))).toEqual({ k: '3' });
    expect(await ok(['delete', 'cm', 'a'])).toContain('deleted');
    expect(await refused(['get', 'cm', 'a'])).toContain('(NotFound)');
  });

  test('creating a name twice is a conflict', async () => {
    await ok(['create', 'configmap', 'twice']);
    expect(await refused(['create', 'configmap', 'twice'])).toMatch(/already exists/);
  });

  test('replacing what changed meanwhile is a conflict', async () => {
    await ok(['create', '-f', '-'], configMap('stale', { k: '1' }));
    const old = await ok(['get', 'cm', 'stale', '-o', 'json']);
    await ok(['patch', 'cm', 'stale', '--type=merge', '-p', '{"data":{"k":"2"}}']);
    expect(await refused(['replace', '-f', '-'], old)).toContain('(Conflict)');
    expect(await field('cm/stale', '.data.k')).toBe('2');
  });

  test('a dry run on the server changes nothing', async () => {
    expect(await ok(['apply', '--dry-run=server', '-f', '-'], configMap('dry', {}))).toContain('server dry run');
    expect(await refused(['get', 'cm', 'dry'])).toContain('(NotFound)');
  });

  test('selectors by label and by field choose', async () => {
    await ok(['apply', '-f', '-'], configMap('s1', {}, { app: 'x', tier: 'a' }));
    await ok(['apply', '-f', '-'], configMap('s2', {}, { app: 'x', tier: 'b' }));
    const names = (words: string[]) => ok(['get', 'cm', '-o', 'name', ...words]);
    expect(await names(['-l', 'app=x'])).toBe('configmap/s1\nconfigmap/s2');
    expect(await names(['-l', 'app=x,tier!=a'])).toBe('configmap/s2');
    expect(await names(['-l', 'tier in (a)'])).toBe('configmap/s1');
    expect(await names(['--field-selector', 'metadata.name=s2'])).toBe('configmap/s2');
    expect(await ok(['delete', 'cm', '-l', 'app=x'])).toContain('"s2" deleted');
  });

  test('a long list comes in pages', async () => {
    const items = Array.from({ length: 25 }, (_, index) => configMap(`page-${index}`, {}, { set: 'pages' }));
    await ok(['apply', '-f', '-'], items.join('\n'));
    const listed = await ok(['get', 'cm', '-l', 'set=pages', '--chunk-size=10', '-o', 'name']);
    expect(listed.split('\n')).toHaveLength(25);
  });

  test('tables have the columns of each kind', async () => {
    expect(await ok(['get', 'deploy,svc,cm,sa', '--ignore-not-found'])).not.toContain('<unknown>');
    expect(await ok(['get', 'nodes'])).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION/);
    expect(await ok(['get', 'nodes', '-o', 'wide'])).toMatch(/INTERNAL-IP .*CONTAINER-RUNTIME/);
  });

  test('a Secret holds bytes', async () => {
    await ok(['create', 'secret', 'generic', 'bytes', '--from-literal=k=väl']);
    expect(Buffer.from(await field('secret/bytes', '.data.k'), 'base64').toString()).toBe('väl');
  });

  test('wait returns once a condition holds', async () => {
    await ok(['wait', '--for=condition=Ready', 'node', '--all', '--timeout=10s']);
    if ((kubectlMinor ?? 0) >= 23)
      await ok(['wait', '--for=jsonpath={.status.phase}=Active', `namespace/${namespace}`, '--timeout=10s']);
  });

  test('a Deployment scales, restarts, keeps its history and goes back', async () => {
    await ok(['create', 'deployment', 'd', '--image', inject('image'), '--replicas=0', '--', 'sleep', '1000']);
    await ok(['set', 'env', 'deployment/d', 'A=1']);
    await ok(['rollout', 'status', 'deployment/d', '--timeout=30s']);
    expect(await ok(['rollout', 'history', 'deployment/d'])).toMatch(/^2 /m);
    await ok(['rollout', 'undo', 'deployment/d']);
    await ok(['rollout', 'restart', 'deployment/d']);
    expect(await field('deployment/d', '.spec.template.spec.containers[0].env')).toBe('');
    await ok(['scale', 'deployment/d', '--replicas=1']);
    expect(await field('deployment/d', '.spec.replicas')).toBe('1');
    await ok(['rollout', 'status', 'deployment/d', '--timeout=60s']);
    await ok(['delete', 'deployment', 'd', '--cascade=foreground', '--timeout=90s']);
    expect(await ok(['get', 'rs,pods', '-o', 'name'])).toBe('');
  });

  // Before 1.25 kubectl judges fields itself.
  test.skipIf((kubectlMinor ?? 0) < 25)('a field that does not exist is refused by the server', async () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, dat: {} };
    expect(await refused(['create', '--validate=strict', '-f', '-'], JSON.stringify(object))).toMatch(/unknown field/i);
  });

  test.each([
    [
      'a name that is no DNS name',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'UPPER' } },
      /Invalid value: "UPPER"/,
    ],
    [
      'a kind that does not exist',
      { apiVersion: 'v1', kind: 'Nothing', metadata: { name: 'x' } },
      /no matches for kind/,
    ],
    [
      'a Deployment without a selector',
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'x' },
        spec: { template: { spec: { containers: [] } } },
      },
      /spec\.selector/,
    ],
    [
      'a Service with a port that is none',
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: { ports: [{ port: 70000 }] } },
      /spec\.ports\[0\]\.port/,
    ],
  ])('%s is refused and changes nothing', async (_, object, message) => {
    expect(await refused(['create', '--validate=false', '-f', '-'], JSON.stringify(object))).toMatch(message);
    expect((await kubectl.try(['get', 'cm,deploy,svc', 'x', '--ignore-not-found', '-o', 'name'])).stdout).toBe('');
  });
});
