import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { addApplication } from '../support/add-application.js';
import { startTraffic } from '../support/traffic.js';
import { printFigures } from './figure.js';
import { deployLoadShop, type LoadShop } from './load-shop.js';

// `node test/dist/load/canaries.js --rate 400 --good 100 [--only hang=1,reset=1]`, on the platform of SLIPWAY_E2E_HOME: what people notice of bad releases
// that begin at 5 % under analysis, each with a fault of its own, and how often a good one is taken back. Harmed is a request that
// failed or took half a second, of all requests in the minute that such a step lasts.
const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '400' },
    good: { type: 'string', default: '100' },
    /** Applications side by side, for the good ones; each has its part of the requests. */
    'at-once': { type: 'string', default: '4' },
    /** Some of the faults, such as `hang=1,reset=1`; '' for none of them. */
    only: { type: 'string' },
  },
});
const isAsked = (fault: string) => values.only === undefined || values.only.split(',').includes(fault);
const faults = [
  ...[1, 0.5, 0.3, 0.2, 0.1, 0.05].map((share) => `errors=${share}`),
  ...[1, 0.5, 0.3, 0.2, 0.1].map((share) => `slow=${share}:1000`),
  ...[1, 0.5].map((share) => `slow=${share}:600`),
  'crash=10',
  'crash=50',
  'crash=200',
  'leak=5',
  'leak=1',
  'hang=1',
  'hang=0.2',
].filter(isAsked);
/** HAProxy has a client try again whose kept connection it could not serve, without a line in its log; what others ask it asks again itself. */
const hidden = ['reset=1', 'reset=0.2'].filter(isAsked);
const clients = 20;
const stepSeconds = 60;
const slowMilliseconds = 500;
const analysis = { metrics: [{ name: 'request-success-rate' }, { name: 'request-duration' }] };

/** A release at 5 % for a minute; gives how it ended, and what people noticed in that minute. */
async function tryRelease(
  { place, url, gatewayPort: port }: Omit<LoadShop, 'dispose'>,
  version: string,
  fault: string,
  seconds: number,
  perSecond = Number(values.rate),
) {
  const release = await place.release(version, fault);
  const traffic = startTraffic({ port, url, clients, perSecond, slowMilliseconds, hasLong: false });
  const began = performance.now();
  const id = await place.rollOut(release, {
    type: 'canary',
    steps: [{ setWeight: 5 }, { pause: { duration: seconds } }],
    scaleDownDelaySeconds: 0,
    analysis,
  });
  for (;;) {
    const { state, error } = await place.get(id);
    const isOver = state === 'failed' || state === 'healthy';
    if (isOver && performance.now() - began >= seconds * 1000) {
      const { count, failures, slow } = await traffic.stop();
      return { state, error, count, harmed: failures.length + slow };
    }
    await sleep(200);
  }
}

const shop = deployLoadShop();
try {
  let worst = 0;
  let caught = 0;
  for (const [index, fault] of [...faults, ...hidden].entries()) {
    const { state, error, count, harmed } = await tryRelease(shop, `bad-${index}`, fault, stepSeconds);
    const percent = (100 * harmed) / count;
    const isCounted = faults.includes(fault);
    if (isCounted) worst = Math.max(worst, percent);
    if (isCounted && state === 'failed') caught += 1;
    const note = `${state}; ${harmed} of ${count}; ${error ?? ''}`;
    const aim = isCounted ? { aim: { most: 0.5 } } : {};
    printFigures([{ name: fault, value: percent, unit: '%', note, ...aim }]);
  }
  printFigures([
    { name: 'bad releases taken back', value: caught, unit: '', aim: { least: faults.length } },
    { name: 'requests harmed, worst', value: worst, unit: '%', aim: { most: 0.5 } },
  ]);
  const backs = await tryGood();
  const note = `of ${values.good}, at a stated rate of 1 %`;
  printFigures([{ name: 'good releases taken back', value: backs, unit: '', note }]);
} finally {
  shop.dispose();
}

/** How many good releases were taken back. */
async function tryGood(): Promise<number> {
  const good = Number(values.good);
  const places = [shop];
  for (let number = 1; number < Math.min(good, Number(values['at-once'])); number += 1)
    places.push({ ...shop, ...(await addApplication(shop.place, `good-${number}`)) });
  let begun = 0;
  let back = 0;
  const work = places.map(async (place) => {
    while (begun < good) {
      begun += 1;
      const perSecond = (2 * Number(values.rate)) / places.length;
      const { state, error } = await tryRelease(place, `good-${begun}`, '', 10, perSecond);
      if (state === 'failed') process.stderr.write(`${error}\n`);
      if (state === 'failed') back += 1;
    }
  });
  await Promise.all(work);
  return back;
}
