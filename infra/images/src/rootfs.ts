import { execFileSync, spawn } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

export interface RootfsOptions {
  readonly packages: readonly string[];
  /** Shell commands run on the machine when everything is installed; `$1` is the root file system. */
  readonly customize?: readonly string[];
}

/** The Debian release of this machine, such as `bookworm`: images are made of the same one. */
export function machineSuite(): string {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^VERSION_CODENAME=(\w+)/m.exec(release)?.[1] ?? 'bookworm';
}

/**
 * Builds a minimal Debian with the packages and hands its tar to `use`. The machine's own sources, keys, proxy and
 * certificates are used, so that it works wherever apt does. Needs root and mmdebstrap.
 */
export async function withRootfs<T>(options: RootfsOptions, use: (tar: Readable) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-rootfs-'));
  const tar = join(directory, 'rootfs.tar');
  try {
    await run('mmdebstrap', [
      '--quiet',
      '--mode=root',
      '--format=tar',
      '--variant=minbase',
      ...(options.packages.length > 0 ? [`--include=${options.packages.join(',')}`] : []),
      ...aptOptions().map((option) => `--aptopt=${option}`),
      ...['man', 'info', 'locale', 'lintian'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
      '--dpkgopt=path-exclude=/usr/share/doc/*',
      '--dpkgopt=path-include=/usr/share/doc/*/copyright',
      ...(options.customize ?? []).map((command) => `--customize-hook=${command}`),
      machineSuite(),
      tar,
      ...sourceFiles(),
    ]);
    return await use(createReadStream(tar));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The machine's lists of package sources that speak of its release; none where they are elsewhere (Debian's own then). */
function sourceFiles(): string[] {
  const parts = '/etc/apt/sources.list.d';
  const files = existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : [];
  const suite = new RegExp(`\\b${machineSuite()}\\b`);
  return ['/etc/apt/sources.list', ...files.sort()].filter(
    (file) =>
      /\.(list|sources)$/.test(file) && existsSync(file) && suite.test(readFileSync(file, 'utf8')) && isDebian(file),
  );
}

/** Foreign repositories have keys and packages that a base image should not know. */
function isDebian(file: string): boolean {
  return /debian/.test(
    readFileSync(file, 'utf8')
      .replace(/^#.*$/gm, '')
      .match(/https?:\/\/\S+/g)
      ?.join(' ') ?? '',
  );
}

/** The machine's proxy and certificate settings of apt. */
function aptOptions(): string[] {
  try {
    return execFileSync('apt-config', ['dump'], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => /^Acquire::https?::(Proxy|CaInfo|Verify-Peer)[^"]*"[^"]+";$/.test(line))
      .map((line) => line.replace(/;$/, ''));
  } catch {
    return [];
  }
}

function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    // Times of files follow the epoch, so that the same packages give the same layer.
    const env = { ...process.env, SOURCE_DATE_EPOCH: '0', DEBIAN_FRONTEND: 'noninteractive' };
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
    let errors = '';
    child.stderr.on('data', (data) => {
      errors = `${errors}${data}`.slice(-4000);
    });
    child.once('error', (error) =>
      reject(new Error(`${command} cannot run: ${error.message}; \`apt-get install ${command}\``)),
    );
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} failed (${code}): ${errors}`)),
    );
  });
}
