import { deployments, httpRoutes, services } from '@slipway/orchestrator/kinds';
import { beforeEach, describe, expect, it } from 'vitest';
import { application, eventually, image, namespace, openShop, production } from './testing/open-shop.js';

const processes = { web: { replicas: 4 }, worker: { command: 'work' } };
const shop = openShop(() => ({ applications: { hello: { processes } }, stood: ['a'] }));
const { as, start, reaches, ended } = shop;

beforeEach(() => shop.platform.behave(() => 'run'));

const command = (id: string, name: string, body?: object, who = 'dora') =>
  as(who, 'POST', `${application}/rollouts/${id}/${name}`, body);

const roll = async (letter: string, strategy?: object) => ended(await start(letter, strategy));

/** What each Deployment runs: `hello-web: a ×4`. */
async function shown(): Promise<string[]> {
  const { items } = await shop.platform.client.list(deployments, { namespace });
  return items
    .map(({ metadata, spec }) => {
      const letter = spec.template.spec?.containers[0]?.image?.at(-1);
      return `${metadata.name}: ${letter} ×${spec.replicas}`;
    })
    .sort();
}

async function weights(): Promise<Record<string, number | undefined>> {
  const route = await shop.platform.client.get(httpRoutes, 'hello', namespace);
  const rule = route.spec.rules?.at(-1);
  return Object.fromEntries(rule?.backendRefs?.map(({ name, weight }) => [name, weight]) ?? []);
}

const stableSlot = async () =>
  (await shop.platform.client.get(services, 'hello', namespace)).spec?.selector?.['slipway.dev/slot'];

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
    shop.platform.behave((pod) => (pod.spec?.containers[0]?.image === image('d') ? 'crash' : 'run'));
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
      const found = await shop.platform.client.get(httpRoutes, 'hello', namespace);
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
    const after = await shop.platform.client.get(httpRoutes, 'hello', namespace);
    expect(after.spec.rules).toHaveLength(1);
    expect(after.spec.rules?.[0]?.filters).toBeUndefined();
    expect(after.metadata.annotations?.['slipway.dev/traffic-key']).toBeUndefined();
  });
});

it('a blue/green release waits as a preview, and all traffic goes over at once', async () => {
  const id = await start('d', { type: 'blueGreen', autoPromotionEnabled: false, scaleDownDelaySeconds: 0 });
  const { previewUrl } = await reaches(id, { state: 'paused', weight: 0 });
  const before = await stableSlot();
  const preview = await shop.platform.client.get(httpRoutes, 'hello.preview', namespace);
  expect(preview.spec.hostnames).toEqual([new URL(String(previewUrl)).hostname]);
  expect(preview.spec.rules?.[0]?.backendRefs).toMatchObject([{ name: `hello-slot-${before === 'a' ? 'b' : 'a'}` }]);
  await command(id, 'promote', {});
  await reaches(id, { state: 'healthy', weight: 100, previewUrl: null });
  await eventually(async () => {
    expect(await shop.platform.client.find(httpRoutes, 'hello.preview', namespace)).toBeUndefined();
  });
  await eventually(async () => expect(await stableSlot()).not.toBe(before));
});

it('an A/B test shows who matches the candidate, and a mirror copies to it', async () => {
  const match = [{ cookies: [{ name: 'beta', value: '1' }] }, { queryParams: [{ name: 'ui', value: 'new' }] }];
  const test = await start('b', { type: 'abTest', match });
  await reaches(test, { state: 'paused', weight: 0, previewUrl: null });
  const rules = async () => (await shop.platform.client.get(httpRoutes, 'hello', namespace)).spec.rules;
  await eventually(async () => {
    expect(await rules()).toMatchObject([
      { matches: [{ headers: [{ name: 'Cookie' }] }, { queryParams: [{ name: 'ui', value: 'new' }] }] },
      {},
    ]);
  });
  await command(test, 'promote', {});
  await reaches(test, { state: 'healthy' });
  const mirror = await start('c', { type: 'mirror', percentage: 30, duration: 1 });
  await eventually(async () => expect(await rules()).toMatchObject([{ filters: [{ type: 'RequestMirror' }] }]));
  await reaches(mirror, { state: 'healthy' });
  expect(await rules()).toHaveLength(1);
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
  ['a test of nobody', { type: 'abTest', match: [] }, 'strategy.match'],
  ['a match of everybody', { type: 'abTest', match: [{ headers: [] }] }, 'strategy.match.0'],
  [
    'a pattern that is none',
    { type: 'abTest', match: [{ cookies: [{ name: 'a', type: 'RegularExpression', value: '(' }] }] },
    'strategy.match.0.cookies.0.value',
  ],
  ['a mirror of nothing', { type: 'mirror', percentage: 0 }, 'strategy.percentage'],
  ['a pause of eight days', { type: 'canary', steps: [{ pause: { duration: 691200 } }] }, 'steps.0.pause.duration'],
  ['an unknown field', { type: 'rolling', speed: 1 }, 'strategy'],
])('refuses %s with the path of the field', async (_, strategy, field) => {
  const { status, body } = await as('dora', 'PUT', `${production}/strategy`, { strategy });
  expect(status).toBe(400);
  expect(JSON.stringify(body['errors'])).toContain(field);
});

it('offers presets, and converts what others wrote; what cannot be taken is named', async () => {
  const { body } = await as('mallory', 'GET', '/strategies/presets');
  expect(body['items']).toContainEqual(expect.objectContaining({ name: 'blue-green-manual' }));
  const manifest = `
kind: Rollout
spec: { strategy: { canary: { canaryService: c, steps: [{ setWeight: 5 }, { pause: {} }] } } }`;
  expect(await as('mallory', 'POST', '/strategies/convert', { manifest })).toMatchObject({
    status: 200,
    body: {
      strategy: { type: 'canary', steps: [{ setWeight: 5 }, { pause: {} }] },
      warnings: [{ path: 'spec.strategy.canary.canaryService' }],
    },
  });
  for (const [wrong, path] of [
    ['{', 'body.manifest'],
    [{ kind: 'Pod' }, 'body.manifest.kind'],
    [
      { kind: 'Rollout', spec: { strategy: { canary: { steps: [{ pause: { duration: 'soon' } }] } } } },
      'body.manifest.strategy.steps.0.pause.duration',
    ],
  ] as const) {
    expect(await as('mallory', 'POST', '/strategies/convert', { manifest: wrong })).toMatchObject({
      status: 422,
      body: { code: 'strategy-not-convertible', errors: [{ path }] },
    });
  }
  const falls = { type: 'canary', steps: [{ setWeight: 50 }, { pause: {} }, { setWeight: 20 }, { pause: {} }] };
  expect(await as('dora', 'PUT', `${production}/strategy`, { strategy: falls })).toMatchObject({
    status: 200,
    body: { warnings: [{ path: 'strategy.steps.2.setWeight' }] },
  });
});

it('says what a rollout would change, and changes nothing', async () => {
  const before = (await as('dora', 'GET', `${production}/status`)).body;
  const strategy = { type: 'canary', steps: [{ setWeight: 5 }, { pause: {} }] };
  const rollouts = async () => (await as('dora', 'GET', `${application}/rollouts`)).body['items'];
  const listed = await rollouts();
  const { status, body } = await as('vera', 'POST', `${production}/plan`, { image: image('9'), strategy });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    release: null,
    previousRelease: before['release'],
    routes: ['hello-shop-acme.slipway.localhost'],
    quota: { hasRoom: true },
    consent: { freeze: null },
    isRefused: false,
    steps: [{ name: 'prepare' }, { name: 'setWeight 5 %' }, { name: 'pause', seconds: null }, { name: 'promote' }],
  });
  expect(body['changes']).toContainEqual(expect.objectContaining({ path: 'image', after: image('9') }));
  expect(body['objects']).toContainEqual(expect.objectContaining({ kind: 'Deployment', action: 'create' }));
  expect(await rollouts()).toEqual(listed);
  expect((await as('dora', 'GET', `${production}/status`)).body).toMatchObject({ release: before['release'] });
  expect(await as('dora', 'POST', `${production}/plan`, { release: 99999 })).toMatchObject({ status: 404 });
  expect(await as('dora', 'POST', `${production}/plan`, { release: 1, build: 1 })).toMatchObject({ status: 400 });
  expect((await as('mallory', 'POST', `${production}/plan`, {})).status).toBe(404);
});
