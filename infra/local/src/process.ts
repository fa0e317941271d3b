import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/**
 * A process, started by this supervisor or adopted from one that died. A number alone may belong to somebody else by
 * now: number and start time together name one process for the life of the machine.
 */
export interface Running {
  readonly pid: number;
  readonly startTime: string;
  readonly adopted: boolean;
  /** Resolves with the reason, in words, when the process has ended. */
  readonly ended: Promise<string>;
}

export interface Launch {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly logFile: string;
  readonly identity?: { readonly uid: number; readonly gid: number };
}

const recordSchema = z.object({ pid: z.number(), startTime: z.string(), spec: z.string() });
type ProcessRecord = z.infer<typeof recordSchema>;

/** When the process was started, in ticks since boot; undefined where it is gone or only waits to be reaped. */
export function findStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command in parentheses may hold anything: count from its end. State is field 3, start time field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export function isAlive(process: { pid: number; startTime: string }): boolean {
  return findStartTime(process.pid) === process.startTime;
}

/**
 * Starts a process in a session of its own, its output appended to its log file, so that it outlives this one.
 * Throws where the program cannot be started.
 */
export async function launch({ command, env, cwd, logFile, identity }: Launch): Promise<Running> {
  const [program = '', ...args] = command;
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a', 0o640);
  try {
    const child = spawn(program, args, { env, cwd, detached: true, stdio: ['ignore', log, log], ...identity });
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ? `killed by ${signal}` : `ended with code ${code}`));
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    const pid = child.pid ?? 0;
    child.unref();
    return { pid, startTime: findStartTime(pid) ?? '', adopted: false, ended };
  } finally {
    closeSync(log);
  }
}

/** Takes over a process that is not a child of ours: its end is seen by looking. */
export function adopt(record: { pid: number; startTime: string }): Running {
  const ended = new Promise<string>((resolve) => {
    const look = setInterval(() => {
      if (isAlive(record)) return;
      clearInterval(look);
      resolve('ended');
    }, 250);
    look.unref();
  });
  return { pid: record.pid, startTime: record.startTime, adopted: true, ended };
}

/** Asks a process to end, and after the grace forces it with its process group. */
export async function terminate(
  running: Running,
  options: { signal: NodeJS.Signals; graceSeconds: number; group: boolean },
): Promise<void> {
  if (!isAlive(running)) return;
  send(running.pid, options.signal);
  const polite = await Promise.race([running.ended.then(() => true), delay(options.graceSeconds * 1000, false)]);
  if (!polite && isAlive(running)) send(running.pid, 'SIGKILL');
  await Promise.race([running.ended, delay(5000, undefined)]);
  // What the process started and left behind; it leads the group, so the group's number is its own.
  if (options.group) send(-running.pid, 'SIGKILL');
}

export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already: that is what was asked for.
  }
}

/** A timer that does not keep this process alive. */
export function delay<T>(milliseconds: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, value).unref());
}

export function writeRecord(home: string, name: string, record: ProcessRecord): void {
  mkdirSync(join(home, 'run'), { recursive: true });
  writeFileSync(recordFile(home, name), JSON.stringify(record));
}

/** The process of this name that is still alive from before, if any. */
export function findRecord(home: string, name: string): ProcessRecord | undefined {
  try {
    const record = recordSchema.parse(JSON.parse(readFileSync(recordFile(home, name), 'utf8')));
    return isAlive(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

export function removeRecord(home: string, name: string): void {
  rmSync(recordFile(home, name), { force: true });
}

function recordFile(home: string, name: string): string {
  return join(home, 'run', `${name}.json`);
}

/** The numbers of a system user, or undefined where this process is not root and runs everything as itself. */
export function findIdentity(user: string): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
