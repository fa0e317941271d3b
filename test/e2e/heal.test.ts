import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { askGateway, startLoad } from '../support/gateway.js';
import { kill } from '../support/outage.js';
import { createScene, type Scene } from '../support/scene.js';
import { checkout } from '../support/slipway.js';

const port = inject('gatewayPort');
let scene: Scene;
let url: string;

beforeAll(async () => {
  scene = await createScene('heal');
  url = await scene.slipway.run('deploy', join(checkout, 'docs/samples/hello'), '--create');
  await eventually(async () => expect((await askGateway({ port, url })).status).toBe(200));
});
afterAll(() => scene?.dispose());

async function killAndHeal(name: string): Promise<{ seconds: number; seen: string }> {
  const outage = await kill(name);
  return { seconds: await outage.over(), seen: outage.seen.join('\n') };
}

describe('kill -9 of one process', () => {
  test.each([
    'api',
    'worker',
    'portal',
    'cluster',
    'containerd',
    'postgres',
    'redis',
    'registry',
    'prometheus',
    'alertmanager',
  ])('%s is back within 15 s, nothing acknowledged is lost, and applications answer all the time', async (name) => {
    const variable = `KILLED_${name.toUpperCase()}`;
    await scene.slipway.run('config', 'set', `${variable}=yes`, '--app', 'hello', '--no-apply');
    const load = startLoad({ port, url, connections: 4, pauseMilliseconds: 10 });
    const { seconds, seen } = await killAndHeal(name);
    const { failures, count } = await load.stop();
    expect(seconds, seen).toBeLessThan(15);
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(20);
    await eventually(
      async () => expect(await scene.slipway.run('config', 'get', variable, '--app', 'hello')).toBe('yes'),
      5,
    );
  });

  test('gateway is back within 15 s, and applications answer again', async () => {
    const { seconds, seen } = await killAndHeal('gateway');
    await eventually(async () => expect((await askGateway({ port, url })).status).toBe(200), 5);
    expect(seconds, seen).toBeLessThan(15);
  });

  test('a deploy that goes on while the worker dies is finished', async () => {
    const deploy = scene.slipway.try(['deploy', join(checkout, 'docs/samples/hello')]);
    await eventually(async () => {
      const builds = (await scene.slipway.json('builds', 'list', '--app', 'hello')) as { state: string }[];
      expect(builds[0]?.state).toBe('running');
    });
    await kill('worker');
    const { exit, stderr } = await deploy;
    expect(exit, stderr).toBe(0);
  });

  test('pods that ran before still run: none was restarted', async () => {
    const pods = (await scene.slipway.json('pods', '--app', 'hello')) as { restarts: number; ready: boolean }[];
    expect(pods.length).toBeGreaterThan(0);
    expect(pods.every((pod) => pod.ready && pod.restarts === 0)).toBe(true);
  });
});
