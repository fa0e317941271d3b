import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { usageError } from './errors.js';
import type { Io } from './io.js';

export function canPrompt(io: Io): boolean {
  return Boolean(io.stdin.isTTY && io.stderr.isTTY);
}

/** Questions go to stderr, so that stdout stays a result. `hidden` does not echo what is typed. */
export async function ask(io: Io, question: string, options: { hidden?: boolean } = {}): Promise<string> {
  let muted = false;
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (!muted) io.stderr.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: io.stdin, output, terminal: true });
  try {
    const answer = lines.question(question, { signal: io.signal });
    muted = options.hidden ?? false;
    return (await answer).trim();
  } finally {
    lines.close();
    if (muted) io.stderr.write('\n');
  }
}

/** Destructive commands ask on a terminal and want --yes elsewhere. */
export async function confirm(io: Io, question: string, yes: boolean | undefined): Promise<boolean> {
  if (yes) return true;
  if (!canPrompt(io)) throw usageError(`${question} There is no terminal to ask on.`, 'Add --yes.');
  return /^y(es)?$/i.test(await ask(io, `${question} [y/N] `));
}

/** The first line of stdin, for --password-stdin and --token-stdin. */
export async function readLine(io: Io): Promise<string> {
  let text = '';
  for await (const chunk of io.stdin) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  return text.split(/\r?\n/, 1)[0] ?? '';
}
