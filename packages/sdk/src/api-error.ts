/** RFC 9457 problem details, as the API answers them. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly path: string; readonly code: string; readonly message: string }[];
  readonly remedy: string;
  readonly requestId: string;
}

/** A refusal. `problem` is missing where something before the API answered (a proxy's page, say). */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly problem: Problem | undefined,
    message: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }

  /** The stable code, `unknown` without a problem. */
  get code(): string {
    return this.problem?.code ?? 'unknown';
  }
}

export async function toApiError(response: Response): Promise<ApiError> {
  const problem = await readProblem(response);
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const message = problem?.detail ?? `${response.status} ${response.statusText}`.trim();
  return new ApiError(response.status, problem, message, Number.isFinite(seconds) ? seconds : undefined);
}

async function readProblem(response: Response): Promise<Problem | undefined> {
  if (!response.headers.get('content-type')?.includes('json')) return undefined;
  const body: unknown = await response.json().catch(() => undefined);
  return isProblem(body) ? body : undefined;
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && 'detail' in value && 'requestId' in value;
}
