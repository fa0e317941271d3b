import { HttpException } from '@nestjs/common';
import { z } from 'zod';
import { toDatabaseProblem } from '../database/database-errors.js';
import { type FieldError, SlipwayError } from './errors.js';
import { fail } from './kernel.errors.js';

/** RFC 9457 `application/problem+json`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly remedy: string;
  readonly requestId: string;
}

/** Any thrown value as an error of the catalogue; what we do not know becomes `internal`, its text kept for the log. */
export function toSlipwayError(error: unknown): SlipwayError {
  if (error instanceof SlipwayError) return error;
  if (error instanceof z.ZodError) return fail('malformed-request', { errors: toFieldErrors(error, '') });
  if (error instanceof HttpException) return fromHttp(error.getStatus(), error.message, error);
  const status = httpStatus(error);
  if (status !== undefined) return fromHttp(status, error instanceof Error ? error.message : '', error);
  const known = toDatabaseProblem(error);
  return known instanceof SlipwayError ? known : fail('internal', { cause: error });
}

/** What the caller is told: never a stack trace, never an internal text. */
export function toProblem(error: SlipwayError, requestId: string): Problem {
  return {
    type: `https://slipway.dev/docs/errors#${error.code}`,
    title: error.definition.title,
    status: error.definition.status,
    code: error.code,
    detail: error.message,
    ...(error.extras.errors?.length ? { errors: error.extras.errors } : {}),
    remedy: error.definition.remedy,
    requestId,
  };
}

/** Zod's issues as `{ path: 'body.name', code, message }`. */
export function toFieldErrors(error: z.ZodError, root: string): FieldError[] {
  return error.issues.map((issue) => ({
    path: [root, ...issue.path.map(String)].filter(Boolean).join('.'),
    code: issue.code.replaceAll('_', '-'),
    message: issue.message,
  }));
}

function fromHttp(status: number, detail: string, cause: unknown): SlipwayError {
  if (status === 404) return fail('route-not-found', { detail, cause });
  if (status === 413) return fail('body-too-large', { cause });
  if (status === 415) return fail('unsupported-media-type', { cause });
  if (status === 401) return fail('unauthenticated', { cause });
  if (status >= 400 && status < 500) return fail('malformed-body', { detail, cause });
  return fail('internal', { cause });
}

/** The status of errors of Express and its body parsers. */
function httpStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const [status, type]: unknown[] = [Reflect.get(error, 'status'), Reflect.get(error, 'type')];
  const isExpress = typeof type === 'string' || error instanceof URIError || Reflect.get(error, 'expose') === true;
  return isExpress && typeof status === 'number' ? status : error instanceof URIError ? 400 : undefined;
}
