import { execFileSync } from 'node:child_process';
import { inject } from 'vitest';
import { type Finished, finish } from './slipway.js';

/** Minor version of the machine's own, unmodified kubectl; undefined, said once, where there is none. */
export const kubectlMinor = findKubectl();
/** Before 1.27 kubectl checks objects itself, by a document that only comes as protobuf; since then the server does. */
export const unchecked = (kubectlMinor ?? 0) < 27 ? ['--validate=false'] : [];

function findKubectl(): number | undefined {
  try {
    const text = execFileSync('kubectl', ['version', '--client', '-o', 'json'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const { clientVersion } = JSON.parse(text) as { clientVersion: { minor: string } };
    return Number.parseInt(clientVersion.minor, 10);
  } catch {
    console.log('skipped: there is no kubectl on this machine');
    return undefined;
  }
}

export interface Kubectl {
  /** Runs it and answers whatever the exit status. */
  try(words: readonly string[], stdin?: string): Promise<Finished>;
  /** Runs it; throws with what it said unless it succeeds. Answers stdout without the last line break. */
  ok(words: readonly string[], stdin?: string): Promise<string>;
}

/** kubectl with the kubeconfig that `npm start` writes, in this namespace. */
export function createKubectl(namespace: string): Kubectl {
  const attempt: Kubectl['try'] = (words, stdin) =>
    finish('kubectl', ['--kubeconfig', inject('kubeconfig'), '-n', namespace, ...words], { stdin });
  return {
    try: attempt,
    async ok(words, stdin) {
      const { exit, stdout, stderr } = await attempt(words, stdin);
      if (exit !== 0) throw new Error(`kubectl ${words.join(' ')} ended with ${exit}\n${stderr}${stdout}`);
      return stdout.trimEnd();
    },
  };
}
