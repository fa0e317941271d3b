import { httpRoutes } from '@slipway/orchestrator/kinds';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventually, image, namespace, openShop, project } from '../rollouts/testing/open-shop.js';

const trains = `${project}/trains`;
const processes = { web: { replicas: 1 } };
const shop = openShop(() => ({ applications: { catalog: { processes }, web: { processes }, mail: { processes } } }));
const { as } = shop;
const release = (application: string, letter: string): Promise<number> => shop.release(letter, application);
let serial = 0;

beforeEach(() => shop.platform.behave(() => 'run'));

async function start(cars: object[], more: object = {}): Promise<string> {
  serial += 1;
  const body = { name: `train-${serial}`, environment: 'production', cars, ...more };
  const answer = await as('dora', 'POST', trains, body);
  expect(answer).toMatchObject({ status: 202, body: { state: 'progressing' } });
  return `${trains}/train-${serial}`;
}

function reaches(train: string, wanted: object): Promise<Record<string, unknown>> {
  return eventually(async () => {
    const { body } = await as('vera', 'GET', train);
    expect(body).toMatchObject(wanted);
    return body;
  });
}

const rollout = async (application: string, id: unknown) =>
  (await as('dora', 'GET', `${project}/applications/${application}/rollouts/${id}`)).body;
const inForce = async (application: string) =>
  (await as('dora', 'GET', `${project}/applications/${application}/environments/production/status`)).body['release'];
const freezes = '/tenants/acme/freezes';

describe('a train', () => {
  it('releases its cars in their order, and says what it did', async () => {
    const cars = [
      { application: 'web', release: await release('web', 'a'), after: ['catalog'] },
      { application: 'catalog', release: await release('catalog', 'a') },
    ];
    const train = await start(cars);
    const done = await reaches(train, {
      state: 'healthy',
      cars: [
        { application: 'web', state: 'healthy', release: 1, previousRelease: null },
        { application: 'catalog', state: 'healthy' },
      ],
    });
    const [web, catalog] = done['cars'] as { rollout: string }[];
    const [first, second] = [await rollout('catalog', catalog?.rollout), await rollout('web', web?.rollout)];
    expect(String(second['createdAt']) >= String(first['finishedAt'])).toBe(true);
    expect(second).toMatchObject({ createdBy: 'dora', state: 'healthy' });
    expect((await as('vera', 'GET', `${trains}?state=healthy&environment=production`)).body['items']).toHaveLength(1);
    const { body } = await as('admin', 'GET', `/tenants/acme/audit-events?action=train.create`);
    expect(body['items']).toMatchObject([{ action: 'train.create', actor: 'dora' }]);
  });

  it('sends back what it had released when a later car fails', async () => {
    shop.platform.behave((pod) => (pod.spec?.containers[0]?.image === image('b') ? 'crash' : 'run'));
    const cars = [
      { application: 'catalog', release: await release('catalog', 'c') },
      { application: 'web', release: await release('web', 'b'), after: ['catalog'] },
      { application: 'mail', release: await release('mail', 'b'), after: ['web'] },
    ];
    const train = await start(cars, { onFailure: 'revert' });
    const { reason } = await reaches(train, {
      state: 'failed',
      cars: [
        { state: 'reverted', revert: expect.any(String) },
        { state: 'failed' },
        { state: 'skipped', rollout: null },
      ],
    });
    expect(reason).toMatch(/^web: /);
    expect(await inForce('catalog')).toBe(1);
  });

  it('waits while a freeze is on, says so, and goes on by itself', async () => {
    const freeze = { name: 'inventory', reason: 'Counting.', applications: ['web'] };
    const times = { startsAt: new Date(Date.now() - 60_000), endsAt: new Date(Date.now() + 3_600_000) };
    expect((await as('admin', 'POST', freezes, { ...freeze, ...times })).status).toBe(201);
    const cars = [
      { application: 'catalog', release: await release('catalog', 'd') },
      { application: 'web', release: await release('web', 'd'), after: ['catalog'] },
    ];
    const train = await start(cars);
    await reaches(train, {
      cars: [{ state: 'healthy' }, { state: 'pending', message: expect.stringContaining('inventory') }],
    });
    // Meanwhile no other train may release one of its applications there.
    const other = { name: 'other', environment: 'production', cars: [{ application: 'web', release: 1 }] };
    expect(await as('dora', 'POST', trains, other)).toMatchObject({ status: 409, body: { code: 'train-underway' } });
    await as('admin', 'DELETE', `${freezes}/inventory`);
    await reaches(train, { state: 'healthy' });
  });

  it('goes on in spite of a freeze where who may says why; a freeze of the platform holds it all the same', async () => {
    const times = { startsAt: new Date(Date.now() - 60_000), endsAt: new Date(Date.now() + 3_600_000) };
    await as('admin', 'POST', freezes, { name: 'inventory', reason: 'Counting.', ...times });
    const cars = [
      { application: 'catalog', release: await release('catalog', '1') },
      { application: 'web', release: await release('web', '1'), after: ['catalog'] },
    ];
    const body = { name: 'urgent', environment: 'production', cars, overrideFreeze: 'A leak is closed.' };
    expect((await as('dora', 'POST', trains, body)).status).toBe(403);
    await as('admin', 'POST', '/tenants/acme/members', { username: 'mallory', role: 'admin' });
    const sent = await as('mallory', 'POST', trains, body);
    expect(sent).toMatchObject({ status: 202, body: { freezeOverride: 'A leak is closed.' } });
    const done = await reaches(`${trains}/urgent`, { state: 'healthy' });
    const [first] = done['cars'] as { rollout: string }[];
    expect(await rollout('catalog', first?.rollout)).toMatchObject({ freezeOverride: 'A leak is closed.' });
    const { body: audit } = await as('admin', 'GET', '/tenants/acme/audit-events?action=train.create');
    expect(JSON.stringify(audit['items'])).toContain('A leak is closed.');

    await as('admin', 'POST', '/freezes', { name: 'maintenance', reason: 'New disks.', ...times });
    const again = { ...body, name: 'urgent-2', cars: [{ application: 'web', release: 1 }] };
    expect((await as('mallory', 'POST', trains, again)).status).toBe(202);
    const message = expect.stringContaining('Freeze maintenance');
    await reaches(`${trains}/urgent-2`, { cars: [{ state: 'pending', message }] });
    await as('admin', 'DELETE', '/freezes/maintenance');
    await reaches(`${trains}/urgent-2`, { state: 'healthy' });
    await as('admin', 'DELETE', `${freezes}/inventory`);
    await as('admin', 'DELETE', '/tenants/acme/members/mallory');
  });

  it('is held, goes on, and is aborted', async () => {
    shop.platform.behave((pod) => (pod.spec?.containers[0]?.image === image('e') ? 'hang' : 'run'));
    const cars = [
      { application: 'catalog', release: await release('catalog', 'e') },
      { application: 'web', release: await release('web', 'e'), after: ['catalog'] },
    ];
    const train = await start(cars);
    await reaches(train, { cars: [{ state: 'progressing' }, { state: 'pending' }] });
    expect(await as('dora', 'POST', `${train}/promote`)).toMatchObject({
      status: 409,
      body: { code: 'train-not-waiting' },
    });
    expect((await as('dora', 'POST', `${train}/pause`)).status).toBe(202);
    await reaches(train, { state: 'paused', held: true });
    expect((await as('dora', 'POST', `${train}/resume`)).status).toBe(202);
    await reaches(train, { state: 'progressing', held: false });
    expect((await as('dora', 'POST', `${train}/abort`)).status).toBe(202);
    await reaches(train, {
      state: 'aborted',
      reason: 'Aborted by dora.',
      cars: [{ state: 'aborted' }, { state: 'skipped' }],
    });
    expect(await as('dora', 'POST', `${train}/abort`)).toMatchObject({ status: 409, body: { code: 'train-over' } });
  });

  it('asks nobody to consent any more once it is aborted', async () => {
    const policy = { name: 'trains', kind: 'release', environmentKinds: ['production'], approvalsNeeded: 1 };
    expect((await as('admin', 'POST', '/tenants/acme/approval-policies', policy)).status).toBe(201);
    const train = await start([{ application: 'web', release: await release('web', 'f') }]);
    const { cars } = await reaches(train, { cars: [{ message: expect.stringContaining('approval') }] });
    const [{ rollout: id } = { rollout: '' }] = cars as { rollout: string }[];
    const { request } = (await rollout('web', id))['approval'] as { request: string };
    await as('dora', 'POST', `${train}/abort`);
    await reaches(train, { state: 'aborted', cars: [{ state: 'aborted' }] });
    expect((await as('admin', 'GET', `/requests/${request}`)).body).toMatchObject({ state: 'withdrawn' });
    expect(await rollout('web', id)).toMatchObject({ state: 'aborted', approval: { state: 'withdrawn', by: 'dora' } });
    await as('admin', 'DELETE', '/tenants/acme/approval-policies/trains');
  });

  it('takes a car from another environment, if it is healthy there', async () => {
    const other = {
      name: 'dev',
      environment: 'production',
      cars: [{ application: 'web', fromEnvironment: 'staging' }],
    };
    expect(await as('dora', 'POST', trains, other)).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'body.cars.0.fromEnvironment' }] },
    });
  });
});

describe('a lane', () => {
  const canary = { type: 'canary', steps: [{ setWeight: 50 }], scaleDownDelaySeconds: 0 };
  const lane = { value: 'spring' };
  const cars = async (letter: string) => [
    { application: 'catalog', release: await release('catalog', letter) },
    { application: 'web', release: await release('web', letter), after: ['catalog'] },
  ];
  const toLane = async (application: string): Promise<boolean> => {
    const { spec } = await shop.platform.client.get(httpRoutes, application, namespace);
    return (spec.rules ?? []).some(({ matches }) =>
      matches?.some(({ headers }) => headers?.some((header) => header.value === 'spring')),
    );
  };

  it('is refused where a car changes in place', async () => {
    const body = { name: 'in-place', environment: 'production', cars: await cars('f'), lane };
    const { status, body: problem } = await as('dora', 'POST', trains, body);
    expect(status).toBe(422);
    expect(problem).toMatchObject({
      code: 'train-invalid',
      errors: [{ path: 'body.cars.0.application' }, { path: 'body.cars.1.application' }],
    });
    expect(problem['detail']).toContain('catalog changes in place in production (rolling)');
  });

  it('has all candidates answer the header before any has users, and then has them go on in their order', async () => {
    for (const name of ['catalog', 'web']) {
      const path = `${project}/applications/${name}/environments/production/strategy`;
      expect((await as('dora', 'PUT', path, { strategy: canary })).status).toBe(200);
    }
    const before = await inForce('web');
    const train = await start(await cars('f'), { lane });
    await reaches(train, {
      state: 'paused',
      lane: { header: 'x-slipway-lane', value: 'spring', isUp: true },
      cars: [{ state: 'lane' }, { state: 'lane' }],
    });
    for (const name of ['catalog', 'web']) await eventually(async () => expect(await toLane(name)).toBe(true));
    expect(await inForce('web')).toBe(before);
    expect((await as('vera', 'POST', `${train}/promote`)).status).toBe(403);
    expect((await as('dora', 'POST', `${train}/promote`)).status).toBe(202);
    await reaches(train, { state: 'healthy', lane: { isUp: false } });
    for (const name of ['catalog', 'web']) await eventually(async () => expect(await toLane(name)).toBe(false));
    expect(await inForce('web')).not.toBe(before);
  });

  it('is emptied when it is aborted', async () => {
    const before = await inForce('web');
    const train = await start(await cars('a'), { lane });
    await reaches(train, { state: 'paused', cars: [{ state: 'lane' }, { state: 'lane' }] });
    await as('dora', 'POST', `${train}/abort`);
    await reaches(train, { state: 'aborted', cars: [{ state: 'aborted' }, { state: 'aborted' }] });
    for (const name of ['catalog', 'web']) await eventually(async () => expect(await toLane(name)).toBe(false));
    expect(await inForce('web')).toBe(before);
  });
});

describe('what is refused', () => {
  it.each<[string, object, string]>([
    ['an unknown application', { cars: [{ application: 'nothing', release: 1 }] }, 'body.cars.0.application'],
    ['an unknown release', { cars: [{ application: 'web', release: 999 }] }, 'body.cars.0.release'],
    [
      'a circle',
      {
        cars: [
          { application: 'web', release: 1, after: ['catalog'] },
          { application: 'catalog', release: 1, after: ['web'] },
        ],
      },
      'body.cars.0.after',
    ],
    [
      'a double',
      {
        cars: [
          { application: 'web', release: 1 },
          { application: 'web', release: 1 },
        ],
      },
      'body.cars.1.application',
    ],
  ])('%s, by the path of the field', async (_, more, path) => {
    const { status, body } = await as('dora', 'POST', trains, { name: 'wrong', environment: 'production', ...more });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'train-invalid', errors: [{ path }] });
  });

  it('a car without a release, a name that is taken, an environment that is none', async () => {
    const cars = [{ application: 'web', release: 1 }];
    const none = { name: 'wrong', environment: 'production', cars: [{ application: 'web' }] };
    expect((await as('dora', 'POST', trains, none)).status).toBe(400);
    const taken = { name: 'train-1', environment: 'production', cars };
    expect(await as('dora', 'POST', trains, taken)).toMatchObject({ status: 409, body: { code: 'train-exists' } });
    expect((await as('dora', 'POST', trains, { ...taken, environment: 'nothing' })).status).toBe(404);
  });

  it('strangers see nothing, and viewers change nothing', async () => {
    const body = { name: 'mine', environment: 'production', cars: [{ application: 'web', release: 1 }] };
    expect((await as('mallory', 'GET', trains)).status).toBe(404);
    expect((await as('mallory', 'GET', `${trains}/train-1`)).status).toBe(404);
    expect((await as('mallory', 'POST', trains, body)).status).toBe(404);
    expect((await as('mallory', 'POST', `${trains}/train-1/abort`)).status).toBe(404);
    expect((await as('vera', 'POST', trains, body)).status).toBe(403);
    expect((await as('vera', 'POST', `${trains}/train-1/abort`)).status).toBe(403);
    expect((await as('vera', 'GET', `${trains}/nothing`)).status).toBe(404);
  });
});
