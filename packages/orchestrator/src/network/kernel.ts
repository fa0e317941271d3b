import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { addressAt, parseCidr } from './cidr.js';

const run = promisify(execFile);

export interface KernelNetwork {
  readonly bridge: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly mtu: number;
}

// Far behind any route that an administrator would write.
const lastMetric = '4000000';

/**
 * Makes the bridge, its address, the routes and the sysctls that pods need; idempotent. Packets to the pod or service
 * range that no rule takes end on the machine: on the bridge, or at an `unreachable` route when there is no bridge.
 *
 * @throws Error naming the command that failed
 */
export async function prepareKernel({ bridge, podCidr, serviceCidr, mtu }: KernelNetwork): Promise<void> {
  const gateway = addressAt(podCidr, 1);
  const { prefix } = parseCidr(podCidr);
  await ip(['link', 'add', 'name', bridge, 'type', 'bridge'], 'File exists');
  // A bridge without a fixed address takes over the lowest of its ports', and the rules name it.
  await ip(['link', 'set', bridge, 'address', macOf(bridge), 'mtu', String(mtu), 'up']);
  await ip(['addr', 'replace', `${gateway}/${prefix}`, 'dev', bridge]);
  // Connections of the machine itself to a Service need a route before the output hook can turn them.
  await ip(['route', 'replace', serviceCidr, 'dev', bridge, 'scope', 'link', 'src', gateway]);
  for (const range of [podCidr, serviceCidr]) {
    await ip(['route', 'replace', 'unreachable', range, 'metric', lastMetric]);
  }
  await sysctl('net/ipv4/ip_forward', '1');
  // A NodePort on 127.0.0.1 leads to a pod with a loopback source until it is masqueraded.
  await sysctl(`net/ipv4/conf/${bridge}/route_localnet`, '1');
  await acceptForwarding(bridge);
}

/** Where something (Docker, usually) set FORWARD to drop, nothing but a rule in that very chain lets packets pass. */
async function acceptForwarding(bridge: string): Promise<void> {
  const rules = await run('iptables', ['-w', '-S', 'FORWARD'])
    .then((done) => done.stdout)
    .catch(() => '');
  if (!rules.includes('-P FORWARD DROP')) return;
  for (const direction of ['-i', '-o']) {
    const rule = ['FORWARD', direction, bridge, '-m', 'comment', '--comment', 'slipway', '-j', 'ACCEPT'];
    const present = await run('iptables', ['-w', '-C', ...rule])
      .then(() => true)
      .catch(() => false);
    if (!present) await run('iptables', ['-w', '-I', ...rule]);
  }
}

/** The MTU of the interface that the default route leaves by; 1500 where there is none. */
export async function defaultMtu(): Promise<number> {
  const routes = await run('ip', ['-o', 'route', 'show', 'default'])
    .then((done) => done.stdout)
    .catch(() => '');
  const device = / dev (\S+)/.exec(routes)?.[1];
  const text = device && (await readFile(`/sys/class/net/${device}/mtu`, 'utf8').catch(() => ''));
  return Number(text) || 1500;
}

/** The bridge's own address: locally administered and made of its name, so that it is the same for ever. */
export function macOf(bridge: string): string {
  const digest = createHash('sha256').update(bridge).digest('hex').slice(0, 10);
  return `02:${digest.replace(/(..)(?=.)/g, '$1:')}`;
}

/** Applies a ruleset in one transaction. @throws Error with nft's own complaint */
export function applyNft(ruleset: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk.toString('utf8');
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`nft refused the ruleset: ${complaint.slice(0, 2000)}`));
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(ruleset);
  });
}

/**
 * Lets packets between two ports of a bridge pass the same hooks as routed ones. Answers whether they do.
 * Only needed where bridged frames cannot be turned to the machine itself.
 */
export async function passBridgedPackets(): Promise<boolean> {
  await run('modprobe', ['br_netfilter']).catch(() => undefined);
  return sysctl('net/bridge/bridge-nf-call-iptables', '1').then(
    () => true,
    () => false,
  );
}

async function ip(args: readonly string[], harmless?: string): Promise<void> {
  try {
    await run('ip', args);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (harmless === undefined || !text.includes(harmless)) throw new Error(`ip ${args.join(' ')} failed: ${text}`);
  }
}

async function sysctl(name: string, value: string): Promise<void> {
  const path = `/proc/sys/${name}`;
  const now = await readFile(path, 'utf8').catch(() => '');
  if (now.trim() !== value) await writeFile(path, value);
}
