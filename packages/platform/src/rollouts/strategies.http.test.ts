import { deployments, httpRoutes, pods, services } from '@slipway/orchestrator/kinds';
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

describe('an experiment', () => {
  const templates = [
    { name: 'baseline', specRef: 'stable' },
    { name: 'canary', specRef: 'canary', replicas: 2 },
  ];
  const canary = (experiment: object) => ({
    type: 'canary',
    steps: [{ setWeight: 25 }, { experiment: { templates, ...experiment } }],
    scaleDownDelaySeconds: 0,
  });
  const selection = { namespace, labelSelector: 'slipway.dev/experiment' };
  const experiments = async () =>
    (await shown())
      .filter((line) => line.includes('experiment'))
      .map((line) => line.replace('hello-web-experiment-', ''));
  const stands = (letter: string, before: string) =>
    eventually(async () => {
      expect(await experiments()).toEqual([`baseline: ${before} ×1`, `canary: ${letter} ×2`]);
      expect((await shop.platform.client.list(services, selection)).items).toHaveLength(2);
    });
  const leavesNothing = () =>
    eventually(async () => {
      const { client } = shop.platform;
      expect((await client.list(deployments, selection)).items).toEqual([]);
      expect((await client.list(services, selection)).items).toEqual([]);
      expect((await client.list(pods, selection)).items).toEqual([]);
    });
  const check = (...job: readonly string[]) => {
    return { metrics: [{ name: 'smoke', provider: { job: { command: job, timeoutSeconds: 30 } } }] };
  };
  let before = '';
  beforeEach(async () => {
    await ended(await start('7'));
    before = '7';
  });

  it('runs both releases beside the slots, where no user meets them, and is gone when it ends', async () => {
    const id = await start('8', canary({ duration: '1h' }));
    await stands('8', before);
    const { spec } = await shop.platform.client.get(services, 'hello-exp-canary', namespace);
    const { items } = await shop.platform.client.list(pods, selection);
    const selects = (selector: Record<string, string> = {}) =>
      items
        .filter(({ metadata: { labels = {} } }) =>
          Object.entries(selector).every(([key, value]) => labels[key] === value),
        )
        .map(({ metadata }) => metadata.labels?.['slipway.dev/experiment']);
    expect(new Set(selects(spec?.selector))).toEqual(new Set(['canary']));
    const all = await shop.platform.client.list(services, { namespace });
    for (const { metadata, spec: each } of all.items)
      if (!metadata.name?.includes('-exp-')) expect(selects(each?.selector), metadata.name).toEqual([]);
    expect(Object.values(await weights()).sort()).toEqual([250, 750]);
    expect((await as('dora', 'GET', `${production}/status`)).body['processes']).toMatchObject([
      { name: 'web', desired: 4 },
      { name: 'worker', desired: 1 },
    ]);
    await eventually(async () => {
      const { runs } = (await as('vera', 'GET', `${application}/rollouts/${id}/analysis-runs`)).body as {
        runs: object[];
      };
      expect(runs).toMatchObject([{ step: 'experiment 3600 s', verdict: 'running' }]);
    });
    await command(id, 'promote', {});
    await reaches(id, { state: 'healthy' });
    await leavesNothing();
  });

  it('ends with its duration, and the next step goes on', async () => {
    const id = await start('8', canary({ duration: 1 }));
    await reaches(id, { state: 'healthy' });
    await leavesNothing();
  });

  it('whose check fails takes the release back; the check was told the names of the Services', async () => {
    const commands: unknown[] = [];
    shop.platform.behave((pod) => {
      if (!pod.metadata.labels?.['slipway.dev/probe']) return 'run';
      commands.push(pod.spec?.containers[0]?.command);
      return 'break';
    });
    const analysis = check('compare', 'http://$templates.baseline/a', 'http://$templates.canary/a');
    const id = await start('9', canary({ duration: '10m', analysis }));
    await reaches(id, { state: 'failed', weight: 0, error: expect.stringMatching(/^smoke: A measurement failed/) });
    expect(commands[0]).toEqual(['compare', 'http://hello-exp-baseline/a', 'http://hello-exp-canary/a']);
    await leavesNothing();
  });

  it('whose check succeeds goes on without a duration', async () => {
    shop.platform.behave((pod) => (pod.metadata.labels?.['slipway.dev/probe'] ? 'end' : 'run'));
    await reaches(await start('9', canary({ analysis: check('compare') })), { state: 'healthy' });
    await leavesNothing();
  });

  it('whose pods crash takes the release back', async () => {
    shop.platform.behave((pod) => (pod.metadata.labels?.['slipway.dev/experiment'] === 'canary' ? 'crash' : 'run'));
    const id = await start('9', canary({ duration: '10m' }));
    await reaches(id, {
      state: 'failed',
      error: expect.stringMatching(/^experiment canary: the process keeps exiting/),
    });
    await leavesNothing();
  });

  it('leaves nothing when it is aborted, nor when a later release takes its place', async () => {
    const aborted = await start('8', canary({ duration: '1h' }));
    await stands('8', before);
    await command(aborted, 'abort');
    await reaches(aborted, { state: 'aborted', weight: 0 });
    await leavesNothing();
    const replaced = await start('8', canary({ duration: '1h' }));
    await stands('8', before);
    const next = await start('9', canary({ duration: '1h' }));
    await reaches(replaced, { state: 'aborted' });
    await stands('9', before);
    await command(next, 'abort');
    await reaches(next, { state: 'aborted' });
    await leavesNothing();
  });

  it('never takes or removes what has its name and is not its own', async () => {
    const foreign = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'hello-exp-canary', namespace } } as const;
    await shop.platform.client.create(services, { ...foreign, spec: { ports: [{ port: 80 }] } });
    const id = await start('9', canary({ duration: '10m' }));
    await reaches(id, { state: 'failed', error: expect.stringContaining('another Service hello-exp-canary') });
    await leavesNothing();
    expect(await shop.platform.client.find(services, 'hello-exp-canary', namespace)).toBeDefined();
    await shop.platform.client.delete(services, 'hello-exp-canary', namespace);
  });

  it('is charged to the quota, and refused before anything starts where there is no room', async () => {
    const podsAfter = async (strategy: object) => {
      const { body } = await as('vera', 'POST', `${production}/plan`, { image: image('9'), strategy });
      const { amounts } = body['quota'] as { amounts: { resource: string; after: string }[] };
      return Number(amounts.find(({ resource }) => resource === 'pods')?.after);
    };
    const plain = await podsAfter({ type: 'canary', steps: [{ setWeight: 25 }] });
    expect(await podsAfter(canary({ duration: 1 }))).toBe(plain + 3);
    const limit = (most: number | null) =>
      as('admin', 'PUT', '/tenants/acme/projects/shop/quota', { limits: most === null ? {} : { pods: most } });
    expect((await limit(plain)).status).toBeLessThan(300);
    const rollouts = async () => (await as('dora', 'GET', `${application}/rollouts`)).body['items'];
    const listed = await rollouts();
    expect(await shop.ask('9', { strategy: canary({ duration: 1 }) })).toMatchObject({
      body: { code: 'quota-exceeded' },
    });
    expect(await rollouts()).toEqual(listed);
    await limit(null);
  });

  it.each<[string, object, string]>([
    [
      'a weight over the whole',
      { duration: 1, templates: [{ name: 'a', specRef: 'canary', weight: 101 }] },
      'templates.0.weight',
    ],
    [
      'more than is left',
      {
        duration: 1,
        templates: [
          { name: 'a', specRef: 'canary', weight: 100 },
          { name: 'b', specRef: 'stable', weight: 1 },
        ],
      },
      'templates.1.weight',
    ],
    ['an unknown release', { duration: 1, templates: [{ name: 'a', specRef: 'next' }] }, 'templates.0.specRef'],
    ['one without an end', { templates }, 'duration'],
  ])('refuses %s with the path of the field', async (_, experiment, field) => {
    const strategy = { type: 'canary', steps: [{ experiment }] };
    const { status, body } = await as('dora', 'PUT', `${production}/strategy`, { strategy });
    expect(status).toBe(400);
    expect(JSON.stringify(body['errors'])).toContain(`strategy.steps.0.experiment.${field}"`);
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
  const template = `
kind: AnalysisTemplate
metadata: { name: smoke }
spec: { metrics: [{ name: smoke, provider: { job: { spec: { template: { spec: { containers: [{ command: [a] }] } } } } } }] }`;
  const referring = `${manifest.replace('{ setWeight: 5 }', '{ analysis: { templates: [{ templateName: smoke }] } }')}
---${template}`;
  expect(await as('mallory', 'POST', '/strategies/convert', { manifest: referring })).toMatchObject({
    status: 200,
    body: {
      strategy: {
        steps: [{ analysis: { metrics: [{ name: 'smoke', provider: { job: { command: ['a'] } } }] } }, { pause: {} }],
      },
    },
  });
  for (const [wrong, path] of [
    [`${manifest}\n---${manifest}`, 'body.manifest'],
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
