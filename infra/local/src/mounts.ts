import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Mount points at or below a path, deepest first. */
export function mountsBelow(path: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter((mount) => mount === path || mount.startsWith(`${path}/`))
    .reverse();
}

/** Unmounts everything at or below a path; what is busy is detached and goes when its last user does. */
export function unmountBelow(path: string): void {
  for (const mount of mountsBelow(path)) {
    try {
      execFileSync('umount', ['-l', mount], { stdio: 'ignore' });
    } catch {
      // Gone with the mount above it.
    }
  }
}
