import type { Figure } from './figure.js';
import { LeanClient, requestBytes, type Target } from './lean-client.js';
import { measureUsage, type Usage, usageText } from './processes.js';

/** What is measured: the server, the processes behind it, and the objects that were made so far, `load-0` and on. */
export interface Scene {
  readonly target: Target;
  readonly pids: { readonly server: number; readonly database: number };
  made: number;
}

export const collection = '/api/v1/namespaces/default/configmaps';
/** With its metadata an object is 1 KB. */
const payload = 'x'.repeat(700);
/** The engine compiles what runs often: figures are of a server that has answered so many requests of a kind, or for so long. */
const warm = { requests: 10_000, seconds: 8 };

export const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export function newObject(scene: Scene): Buffer {
  const object = { metadata: { name: `load-${scene.made++}` }, data: { payload } };
  return requestBytes('POST', collection, JSON.stringify(object));
}

export interface Measured {
  readonly count: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly usage: Usage;
}

/** Asks on some connections for some seconds, each time when the last answer is there; throws at the first refusal. */
export async function run(scene: Scene, clients: number, seconds: number, next: () => Buffer): Promise<Measured> {
  const connections = await Promise.all(Array.from({ length: clients }, () => LeanClient.open(scene.target)));
  const times: number[] = [];
  const work = async (client: LeanClient, until: number, most = Number.POSITIVE_INFINITY) => {
    for (let from = performance.now(); from < until && times.length < most; ) {
      const { status, body } = await client.send(next());
      if (status >= 300) throw new Error(`answered ${status}: ${body.toString()}`);
      const now = performance.now();
      times.push(now - from);
      from = now;
    }
  };
  const warmUntil = performance.now() + warm.seconds * 1000;
  await Promise.all(connections.map((each) => work(each, warmUntil, warm.requests)));
  times.length = 0;
  const usage = measureUsage(scene.pids);
  const started = performance.now();
  await Promise.all(connections.map((each) => work(each, started + seconds * 1000)));
  const elapsed = (performance.now() - started) / 1000;
  const used = usage();
  for (const each of connections) each.close();
  times.sort((a, b) => a - b);
  return {
    count: times.length,
    perSecond: times.length / elapsed,
    p50: shareOf(times, 0.5),
    p99: shareOf(times, 0.99),
    usage: used,
  };
}

/** The value below which that share of sorted values lies. */
export const shareOf = (sorted: readonly number[], share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;

export const noteOf = ({ p50, p99, usage, count }: Measured) =>
  `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, ${usageText(usage, count)}`;

export async function fill(scene: Scene, count: number): Promise<void> {
  const connections = await Promise.all(Array.from({ length: 16 }, () => LeanClient.open(scene.target)));
  const end = scene.made + count;
  await Promise.all(
    connections.map(async (client) => {
      while (scene.made < end) await client.send(newObject(scene));
      client.close();
    }),
  );
}

export type Rate = (perSecond: number, clients: 1 | 16) => string;

export async function measureCreates(scene: Scene, ratio: Rate): Promise<Figure[]> {
  const alone = await run(scene, 1, 4, () => newObject(scene));
  const many = await run(scene, 16, 6, () => newObject(scene));
  return [
    {
      name: 'create, 1 client',
      value: alone.perSecond,
      unit: '/s',
      note: `${ratio(alone.perSecond, 1)}${noteOf(alone)}`,
    },
    { name: 'create, 1 client, p50', value: alone.p50, unit: 'ms', aim: { most: 0.6 } },
    {
      name: 'create, 16 clients',
      value: many.perSecond,
      unit: '/s',
      aim: { least: 4_000 },
      note: `${ratio(many.perSecond, 16)}${noteOf(many)}`,
    },
  ];
}

export async function measureGets(scene: Scene): Promise<Figure[]> {
  const get = () => requestBytes('GET', `${collection}/load-${Math.floor(Math.random() * scene.made)}`);
  const gets = await run(scene, 16, 4, get);
  return [{ name: 'GET, 16 clients', value: gets.perSecond, unit: '/s', aim: { least: 15_000 }, note: noteOf(gets) }];
}

export async function measurePatches(scene: Scene, ratio: Rate): Promise<Figure[]> {
  let turn = 0;
  const patch = () => {
    const body = JSON.stringify({ data: { turn: String(turn++) } });
    return requestBytes('PATCH', `${collection}/load-${turn % 1_000}`, body, 'application/merge-patch+json');
  };
  const patches = await run(scene, 16, 5, patch);
  const note = `${ratio(patches.perSecond, 16)}${noteOf(patches)}`;
  return [{ name: 'merge patch, 16 clients', value: patches.perSecond, unit: '/s', aim: { least: 3_000 }, note }];
}
