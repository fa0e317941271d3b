// Measures what a quiet tenant feels of another one's flood: `node test/dist/load/fairness.js [--seconds 20]`. The quiet one asks 20
// times a second; then another tenant's token asks ten times as often, with the limits of requests that an installation begins with.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seed } from './access-seed.js';
import { printFigures } from './figure.js';
import { startLoneApi } from './lone-api.js';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' } } });
const seconds = Number(values.seconds);
const quietRate = 20;
const floodRate = quietRate * 10;

/** Asks so often a second, however long the answers take; gives the times of all answers, and how many were refused. */
async function askAt(rate: number, token: string, url: string): Promise<{ times: number[]; refused: number }> {
  const times: number[] = [];
  const asked: Promise<void>[] = [];
  let refused = 0;
  const ask = async () => {
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
    asked.push(ask());
  }
  await Promise.all(asked);
  return { times, refused };
}

const quantile = (times: readonly number[], part: number) =>
  [...times].sort((one, other) => one - other)[Math.floor(times.length * part)] ?? 0;

const api = await startLoneApi({ SLIPWAY_RATE_LIMIT_CLIENT: '3000', SLIPWAY_RATE_LIMIT_TENANT: '6000' });
try {
  const tokens = await seed(api.database, { tenants: 50, projects: 20, members: 20, users: 500 });
  const quiet = `${api.url}/api/v1/tenants/tenant-3/projects`;
  const busy = `${api.url}/api/v1/tenants/tenant-1/projects`;
  await askAt(quietRate, tokens.wide, quiet);
  const alone = await askAt(quietRate, tokens.wide, quiet);
  const [beside, flood] = await Promise.all([
    askAt(quietRate, tokens.wide, quiet),
    askAt(floodRate, tokens.owner, busy),
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
