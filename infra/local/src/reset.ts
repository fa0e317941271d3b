import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from './config.js';
import { loadInstance } from './instance.js';
import { mountsBelow, unmountBelow } from './mounts.js';
import { send } from './process.js';

/**
 * Removes everything of an installation from the machine, whether or not its supervisor still knows of it. Answers what
 * is left after all (nothing, if all is well): what it says was read back from the machine.
 */
export async function resetMachine(config: Config): Promise<string[]> {
  const { home } = config;
  const hasInstance = existsSync(join(home, 'instance.json'));
  const traces = hasInstance ? loadInstance(config) : undefined;
  const containers = listContainers(home);
  await endProcesses(home);
  for (const address of shimAddresses(home)) rmSync(address, { force: true });
  unmountBelow(home);
  if (traces) {
    removeInterfaces(traces.bridge);
    removeRoutes([traces.podCidr, traces.serviceCidr]);
    removeTables(traces.nftTable);
    removeAddressRules(traces.bridge);
  }
  await removeCgroups(config.id, containers);
  if (!leftoverMounts(home).length) rmSync(home, { recursive: true, force: true });
  return findLeftovers(config, traces);
}

type Traces = ReturnType<typeof loadInstance>;

function findLeftovers(config: Config, traces: Traces | undefined): string[] {
  const { home } = config;
  const left = [
    ...processesOf(home).map((pid) => `process ${pid} (${commandOf(pid).slice(0, 80)})`),
    ...leftoverMounts(home).map((mount) => `mount ${mount}`),
    ...cgroupsOf(config.id, []).map((path) => `cgroup ${path}`),
    ...(existsSync(home) ? [`directory ${home}`] : []),
  ];
  if (!traces) return left;
  const links = interfacesOf(traces.bridge).map((name) => `interface ${name}`);
  const routes = routesOf([traces.podCidr, traces.serviceCidr]).map((route) => `route ${route}`);
  const tables = tablesOf(traces.nftTable).map((table) => `nftables table ${table}`);
  return [...left, ...links, ...routes, ...tables];
}

/** Processes whose command names the home, whose log or data lies in it, or that run in a container of it. */
function processesOf(home: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid || isAncestor(Number(name))) return [];
    return belongsTo(name, home) ? [Number(name)] : [];
  });
}

function belongsTo(pid: string, home: string): boolean {
  const command = commandOf(Number(pid));
  if (command.split(' ').some((part) => part === home || part.includes(`${home}/`))) return isOurProgram(command, home);
  try {
    if (readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`SLIPWAY_SUPERVISED=${home}`)) return true;
    // A container's root lies below our containerd's state.
    return (
      readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(` ${home}/containerd/root/`) && !sharesOurMounts(pid)
    );
  } catch {
    return false;
  }
}

/** A shell or an editor that merely names the home is not ours to end. */
function isOurProgram(command: string, home: string): boolean {
  const [program = ''] = command.split(' ');
  const known =
    /(^|\/)(postgres|redis-server|containerd|containerd-shim-runc-v2|docker-registry|haproxy|prometheus|prometheus-alertmanager|runc|mmdebstrap)$/;
  return (
    known.test(program) || (/(^|\/)node$/.test(program) && command.includes(`${home}/`) && !/\bcli\.js\b/.test(command))
  );
}

function sharesOurMounts(pid: string): boolean {
  return readlinkSync(`/proc/${pid}/ns/mnt`) === readlinkSync('/proc/self/ns/mnt');
}

function isAncestor(pid: number): boolean {
  for (let current = process.ppid; current > 1; ) {
    if (current === pid) return true;
    const stat = read(`/proc/${current}/stat`);
    current = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) || 0;
  }
  return pid === 1;
}

async function endProcesses(home: string): Promise<void> {
  for (let round = 0; round < 50; round++) {
    const left = processesOf(home).filter((pid) => !/^[ZX]/.test(stateOf(pid)));
    if (left.length === 0) return;
    for (const pid of left) send(pid, 'SIGKILL');
    await delayed(100);
  }
}

function delayed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function listContainers(home: string): string[] {
  const bundles = join(home, 'containerd/state/io.containerd.runtime.v2.task/k8s.io');
  return existsSync(bundles) ? readdirSync(bundles) : [];
}

/** Shims put their sockets outside of the state directory. */
function shimAddresses(home: string): string[] {
  return listContainers(home).flatMap((id) => {
    const address = read(join(home, 'containerd/state/io.containerd.runtime.v2.task/k8s.io', id, 'address'));
    return address.startsWith('unix://') ? [address.slice('unix://'.length)] : [];
  });
}

function leftoverMounts(home: string): string[] {
  return mountsBelow(home);
}

/** The bridge, what hangs on it, and what is named after it. */
function interfacesOf(bridge: string): string[] {
  if (!existsSync('/sys/class/net')) return [];
  const masterOf = (name: string) => {
    try {
      return readlinkSync(`/sys/class/net/${name}/master`).split('/').pop();
    } catch {
      return undefined;
    }
  };
  return readdirSync('/sys/class/net').filter(
    (name) => name === bridge || name.startsWith(`${bridge}-`) || masterOf(name) === bridge,
  );
}

function removeInterfaces(bridge: string): void {
  for (const name of interfacesOf(bridge)) attempt('ip', ['link', 'delete', name]);
}

function routesOf(ranges: readonly string[]): string[] {
  // A range that somebody's interface has an address of is not ours alone to clear.
  const own = ranges.filter((range) => attempt('ip', ['-o', '-4', 'address', 'show', 'to', range]) === '');
  return own.flatMap((range) =>
    attempt('ip', ['-o', '-4', 'route', 'show', 'table', 'all', 'root', range]).split('\n').filter(Boolean),
  );
}

function removeRoutes(ranges: readonly string[]): void {
  for (const route of routesOf(ranges)) {
    const words = route
      .trim()
      .split(/\s+/)
      .filter((word) => word !== 'linkdown');
    attempt('ip', ['route', 'delete', ...words]);
  }
}

function tablesOf(name: string): string[] {
  return attempt('nft', ['list', 'tables'])
    .split('\n')
    .filter((line) => {
      const table = line.trim().split(/\s+/)[2];
      return table === name || table?.startsWith(`${name}_`);
    });
}

function removeTables(name: string): void {
  for (const line of tablesOf(name)) attempt('nft', ['delete', ...line.trim().split(/\s+/)]);
}

/** The masquerading and port mapping that CNI's plugins wrote for our pods, each marked with our network's name. */
function removeAddressRules(network: string): void {
  const save = attempt('iptables-save', ['-t', 'nat']);
  const ours = save.split('\n').filter((line) => line.includes(`name: \\"${network}\\"`));
  const chains = new Set(ours.flatMap((line) => line.match(/CNI-(?:DN-|SN-)?[0-9a-f]{10,}/g) ?? []));
  for (const line of save.split('\n')) {
    const jump = /-j (CNI-\S+)/.exec(line)?.[1];
    if (line.startsWith('-A') && jump && chains.has(jump))
      attempt('sh', ['-c', `iptables -t nat ${line.replace(/^-A/, '-D')}`]);
  }
  for (const chain of chains) {
    attempt('iptables', ['-t', 'nat', '-F', chain]);
    attempt('iptables', ['-t', 'nat', '-X', chain]);
  }
}

/** Control groups named after this installation or after one of its containers, children before parents. */
function cgroupsOf(id: string, containers: readonly string[]): string[] {
  const found: string[] = [];
  const walk = (path: string, depth: number) => {
    let names: string[] = [];
    try {
      names = readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
    } catch {
      return;
    }
    for (const name of names) {
      const below = join(path, name);
      if (depth < 8) walk(below, depth + 1);
      const inside =
        new RegExp(`slipway[-_]${id}`).test(below) || containers.some((container) => name.includes(container));
      if (inside) found.push(below);
    }
  };
  walk('/sys/fs/cgroup', 0);
  return found;
}

/** A cgroup can only go when its last process has, which takes a moment after its end. */
async function removeCgroups(id: string, containers: readonly string[]): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const paths = cgroupsOf(id, containers);
    if (paths.length === 0) return;
    for (const path of paths) {
      for (const pid of read(join(path, 'cgroup.procs')).split('\n').filter(Boolean)) send(Number(pid), 'SIGKILL');
      try {
        rmdirSync(path);
      } catch {
        // Tried again, and in the end read back by the caller.
      }
    }
    await delay(100);
  }
}

function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

function stateOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  return stat ? stat.slice(stat.lastIndexOf(')') + 2) : 'X';
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function attempt(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
