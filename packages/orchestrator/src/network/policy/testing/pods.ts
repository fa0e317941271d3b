import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Probe {
  readonly ip: string;
  readonly port: number;
  readonly protocol: string;
}

/** A network namespace on the bridge that answers on some ports and can be told to call others. */
export interface TestPod {
  readonly ip: string;
  /** Which of the calls got an answer within the time. */
  probe(calls: readonly Probe[], waitMs?: number): Promise<boolean[]>;
  /** Opens a connection and keeps it; each later `talk` says whether it still carries bytes. */
  open(call: Probe): Promise<void>;
  talk(waitMs?: number): Promise<boolean>;
  remove(): void;
}

const program = `
import { createServer, connect } from 'node:net';
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
const ports = JSON.parse(process.argv[1]);
const ready = ports.map(({ protocol, port }) => new Promise((done) => {
  if (protocol === 'TCP') createServer((s) => { s.on('error', () => {}); s.pipe(s); }).listen(port, '0.0.0.0', done);
  else { const s = createSocket('udp4'); s.on('message', (m, r) => s.send(m, r.port, r.address)); s.bind(port, '0.0.0.0', done); }
}));
const tcp = ({ ip, port }, ms) => new Promise((done) => {
  const s = connect({ host: ip, port });
  const end = (ok) => { clearTimeout(timer); s.destroy(); done(ok); };
  const timer = setTimeout(() => end(false), ms);
  s.on('connect', () => s.write('x')); s.on('data', () => end(true)); s.on('error', () => end(false));
});
const udp = ({ ip, port }, ms) => new Promise((done) => {
  const s = createSocket('udp4');
  const end = (ok) => { clearTimeout(timer); s.close(); done(ok); };
  const timer = setTimeout(() => end(false), ms);
  s.on('message', () => end(true)); s.on('error', () => end(false));
  s.send('x', port, ip, (e) => { if (e) end(false); });
});
let held;
const talk = (ms) => new Promise((done) => {
  const timer = setTimeout(() => { held.off('data', got); done(false); }, ms);
  const got = () => { clearTimeout(timer); held.off('data', got); done(true); };
  held.on('data', got); held.write('y');
});
await Promise.all(ready);
console.log(JSON.stringify('ready'));
createInterface({ input: process.stdin }).on('line', async (line) => {
  const { calls, open, waitMs } = JSON.parse(line);
  if (calls) console.log(JSON.stringify(await Promise.all(calls.map((c) => (c.protocol === 'UDP' ? udp : tcp)(c, waitMs)))));
  else if (open) { held = connect({ host: open.ip, port: open.port }); held.on('error', () => {}); held.on('connect', () => console.log(JSON.stringify(true))); }
  else console.log(JSON.stringify(await talk(waitMs)));
});
`;

/** Makes the namespace with an address on the bridge. Needs root. */
export async function createTestPod(options: {
  readonly name: string;
  readonly bridge: string;
  readonly ip: string;
  readonly prefix: number;
  readonly gateway: string;
  readonly ports: readonly { readonly protocol: string; readonly port: number }[];
}): Promise<TestPod> {
  const { name, bridge, ip, prefix, gateway } = options;
  const veth = `v${name}`.slice(0, 15);
  const run = (command: string) => execFileSync('ip', command.split(' '), { stdio: 'pipe' });
  run(`netns add ${name}`);
  run(`link add ${veth} type veth peer name eth0 netns ${name}`);
  run(`link set ${veth} master ${bridge} up`);
  execFileSync('bridge', ['link', 'set', 'dev', veth, 'hairpin', 'on']);
  run(`-n ${name} addr add ${ip}/${prefix} dev eth0`);
  run(`-n ${name} link set eth0 up`);
  run(`-n ${name} link set lo up`);
  run(`-n ${name} route add default via ${gateway}`);
  const child = spawn('ip', [
    'netns',
    'exec',
    name,
    process.execPath,
    '--input-type=module',
    '-e',
    program,
    JSON.stringify(options.ports),
  ]);
  const ask = conversation(child);
  await ask(undefined);
  return {
    ip,
    probe: async (calls, waitMs = 300) => {
      const answer = await ask({ calls, waitMs });
      return Array.isArray(answer) ? answer.map(Boolean) : [];
    },
    open: async (call) => {
      await ask({ open: call });
    },
    talk: async (waitMs = 300) => (await ask({ waitMs })) === true,
    remove: () => {
      child.kill('SIGKILL');
      run(`link del ${veth}`);
      run(`netns del ${name}`);
    },
  };
}

/** One line out, one line back. `undefined` only waits for a line. */
function conversation(child: ChildProcessWithoutNullStreams): (question: unknown) => Promise<unknown> {
  const waiting: ((answer: unknown) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(JSON.parse(line)));
  return (question) =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (question !== undefined) child.stdin.write(`${JSON.stringify(question)}\n`);
    });
}
