/** The cluster's refusal of a request: HTTP status, machine-readable reason and details of its Status object. */
export class KubeError extends Error {
  override readonly name = 'KubeError';

  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly details?: unknown,
  ) {
    super(message);
  }
}

/** The cluster could not be reached, or the connection broke before an answer came; whether a change took effect is unknown. */
export class KubeUnreachableError extends Error {
  override readonly name = 'KubeUnreachableError';

  constructor(server: string, cause: unknown) {
    const text =
      cause instanceof Error ? cause.message || ('code' in cause ? String(cause.code) : cause.name) : String(cause);
    super(
      `no answer from the cluster at ${server} (${text}): check that it is running and that the kubeconfig is right`,
      {
        cause,
      },
    );
  }
}

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Expired',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Makes the error of a Status object; `httpStatus` stands in where the body is no Status (a proxy's page, say). */
export function toKubeError(status: unknown, httpStatus: number): KubeError {
  const fields: Record<string, unknown> = typeof status === 'object' && status !== null ? { ...status } : {};
  const code = typeof fields['code'] === 'number' ? fields['code'] : httpStatus;
  const reason = text(fields['reason']) ?? reasons[code] ?? 'Unknown';
  const message = text(fields['message']) ?? text(status)?.slice(0, 500) ?? `the cluster answered ${code} ${reason}`;
  return new KubeError(code, reason, message, fields['details']);
}

export const isNotFound = (error: unknown): boolean => error instanceof KubeError && error.code === 404;
export const isConflict = (error: unknown): boolean =>
  error instanceof KubeError && error.code === 409 && error.reason !== 'AlreadyExists';
export const isAlreadyExists = (error: unknown): boolean =>
  error instanceof KubeError && error.code === 409 && error.reason === 'AlreadyExists';
/** The resource version is too old to resume from: list again. */
export const isGone = (error: unknown): boolean => error instanceof KubeError && error.code === 410;
/** Nothing more can be made in a namespace that is on its way out. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  error instanceof KubeError && error.code === 403 && error.message.includes('because it is being terminated');
