import type { Readable, Writable } from 'node:stream';

/** All that a command reads from and writes to: results go to `stdout`, everything else to `stderr`. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(mode: boolean): unknown };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by the first Ctrl-C; a command that follows something ends then. */
  readonly signal: AbortSignal;
  now(): Date;
}

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
const codes: Record<Style, [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** Colours only on a terminal, and never when NO_COLOR is set (https://no-color.org). */
export function paint(io: Io, stream: 'stdout' | 'stderr', style: Style, text: string): string {
  if (!io[stream].isTTY || io.env['NO_COLOR']) return text;
  const [open, close] = codes[style];
  return `\u001b[${open}m${text}\u001b[${close}m`;
}
