/** An expression that could not be evaluated on the values it was given. */
export class CelError extends Error {
  override readonly name: string = 'CelError';
}

/** The expression cost more than it may; unlike other errors no `||` or `&&` swallows it. */
export class CelCostError extends CelError {
  override readonly name = 'CelCostError';

  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

export interface CelIssue {
  readonly message: string;
  /** Offset into the expression, in UTF-16 units. */
  readonly position: number;
}

/** An expression that is not one of the language, or whose types do not fit. The message shows every issue with its place. */
export class CelCompileError extends Error {
  override readonly name = 'CelCompileError';

  constructor(
    readonly expression: string,
    readonly issues: readonly CelIssue[],
  ) {
    super(issues.map((issue) => formatIssue(expression, issue)).join('\n'));
  }
}

function formatIssue(expression: string, issue: CelIssue): string {
  const before = expression.slice(0, issue.position).split('\n');
  const column = before[before.length - 1]?.length ?? 0;
  const line = expression.split('\n')[before.length - 1] ?? '';
  return `ERROR: <input>:${before.length}:${column + 1}: ${issue.message}\n | ${line}\n | ${'.'.repeat(column)}^`;
}
