import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ImageConfig } from './oci.js';
import { machineSuite } from './rootfs.js';
import { type Entry, listTree } from './tree.js';

/** How an image is made: a Debian with packages below, then layers and entries of our own; each may be missing. */
export interface Recipe {
  readonly name: string;
  readonly tag: string;
  readonly packages?: readonly string[];
  readonly customize?: readonly string[];
  /** Layers that other images share, below `entries`; recipes with layers are made again when a file in them changes. */
  readonly layers?: readonly (() => Entry[])[];
  readonly entries?: () => Entry[];
  readonly config: ImageConfig;
}

const busyboxFile = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path)) ?? '/bin/busybox';
const caBundle = '/etc/ssl/certs/ca-certificates.crt';

/** Holds a pod's namespaces: one static program that sleeps. */
export const pause: Recipe = {
  name: 'pause',
  tag: '1',
  entries: () => [
    { type: 'directory', path: 'bin' },
    { type: 'copy', path: 'bin/busybox', from: busyboxFile, mode: 0o755 },
  ],
  config: { entrypoint: ['/bin/busybox', 'sleep', 'infinity'], user: '65535:65535' },
};

/** The images of project `library`, the ones that builds wait for first. */
export function libraryRecipes(registryHostInCluster: string): Recipe[] {
  const nodeMajor = process.versions.node.split('.')[0] ?? '20';
  return [
    busybox,
    builder(registryHostInCluster),
    {
      name: 'node',
      tag: nodeMajor,
      packages: nodePackages(),
      entries: nodeEntries,
      config: { command: ['node'], workingDirectory: '/app', environment: { NODE_ENV: 'production' } },
    },
    {
      name: 'redis',
      tag: '7',
      packages: ['redis-server'],
      config: {
        entrypoint: ['redis-server'],
        command: ['--bind', '0.0.0.0', '--protected-mode', 'no', '--dir', '/data'],
        user: '1000:1000',
      },
      entries: () => [{ type: 'directory', path: 'data', uid: 1000, gid: 1000 }],
    },
    { name: 'debian', tag: machineSuite(), packages: ['ca-certificates'], config: { command: ['bash'] } },
  ];
}

const busybox: Recipe = {
  name: 'busybox',
  tag: 'latest',
  entries: () => {
    const applets = execFileSync(busyboxFile, ['--list-full'], { encoding: 'utf8' }).split('\n').filter(Boolean).sort();
    const directories = ['bin', 'etc', 'root', 'sbin', 'usr', 'usr/bin', 'usr/sbin', 'var', 'var/www'];
    return [
      ...directories.map((path): Entry => ({ type: 'directory', path })),
      { type: 'directory', path: 'tmp', mode: 0o1777 },
      { type: 'copy', path: 'bin/busybox', from: busyboxFile, mode: 0o755 },
      ...applets
        .filter((applet) => /^(usr\/)?s?bin\//.test(applet) && applet !== 'bin/busybox')
        .map((applet): Entry => ({ type: 'link', path: applet, target: '/bin/busybox' })),
      ...userFiles(),
    ];
  },
  config: { command: ['sh'] },
};

/**
 * Builds Dockerfiles inside an ordinary pod as user 1000: buildah with sub-ids. The kernel refuses the id map of a setuid
 * newuidmap inside a user namespace, so both programs carry file capabilities instead.
 */
function builder(registryHostInCluster: string): Recipe {
  return {
    name: 'builder',
    tag: 'latest',
    packages: [
      ...['buildah', 'uidmap', 'ca-certificates', 'git', 'libcap2-bin', 'netbase', 'curl', 'xz-utils', 'unzip'],
      // From Debian 13 on, buildah looks for it even where a build shares the pod's network.
      ...(machineSuite() === 'bookworm' ? [] : ['netavark']),
    ],
    customize: [
      'chroot "$1" useradd --uid 1000 --user-group --create-home --shell /bin/bash build',
      'echo build:100000:65536 > "$1/etc/subuid"; echo build:100000:65536 > "$1/etc/subgid"',
      'chmod u-s "$1/usr/bin/newuidmap" "$1/usr/bin/newgidmap"',
      'chroot "$1" setcap cap_setuid+ep /usr/bin/newuidmap',
      'chroot "$1" setcap cap_setgid+ep /usr/bin/newgidmap',
      'mkdir -p "$1/home/build/.local/share/containers" "$1/workspace"',
      'chown -R 1000:1000 "$1/home/build" "$1/workspace"',
    ],
    entries: () => [
      { type: 'directory', path: 'etc/containers' },
      { type: 'file', path: 'etc/containers/registries.conf', content: registriesConf(registryHostInCluster) },
      {
        type: 'file',
        path: 'etc/containers/policy.json',
        content: '{ "default": [{ "type": "insecureAcceptAnything" }] }\n',
      },
      ...certificates(),
    ],
    config: {
      command: ['sleep', 'infinity'],
      user: '1000:1000',
      workingDirectory: '/workspace',
      environment: {
        HOME: '/home/build',
        BUILDAH_ISOLATION: 'chroot',
        STORAGE_DRIVER: 'overlay',
        XDG_RUNTIME_DIR: '/tmp/build-runtime',
      },
    },
  };
}

/** `FROM node:20` means our library: the only registry asked for short names is this platform's. */
function registriesConf(host: string): string {
  return `unqualified-search-registries = ["${host}/library", "${host}"]
short-name-mode = "disabled"

[[registry]]
location = "${host}"
insecure = true

[[registry]]
prefix = "docker.io/library"
location = "${host}/library"
insecure = true
`;
}

/** The certificates that this machine trusts (a private authority is common) are trusted by builds as well. */
function certificates(): Entry[] {
  return existsSync(caBundle) ? [{ type: 'file', path: caBundle.slice(1), content: readFileSync(caBundle) }] : [];
}

/**
 * Debian's own Node where it is the one that runs this; else images get a copy of the one that runs this. A package of
 * another vendor (NodeSource) has the same name: images, which are made of Debian alone, would get an older Node.
 */
function nodeFromDebian(): boolean {
  if (process.execPath !== '/usr/bin/node') return false;
  try {
    return /^Maintainer:.*debian/im.test(
      execFileSync('dpkg', ['--status', 'nodejs'], { encoding: 'utf8', stdio: 'pipe' }),
    );
  } catch {
    return false;
  }
}

/** What Node needs below it, or Node itself. */
export function nodePackages(): string[] {
  return ['ca-certificates', 'libstdc++6', ...(nodeFromDebian() ? ['nodejs'] : [])];
}

/** Node alone, above `nodePackages`. */
export function nodeBinary(): Entry[] {
  if (nodeFromDebian()) return certificates();
  return [{ type: 'copy', path: 'usr/bin/node', from: process.execPath, mode: 0o755 }, ...certificates()];
}

function nodeEntries(): Entry[] {
  if (nodeFromDebian()) return certificates();
  const npm = join(dirname(process.execPath), '../lib/node_modules/npm');
  return [
    { type: 'directory', path: 'app' },
    { type: 'copy', path: 'usr/bin/node', from: process.execPath, mode: 0o755 },
    ...(existsSync(npm)
      ? [
          { type: 'directory', path: 'usr/lib/node_modules' } as const,
          ...listTree(npm, 'usr/lib/node_modules/npm', (inside) => /^(docs|man)(\/|$)/.test(inside)),
          { type: 'link', path: 'usr/bin/npm', target: '../lib/node_modules/npm/bin/npm-cli.js' } as const,
          { type: 'link', path: 'usr/bin/npx', target: '../lib/node_modules/npm/bin/npx-cli.js' } as const,
        ]
      : []),
    ...certificates(),
  ];
}

function userFiles(): Entry[] {
  const passwd = 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n';
  return [
    { type: 'file', path: 'etc/passwd', content: passwd },
    { type: 'file', path: 'etc/group', content: 'root:x:0:\nnogroup:x:65534:\n' },
  ];
}
