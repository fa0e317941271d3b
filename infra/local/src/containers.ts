import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Kills what runs in the containers of a home; their pods stay known and come back with the next start. */
export async function endContainers(home: string): Promise<void> {
  for (const id of listTasks(home)) ctr(home, ['tasks', 'kill', '--signal', 'SIGKILL', '--all', id]);
}

/** Containers with a running task; none where containerd does not answer. */
export function listTasks(home: string): string[] {
  return ctr(home, ['tasks', 'ls', '-q']).split('\n').filter(Boolean);
}

function ctr(home: string, args: readonly string[]): string {
  const socket = join(home, 'containerd/containerd.sock');
  if (!existsSync(socket)) return '';
  try {
    const base = ['--address', socket, '--timeout', '5s', '--namespace', 'k8s.io'];
    return execFileSync('ctr', [...base, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 20_000,
    });
  } catch {
    return '';
  }
}
