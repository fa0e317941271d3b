// Measures what a quiet tenant feels of another one's flood: `node test/dist/load/fairness.js [--seconds 60]`. The quiet one asks 20
// times a second; then another tenant's token asks ten times as often, with the limits of requests that an installation begins with.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { seed } from './access-seed.js';
import { printFigures } from './figure.js';
import { startLoneApi } from './lone-api.js';

interface Asking {
  readonly rate: number;
  readonly seconds: number;
  readonly token: string;
  readonly url: string;
}

/** The times of all answers, and how many were refused. */
interface Answers {
  readonly times: readonly number[];
  readonly refused: number;
}

const quietRate = 20;
const floodRate = quietRate * 10;

/** Asks so often a second, however long the answers take. */
async function ask({ rate, seconds, token, url }: Asking): Promise<Answers> {
  const times: number[] = [];
  const asked: Promise<void>[] = [];
  let refused = 0;
  const once = async () => {
    const began = performance.now();
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    await answer.text();
    if (answer.status === 429) refused += 1;
    else if (answer.status !== 200) throw new Error(`GET ${url}: ${answer.status}`);
    times.push(performance.now() - began);
  };
  const began = performance.now();
  for (let count = 0; count < rate * seconds; count += 1) {
    const due = began + (count * 1000) / rate;
    if (due > performance.now()) await sleep(due - performance.now());
    asked.push(once());
  }
  await Promise.all(asked);
  return { times, refused };
}

/** On a thread of its own: the quiet one's clock must not wait for the flood's answers. */
function askAside(asking: Asking): Promise<Answers> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: asking });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

const quantile = (times: readonly number[], part: number) =>
  [...times].sort((one, other) => one - other)[Math.floor(times.length * part)] ?? 0;

async function measure(seconds: number): Promise<void> {
  const api = await startLoneApi({ SLIPWAY_RATE_LIMIT_CLIENT: '3000', SLIPWAY_RATE_LIMIT_TENANT: '6000' });
  try {
    const tokens = await seed(api.database, { tenants: 50, projects: 20, members: 20, users: 500 });
    const quiet = { rate: quietRate, seconds, token: tokens.wide, url: `${api.url}/api/v1/tenants/tenant-3/projects` };
    const url = `${api.url}/api/v1/tenants/tenant-1/projects`;
    await askAside(quiet);
    const alone = await askAside(quiet);
    const [beside, flood] = await Promise.all([
      askAside(quiet),
      askAside({ rate: floodRate, seconds, token: tokens.owner, url }),
    ]);
    const [before, during] = [quantile(alone.times, 0.99), quantile(beside.times, 0.99)];
    printFigures([
      { name: 'quiet tenant alone, p99', value: before, unit: 'ms', note: `${quietRate} requests/s` },
      {
        name: "quiet tenant beside another's flood, p99",
        value: during,
        unit: 'ms',
        aim: { most: before * 1.5 },
        note: `${(during / before).toFixed(2)} times; ${floodRate} requests/s, ${flood.refused} of them refused`,
      },
    ]);
  } finally {
    await api.close();
  }
}

if (isMainThread) {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
  await measure(Number(values.seconds));
} else parentPort?.postMessage(await ask(workerData as Asking));
