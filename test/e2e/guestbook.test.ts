import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { askGateway } from '../support/gateway.js';
import { createScene, type Scene } from '../support/scene.js';
import { checkout, uniqueName } from '../support/slipway.js';

let scene: Scene;
let url: string;
const port = inject('gatewayPort');
const sample = join(checkout, 'docs/samples/guestbook');
const entry = `Ada was here: ${uniqueName('entry')}`;

beforeAll(async () => {
  scene = await createScene('guestbook');
});
afterAll(() => scene?.dispose());

test('Redis and the front end are deployed from their folders', async () => {
  await scene.slipway.run('deploy', join(sample, 'redis'), '--create');
  url = await scene.slipway.run('deploy', join(sample, 'frontend'), '--create');
  expect(await scene.slipway.json('status', '--app', 'redis')).toMatchObject({
    state: 'healthy',
    processes: [
      { name: 'follower', ready: 2 },
      { name: 'leader', ready: 1 },
    ],
  });
  // Only a `web` process answers at a URL.
  expect(await scene.slipway.json('status', '--app', 'guestbook')).toMatchObject({ state: 'healthy' });
});

test('an entry written through the page is read back from the followers', async () => {
  await eventually(async () => expect((await askGateway({ port, url })).status).toBe(200));
  const body = new URLSearchParams({ text: entry }).toString();
  expect(await askGateway({ port, url, path: '/entries', method: 'POST', body })).toMatchObject({ status: 303 });
  await eventually(async () => expect((await askGateway({ port, url })).body).toContain(entry));
});

test('the entry is still there after the front end is redeployed', async () => {
  await scene.slipway.run('config', 'set', 'THEME=dark', '--app', 'guestbook', '--no-apply');
  await scene.slipway.run('deploy', join(sample, 'frontend'));
  await eventually(async () => {
    const { body } = await askGateway({ port, url });
    expect(body).toContain(entry);
    expect(body).toContain('release 2');
  });
});
