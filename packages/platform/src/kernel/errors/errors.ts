/** One row of the catalogue. `title` is public; `remedy` says who must do what. */
export interface ErrorDefinition {
  readonly status: number;
  readonly title: string;
  readonly remedy: string;
}

export interface FieldError {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

export interface ErrorExtras {
  /** What happened this time, for the caller's eyes. Default: the definition's title. */
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
  /** What caused it, for the log alone. */
  readonly cause?: unknown;
}

const catalogue = new Map<string, ErrorDefinition>();

/** The whole catalogue by code, of every feature that has been imported. */
export function listErrors(): ReadonlyMap<string, ErrorDefinition> {
  return new Map([...catalogue].sort(([a], [b]) => a.localeCompare(b)));
}

/** A refusal of ours: what the caller is told is in the catalogue; `cause` goes to the log only. */
export class SlipwayError extends Error {
  override readonly name = 'SlipwayError';

  constructor(
    readonly code: string,
    readonly definition: ErrorDefinition,
    readonly extras: ErrorExtras = {},
  ) {
    super(extras.detail ?? definition.title, { cause: extras.cause });
  }
}

/**
 * Enters a feature's codes into the catalogue and gives the function that makes its errors:
 * `const fail = defineErrors({ 'tenant-name-taken': { status: 409, … } }); throw fail('tenant-name-taken')`.
 */
export function defineErrors<Code extends string>(definitions: Readonly<Record<Code, ErrorDefinition>>) {
  for (const [code, definition] of Object.entries<ErrorDefinition>(definitions)) {
    if (catalogue.has(code)) throw new Error(`The error code ${code} is defined twice.`);
    catalogue.set(code, definition);
  }
  return (code: Code, extras?: ErrorExtras | string): SlipwayError =>
    new SlipwayError(code, definitions[code], typeof extras === 'string' ? { detail: extras } : extras);
}
