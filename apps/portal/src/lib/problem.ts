import { ApiError } from '@slipway/sdk';

export interface FieldError {
  /** Dotted path in the request's body, such as `source.url`. */
  readonly path: string;
  readonly message: string;
}

/** A refusal of the API as the portal shows it. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail?: string,
    readonly remedy?: string,
    readonly requestId?: string,
    readonly fields: readonly FieldError[] = [],
  ) {
    super(title);
  }
}

/** The SDK's refusal as a problem; anything else (no connection) stays what it is. */
export function toProblem(error: unknown): unknown {
  if (!(error instanceof ApiError) || error.status === 0) return error;
  const { problem, status } = error;
  if (!problem) return new ApiProblem(status, 'unreadable-answer', `The server answered ${status}`, error.message);
  const fields = (problem.errors ?? []).map(({ path, message }) => ({ path: toDotted(path), message }));
  return new ApiProblem(status, problem.code, problem.title, problem.detail, problem.remedy, problem.requestId, fields);
}

/** `/source/url`, `$.source.url` and `body.source.url` mean `source.url`. What has a fragment is an address of the API, and stays. */
function toDotted(path: string): string {
  if (path.includes('#')) return path;
  return path.replace(/^(\$\.|\/|body\.)/, '').replaceAll('/', '.');
}
