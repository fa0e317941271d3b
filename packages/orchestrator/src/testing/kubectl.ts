import { execFileSync } from 'node:child_process';

let known: number | undefined;

/** The minor version of the machine's kubectl, 28 for 1.28; 0 where there is none. Debian 12 has 1.20, Debian 13 has 1.32. */
export function kubectlMinor(): number {
  known ??= read();
  return known;
}

function read(): number {
  try {
    const text = execFileSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' });
    return Number(/"minor": "(\d+)/.exec(text)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
