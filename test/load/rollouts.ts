import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { ReleasePlace } from '../support/release-place.js';
import { startTraffic, type Traffic } from '../support/traffic.js';
import { type Figure, printFigures } from './figure.js';
import { deployLoadShop, type LoadShop } from './load-shop.js';

// `node test/dist/load/rollouts.js --rounds 50 --rate 1000`, on the platform of SLIPWAY_E2E_HOME: rollouts of each strategy on real
// containers while that many requests a second go through the gateway, with long ones and an upgraded connection among them. Counts
// what failed, and takes the time from asking for an abort, at each step, to the last answer of the candidate.
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '50' }, rate: { type: 'string', default: '1000' } },
});
const rounds = Number(values.rounds);
const clients = 20;
const pauseMilliseconds = (clients * 1000) / Number(values.rate);
const steps = [{ setWeight: 5 }, { pause: {} }, { setWeight: 50 }, { pause: {} }, { setWeight: 100 }, { pause: {} }];
const strategies = {
  rolling: { type: 'rolling' },
  blueGreen: { type: 'blueGreen', scaleDownDelaySeconds: 5 },
  canary: { type: 'canary', scaleDownDelaySeconds: 5, steps: [{ setWeight: 10 }, { setWeight: 50 }] },
  'canary, sticky': { type: 'canary', stickyBy: 'gateway', scaleDownDelaySeconds: 5, steps: [{ setWeight: 50 }] },
} as const;

async function withTraffic({ url, gatewayPort: port }: LoadShop, work: (traffic: Traffic) => Promise<void>) {
  const traffic = startTraffic({ port, url, clients, pauseMilliseconds });
  const began = performance.now();
  try {
    await work(traffic);
  } finally {
    const { count, failures } = await traffic.stop();
    for (const failure of failures.slice(0, 10)) process.stderr.write(`${failure}\n`);
    outcome = { failed: failures.length, rate: count / ((performance.now() - began) / 1000), count };
  }
}
let outcome = { failed: 0, rate: 0, count: 0 };

async function measureStrategy(shop: LoadShop, name: keyof typeof strategies): Promise<Figure> {
  const { place } = shop;
  await withTraffic(shop, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const id = await place.rollOut(await place.release(`${name}-${round}`), strategies[name]);
      await place.until(id, 'healthy');
    }
  });
  const note = `of ${outcome.count}, ${outcome.rate.toFixed(0)} a second, over ${rounds} rollouts`;
  return { name: `${name}: requests that failed`, value: outcome.failed, unit: '', aim: { most: 0 }, note };
}

/** Aborts a canary at each of its pauses. */
async function measureAborts(shop: LoadShop): Promise<Figure[]> {
  const { place } = shop;
  const milliseconds: number[] = [];
  await withTraffic(shop, async (traffic) => {
    for (let round = 0; round < rounds; round += 1) {
      const version = `abort-${round}`;
      const id = await place.rollOut(await place.release(version), { type: 'canary', steps });
      for (let pause = 0; pause <= round % 3; pause += 1) {
        await untilPausedAt(place, id, pause);
        if (pause < round % 3) await place.act(id, 'promote', {});
      }
      await sleep(500);
      const asked = performance.now();
      await place.act(id, 'abort');
      await place.until(id, 'aborted');
      await sleep(1000);
      milliseconds.push(Math.max(0, (traffic.lastOf(version) ?? 0) - asked));
    }
  });
  milliseconds.sort((one, other) => one - other);
  const worst = milliseconds.at(-1) ?? 0;
  return [
    {
      name: 'abort to the last answer of the candidate, worst',
      value: worst,
      unit: 'ms',
      aim: { most: 1000 },
      note: `p50 ${(milliseconds[milliseconds.length >> 1] ?? 0).toFixed(0)} ms of ${rounds}, at 5, 50 and 100 %`,
    },
    {
      name: 'aborts: requests that failed',
      value: outcome.failed,
      unit: '',
      aim: { most: 0 },
      note: `of ${outcome.count}, ${outcome.rate.toFixed(0)} a second`,
    },
  ];
}

/** Waits until the canary stands at its pause number `pause`. */
async function untilPausedAt(place: ReleasePlace, id: string, pause: number): Promise<void> {
  for (;;) {
    const { state, steps: shown, error } = await place.get(id);
    const isThere = shown.filter(({ name }) => name.startsWith('pause'))[pause]?.state === 'running';
    if (state === 'paused' && isThere) return;
    if (['failed', 'aborted', 'healthy'].includes(state)) throw new Error(`The rollout ended as ${state}: ${error}`);
    await sleep(100);
  }
}

const shop = deployLoadShop();
try {
  for (const name of Object.keys(strategies) as (keyof typeof strategies)[]) {
    printFigures([await measureStrategy(shop, name)]);
  }
  printFigures(await measureAborts(shop));
} finally {
  shop.dispose();
}
