import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { createKubectl, type Kubectl, kubectlMinor } from '../support/kubectl.js';
import { createScene, type Scene } from '../support/scene.js';
import { checkout } from '../support/slipway.js';

interface Side {
  readonly scene: Scene;
  readonly namespace: string;
  readonly kubectl: Kubectl;
  readonly podIp: string;
  readonly url: string;
}

let one: Side;
let other: Side;

async function createSide(topic: string): Promise<Side> {
  const scene = await createScene(topic);
  await scene.slipway.run('deploy', join(checkout, 'docs/samples/hello'), '--create');
  const environments = (await scene.slipway.json('environments', 'list')) as { namespace: string }[];
  const namespace = environments[0]?.namespace ?? '';
  const kubectl = createKubectl(namespace);
  const podIp = await kubectl.ok(['get', 'pods', '-o', 'jsonpath={.items[0].status.podIP}']);
  const status = (await scene.slipway.json('status', '--app', 'hello')) as { url: string };
  return { scene, namespace, kubectl, podIp, url: status.url };
}

/** From a pod of one side: the exit status of a request that waits two seconds. */
const call = async ({ kubectl }: Side, url: string) =>
  (await kubectl.try(['exec', 'deployment/hello-web', '--', 'wget', '-T', '2', '-qO', '/dev/null', url])).exit;

describe.skipIf(kubectlMinor === undefined)('tenants on one network', () => {
  beforeAll(async () => {
    one = await createSide('north');
    other = await createSide('south');
  });
  afterAll(async () => {
    await one?.scene.dispose();
    await other?.scene.dispose();
  });

  test('do not reach each other’s pods, by address or through a Service', async () => {
    expect(await call(one, `http://${other.podIp}:8080/`)).not.toBe(0);
    expect(await call(other, `http://${one.podIp}:8080/`)).not.toBe(0);
    expect(await call(one, `http://hello.${other.namespace}.svc.cluster.local:8080/`)).not.toBe(0);
  });

  test('reach their own, by DNS', async () => {
    expect(await call(one, `http://${one.podIp}:8080/`)).toBe(0);
    const lookup = await one.kubectl.try([
      'exec',
      'deployment/hello-web',
      '--',
      'nslookup',
      `hello.${one.namespace}.svc.cluster.local`,
    ]);
    expect(lookup.exit, lookup.stdout).toBe(0);
  });

  test('reach neither the cluster’s API nor the platform’s own doors', async () => {
    expect(await call(one, 'https://kubernetes.default.svc.cluster.local/')).not.toBe(0);
    expect(
      await call(one, `http://slipway-api.slipway-system.svc.cluster.local:${new URL(inject('apiUrl')).port}/`),
    ).not.toBe(0);
    expect(await call(one, 'http://169.254.169.254/')).not.toBe(0);
  });

  test('are both open to the gateway', async () => {
    for (const { url } of [one, other]) {
      const host = new URL(url).host;
      const answer = await fetch(`http://127.0.0.1:${inject('gatewayPort')}/version`, { headers: { host } }).catch(() =>
        fetch(`${url}/version`),
      );
      expect(answer.status, host).toBeLessThan(500);
    }
  });

  test('can shut their projects further, and open them again', async () => {
    await one.scene.slipway.run('network', 'set', '--project', 'demo', '--mode', 'namespace');
    const policy = [
      'get',
      'networkpolicy',
      'slipway-default',
      '-o',
      'jsonpath={.spec.ingress[0].from[0].namespaceSelector.matchLabels}',
    ];
    await eventually(async () => expect(await one.kubectl.ok(policy)).toContain('slipway.dev/environment'));
    expect(await call(one, `http://${one.podIp}:8080/`)).toBe(0);
    await one.scene.slipway.run('network', 'set', '--project', 'demo', '--mode', 'inherit');
    await eventually(async () => expect(await one.kubectl.ok(policy)).not.toContain('slipway.dev/environment'));
  });
});
