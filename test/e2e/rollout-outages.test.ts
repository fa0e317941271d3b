import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { askGateway } from '../support/gateway.js';
import { deployGray } from '../support/gray.js';
import { kill } from '../support/outage.js';
import type { ReleasePlace } from '../support/release-place.js';
import type { Scene } from '../support/scene.js';
import { startTraffic } from '../support/traffic.js';

const port = inject('gatewayPort');
/** How long a process may take to be back is for heal.test.ts to say. */
const patience = 90;
let scene: Scene;
let place: ReleasePlace;
let url: string;
let serial = 1;
/** Of the release that stands, its slot, and its pods. */
let stable = '1';
let isInSlotB = false;
let pods: readonly string[];

beforeAll(async () => {
  ({ scene, place, url } = await deployGray('outages'));
}, 180_000);
afterAll(() => scene?.dispose());

interface Pod {
  readonly name: string;
  readonly restarts: number;
  readonly ready: boolean;
}

async function podsThatRun(): Promise<readonly string[]> {
  const all = (await scene.slipway.json('pods', '--app', 'gray')) as Pod[];
  expect(all.filter(({ restarts }) => restarts > 0)).toEqual([]);
  return all.filter(({ ready }) => ready).map(({ name }) => name);
}

/** While users ask: which requests failed. */
async function under(work: () => Promise<void>): Promise<readonly string[]> {
  const traffic = startTraffic({ port, url, clients: 4 });
  try {
    await work();
  } catch (error) {
    await traffic.stop();
    throw error;
  }
  const { failures, count } = await traffic.stop();
  expect(count).toBeGreaterThan(20);
  return failures;
}

/** What is asked while something is away is asked again. */
const ask = (id: string, verb: 'promote' | 'abort', body?: object) => eventually(() => place.act(id, verb, body), 30);

async function begin(strategy: object): Promise<{ id: string; version: string }> {
  serial += 1;
  const version = `${serial}`;
  const release = await place.release(version);
  return { id: await place.rollOut(release, strategy), version };
}

/** Of a hundred requests those that the release answers. */
async function shareOf(version: string): Promise<number> {
  const answers = await Promise.all(Array.from({ length: 100 }, () => askGateway({ port, url })));
  expect(answers.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
  return answers.filter(({ body }) => body === version).length;
}

/** Others ask at the same time, so that a hundred requests in a row are not quite exact. */
async function expectThirty(version: string): Promise<void> {
  expect(Math.abs((await shareOf(version)) - 30)).toBeLessThan(6);
}

/** The release answers everybody. None of the pods was restarted, and those of the release that stood there still run. */
async function expectKept(version: string): Promise<void> {
  await eventually(async () => expect(await shareOf(version)).toBe(100), 10);
  const now = await podsThatRun();
  if (version === stable) expect(now).toEqual(expect.arrayContaining([...pods]));
  else isInSlotB = !isInSlotB;
  stable = version;
}

beforeEach(async () => {
  // Those of the other slot are of a release that was left.
  pods = (await podsThatRun()).filter((name) => name.includes('-slot-b-') === isInSlotB);
});

describe('kill -9 during a canary', { timeout: 300_000 }, () => {
  test('of the gateway, twice: only what is in flight on it fails, and the weights are as they were', async () => {
    const { id, version } = await begin({ type: 'canary', steps: [{ setWeight: 30 }, { pause: {} }] });
    await place.until(id, 'paused');
    await eventually(() => expectThirty(version), 10);
    for (const isAborted of [false, true]) {
      const failures = await under(async () => {
        const outage = await kill('gateway');
        if (isAborted) await ask(id, 'abort');
        await outage.over(patience);
      });
      // Nobody was sent elsewhere or told that nothing is there: the connection broke, or none was accepted for a moment.
      expect(failures.filter((failure) => !/ECONN|EPIPE|hang up|no answer/.test(failure))).toEqual([]);
      if (!isAborted) await eventually(() => expectThirty(version), 10);
    }
    await place.until(id, 'aborted');
    await expectKept(stable);
  });
});

const held = { type: 'canary', steps: [{ setWeight: 50 }, { pause: {} }] };
const abTest = { type: 'abTest', match: [{ headers: [{ name: 'x-beta', value: '1' }] }] };

describe('kill -9 during', { timeout: 300_000 }, () => {
  test.each<[string, object, string, 'abort' | 'promote']>([
    ['a canary', held, 'worker', 'abort'],
    ['blue/green', { type: 'blueGreen', autoPromotionEnabled: false }, 'redis', 'abort'],
    ['A/B', abTest, 'postgres', 'promote'],
    ['mirror', { type: 'mirror', percentage: 30, duration: '10m' }, 'cluster', 'abort'],
  ])('%s: what is asked right after it is done, and no request fails', async (_, strategy, name, verb) => {
    const { id, version } = await begin(strategy);
    await place.until(id, 'paused');
    const failures = await under(async () => {
      const outage = await kill(name);
      await ask(id, verb, verb === 'promote' ? { full: true } : undefined);
      await place.until(id, verb === 'abort' ? 'aborted' : 'healthy');
      await outage.over(patience);
    });
    expect(failures).toEqual([]);
    await expectKept(verb === 'abort' ? stable : version);
  });
});
