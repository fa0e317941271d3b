// Debian packages: what is missing is installed, and nothing that is installed starts or is enabled by it.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Advice, run } from './progress.mjs';

const list = JSON.parse(readFileSync(new URL('../packages.json', import.meta.url), 'utf8'));
/** Packages that are not needed where their program is there already: developers often have newer ones than Debian's. */
const ownPrograms = { 'kubernetes-client': 'kubectl', 'default-jre-headless': 'java', maven: 'mvn' };
const policy = '/usr/sbin/policy-rc.d';
const clusterConf = '/etc/postgresql-common/createcluster.conf';
const units = [
  'postgresql',
  'redis-server',
  'containerd',
  'docker-registry',
  'haproxy',
  'prometheus',
  'prometheus-alertmanager',
  'slapd',
];

/** Names of the packages that are wanted and not installed. */
export function missingPackages({ simulate, keycloak, test }) {
  const lists = [list.runtime, keycloak ? list.keycloak : {}, test ? list.test : {}];
  const wanted = lists.flatMap((each) => Object.keys(each));
  const names = wanted.filter((name) => !(simulate && list.simulatedWithout.includes(name)));
  const installed = new Set(query(names));
  const missing = names.filter((name) => !installed.has(name));
  return missing.filter((name) => !hasProgram(ownPrograms[name]));
}

/** Installs packages with apt, showing how far it is. */
export async function installPackages(names, { log, note }) {
  if (process.getuid?.() !== 0) {
    throw new Advice(
      `these packages are missing: ${names.join(' ')}\nInstall them: sudo apt-get install --no-install-recommends ${names.join(' ')}`,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l', LC_ALL: 'C.UTF-8' };
  const before = units.filter(hasUnit);
  const restore = holdServices();
  const interrupted = () => {
    restore();
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  try {
    note('reading the package lists');
    await run('apt-get', ['update', '-qq'], { log, env });
    const options = [
      '-o',
      'APT::Status-Fd=3',
      '-o',
      'Dpkg::Use-Pty=0',
      '-o',
      'DPkg::Lock::Timeout=120',
      '-o',
      'Dpkg::Options::=--force-confdef',
      '-o',
      'Dpkg::Options::=--force-confold',
    ];
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...options, ...names], {
      log,
      env,
      onStatus: (line) => note(describe(line)),
    });
  } finally {
    restore();
    process.removeListener('SIGINT', interrupted);
    process.removeListener('SIGTERM', interrupted);
  }
  disable(units.filter((unit) => !before.includes(unit) && hasUnit(unit)));
}

/** `pmstatus:redis-server:41.3:Unpacking …` → `41 % Unpacking …` */
function describe(line) {
  const [kind, , percent, ...text] = line.split(':');
  const action = kind === 'dlstatus' ? 'downloading' : text.join(':');
  return `${Math.round(Number(percent) || 0)} % ${action}`.trim();
}

/** While packages are installed no service of theirs may start, and PostgreSQL makes no cluster of its own. */
function holdServices() {
  const kept = `${policy}.before-slipway`;
  const hadPolicy = existsSync(policy);
  if (hadPolicy) renameSync(policy, kept);
  writeFileSync(policy, '#!/bin/sh\nexit 101\n');
  chmodSync(policy, 0o755);
  const hadConf = existsSync(clusterConf);
  if (!hadConf) {
    mkdirSync('/etc/postgresql-common', { recursive: true });
    writeFileSync(clusterConf, 'create_main_cluster = false\n');
  }
  let restored = false;
  return () => {
    if (restored) return;
    restored = true;
    rmSync(policy, { force: true });
    if (hadPolicy) renameSync(kept, policy);
    const packaged = `${clusterConf}.dpkg-dist`;
    if (!hadConf && existsSync(packaged)) renameSync(packaged, clusterConf);
  };
}

/** The platform starts its own processes: Debian's would take memory and ports at the next boot. */
function disable(names) {
  if (names.length === 0 || !hasProgram('systemctl')) return;
  try {
    execFileSync('systemctl', ['disable', '--quiet', ...names], { stdio: 'ignore' });
  } catch {
    // Without systemd nothing was enabled either.
  }
}

function hasUnit(unit) {
  return existsSync(`/lib/systemd/system/${unit}.service`) || existsSync(`/usr/lib/systemd/system/${unit}.service`);
}

function query(names) {
  let text = '';
  try {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
    text = execFileSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...names], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    // Unknown names make it fail, the known ones are printed all the same.
    text = error.stdout ?? '';
  }
  return text.split('\n').flatMap((line) => (line.endsWith(' installed') ? [line.split(' ')[0]] : []));
}

function hasProgram(name) {
  if (!name) return false;
  return (process.env.PATH ?? '').split(':').some((directory) => existsSync(`${directory}/${name}`));
}
