import { afterAll, afterEach, beforeAll, expect, inject, it, vi } from 'vitest';
import { Database } from '../kernel/database/index.js';
import { deathsIn, dieAt } from '../testing/dying-worker.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { TrainSteps } from './train-steps.service.js';
import { TrainsModule } from './trains.module.js';

const project = '/tenants/acme/projects/shop';
const image = (letter: string): string => `registry.example.com/shop@sha256:${letter.repeat(64)}`;

let api: TestApi;
let admin: string;
let serial = 0;
const read = () => api.app.get(Database, { strict: false }).read;
const steps = () => api.app.get(TrainSteps, { strict: false });

beforeAll(async () => {
  api = await startTestApi({
    databaseUrl: inject('databaseUrl'),
    redisUrl: inject('redisUrl'),
    modules: [TrainsModule],
  });
  admin = (await api.call(api.admin, 'POST', '/me/tokens', { name: 'test' })).body.token;
  await call('POST', '/tenants', { name: 'acme' });
  await call('POST', '/tenants/acme/projects', { name: 'shop' });
  for (const name of ['catalog', 'web']) {
    const processes = { web: { replicas: 1 } };
    await call('POST', `${project}/applications`, { name, source: { type: 'push' }, processes });
    for (const letter of ['a', 'b'])
      await call('POST', `${project}/applications/${name}/releases`, { image: image(letter) });
  }
}, 60_000);
afterAll(() => api?.close());
afterEach(() => {
  vi.restoreAllMocks();
});

async function call(method: string, path: string, body?: object) {
  const { status, body: answer } = await api.call(admin, method, path, body);
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
  return answer;
}

async function begin(): Promise<string> {
  serial += 1;
  const cars = [
    { application: 'catalog', release: 2 },
    { application: 'web', release: 2, after: ['catalog'] },
  ];
  return (await call('POST', `${project}/trains`, { name: `train-${serial}`, environment: 'production', cars })).id;
}

/** All rollouts end well. */
const settle = () => read().rollout.updateMany({ where: { state: 'pending' }, data: { state: 'healthy' } });

/** As a worker: looks until the train is over. One that died is followed by another. */
async function live(train: string, deaths: { hasDied(): boolean }): Promise<void> {
  for (let look = 0; look < 20; look += 1) {
    const isOver = await steps()
      .step(train)
      .catch(() => {
        if (deaths.hasDied()) vi.restoreAllMocks();
        return false;
      });
    if (isOver) return;
    await settle();
  }
  throw new Error('The train does not end.');
}

async function rolloutsSince(count: number): Promise<number> {
  return (await read().rollout.count()) - count;
}

it('a train is released once, wherever its worker dies', async () => {
  const first = await begin();
  const watched = dieAt(api);
  await live(first, watched);
  const deaths = deathsIn(watched.calls());
  expect(deaths.length).toBeGreaterThan(2);
  vi.restoreAllMocks();
  for (const death of deaths) {
    const before = await read().rollout.count();
    const train = await begin();
    await live(train, dieAt(api, death));
    vi.restoreAllMocks();
    expect(await call('GET', `${project}/trains/${train}`)).toMatchObject({
      state: 'healthy',
      cars: [{ state: 'healthy' }, { state: 'healthy' }],
    });
    expect(await rolloutsSince(before), JSON.stringify(death)).toBe(2);
  }
}, 60_000);

it('two workers at one train begin each car once', async () => {
  const before = await read().rollout.count();
  const train = await begin();
  await Promise.all([1, 2, 3].map(() => steps().step(train)));
  expect(await rolloutsSince(before)).toBe(1);
  await settle();
  await Promise.all([1, 2, 3].map(() => steps().step(train)));
  expect(await rolloutsSince(before)).toBe(2);
  await settle();
  expect(await Promise.all([1, 2, 3].map(() => steps().step(train)))).toEqual([true, true, true]);
});
