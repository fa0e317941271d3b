import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { NetworkPolicy } from '@slipway/orchestrator/kinds';
import { startPolicyBench } from '@slipway/orchestrator/testing';
import { printFigures } from './figure.js';

// `node test/dist/load/network-policy.js [seconds]`, as root: what network policies cost a packet between two pods, in network namespaces
// and on a bridge of its own. `selecting`: all of the policies select both pods, and the last one lets the packet through.
const seconds = Number(process.argv[2] ?? 3);
const counts = [0, 10, 100, 1000];
const rounds = 5000;
const [bridge, table] = ['slwpolload', 'slipway_polload'];
const [podCidr, serviceCidr, gateway] = ['100.98.0.0/17', '100.98.128.0/17', '100.98.0.1'];
const places = [
  { ip: '100.98.0.10', name: 'slwpolload0' },
  { ip: '100.98.0.11', name: 'slwpolload1' },
] as const;

const program = `
const { createServer, connect } = require('node:net');
createServer({ noDelay: true }, (s) => { s.on('error', () => {}); s.pipe(s); }).listen(9001);
createServer((s) => { s.on('error', () => {}); s.resume(); }).listen(9002, () => console.log('null'));
const open = (port, ip) => new Promise((done, fail) => { const s = connect({ port, host: ip, noDelay: true }, () => done(s)); s.on('error', fail); });
const once = (s) => new Promise((done) => s.once('data', done));
const tasks = {
  async latency({ ip, rounds }) {
    const s = await open(9001, ip); const took = [];
    for (let i = 0; i < rounds; i += 1) { const at = process.hrtime.bigint(); s.write('x'); await once(s); took.push(Number(process.hrtime.bigint() - at) / 1000); }
    s.destroy(); took.sort((a, b) => a - b);
    return { p50: took[rounds >> 1], p99: took[Math.floor(rounds * 0.99)] };
  },
  async throughput({ ip, seconds }) {
    const s = await open(9002, ip); const chunk = Buffer.alloc(1 << 20); const began = performance.now(); let sent = 0;
    while (performance.now() - began < seconds * 1000) { sent += chunk.length; if (!s.write(chunk)) await new Promise((done) => s.once('drain', done)); }
    await new Promise((done) => s.end(done));
    return (sent * 8) / ((performance.now() - began) / 1000) / 1e9;
  },
  async connections({ ip, seconds }) {
    const began = performance.now(); let made = 0;
    while (performance.now() - began < seconds * 1000) { const s = await open(9002, ip); s.resetAndDestroy(); made += 1; }
    return made / ((performance.now() - began) / 1000);
  },
};
require('node:readline').createInterface({ input: process.stdin }).on('line', async (line) => { const { task, ...rest } = JSON.parse(line); console.log(JSON.stringify(await tasks[task](rest))); });
`;

const ip = (command: string) => execFileSync('ip', command.split(' '), { stdio: 'pipe' });
const children: ChildProcessWithoutNullStreams[] = [];

async function startPod({ ip: address, name }: { ip: string; name: string }) {
  ip(`netns add ${name}`);
  ip(`link add v${name} type veth peer name eth0 netns ${name}`);
  ip(`link set v${name} master ${bridge} up`);
  ip(`-n ${name} addr add ${address}/17 dev eth0`);
  ip(`-n ${name} link set eth0 up`);
  ip(`-n ${name} link set lo up`);
  ip(`-n ${name} route add default via ${gateway}`);
  const child = spawn('ip', ['netns', 'exec', name, process.execPath, '-e', program]);
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => JSON.parse((await lines.next()).value ?? 'null');
  await next();
  return async <T>(task: string, options: object): Promise<T> => {
    child.stdin.write(`${JSON.stringify({ task, ...options })}\n`);
    return (await next()) as T;
  };
}

/** Of those that select, each names another peer, so that no two become one. */
function policiesOf(count: number, selecting: boolean): NetworkPolicy[] {
  return Array.from({ length: count }, (_, index) => {
    const isLast = index === count - 1;
    const peers = [{ podSelector: { matchLabels: { app: isLast ? 'pair' : `other-${index}` } } }];
    const podSelector = { matchLabels: { app: selecting ? 'pair' : `none-${index}` } };
    return {
      metadata: { name: `p${String(index).padStart(4, '0')}`, namespace: 'load' },
      spec: { podSelector, policyTypes: ['Ingress', 'Egress'], ingress: [{ from: peers }], egress: [{ to: peers }] },
    };
  });
}

const pair = places.map(({ ip }) => ({ ip, labels: { app: 'pair' } }));

async function main(): Promise<void> {
  const bench = await startPolicyBench({ bridge, table, podCidr, serviceCidr });
  try {
    await bench.apply([], pair);
    const [call] = [await startPod(places[0]), await startPod(places[1])];
    const target = { ip: places[1].ip };
    for (const selecting of [false, true]) {
      for (const count of selecting ? counts.slice(1) : counts) {
        const policies = policiesOf(count, selecting);
        await bench.apply(policies, pair);
        const began = performance.now();
        await bench.apply(policiesOf(count + 1, selecting), pair);
        const updateMs = performance.now() - began;
        await bench.apply(policies, pair);
        const { p50, p99 } = await call<{ p50: number; p99: number }>('latency', { ...target, rounds });
        const gigabits = await call<number>('throughput', { ...target, seconds });
        const connections = await call<number>('connections', { ...target, seconds });
        const name = `${count} policies${selecting ? ', all selecting' : ''}`;
        printFigures([
          { name: `${name}: round trip p50`, value: p50, unit: 'µs', note: `p99 ${p99.toFixed(0)} µs` },
          { name: `${name}: one stream`, value: gigabits, unit: 'Gb/s' },
          { name: `${name}: connections, one by one`, value: connections, unit: '/s' },
          { name: `${name}: one more in force after`, value: updateMs, unit: 'ms' },
        ]);
      }
    }
  } finally {
    for (const child of children) child.kill();
    for (const { name } of places) ip(`netns del ${name}`);
    await bench.stop();
  }
}

await main();
