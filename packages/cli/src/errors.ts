/** What a script can tell from the exit status; docs/cli.md lists the same table. */
export const exitCodes = {
  ok: 0,
  error: 1,
  usage: 2,
  unauthenticated: 3,
  notFound: 4,
  forbidden: 5,
  conflict: 6,
  refused: 7,
  unavailable: 8,
  failed: 9,
  interrupted: 130,
} as const;

export type Exit = keyof typeof exitCodes;

export interface CliErrorOptions {
  readonly exit?: Exit;
  readonly remedy?: string;
  readonly details?: readonly string[];
  readonly requestId?: string;
  readonly cause?: unknown;
}

/** An error whose text is for the user: what is wrong, a stable code, and what to do about it. */
export class CliError extends Error {
  readonly exit: Exit;
  readonly remedy: string | undefined;
  readonly details: readonly string[];
  readonly requestId: string | undefined;

  constructor(
    readonly code: string,
    message: string,
    options: CliErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.exit = options.exit ?? 'error';
    this.remedy = options.remedy;
    this.details = options.details ?? [];
    this.requestId = options.requestId;
  }
}

export function usageError(message: string, remedy?: string): CliError {
  return new CliError('usage', message, { exit: 'usage', remedy });
}

/** The exit that a status of the API stands for. */
export function exitOfStatus(status: number): Exit {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'notFound';
  if (status === 409 || status === 412) return 'conflict';
  if (status === 400 || status === 422) return 'refused';
  if (status === 429 || status >= 502) return 'unavailable';
  return 'error';
}
