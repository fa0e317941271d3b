import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';

const oldRoot = '/run/slipway-old-root';

// From the namespace's real root: our root becomes the root of a mount namespace of its own, and what was above it goes.
const enter = `set -e
cd "$PWD"; mount --rbind . .; cd "$PWD"
pivot_root . "\${0#/}"
exec chroot . sh -c 'umount -l "$0"; rmdir "$0"; cd "$1"; shift; exec "$@"' "$0" "$@"`;

/**
 * The same command, to be run in `cwd`, where this machine is a chroot started in a mount namespace whose root is that
 * chroot: whatever has another root than its mount namespace is refused user namespaces, which isolated builds need, and
 * what is executed in a container of it would see the files of the machine.
 */
export function inOwnRoot(command, cwd = '/') {
  if (!isChroot()) return command;
  mkdirSync(oldRoot, { recursive: true });
  const namespace = ['nsenter', '--mount=/proc/self/ns/mnt', '--wd=/', '--'];
  const fresh = ['unshare', '--mount', '--propagation', 'private', '--'];
  return [...namespace, ...fresh, 'sh', '-c', enter, oldRoot, cwd, ...command];
}

/** True where our root is not that of the mount namespace. */
function isChroot() {
  if (process.getuid?.() !== 0) return false;
  const words = ['--mount=/proc/self/ns/mnt', '--', 'stat', '-c', '%d:%i', '/'];
  const { status, stdout } = spawnSync('nsenter', words, { encoding: 'utf8' });
  const { dev, ino } = statSync('/');
  return status === 0 && stdout.trim() !== `${dev}:${ino}`;
}
