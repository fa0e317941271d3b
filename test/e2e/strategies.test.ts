import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { askGateway } from '../support/gateway.js';
import { deployGray } from '../support/gray.js';
import type { ReleasePlace } from '../support/release-place.js';
import type { Scene } from '../support/scene.js';
import { startTraffic, type Traffic } from '../support/traffic.js';

const port = inject('gatewayPort');
let scene: Scene;
let place: ReleasePlace;
let url: string;
let serial = 1;
/** Of the release that stands. */
let stable = '1';

beforeAll(async () => {
  ({ scene, place, url } = await deployGray('strategies'));
}, 180_000);
afterAll(() => scene?.dispose());

/** Begins to roll a new release out while people use the one before; nobody may notice. */
async function rollOut(strategy: object, watch: (id: string, version: string, traffic: Traffic) => Promise<void>) {
  serial += 1;
  const version = `${serial}`;
  const release = await place.release(version);
  const traffic = startTraffic({ port, url, clients: 4 });
  try {
    await watch(await place.rollOut(release, strategy), version, traffic);
  } finally {
    const { failures, count } = await traffic.stop();
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(100);
  }
}

const bodyNow = async () => (await askGateway({ port, url })).body;
const share = (taken: ReadonlyMap<string, number>, version: string) => {
  const all = [...taken.values()].reduce((sum, count) => sum + count, 0);
  return (taken.get(version) ?? 0) / all;
};

describe('a release under traffic on real containers', { timeout: 180_000 }, () => {
  test.each([
    ['rolling', { type: 'rolling' }],
    ['blueGreen', { type: 'blueGreen' }],
    ['canary', { type: 'canary', steps: [{ setWeight: 10 }, { setWeight: 50 }] }],
    ['canary that keeps users', { type: 'canary', stickyBy: 'gateway', steps: [{ setWeight: 50 }] }],
  ])('%s: no request fails, and all are answered by the new one at the end', async (_name, strategy) => {
    await rollOut(strategy, async (id, version) => {
      await place.until(id, 'healthy');
      await eventually(async () => expect(await bodyNow()).toBe(version), 5);
      stable = version;
    });
  });

  test('canary: half of the requests at 50 %, and an abort takes all of them back at once', async () => {
    await rollOut({ type: 'canary', steps: [{ setWeight: 50 }, { pause: {} }] }, async (id, version, traffic) => {
      await place.until(id, 'paused');
      // The weight is in force a moment after the state is: what is asked from then on counts.
      await eventually(() => expect(share(traffic.take(), version)).toBeGreaterThan(0.4), 10);
      const asked = performance.now();
      await place.act(id, 'abort');
      await place.until(id, 'aborted');
      await eventually(async () => expect(await bodyNow()).toBe(stable), 5);
      expect((traffic.lastOf(version) ?? 0) - asked).toBeLessThan(2500);
    });
  });

  test('blue/green: nobody sees the new release before it is promoted', async () => {
    await rollOut({ type: 'blueGreen', autoPromotionEnabled: false }, async (id, version, traffic) => {
      await place.until(id, 'paused');
      expect([...traffic.take().keys()]).toEqual([stable]);
      await place.act(id, 'promote', {});
      await place.until(id, 'healthy');
      await eventually(async () => expect(await bodyNow()).toBe(version), 5);
      stable = version;
    });
  });

  test('experiment: both releases are asked beside the slots, where no user meets them, and nothing of it stays', async () => {
    const templates = [
      { name: 'baseline', specRef: 'stable' },
      { name: 'next', specRef: 'canary' },
    ];
    const ask = 'Promise.all(process.argv.slice(1).map(async (url) => (await fetch(url)).text()))';
    const print = '.then((all) => console.log(JSON.stringify(all)))';
    const command = ['node', '-e', ask + print, 'http://$templates.baseline/', 'http://$templates.next/'];
    await rollOut(
      {
        type: 'canary',
        steps: [
          {
            experiment: {
              templates,
              analysis: {
                metrics: [
                  { name: 'versions', provider: { job: { command } }, successCondition: 'result[0] != result[1]' },
                  { name: 'health', provider: { web: { url: 'http://$templates.next/healthz' } } },
                ],
              },
            },
          },
          { pause: {} },
        ],
      },
      async (id, version, traffic) => {
        await place.until(id, 'paused');
        expect([...traffic.take().keys()]).toEqual([stable]);
        await eventually(async () => {
          const pods = await scene.slipway.json('pods', '--app', 'gray');
          expect(JSON.stringify(pods)).not.toContain('experiment');
        });
        await place.act(id, 'promote', {});
        await place.until(id, 'healthy');
        stable = version;
      },
    );
  });

  test('a candidate that crashes never takes the traffic, and the rollout says why', async () => {
    serial += 1;
    const release = await place.release(`${serial}`, 'crash');
    const traffic = startTraffic({ port, url, clients: 2, hasLong: false });
    const id = await place.rollOut(release, {
      type: 'canary',
      steps: [{ setWeight: 5 }, { pause: { duration: '5m' } }],
    });
    const shown = await eventually(async () => {
      const now = await place.get(id);
      expect(now.state).toBe('failed');
      return now;
    }, 120);
    await traffic.stop();
    expect(shown.error).toContain('keeps exiting');
    expect(await bodyNow()).toBe(stable);
  });
});
