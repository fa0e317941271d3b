import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findFreePortBase, loadPlatformConfig } from '@slipway/local';
import { eventually } from '../support/eventually.js';
import { ReleasePlace } from '../support/release-place.js';
import { printFigures } from './figure.js';

// `node test/dist/load/rollouts-many.js --rollouts 200`: that many canaries at once, each of an application of its own, on a platform
// of its own that is reset at the end: one worker, and nodes that are simulated, so that the machine is not busy with containers. Takes
// how late each timed pause ends.
const { values } = parseArgs({ options: { rollouts: { type: 'string', default: '200' } } });
const count = Number(values.rollouts);
const pauseSeconds = 20;
const steps = [10, 25, 50, 75].flatMap((setWeight) => [{ setWeight }, { pause: { duration: pauseSeconds } }]);
const home = mkdtempSync(join(tmpdir(), 'slipway-load-'));
const env = {
  ...process.env,
  SLIPWAY_HOME: home,
  SLIPWAY_PORT_BASE: `${await findFreePortBase(23_000)}`,
  SLIPWAY_NODES: 'simulated',
};
const local = join(import.meta.dirname, '../../../infra/local/dist/cli.js');
const platform = (...words: string[]) =>
  execFileSync(process.execPath, [local, ...words], { env, stdio: ['ignore', 'ignore', 'inherit'] });
const bin = join(import.meta.dirname, '../../../packages/cli/bin/slipway.js');

try {
  platform('start');
  await measure();
} finally {
  platform('reset', '--yes');
}

async function measure(): Promise<void> {
  const { apiUrl } = loadPlatformConfig({ home });
  const token = signIn(apiUrl);
  const call = new ReleasePlace(apiUrl, token, '');
  await call.call('POST', '/tenants', { name: 'load' });
  await call.call('POST', '/tenants/load/projects', { name: 'shop' });
  const environment = '/tenants/load/projects/shop/environments/production';
  await eventually(async () => {
    const { state } = await call.call<{ state: string }>('GET', environment);
    if (state !== 'ready') throw new Error(`The environment is ${state}.`);
  });
  const places: ReleasePlace[] = [];
  for (let number = 0; number < count; number += 1) {
    const name = `app-${number}`;
    await call.call('POST', '/tenants/load/projects/shop/applications', { name, source: { type: 'push' } });
    places.push(new ReleasePlace(apiUrl, token, `/tenants/load/projects/shop/applications/${name}`));
  }
  await rollOut(places, 'a', { type: 'rolling' });
  const ended = await rollOut(places, 'b', { type: 'canary', steps });
  const late = ended.flatMap((shown) =>
    shown.steps.flatMap(({ name, startedAt, finishedAt }) =>
      name.startsWith('pause') && startedAt && finishedAt
        ? [Date.parse(finishedAt) - Date.parse(startedAt) - pauseSeconds * 1000]
        : [],
    ),
  );
  late.sort((one, other) => one - other);
  const at = (part: number) => late[Math.floor((late.length - 1) * part)] ?? Number.NaN;
  const note = `of ${late.length} pauses in ${count} rollouts; p50 ${at(0.5).toFixed(0)} ms, p99 ${at(0.99).toFixed(0)} ms`;
  printFigures([{ name: 'end of a pause, latest', value: at(1), unit: 'ms', aim: { most: 1000 }, note }]);
}

function signIn(server: string): string {
  const user = mkdtempSync(join(tmpdir(), 'slipway-load-user-'));
  const { password } = JSON.parse(readFileSync(join(home, 'secrets/admin.json'), 'utf8')) as { password: string };
  const own = { PATH: process.env['PATH'] ?? '', HOME: user, SLIPWAY_SERVER: server };
  const slipway = (words: readonly string[], input = '') =>
    execFileSync(process.execPath, [bin, ...words], { env: own, input, encoding: 'utf8' });
  slipway(['login', '--username', 'admin', '--password-stdin'], password);
  const { token } = JSON.parse(slipway(['tokens', 'create', 'load', '-o', 'json'])) as { token: string };
  rmSync(user, { recursive: true, force: true });
  return token;
}

/** Begins all, and waits for the end of each: one after the other, so that the asking does not keep the machine busy. */
async function rollOut(places: readonly ReleasePlace[], letter: string, strategy: object) {
  const image = `registry.example.com/hello@sha256:${letter.repeat(64)}`;
  const begun: { place: ReleasePlace; id: string }[] = [];
  for (const place of places) {
    const { number } = await place.call<{ number: number }>('POST', '/releases', { image });
    begun.push({ place, id: await place.rollOut(number, strategy) });
  }
  const ended: Awaited<ReturnType<ReleasePlace['get']>>[] = [];
  for (const { place, id } of begun) ended.push(await place.until(id, 'healthy', 900));
  return ended;
}
