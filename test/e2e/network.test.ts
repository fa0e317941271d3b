import { request } from 'node:http';
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

/** From a pod of one side: whether something answers there within two seconds. */
const reaches = async ({ kubectl }: Side, host: string, port = 80): Promise<boolean> => {
  const command = `printf 'GET /version HTTP/1.0\\r\\n\\r\\n' | nc -w 2 ${host} ${port}`;
  return (await kubectl.try(['exec', 'deployment/hello-web', '--', 'sh', '-c', command])).exit === 0;
};

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
    expect(await reaches(one, other.podIp, 8080)).toBe(false);
    expect(await reaches(other, one.podIp, 8080)).toBe(false);
    expect(await reaches(one, `hello.${other.namespace}.svc.cluster.local`)).toBe(false);
  });

  test('reach their own, by DNS', async () => {
    expect(await reaches(one, one.podIp, 8080)).toBe(true);
    expect(await reaches(one, `hello.${one.namespace}.svc.cluster.local`)).toBe(true);
  });

  test('reach neither the cluster’s API nor the platform’s own doors', async () => {
    expect(await reaches(one, 'kubernetes.default.svc.cluster.local', 443)).toBe(false);
    const apiPort = Number(new URL(inject('apiUrl')).port);
    expect(await reaches(one, 'slipway-api.slipway-system.svc.cluster.local', apiPort)).toBe(false);
    expect(await reaches(one, '169.254.169.254')).toBe(false);
  });

  test('are both open to the gateway', async () => {
    for (const { url } of [one, other]) {
      const { hostname: host } = new URL(url);
      const answer = await new Promise<number | undefined>((resolve, reject) => {
        const options = { host: '127.0.0.1', port: inject('gatewayPort'), path: '/version', headers: { host } };
        request(options, (response) => resolve(response.resume().statusCode))
          .on('error', reject)
          .end();
      });
      expect(answer, host).toBe(200);
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
    expect(await reaches(one, one.podIp, 8080)).toBe(true);
    await one.scene.slipway.run('network', 'set', '--project', 'demo', '--mode', 'inherit');
    await eventually(async () => expect(await one.kubectl.ok(policy)).not.toContain('slipway.dev/environment'));
  });
});
