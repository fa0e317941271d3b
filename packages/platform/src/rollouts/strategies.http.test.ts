import { deployments, httpRoutes, services } from '@slipway/orchestrator/kinds';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { type DeliveryPlatform, startDeliveryPlatform } from './testing/delivery-platform.js';

declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string;
    redisUrl: string;
  }
}

const image = (letter: string): string => `registry.example.com/hello@sha256:${letter.repeat(64)}`;
const application = '/tenants/acme/projects/shop/applications/hello';
const production = `${application}/environments/production`;
const namespace = 'acme-shop-production';

let platform: DeliveryPlatform;
const as = (user: string, method: string, path: string, body?: unknown) => platform.call(user, method, path, body);

beforeAll(async () => {
  platform = await startDeliveryPlatform({
    databaseUrl: inject('databaseUrl'),
    redisUrl: `${inject('redisUrl')}/15`,
    path: process.env['PATH'],
  });
  await as('admin', 'POST', '/tenants', { name: 'acme' });
  await as('admin', 'POST', '/tenants/acme/members', { username: 'dora', role: 'developer' });
  await as('admin', 'POST', '/tenants/acme/members', { username: 'vera', role: 'viewer' });
  await as('admin', 'POST', '/tenants/acme/projects', { name: 'shop' });
  const processes = { web: { replicas: 4 }, worker: { command: 'work' } };
  await as('dora', 'POST', '/tenants/acme/projects/shop/applications', {
    name: 'hello',
    source: { type: 'push' },
    processes,
  });
  await eventually(async () => {
    const { body } = await as('dora', 'GET', '/tenants/acme/projects/shop/environments/production');
    expect(body).toMatchObject({ state: 'ready' });
  });
  expect(await roll('a')).toMatchObject({ state: 'healthy', weight: 100 });
}, 90_000);

afterAll(async () => {
  await platform?.stop();
}, 60_000);

beforeEach(() => platform.behave(() => 'run'));

function eventually<T>(look: () => Promise<T>): Promise<T> {
  return vi.waitFor(look, { timeout: 30_000, interval: 100 });
}

async function start(letter: string, strategy?: object): Promise<string> {
  const released = await as('dora', 'POST', `${application}/releases`, { image: image(letter) });
  const body = { environment: 'production', release: released.body['number'], ...(strategy ? { strategy } : {}) };
  const started = await as('dora', 'POST', `${application}/rollouts`, body);
  expect(started).toMatchObject({ status: 202 });
  return String(started.body['id']);
}

const read = async (id: string) => (await as('dora', 'GET', `${application}/rollouts/${id}`)).body;
const command = (id: string, name: string, body?: object, who = 'dora') =>
  as(who, 'POST', `${application}/rollouts/${id}/${name}`, body);

function reaches(id: string, wanted: object): Promise<Record<string, unknown>> {
  return eventually(async () => {
    const rollout = await read(id);
    expect(rollout).toMatchObject(wanted);
    return rollout;
  });
}

async function roll(letter: string, strategy?: object): Promise<Record<string, unknown>> {
  const id = await start(letter, strategy);
  return eventually(async () => {
    const rollout = await read(id);
    expect(['healthy', 'failed', 'aborted']).toContain(rollout['state']);
    return rollout;
  });
}

/** What each Deployment runs: `hello-web: a ×4`. */
async function shown(): Promise<string[]> {
  const { items } = await platform.client.list(deployments, { namespace });
  return items
    .map(({ metadata, spec }) => {
      const letter = spec.template.spec?.containers[0]?.image?.at(-1);
      return `${metadata.name}: ${letter} ×${spec.replicas}`;
    })
    .sort();
}

async function weights(): Promise<Record<string, number | undefined>> {
  const route = await platform.client.get(httpRoutes, 'hello', namespace);
  const rule = route.spec.rules?.at(-1);
  return Object.fromEntries(rule?.backendRefs?.map(({ name, weight }) => [name, weight]) ?? []);
}

const stableSlot = async () =>
  (await platform.client.get(services, 'hello', namespace)).spec?.selector?.['slipway.dev/slot'];

describe('a canary', () => {
  const canary = {
    type: 'canary',
    steps: [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }, { pause: {} }],
    scaleDownDelaySeconds: 1,
  };

  it('is brought up beside the stable release, step by step, and becomes it without a pod started twice', async () => {
    const id = await start('b', canary);
    await reaches(id, { state: 'paused', weight: 25, pausedUntil: null });
    expect(await shown()).toEqual(['hello-web-slot-b: b ×1', 'hello-web: a ×4', 'hello-worker: a ×1']);
    await eventually(async () => expect(await weights()).toEqual({ 'hello-slot-a': 750, 'hello-slot-b': 250 }));
    expect(await stableSlot()).toBe('a');

    await command(id, 'promote', {});
    await reaches(id, { state: 'paused', weight: 50 });
    expect(await shown()).toEqual(['hello-web-slot-b: b ×2', 'hello-web: a ×4', 'hello-worker: a ×1']);
    await command(id, 'promote', {});
    await reaches(id, { state: 'healthy', weight: 100 });
    await eventually(async () => {
      expect(await shown()).toEqual(['hello-web-slot-b: b ×4', 'hello-worker: b ×1']);
    });
    await eventually(async () => expect(await weights()).toEqual({ 'hello-slot-a': 0, 'hello-slot-b': 1000 }));
    await eventually(async () => expect(await stableSlot()).toBe('b'));
    expect((await as('dora', 'GET', `${production}/status`)).body).toMatchObject({
      state: 'healthy',
      processes: [
        { name: 'web', desired: 4, ready: 4 },
        { name: 'worker', desired: 1, ready: 1 },
      ],
    });
  });

  it('that is aborted gives all traffic back and leaves nothing', async () => {
    const id = await start('c', canary);
    await reaches(id, { state: 'paused', weight: 25 });
    await eventually(async () => expect(await weights()).toEqual({ 'hello-slot-a': 250, 'hello-slot-b': 750 }));
    await command(id, 'abort');
    await reaches(id, { state: 'aborted', weight: 0 });
    await eventually(async () => expect(await weights()).toEqual({ 'hello-slot-a': 0, 'hello-slot-b': 1000 }));
    await eventually(async () => {
      expect(await shown()).toEqual(['hello-web-slot-b: b ×4', 'hello-worker: b ×1']);
    });

    const again = await command(id, 'retry');
    expect(again).toMatchObject({ status: 202, body: { strategy: canary } });
    await reaches(String(again.body['id']), { state: 'paused', weight: 25 });
    await command(String(again.body['id']), 'promote', { full: true });
    await reaches(String(again.body['id']), { state: 'healthy' });
    await eventually(async () => expect(await stableSlot()).toBe('a'));
  });

  it('that crashes goes back by itself and says why', async () => {
    platform.behave((pod) => (pod.spec?.containers[0]?.image === image('d') ? 'crash' : 'run'));
    expect(await roll('d', canary)).toMatchObject({
      state: 'failed',
      weight: 0,
      error: 'web: the process keeps exiting with code 7 (3 restarts): see its log.',
    });
    await eventually(async () => expect(await weights()).toEqual({ 'hello-slot-a': 1000, 'hello-slot-b': 0 }));
  });

  it('gives way to a later release in the middle, whatever its strategy', async () => {
    const id = await start('e', canary);
    await reaches(id, { state: 'paused', weight: 25 });
    expect(await roll('f')).toMatchObject({ state: 'healthy' });
    await reaches(id, { state: 'aborted' });
    await eventually(async () => expect(await weights()).toEqual({ 'hello-slot-a': 1000, 'hello-slot-b': 0 }));
    await eventually(async () => {
      expect(await shown()).toEqual(['hello-web: f ×4', 'hello-worker: f ×1']);
    });
  });

  it('is held and resumed; a command that does not fit is refused', async () => {
    const id = await start('b', { type: 'canary', steps: [{ setWeight: 10 }, { pause: { duration: 1 } }] });
    await command(id, 'pause');
    await reaches(id, { state: 'paused', held: true });
    await command(id, 'resume');
    await reaches(id, { state: 'healthy' });
    expect(await command(id, 'promote', {})).toMatchObject({ status: 409, body: { code: 'rollout-over' } });
    expect(await command(id, 'retry')).toMatchObject({ status: 409, body: { code: 'rollout-not-over' } });
    expect((await command(id, 'pause', undefined, 'vera')).status).toBe(403);
    expect((await command(id, 'pause', undefined, 'mallory')).status).toBe(404);
  });

  it('sends who carries a header to the candidate, and copies to it', async () => {
    const match = [{ headerName: 'X-Beta', headerValue: { prefix: 'y.' } }];
    const id = await start('c', {
      type: 'canary',
      stickyBy: 'cookie:uid',
      steps: [
        { setCanaryScale: { replicas: 2 } },
        { setHeaderRoute: { name: 'beta', match } },
        { setMirrorRoute: { name: 'copy', percentage: 20 } },
        { pause: {} },
      ],
    });
    await reaches(id, { state: 'paused', weight: 0 });
    const free = (await stableSlot()) === 'a' ? 'hello-slot-b' : 'hello-slot-a';
    const route = await eventually(async () => {
      const found = await platform.client.get(httpRoutes, 'hello', namespace);
      expect(found.spec.rules).toHaveLength(2);
      return found;
    });
    expect(route.metadata.annotations).toMatchObject({ 'slipway.dev/traffic-key': 'cookie:uid' });
    expect(route.spec.rules).toMatchObject([
      {
        matches: [{ headers: [{ type: 'RegularExpression', name: 'X-Beta', value: 'y\\..*' }] }],
        backendRefs: [{ name: free, weight: 1 }],
      },
      { filters: [{ type: 'RequestMirror', requestMirror: { backendRef: { name: free }, percent: 20 } }] },
    ]);
    await command(id, 'abort');
    await reaches(id, { state: 'aborted' });
    const after = await platform.client.get(httpRoutes, 'hello', namespace);
    expect(after.spec.rules).toHaveLength(1);
    expect(after.spec.rules?.[0]?.filters).toBeUndefined();
    expect(after.metadata.annotations?.['slipway.dev/traffic-key']).toBeUndefined();
  });
});

it('a blue/green release waits as a preview, and all traffic goes over at once', async () => {
  const id = await start('d', { type: 'blueGreen', autoPromotionEnabled: false, scaleDownDelaySeconds: 0 });
  await reaches(id, { state: 'paused', weight: 0 });
  const before = await stableSlot();
  await command(id, 'promote', {});
  await reaches(id, { state: 'healthy', weight: 100 });
  await eventually(async () => expect(await stableSlot()).not.toBe(before));
});

it('is rolled out as the environment says, unless the rollout says otherwise', async () => {
  const strategy = { type: 'canary', steps: [{ setWeight: 5.5 }, { pause: {} }] };
  expect(await as('dora', 'PUT', `${production}/strategy`, { strategy })).toMatchObject({
    status: 200,
    body: { strategy },
  });
  const id = await start('e');
  await reaches(id, { state: 'paused', weight: 5.5, strategy });
  const back = await as('dora', 'POST', `${application}/rollback`, { environment: 'production' });
  await reaches(String(back.body['id']), { state: 'healthy', strategy: { type: 'rolling' } });
  expect((await as('vera', 'PUT', `${production}/strategy`, { strategy })).status).toBe(403);
  expect((await as('mallory', 'GET', `${production}/strategy`)).status).toBe(404);
});

it.each<[string, object, string]>([
  ['a weight over 100', { type: 'canary', steps: [{ setWeight: 101 }] }, 'strategy.steps.0.setWeight'],
  ['two words in a step', { type: 'canary', steps: [{ setWeight: 1, pause: {} }] }, 'strategy.steps.0'],
  ['no word in a step', { type: 'canary', steps: [{}] }, 'strategy.steps.0'],
  [
    'a duration that is none',
    { type: 'canary', steps: [{ pause: { duration: 'soon' } }] },
    'strategy.steps.0.pause.duration',
  ],
  ['an unknown strategy', { type: 'magic' }, 'strategy.type'],
  ['an unknown field', { type: 'rolling', speed: 1 }, 'strategy'],
])('refuses %s with the path of the field', async (_, strategy, field) => {
  const { status, body } = await as('dora', 'PUT', `${production}/strategy`, { strategy });
  expect(status).toBe(400);
  expect(JSON.stringify(body['errors'])).toContain(field);
});
