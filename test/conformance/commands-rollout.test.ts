import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { createKubectl, kubectls } from '../support/kubectl.js';
import { uniqueName } from '../support/slipway.js';

const image = inject('image');
const deployment = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'main', image, imagePullPolicy: 'IfNotPresent', command: ['sleep', '1000'] }],
      },
    },
  },
});

describe.each(kubectls)('rollouts by kubectl 1.$minor', (which) => {
  const namespace = uniqueName('rollouts');
  const { ok, try: attempt, refused } = createKubectl(namespace, which);
  const field = (resource: string, path: string) => ok(['get', resource, '-o', `jsonpath={${path}}`]);
  const template = '.spec.template.spec.containers[0]';

  beforeAll(() => ok(['create', 'namespace', namespace]));
  afterAll(() => attempt(['delete', 'namespace', namespace, '--wait=false']));

  test.concurrent('rollout: status, history, undo, restart', async () => {
    await ok(['apply', '-f', '-'], JSON.stringify(deployment('web')));
    const settled = () => ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
    expect(await settled()).toContain('successfully rolled out');
    await ok(['annotate', 'deployment/web', 'kubernetes.io/change-cause=the first']);
    await ok(['set', 'env', 'deployment/web', 'COLOR=blue']);
    await settled();
    const history = await ok(['rollout', 'history', 'deployment/web']);
    expect(history).toMatch(/^1 +the first$/m);
    expect(history).toMatch(/^2 /m);
    expect(await ok(['rollout', 'history', 'deployment/web', '--revision=2'])).toMatch(/COLOR:\s+blue/);
    expect(await ok(['rollout', 'undo', 'deployment/web', '--to-revision=1'])).toContain('rolled back');
    await settled();
    expect(await field('deployment/web', `${template}.env`)).toBe('');
    expect(await refused(['rollout', 'undo', 'deployment/web', '--to-revision=17'])).toContain('unable to find');
    const before = await field('pods', '.items[*].metadata.uid');
    await ok(['rollout', 'restart', 'deployment/web']);
    await settled();
    await eventually(async () => expect(await field('pods', '.items[*].metadata.uid')).not.toContain(before));
  });

  test.concurrent('rollout: a paused one waits until it is resumed', async () => {
    const paused = deployment('paused');
    await ok(['apply', '-f', '-'], JSON.stringify({ ...paused, spec: { ...paused.spec, replicas: 0 } }));
    await ok(['rollout', 'status', 'deployment/paused', '--timeout=30s']);
    await ok(['rollout', 'pause', 'deployment/paused']);
    await ok(['set', 'image', 'deployment/paused', 'main=none:1']);
    await eventually(async () => {
      const [generation, seen] = (
        await field('deploy/paused', '.metadata.generation} {.status.observedGeneration')
      ).split(' ');
      expect(seen).toBe(generation);
    });
    expect((await ok(['get', 'rs', '-l', 'app=paused', '-o', 'name'])).split('\n')).toHaveLength(1);
    await ok(['rollout', 'resume', 'deployment/paused']);
    await eventually(async () =>
      expect((await ok(['get', 'rs', '-l', 'app=paused', '-o', 'name'])).split('\n')).toHaveLength(2),
    );
  });

  test.concurrent('set and scale change what they name', async () => {
    const changed = deployment('changed');
    await ok(['apply', '-f', '-'], JSON.stringify({ ...changed, spec: { ...changed.spec, replicas: 0 } }));
    await ok(['set', 'image', 'deployment/changed', `main=${image}-not`]);
    expect(await field('deployment/changed', `${template}.image`)).toBe(`${image}-not`);
    await ok(['set', 'resources', 'deployment/changed', '--limits=cpu=200m,memory=64Mi', '--requests=cpu=0.1']);
    expect(JSON.parse(await field('deployment/changed', `${template}.resources`))).toEqual({
      limits: { cpu: '200m', memory: '64Mi' },
      requests: { cpu: '100m' },
    });
    await ok(['create', 'configmap', 'settings', '--from-literal=MODE=fast']);
    await ok(['set', 'env', 'deployment/changed', '--from=configmap/settings', '--prefix=APP_']);
    expect(await ok(['set', 'env', 'deployment/changed', '--list', '--resolve'])).toContain('APP_MODE=fast');
    await ok(['set', 'env', 'deployment/changed', 'APP_MODE-']);
    expect(await field('deployment/changed', `${template}.env`)).toBe('');
    await ok(['scale', 'deployment/changed', '--replicas=0', '--current-replicas=0']);
    expect(await refused(['scale', 'deployment/changed', '--replicas=2', '--current-replicas=5'])).toMatch(
      /Expected replicas/i,
    );
    await ok(['create', 'service', 'clusterip', 'chosen', '--tcp=80']);
    await ok(['set', 'selector', 'service', 'chosen', 'app=changed']);
    expect(await field('service/chosen', '.spec.selector.app')).toBe('changed');
  });
});
