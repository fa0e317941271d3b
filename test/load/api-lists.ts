import { collection, fill, pause, type Scene } from './api-load.js';
import { openFanout } from './api-watches.js';
import type { Figure } from './figure.js';
import { LeanClient, requestBytes } from './lean-client.js';
import { measureUsage, residentMb } from './processes.js';

const lists = 30;

export async function measureLists(scene: Scene): Promise<Figure[]> {
  if (scene.made < 8_000) await fill(scene, 8_000 - scene.made);
  const { server } = scene.pids;
  const limited = requestBytes('GET', `${collection}?limit=8000`);
  const sized = await LeanClient.open(scene.target);
  const bytes = (await sized.send(limited)).body.length;
  sized.close();
  const client = await LeanClient.open(scene.target, true);
  for (let warm = 0; warm < 10; warm++) await client.send(limited);
  await pause(2_000);
  const before = residentMb(server);
  let most = before;
  const sampler = setInterval(() => {
    most = Math.max(most, residentMb(server));
  }, 2);
  const usage = measureUsage(scene.pids);
  const started = performance.now();
  for (let turn = 0; turn < lists; turn++) await client.send(limited);
  const seconds = (performance.now() - started) / 1000;
  const used = usage();
  clearInterval(sampler);
  client.close();
  const each = (value: number) => (value / lists / 1000).toFixed(0);
  const note = `${(bytes / 1e6).toFixed(1)} MB each, CPU ms each: server ${each(used.server)}, client ${each(used.client)}`;
  return [
    { name: 'LIST of 8000', value: (bytes * lists) / 1e6 / seconds, unit: 'MB/s', aim: { least: 200 }, note },
    { name: 'LIST of 8000, rise of memory', value: most - before, unit: 'MB', aim: { most: 10 } },
  ];
}

export async function measureMemory(scene: Scene): Promise<Figure[]> {
  const fanout = await openFanout(scene, 200);
  if (scene.made < 30_000) await fill(scene, 30_000 - scene.made);
  await pause(3_000);
  const name = `resident, ${scene.made} objects, 200 watchers`;
  const figure: Figure = { name, value: residentMb(scene.pids.server), unit: 'MB', aim: { most: 400 } };
  fanout.close();
  return [figure];
}
