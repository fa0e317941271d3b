import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pauseArchive } from '@slipway/images';
import { criHealth } from '../health.js';
import { unmountBelow } from '../mounts.js';
import { baseEnvironment, outwardEnvironment, type Platform, pauseImage } from '../platform.js';
import type { Service } from '../service.js';

/** The namespace in containerd that CRI uses. */
export const containerdNamespace = 'k8s.io';

/** containerd with its own root, state and socket; its shims and containers live on while it is restarted. */
export function containerd(platform: Platform): Service {
  const file = platform.at('containerd', 'config.toml');
  const socket = containerdSocket(platform);
  return {
    name: 'containerd',
    needs: [],
    command: ['/usr/bin/containerd', '--config', file, '--log-level', 'warn'],
    env: { ...baseEnvironment, ...outwardEnvironment(), GOGC: '50' },
    address: socket,
    prepare: () => {
      forgetEarlierBoot(platform);
      for (const name of ['root', 'state', 'cni/net.d', 'certs.d'])
        mkdirSync(platform.at('containerd', name), { recursive: true });
      writeFileSync(file, configuration(platform));
      writeCertificates(platform);
    },
    settle: () => importPause(platform, socket),
    health: criHealth(socket),
    startSeconds: 60,
    stopSignal: 'SIGTERM',
    graceSeconds: 15,
    endsItsGroup: false,
  };
}

export function containerdSocket(platform: Platform): string {
  return platform.at('containerd', 'containerd.sock');
}

// Version 2 is read by containerd 1.6 (Debian 12) and 1.7 (Debian 13) alike.
function configuration(platform: Platform): string {
  const at = (...path: string[]) => JSON.stringify(platform.at('containerd', ...path));
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = ${at('root')}
state = ${at('state')}
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]

[grpc]
  address = ${at('containerd.sock')}

[plugins."io.containerd.internal.v1.opt"]
  path = ${at('opt')}

[${cri}]
  sandbox_image = "${pauseImage}"
  disable_tcp_service = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  disable_apparmor = ${!hasAppArmor()}
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  tolerate_missing_hugetlb_controller = true
  disable_hugetlb_controller = true
  [${cri}.cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = ${at('cni/net.d')}
  [${cri}.registry]
    config_path = ${at('certs.d')}
  [${cri}.containerd]
    snapshotter = "${snapshotter(platform)}"
    default_runtime_name = "runc"
    [${cri}.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [${cri}.containerd.runtimes.runc.options]
        SystemdCgroup = false
        Root = ${at('runc')}
`;
}

/** overlayfs where it mounts here (not on top of another overlay), else plain copies; decided once, images depend on it. */
function snapshotter(platform: Platform): string {
  const file = platform.at('containerd', 'snapshotter');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const trial = platform.at('containerd', 'overlay-trial');
  let choice = 'overlayfs';
  for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(join(trial, name), { recursive: true });
  try {
    const options = `lowerdir=${trial}/lower,upperdir=${trial}/upper,workdir=${trial}/work`;
    execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', options, join(trial, 'merged')], { stdio: 'ignore' });
    execFileSync('umount', [join(trial, 'merged')], { stdio: 'ignore' });
  } catch {
    choice = 'native';
  }
  rmSync(trial, { recursive: true, force: true });
  writeFileSync(file, `${choice}\n`);
  return choice;
}

function hasAppArmor(): boolean {
  const switchFile = '/sys/module/apparmor/parameters/enabled';
  return (
    existsSync('/sbin/apparmor_parser') && existsSync(switchFile) && readFileSync(switchFile, 'utf8').startsWith('Y')
  );
}

/** The API's registry door speaks plain HTTP on loopback: say so, or containerd tries TLS first. */
function writeCertificates(platform: Platform): void {
  for (const { protocol, host } of [new URL(platform.config.apiUrl), new URL(platform.urls.registry)]) {
    const directory = platform.at('containerd', 'certs.d', host);
    mkdirSync(directory, { recursive: true });
    const server = `${protocol}//${host}`;
    writeFileSync(
      join(directory, 'hosts.toml'),
      `server = "${server}"\n\n[host."${server}"]\n  capabilities = ["pull", "resolve"]\n`,
    );
  }
}

/** After a reboot nothing of the state directory is true any more; containerd expects it on a tmpfs. */
function forgetEarlierBoot(platform: Platform): void {
  const file = platform.at('containerd', 'boot');
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  if (existsSync(file) && readFileSync(file, 'utf8') !== boot) {
    for (const path of [
      platform.at('containerd/state'),
      platform.at('containerd/runc'),
      platform.at('cluster/cni-ipam'),
    ]) {
      unmountBelow(path);
      rmSync(path, { recursive: true, force: true });
    }
  }
  mkdirSync(platform.at('containerd'), { recursive: true });
  writeFileSync(file, boot);
}

async function importPause(platform: Platform, socket: string): Promise<void> {
  const ctr = ['--address', socket, '--namespace', containerdNamespace, 'images'];
  const known = execFileSync('ctr', [...ctr, 'ls', '-q'], { encoding: 'utf8' }).split('\n');
  if (known.includes(pauseImage)) return;
  const archive = platform.at('containerd', 'pause.tar');
  writeFileSync(archive, await pauseArchive(pauseImage));
  execFileSync('ctr', [...ctr, 'import', '--snapshotter', snapshotter(platform), archive], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}
