import { spawn } from 'node:child_process';
import { inject } from 'vitest';
import { eventually } from './eventually.js';
import type { KubectlProgram } from './kubectl-programs.js';
import { type Finished, finish } from './slipway.js';

/** Unmodified kubectls, the newest first: see `findKubectls`. */
export const kubectls = inject('kubectls');
/** Minor version of the newest; undefined where there is none. */
export const kubectlMinor = kubectls[0]?.minor;

export interface Kubectl {
  /** Runs it and answers whatever the exit status. */
  try(words: readonly string[], stdin?: string, env?: Readonly<Record<string, string>>): Promise<Finished>;
  /** Runs it; throws with what it said unless it succeeds. Answers stdout without the last line break. */
  ok(words: readonly string[], stdin?: string, env?: Readonly<Record<string, string>>): Promise<string>;
  /** Runs it and answers what it said on stderr; throws if it succeeds. */
  refused(words: readonly string[], stdin?: string): Promise<string>;
  /** Runs it in a terminal, whose whole output it answers. */
  inTerminal(words: readonly string[]): Promise<Finished>;
  /** One that goes on until it is ended. */
  start(words: readonly string[]): RunningKubectl;
}

export interface RunningKubectl {
  /** Resolves once its output matches, with the match. */
  until(pattern: RegExp, seconds?: number): Promise<RegExpExecArray>;
  write(text: string): void;
  end(): Promise<void>;
}

/** kubectl with the kubeconfig under test, in this namespace. */
export function createKubectl(namespace: string, { program }: KubectlProgram = kubectls[0] ?? none): Kubectl {
  const common = ['--kubeconfig', inject('kubeconfig'), '-n', namespace];
  const attempt: Kubectl['try'] = (words, stdin, env = {}) =>
    finish(program, [...common, ...words], { stdin, env: { ...process.env, ...env } as Record<string, string> });
  return {
    try: attempt,
    async ok(words, stdin, env) {
      const { exit, stdout, stderr } = await attempt(words, stdin, env);
      if (exit !== 0) throw new Error(`kubectl ${words.join(' ')} ended with ${exit}\n${stderr}${stdout}`);
      return stdout.trimEnd();
    },
    async refused(words, stdin) {
      const { exit, stdout, stderr } = await attempt(words, stdin);
      if (exit === 0) throw new Error(`kubectl ${words.join(' ')} succeeded\n${stdout}`);
      return stderr;
    },
    inTerminal: (words) => {
      const line = [program, ...common, ...words].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
      return finish('script', ['-qec', line, '/dev/null']);
    },
    start: (words) => start(program, [...common, ...words]),
  };
}

const none: KubectlProgram = { program: 'kubectl', minor: 0 };

function start(program: string, words: readonly string[]): RunningKubectl {
  const child = spawn(program, words, { stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  child.stdin.on('error', () => {});
  return {
    until: (pattern, seconds = 20) =>
      eventually(() => {
        const match = pattern.exec(output);
        if (!match) throw new Error(`kubectl ${words.join(' ')} has not said ${pattern} but:\n${output}`);
        return match;
      }, seconds),
    write: (text) => child.stdin.write(text),
    end: async () => {
      child.kill();
      await ended;
    },
  };
}
