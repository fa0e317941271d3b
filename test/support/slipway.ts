import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../packages/cli/bin/slipway.js', import.meta.url));
export const checkout = fileURLToPath(new URL('../../', import.meta.url));

export interface Finished {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The `slipway` command as a user of its own: its configuration lies in a directory of its own. */
export interface SlipwayCommand {
  readonly home: string;
  /** Runs it and answers whatever the exit status. */
  try(words: readonly string[], options?: { stdin?: string; cwd?: string }): Promise<Finished>;
  /** Runs it; throws with what it said unless it succeeds. Answers stdout without the last line break. */
  run(...words: string[]): Promise<string>;
  /** The same with `-o json`, parsed. */
  json(...words: string[]): Promise<unknown>;
  dispose(): Promise<void>;
}

export async function createSlipway(
  apiUrl: string,
  extra: Readonly<Record<string, string>> = {},
): Promise<SlipwayCommand> {
  const home = await mkdtemp(join(tmpdir(), 'slipway-e2e-'));
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, SLIPWAY_SERVER: apiUrl, NO_COLOR: '1', ...extra };
  const attempt: SlipwayCommand['try'] = (words, options = {}) =>
    finish(process.execPath, [bin, ...words], { env, ...options });
  const run = async (...words: string[]): Promise<string> => {
    const { exit, stdout, stderr } = await attempt(words);
    if (exit !== 0) throw new Error(`slipway ${words.join(' ')} ended with ${exit}\n${stderr}${stdout}`);
    return stdout.trimEnd();
  };
  return {
    home,
    try: attempt,
    run,
    json: async (...words) => JSON.parse(await run(...words, '-o', 'json')),
    dispose: () => rm(home, { recursive: true, force: true }),
  };
}

/** Logged in as this user. */
export async function login(apiUrl: string, username: string, password: string): Promise<SlipwayCommand> {
  const slipway = await createSlipway(apiUrl);
  const { exit, stderr } = await slipway.try(['login', '--username', username, '--password-stdin'], {
    stdin: `${password}\n`,
  });
  if (exit !== 0) throw new Error(`login as ${username} ended with ${exit}\n${stderr}`);
  return slipway;
}

/** Runs a program to its end. */
export function finish(
  program: string,
  words: readonly string[],
  options: { stdin?: string; cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { cwd: options.cwd, env: options.env ?? process.env, stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ exit: code ?? -1, stdout, stderr }));
    // A program that does not read its input closes it early.
    child.stdin.on('error', () => {});
    child.stdin.end(options.stdin ?? '');
  });
}

/** A name that no earlier run on the same platform has used. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${Date.now().toString(36).slice(-5)}${Math.floor(Math.random() * 1296)
    .toString(36)
    .padStart(2, '0')}`;
}
