import { collection, newObject, noteOf, pause, run, type Scene, shareOf } from './api-load.js';
import type { Figure } from './figure.js';
import { LeanClient, openWatch, requestBytes } from './lean-client.js';
import { measureUsage, usageText } from './processes.js';

const watcherCount = 200;
const pacedSeconds = 5;

interface Fanout {
  /** Of each watcher: how many events it was given. */
  readonly seen: readonly number[];
  /** What one more watcher read, who looks into what it is given. */
  readonly revisions: readonly number[];
  close(): void;
}

/** Opens watches of the collection from now on. */
export async function openFanout(
  scene: Scene,
  count: number,
  onEvents?: (watcher: number, count: number) => void,
): Promise<Fanout> {
  const client = await LeanClient.open(scene.target);
  const { body } = await client.send(requestBytes('GET', `${collection}?limit=1`));
  client.close();
  const path = `${collection}?watch=1&resourceVersion=${revisionIn(body)}`;
  const seen: number[] = Array.from({ length: count }, () => 0);
  const revisions: number[] = [];
  let rest = '';
  const sockets = await Promise.all([
    ...seen.map((_, index) =>
      openWatch(scene.target, path, (news) => {
        seen[index] = (seen[index] ?? 0) + news;
        onEvents?.(index, news);
      }),
    ),
    openWatch(
      scene.target,
      path,
      () => undefined,
      (text) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line.startsWith('{"type"')) revisions.push(revisionIn(line));
      },
    ),
  ]);
  return {
    seen,
    revisions,
    close: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function revisionIn(text: string | Buffer): number {
  const start = typeof text === 'string' ? text : text.toString('latin1');
  return Number(/"resourceVersion":"(\d+)"/.exec(start)?.[1]);
}

const lostOf = ({ seen, revisions }: Fanout, expected: number) =>
  [...seen, revisions.length].reduce((sum, each) => sum + Math.max(0, expected - each), 0);

const isInOrder = (numbers: readonly number[]) => numbers.every((each, index) => each > (numbers[index - 1] ?? 0));

async function until(isDone: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 20_000; !isDone() && performance.now() < deadline; ) await pause(5);
}

export async function measureWatches(scene: Scene): Promise<Figure[]> {
  const { figures, perSecond } = await measureFlood(scene);
  return [...figures, ...(await measureDelay(scene, perSecond / 2))];
}

/** As many creates as 16 clients make: what all watchers are given until the last has everything. */
async function measureFlood(scene: Scene): Promise<{ figures: Figure[]; perSecond: number }> {
  const fanout = await openFanout(scene, watcherCount);
  const before = scene.made;
  const usage = measureUsage(scene.pids);
  const started = performance.now();
  const creates = await run(scene, 16, 5, () => newObject(scene));
  const made = scene.made - before;
  await until(() => lostOf(fanout, made) === 0);
  const seconds = (performance.now() - started) / 1000;
  const used = usage();
  const delivered = fanout.seen.reduce((sum, each) => sum + each, 0) + fanout.revisions.length;
  const lost = lostOf(fanout, made);
  fanout.close();
  const order = isInOrder(fanout.revisions) ? '' : ', out of order';
  return {
    perSecond: made / seconds,
    figures: [
      {
        name: `watch: events to ${watcherCount} watchers`,
        value: delivered / seconds,
        unit: '/s',
        aim: { least: 150_000 },
        note: `${lost} lost${order}, ${usageText(used, delivered)}`,
      },
      {
        name: 'watch: creates meanwhile, 16 clients',
        value: creates.perSecond,
        unit: '/s',
        aim: { least: 900 },
        note: noteOf(creates),
      },
    ],
  };
}

/** Creates at an even rate: how long from the sending of each to each watcher's having it. That is more than from its commit. */
async function measureDelay(scene: Scene, perSecond: number): Promise<Figure[]> {
  const arrived: number[][] = Array.from({ length: watcherCount }, () => []);
  const fanout = await openFanout(scene, watcherCount, (watcher, news) => {
    const now = performance.now();
    for (let each = 0; each < news; each++) arrived[watcher]?.push(now);
  });
  const clients = await Promise.all(Array.from({ length: 16 }, () => LeanClient.open(scene.target)));
  const total = Math.round(perSecond * pacedSeconds);
  const sentAt = new Map<number, number>();
  const begun = performance.now();
  let next = 0;
  await Promise.all(
    clients.map(async (client) => {
      for (;;) {
        const turn = next++;
        if (turn >= total) return;
        const due = begun + (turn * 1000) / perSecond;
        if (due > performance.now()) await pause(due - performance.now());
        const sent = performance.now();
        const { body } = await client.send(newObject(scene));
        sentAt.set(revisionIn(body.subarray(0, 500)), sent);
      }
    }),
  );
  const rate = total / ((performance.now() - begun) / 1000);
  await until(() => lostOf(fanout, total) === 0);
  fanout.close();
  for (const each of clients) each.close();
  const sent = [...sentAt].sort(([a], [b]) => a - b).map(([, at]) => at);
  const delays = arrived.flatMap((times) => times.map((time, index) => time - (sent[index] ?? time)));
  delays.sort((a, b) => a - b);
  const note = `p50 ${shareOf(delays, 0.5).toFixed(1)} ms, ${lostOf(fanout, total)} lost, ${rate.toFixed(0)} creates/s`;
  return [
    { name: 'watch: sending to delivery, p99', value: shareOf(delays, 0.99), unit: 'ms', aim: { most: 50 }, note },
  ];
}
