// Can this machine run Slipway? Each check answers what is wrong and how to mend it, or nothing.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { findPortHolder, isPortFree, portOffsets } from './ports.mjs';

const needed = { diskGb: 5, memoryGb: 2, node: [20, 19] };
const simulated = '`npm start -- --nodes=simulated` runs everything but real containers.';

/** What is wrong, as `{ problem, remedy, isFatal }`. `simulate`: containers are not wanted. */
export async function checkMachine({ home, simulate, ports }) {
  const found = [checkNode(), checkSystem(), checkDisk(home), checkMemory()];
  if (!simulate) found.push(checkRoot(), checkCgroups(), checkNamespaces(), checkOverlay());
  if (ports) found.push(...(await checkPorts(ports)));
  return found.filter(Boolean);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = needed.node;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return undefined;
  return fatal(
    `Node ${process.versions.node} is too old`,
    `install Node ${needed.node.join('.')} or newer (https://nodejs.org)`,
  );
}

function checkSystem() {
  const release = read('/etc/os-release');
  const id = /^ID="?([^"\n]+)/m.exec(release)?.[1];
  const version = /^VERSION_ID="?([^"\n]+)/m.exec(release)?.[1];
  if (process.platform !== 'linux')
    return fatal(`this is ${process.platform}`, 'run it on Debian 12 or 13, in a virtual machine for example');
  if (id === 'debian' && ['12', '13'].includes(version)) return undefined;
  if (/^ID_LIKE=.*debian/m.test(release) || id === 'debian') {
    return warning(
      `${id} ${version ?? ''} is not Debian 12 or 13`,
      'it may work; package names and versions are those of Debian',
    );
  }
  return fatal(
    `${id ?? 'this system'} ${version ?? ''} is not Debian 12 or 13`,
    'use one of them: packages are installed with apt',
  );
}

function checkDisk(home) {
  let path = home;
  while (!existsSync(path)) path = dirname(path);
  const { bavail, bsize } = statfsSync(path);
  const free = (bavail * bsize) / 1024 ** 3;
  if (free >= needed.diskGb) return undefined;
  return fatal(
    `${free.toFixed(1)} GB are free at ${path}; ${needed.diskGb} GB are needed`,
    'free some, or set SLIPWAY_HOME to a larger disk',
  );
}

function checkMemory() {
  const total = Number(/^MemTotal:\s+(\d+)/m.exec(read('/proc/meminfo'))?.[1] ?? 0) / 1024 ** 2;
  // A machine sold as 2 GB shows a little less.
  if (total >= needed.memoryGb * 0.9) return undefined;
  return fatal(`${total.toFixed(1)} GB of memory; ${needed.memoryGb} GB are needed`, 'use a larger machine');
}

function checkRoot() {
  if (process.getuid?.() === 0) return undefined;
  return fatal('containers, their network and packages need root', `run it as root (sudo -E npm start). ${simulated}`);
}

function checkCgroups() {
  const unified = read('/sys/fs/cgroup/cgroup.controllers').split(/\s+/);
  const mounted = read('/proc/self/mountinfo')
    .split('\n')
    .filter((line) => / - cgroup /.test(line));
  const isThere = (name) =>
    unified.includes(name) || mounted.some((line) => line.split(' ').at(-1)?.split(',').includes(name));
  const missing = ['cpu', 'memory', 'pids'].filter((name) => !isThere(name));
  if (missing.length === 0) return undefined;
  return fatal(
    `control groups are missing: ${missing.join(', ')}`,
    `mount /sys/fs/cgroup, enable them in the kernel. ${simulated}`,
  );
}

function checkNamespaces() {
  try {
    execFileSync('unshare', ['--mount', '--pid', '--net', '--ipc', '--uts', '--fork', 'true'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return fatal(
      'namespaces cannot be made here (an unprivileged container?)',
      `run it on a machine or in a privileged container. ${simulated}`,
    );
  }
}

function checkOverlay() {
  if (/\boverlay\b/.test(read('/proc/filesystems')) || existsSync('/sys/module/overlay')) return undefined;
  try {
    execFileSync('modprobe', ['overlay'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return warning('the kernel has no overlayfs', 'images are unpacked as plain copies: slower, more disk');
  }
}

/** nftables can be tried only when it is installed. */
export function checkNftables() {
  try {
    execFileSync('nft', ['list', 'tables'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return fatal('the kernel does not let us use nftables', `enable nf_tables. ${simulated}`);
  }
}

async function checkPorts({ base, host, home }) {
  const found = [];
  for (const [name, offset] of Object.entries(portOffsets)) {
    if (await isPortFree(base + offset, host)) continue;
    const holder = findPortHolder(base + offset);
    if (holder && isOurs(holder.pid, home)) continue;
    const who = holder
      ? `process ${holder.pid} (${holder.command.slice(0, 100)})`
      : 'a process that /proc does not show';
    found.push(
      fatal(
        `port ${base + offset} (${name}) is held by ${who}`,
        'end it, or move all ports: `npm start -- --port-base=7700`',
      ),
    );
  }
  return found;
}

/** Started by a supervisor of this home, or by something that was. */
function isOurs(pid, home) {
  const records = new Set();
  try {
    for (const name of readdirSync(`${home}/run`)) {
      if (name.endsWith('.json')) records.add(JSON.parse(read(`${home}/run/${name}`)).pid);
    }
  } catch {
    return false;
  }
  const stat = read(`/proc/${pid}/stat`);
  const [, parent, group] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  return records.has(pid) || records.has(parent) || records.has(group);
}

function fatal(problem, remedy) {
  return { problem, remedy, isFatal: true };
}

function warning(problem, remedy) {
  return { problem, remedy, isFatal: false };
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
