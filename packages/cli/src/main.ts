import { ApiError } from '@slipway/sdk';
import { CommanderError } from 'commander';
import { toCliError } from './api.js';
import { CliError, exitCodes } from './errors.js';
import { type Io, paint } from './io.js';
import { createProgram } from './program.js';

/** The `slipway` command on this process's own streams. */
export async function main(): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => {
    stop.abort();
    // A second Ctrl-C ends at once.
    process.once('SIGINT', () => process.exit(exitCodes.interrupted));
  });
  // `slipway … | head` closes the pipe early; that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const io: Io = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    signal: stop.signal,
    now: () => new Date(),
  };
  process.exitCode = await run(process.argv.slice(2), io);
  process.stdin.pause();
}

/** Runs one command line; the result is its exit status. Never throws. */
export async function run(words: readonly string[], io: Io): Promise<number> {
  try {
    await createProgram(io).parseAsync([...words], { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (io.signal.aborted) return exitCodes.interrupted;
    const known = toKnown(error);
    report(known, words, io);
    return exitCodes[known.exit];
  }
}

function toKnown(error: unknown): CliError {
  if (error instanceof CliError) return error;
  return error instanceof ApiError ? toCliError(error) : toUnexpected(error);
}

function toUnexpected(error: unknown): CliError {
  const message = error instanceof Error ? error.message : String(error);
  return new CliError('unexpected', message, {
    cause: error,
    remedy: 'If it happens again, report it with the command that you ran.',
  });
}

function report(error: CliError, words: readonly string[], io: Io): void {
  if (wantsJson(words)) {
    const { code, message, remedy, details, requestId } = error;
    io.stderr.write(`${JSON.stringify({ error: { code, message, remedy, details, requestId } })}\n`);
    return;
  }
  io.stderr.write(`${paint(io, 'stderr', 'red', 'error:')} ${error.message} (${error.code})\n`);
  for (const detail of error.details) io.stderr.write(`  ${detail}\n`);
  if (error.remedy) io.stderr.write(`${paint(io, 'stderr', 'cyan', 'remedy:')} ${error.remedy}\n`);
  if (error.requestId) io.stderr.write(`${paint(io, 'stderr', 'dim', `request: ${error.requestId}`)}\n`);
}

function wantsJson(words: readonly string[]): boolean {
  return words.some(
    (word, index) =>
      word === '-ojson' ||
      word === '--output=json' ||
      ((word === '-o' || word === '--output') && words[index + 1] === 'json'),
  );
}
