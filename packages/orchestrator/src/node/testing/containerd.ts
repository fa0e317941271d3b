import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TestContainerd {
  readonly directory: string;
  readonly socket: string;
  readonly cniConfDirectory: string;
  /** Kills it as a crash would, and starts it anew. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A shell, httpd, nslookup and the rest of busybox. */
export const busyboxImage = 'slipway.local/busybox:1';
export const pauseImage = 'slipway.local/pause:1';

const needed = ['containerd', 'ctr', 'runc', 'nft', 'ip'];

/** Undefined where containers can run, else what is missing. */
export function lackingForContainers(): string | undefined {
  if (process.getuid?.() !== 0) return 'containers need root';
  for (const command of needed) {
    if (!isCommand(command)) return `${command} is not installed`;
  }
  if (!existsSync('/usr/lib/cni/bridge')) return 'containernetworking-plugins is not installed';
  return existsSync('/bin/busybox') ? undefined : 'busybox-static is not installed';
}

function isCommand(name: string): boolean {
  return ['/usr/bin', '/usr/sbin', '/bin', '/sbin'].some((directory) => existsSync(join(directory, name)));
}

/** A containerd with its own directories and socket, and two images made of this machine's busybox. */
export async function startTestContainerd(): Promise<TestContainerd> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-containerd-'));
  const socket = join(directory, 'containerd.sock');
  const cniConfDirectory = join(directory, 'cni');
  mkdirSync(cniConfDirectory);
  writeFileSync(join(directory, 'config.toml'), configOf(directory, socket, cniConfDirectory));
  const log = openSync(join(directory, 'containerd.log'), 'a');
  const launch = () => spawn('containerd', ['-c', join(directory, 'config.toml')], { stdio: ['ignore', log, log] });
  let child: ChildProcess = launch();
  await untilAnswers(socket, child);
  const loop = 'trap "exit 0" TERM INT; while :; do sleep 2147483647 & wait; done';
  importImage(directory, socket, pauseImage, { Entrypoint: ['/bin/busybox', 'sh', '-c', loop] });
  importImage(directory, socket, busyboxImage, { Cmd: ['/bin/sh'] });
  return {
    directory,
    socket,
    cniConfDirectory,
    restart: async () => {
      await ended(child, 'SIGKILL');
      child = launch();
      await untilAnswers(socket, child);
    },
    stop: async () => {
      await ended(child, 'SIGTERM');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function configOf(directory: string, socket: string, cniConfDirectory: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = "${directory}/root"
state = "${directory}/state"
[grpc]
  address = "${socket}"
[${cri}]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [${cri}.containerd]
    snapshotter = "overlayfs"
    [${cri}.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [${cri}.containerd.runtimes.runc.options]
        SystemdCgroup = false
  [${cri}.cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${cniConfDirectory}"
`;
}

async function untilAnswers(socket: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`containerd ended with ${child.exitCode}`);
    try {
      execFileSync('ctr', ['-a', socket, 'version'], { stdio: 'ignore', timeout: 2000 });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error('containerd does not answer');
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

/** A docker archive of one layer: busybox under all its names, and the C library that its resolver wants. */
function importImage(directory: string, socket: string, name: string, config: object): void {
  const work = mkdtempSync(join(directory, 'image-'));
  const root = join(work, 'root');
  for (const one of ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev']) mkdirSync(join(root, one), { recursive: true });
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  const applets = execFileSync('/bin/busybox', ['--list']).toString().split('\n').filter(Boolean);
  for (const applet of applets) if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
  for (const library of [
    '/lib/x86_64-linux-gnu/libc.so.6',
    '/lib/x86_64-linux-gnu/libresolv.so.2',
    '/lib64/ld-linux-x86-64.so.2',
  ]) {
    if (!existsSync(library)) continue;
    mkdirSync(join(root, dirname(library)), { recursive: true });
    copyFileSync(library, join(root, library));
  }
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n');
  const layer = join(work, 'layer.tar');
  execFileSync('tar', ['--numeric-owner', '--owner=0', '--group=0', '-C', root, '-cf', layer, '.']);
  const digest = createHash('sha256').update(readFileSync(layer)).digest('hex');
  const image = {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Env: ['PATH=/bin'], ...config },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
  };
  writeFileSync(join(work, 'config.json'), JSON.stringify(image));
  const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }];
  writeFileSync(join(work, 'manifest.json'), JSON.stringify(manifest));
  const archive = join(work, 'image.tar');
  execFileSync('tar', ['-C', work, '-cf', archive, 'manifest.json', 'config.json', 'layer.tar']);
  execFileSync('ctr', ['-a', socket, '-n', 'k8s.io', 'images', 'import', archive], { stdio: 'ignore' });
  rmSync(work, { recursive: true });
}
