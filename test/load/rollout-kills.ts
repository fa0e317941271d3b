import { parseArgs } from 'node:util';
import { loadPlatformConfig } from '@slipway/local';
import { addApplication } from '../support/add-application.js';
import { eventually } from '../support/eventually.js';
import { askGateway } from '../support/gateway.js';
import { killOf } from '../support/platform-outage.js';
import { RolloutRun, type RunOutcome, type RunState, runStates, runStrategies } from '../support/rollout-run.js';
import { printFigures } from './figure.js';
import { deployLoadShop } from './load-shop.js';

// `node test/dist/load/rollout-kills.js [--only worker,redis] [--states paused]`, on the platform of SLIPWAY_E2E_HOME, which it takes
// parts of down: six applications side by side under traffic, each with a strategy of its own, are brought to a state, a process of the
// platform is killed twice, and what the state needs is asked as people do, again after a 503. Requires the right end of each rollout,
// the right release for everybody, no pod of the stable release restarted, and no request that failed for it.
const processes = ['worker', 'redis', 'postgres', 'cluster', 'gateway', 'api'];
const { values } = parseArgs({ options: { only: { type: 'string' }, states: { type: 'string' } } });
const isChosen = (chosen: string | undefined, name: string) => chosen === undefined || chosen.split(',').includes(name);

const began = performance.now();
const secondsSince = (time: number) => (performance.now() - time) / 1000;
const platform = loadPlatformConfig({ home: process.env['SLIPWAY_E2E_HOME'] ?? '' });
const shop = deployLoadShop();
const port = shop.gatewayPort;
const outcomes: RunOutcome[] = [];
let version = 1;
let kills = 0;
let wrong = 0;

const applications = Object.keys(runStrategies);
const places = new Map<string, Awaited<ReturnType<typeof addApplication>>>();

async function killIn(state: RunState, killed: string): Promise<void> {
  const start = performance.now();
  version += 1;
  const runs = await Promise.all(
    [...places].map(([name, { place, url }]) =>
      RolloutRun.prepare({ name, place, url, port, state, version: `${version}` }),
    ),
  );
  await Promise.all(runs.map((run) => run.move()));
  const reached = secondsSince(start);
  const first = await killOf(platform, killed);
  await first.succeeded(60);
  const second = await killOf(platform, killed);
  kills += 2;
  if (state === 'paused') await second.succeeded(60);
  const strays = (await Promise.all(runs.map((run) => run.leavePause()))).flat();
  const ended = await Promise.all(runs.map((run) => run.finish(killed)));
  await second.over(60);
  outcomes.push(...ended);
  const faults = [...strays, ...ended.flatMap((one) => one.faults)];
  if (faults.length > 0) wrong += 1;
  const times = `reached ${reached.toFixed(1)} s, over ${secondsSince(start).toFixed(1)} s`;
  process.stdout.write(`${killed.padEnd(9)} ${state.padEnd(12)} ${times}  ${faults.length === 0 ? 'well' : ''}\n`);
  for (const fault of faults) process.stdout.write(`          ${fault}\n`);
}

try {
  await Promise.all(
    applications.map(async (name) => {
      const added = await addApplication(shop.place, name);
      await eventually(async () => {
        if ((await askGateway({ port, url: added.url })).body !== '1') throw new Error(`${name} does not answer`);
      });
      places.set(name, added);
    }),
  );
  process.stdout.write(`${applications.length} applications answer after ${secondsSince(began).toFixed(0)} s\n`);
  for (const killed of processes.filter((one) => isChosen(values.only, one)))
    for (const state of runStates.filter((one) => isChosen(values.states, one))) await killIn(state, killed);
} finally {
  shop.dispose();
}

const sum = (pick: (outcome: RunOutcome) => number) => outcomes.reduce((all, one) => all + pick(one), 0);
const worst = (pick: (outcome: RunOutcome) => number) => Math.max(0, ...outcomes.map(pick));
const none = { aim: { most: 0 }, unit: '' };
printFigures([
  { name: 'kills', value: kills, unit: '', note: `${secondsSince(began).toFixed(0)} s in all` },
  { name: 'states after which something was wrong', value: wrong, ...none },
  { name: 'requests that failed', value: sum((one) => one.failed), ...none, note: `of ${sum((one) => one.requests)}` },
  { name: 'pods that were restarted', value: sum((one) => one.restarts), ...none },
  { name: 'connections that broke with the gateway', value: sum((one) => one.cutOff), unit: '' },
  { name: 'abort to the last answer, worst', value: worst((one) => one.backMilliseconds), unit: 'ms' },
  { name: 'recreate: longest wait', value: worst((one) => one.heldMilliseconds), unit: 'ms' },
]);
process.exitCode = wrong > 0 ? 1 : 0;
