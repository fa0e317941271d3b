import type { FieldError, JsonObject, KindDefinition } from '../kinds/index.js';
import { CompactedError, UnavailableError } from '../store/index.js';

type Reason =
  | 'AlreadyExists'
  | 'BadRequest'
  | 'Conflict'
  | 'Expired'
  | 'Forbidden'
  | 'InternalError'
  | 'Invalid'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'NotFound'
  | 'RequestEntityTooLarge'
  | 'ServiceUnavailable'
  | 'Timeout'
  | 'TooManyRequests'
  | 'Unauthorized'
  | 'UnsupportedMediaType';

/** An answer that is not a success; `toStatus` is its body. */
export class ApiError extends Error {
  constructor(
    readonly code: number,
    readonly reason: Reason,
    message: string,
    readonly details?: JsonObject,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  toStatus(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }
}

type ResourceName = { group: string; plural: string };

const resourceText = ({ group, plural }: ResourceName) => (group === '' ? plural : `${plural}.${group}`);
const detailsOf = (type: ResourceName, name: string): JsonObject => ({
  ...(name !== '' && { name }),
  ...(type.group !== '' && { group: type.group }),
  kind: type.plural,
});

export function notFound(type: ResourceName, name: string): ApiError {
  return new ApiError(
    404,
    'NotFound',
    `${resourceText(type)} ${JSON.stringify(name)} not found`,
    detailsOf(type, name),
  );
}

export function noSuchPath(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(type: ResourceName, name: string): ApiError {
  const message = `${resourceText(type)} ${JSON.stringify(name)} already exists`;
  return new ApiError(409, 'AlreadyExists', message, detailsOf(type, name));
}

export function conflict(type: ResourceName, name: string, why?: string): ApiError {
  const detail = why ?? 'the object has been modified; please apply your changes to the latest version and try again';
  const message = `Operation cannot be fulfilled on ${resourceText(type)} ${JSON.stringify(name)}: ${detail}`;
  return new ApiError(409, 'Conflict', message, detailsOf(type, name));
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

export function methodNotAllowed(): ApiError {
  return new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
}

export function forbidden(type: ResourceName, name: string, why: string): ApiError {
  const subject = name === '' ? resourceText(type) : `${resourceText(type)} ${JSON.stringify(name)}`;
  return new ApiError(403, 'Forbidden', `${subject} is forbidden: ${why}`, detailsOf(type, name));
}

export function invalid(kind: KindDefinition, name: string, errors: readonly FieldError[]): ApiError {
  const texts = errors.map((each) => `${each.field}: ${each.message}`);
  const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const { group, kind: kindName } = kind.type;
  const kindText = group === '' ? kindName : `${kindName}.${group}`;
  return new ApiError(422, 'Invalid', `${kindText} ${JSON.stringify(name)} is invalid: ${text}`, {
    ...(name !== '' && { name }),
    ...(group !== '' && { group }),
    kind: kindName,
    causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
  });
}

export function unsupportedMediaType(accepted: string): ApiError {
  return new ApiError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted}`,
  );
}

/** Turns whatever was thrown into the answer to give. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof CompactedError) return new ApiError(410, 'Expired', error.message);
  if (error instanceof UnavailableError) {
    if (error.unknownOutcome)
      return new ApiError(
        504,
        'Timeout',
        'the store did not confirm the change in time; it may have been made',
        {},
        { cause: error },
      );
    const details = { retryAfterSeconds: 1 };
    return new ApiError(503, 'ServiceUnavailable', 'the store is not available; try again', details, { cause: error });
  }
  return new ApiError(500, 'InternalError', 'Internal error occurred', undefined, { cause: error });
}
