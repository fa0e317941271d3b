import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { ReleasePlace } from '../support/release-place.js';
import { startTraffic, type Traffic } from '../support/traffic.js';
import { type Figure, printFigures } from './figure.js';
import { deployLoadShop, type LoadShop } from './load-shop.js';

// `node test/dist/load/rollouts.js --rounds 50 --rate 1000 [--only canary,aborts]`, on the platform of SLIPWAY_E2E_HOME: rollouts of
// each strategy on real containers while that many requests a second go through the gateway, with long ones and an upgraded connection
// among them. Counts what failed, and takes the time from asking for an abort at each step, and for a rollback, to the last answer of
// the release that is left.
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    rate: { type: 'string', default: '1000' },
    only: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
/** The clock is met late now and then: a twentieth more is asked for. */
const perSecond = Number(values.rate) * 1.05;
const clients = 20;
const scaleDownDelaySeconds = 5;
/** Those that stand at a pause are promoted to their end. */
const strategies: Readonly<Record<string, object>> = {
  rolling: { type: 'rolling' },
  recreate: { type: 'recreate' },
  blueGreen: { type: 'blueGreen', scaleDownDelaySeconds },
  canary: { type: 'canary', scaleDownDelaySeconds, steps: [{ setWeight: 10 }, { setWeight: 50 }] },
  'canary, sticky': { type: 'canary', stickyBy: 'gateway', scaleDownDelaySeconds, steps: [{ setWeight: 50 }] },
  abTest: { type: 'abTest', scaleDownDelaySeconds, match: [{ headers: [{ name: 'x-beta', value: '1' }] }] },
  mirror: { type: 'mirror', scaleDownDelaySeconds, percentage: 30, duration: '1s' },
};
/** Taken in turn, each at one of its pauses in turn. */
const aborted: Readonly<Record<string, { readonly strategies: readonly object[]; readonly pauses: number }>> = {
  'a canary at 5, 50 and 100 %': {
    strategies: [{ type: 'canary', steps: [5, 50, 100].flatMap((setWeight) => [{ setWeight }, { pause: {} }]) }],
    pauses: 3,
  },
  'blueGreen, abTest and mirror': {
    strategies: [
      { type: 'blueGreen', autoPromotionEnabled: false },
      { type: 'abTest', match: [{ headers: [{ name: 'x-beta', value: '1' }] }] },
      { type: 'mirror', percentage: 30 },
    ],
    pauses: 1,
  },
};

interface Outcome {
  readonly failed: number;
  /** What somebody waited for an answer, at most. */
  readonly longest: number;
  readonly count: number;
  readonly rate: number;
}

async function withTraffic(
  { url, gatewayPort: port }: LoadShop,
  work: (traffic: Traffic) => Promise<void>,
  patienceMilliseconds?: number,
): Promise<Outcome> {
  const traffic = startTraffic({ port, url, clients, perSecond, patienceMilliseconds });
  const began = performance.now();
  const stop = async () => {
    const { count, failures, longestMilliseconds: longest } = await traffic.stop();
    const kinds = new Map<string, number>();
    for (const failure of failures) {
      const kind = failure.slice(failure.indexOf(' ') + 1);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    for (const [kind, times] of kinds) process.stderr.write(`${times} × ${kind}\n`);
    return { failed: failures.length, rate: count / ((performance.now() - began) / 1000), count, longest };
  };
  try {
    await work(traffic);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop();
}

const told = ({ count, rate }: Outcome) => `of ${count}, ${rate.toFixed(0)} a second`;

async function measureStrategy(shop: LoadShop, name: string): Promise<readonly Figure[]> {
  const { place } = shop;
  const strategy = strategies[name] ?? {};
  // Where one release ends before the other begins, people wait for it.
  const patience = name === 'recreate' ? 60_000 : undefined;
  const outcome = await withTraffic(
    shop,
    async () => {
      for (let round = 0; round < rounds; round += 1) {
        const id = await place.rollOut(await place.release(`${name}-${round}`), strategy);
        if (name === 'abTest') {
          await place.until(id, 'paused');
          await place.act(id, 'promote', { full: true });
        }
        await place.until(id, 'healthy');
      }
    },
    patience,
  );
  const note = `${told(outcome)}, over ${rounds} rollouts`;
  return [
    { name: `${name}: requests that failed`, value: outcome.failed, unit: '', aim: { most: 0 }, note },
    { name: `${name}: longest wait for an answer`, value: outcome.longest, unit: 'ms' },
  ];
}

/** Aborts at each pause in turn. */
async function measureAborts(shop: LoadShop, name: string): Promise<readonly Figure[]> {
  const { place } = shop;
  const { strategies = [], pauses = 1 } = aborted[name] ?? {};
  const milliseconds: number[] = [];
  const outcome = await withTraffic(shop, async (traffic) => {
    for (let round = 0; round < rounds; round += 1) {
      const version = `aborted-${pauses}-${round}`;
      const id = await place.rollOut(await place.release(version), strategies[round % strategies.length] ?? {});
      for (let pause = 0; pause <= round % pauses; pause += 1) {
        await untilPausedAt(place, id, pause);
        if (pause < round % pauses) await place.act(id, 'promote', {});
      }
      await sleep(500);
      milliseconds.push(
        await lastAfter(traffic, version, async () => {
          await place.act(id, 'abort');
          await place.until(id, 'aborted');
        }),
      );
    }
  });
  return [
    toFigure(`abort of ${name}: to the last answer of the candidate, worst`, milliseconds, 1000),
    {
      name: `abort of ${name}: requests that failed`,
      value: outcome.failed,
      unit: '',
      aim: { most: 0 },
      note: told(outcome),
    },
  ];
}

/** Goes back from a release that everybody has to the one before: once whose pods still run, once in place. */
async function measureRollbacks(shop: LoadShop): Promise<readonly Figure[]> {
  const { place } = shop;
  const kept: number[] = [];
  const anew: number[] = [];
  const starts: number[] = [];
  const outcome = await withTraffic(shop, async (traffic) => {
    for (let round = 0; round < rounds; round += 1) {
      const hasPods = round % 2 === 0;
      const before = await place.release(`before-${round}`);
      await place.until(await place.rollOut(before, { type: 'rolling' }), 'healthy');
      const version = `after-${round}`;
      const strategy = hasPods ? { type: 'blueGreen', scaleDownDelaySeconds: 60 } : { type: 'rolling' };
      await place.until(await place.rollOut(await place.release(version), strategy), 'healthy');
      await sleep(500);
      let started = 0;
      const took = await lastAfter(traffic, version, async () => {
        const body = { environment: 'production', release: before };
        const { id } = await place.call<{ id: string }>('POST', '/rollback', body);
        const { steps } = await place.until(id, 'healthy');
        for (const { name, startedAt, finishedAt } of steps)
          if (name.startsWith('process') && startedAt && finishedAt)
            started = Math.max(started, Date.parse(finishedAt) - Date.parse(startedAt));
      });
      if (hasPods) kept.push(took);
      else {
        anew.push(Math.max(0, took - started));
        starts.push(started);
      }
    }
  });
  const name = 'rollback to the last answer of the release that is left, worst';
  return [
    toFigure(`${name}, pods still run`, kept, 1000),
    toFigure(`${name}, pods start anew, without their start`, anew, 5000),
    toFigure('start of those pods, worst', starts),
    { name: 'rollbacks: requests that failed', value: outcome.failed, unit: '', aim: { most: 0 }, note: told(outcome) },
  ];
}

/** Milliseconds from now to the release's last answer. */
async function lastAfter(traffic: Traffic, version: string, work: () => Promise<void>): Promise<number> {
  const asked = performance.now();
  await work();
  await sleep(1000);
  return Math.max(0, (traffic.lastOf(version) ?? 0) - asked);
}

function toFigure(name: string, milliseconds: number[], most?: number): Figure {
  milliseconds.sort((one, other) => one - other);
  const note = `p50 ${(milliseconds[milliseconds.length >> 1] ?? 0).toFixed(0)} ms of ${milliseconds.length}`;
  return { name, value: milliseconds.at(-1) ?? 0, unit: 'ms', note, ...(most === undefined ? {} : { aim: { most } }) };
}

/** Waits until the canary stands at its pause number `pause`. */
async function untilPausedAt(place: ReleasePlace, id: string, pause: number): Promise<void> {
  for (;;) {
    const { state, steps: shown, error } = await place.get(id);
    const isThere = shown.filter(({ name }) => name.startsWith('pause'))[pause]?.state === 'running';
    if (state === 'paused' && (isThere || pause === 0)) return;
    if (['failed', 'aborted', 'healthy'].includes(state)) throw new Error(`The rollout ended as ${state}: ${error}`);
    await sleep(100);
  }
}

const shop = deployLoadShop();
const isWanted = (name: string) => values.only === undefined || values.only.split(',').includes(name);
try {
  for (const name of Object.keys(strategies).filter((each) => isWanted(each.replace(', ', '-'))))
    printFigures(await measureStrategy(shop, name));
  if (isWanted('aborts')) for (const name of Object.keys(aborted)) printFigures(await measureAborts(shop, name));
  if (isWanted('rollbacks')) printFigures(await measureRollbacks(shop));
} finally {
  shop.dispose();
}
