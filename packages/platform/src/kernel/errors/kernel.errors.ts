import { defineErrors } from './errors.js';

/** Errors that any route may answer. */
export const fail = defineErrors({
  'malformed-request': {
    status: 400,
    title: 'The request is malformed.',
    remedy: 'Correct the fields listed in `errors`.',
  },
  'malformed-body': {
    status: 400,
    title: 'The body is not valid JSON.',
    remedy: 'Send valid JSON with Content-Type: application/json.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body has a type that this route does not read.',
    remedy: 'Send the content type that the OpenAPI document names for this route.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large.',
    remedy: 'Send at most the size the document states.',
  },
  unauthenticated: {
    status: 401,
    title: 'Who are you?',
    remedy: 'Send `Authorization: Bearer` with an access token or a personal token that is valid.',
  },
  forbidden: {
    status: 403,
    title: 'Your role does not allow this.',
    remedy: 'Ask an owner of the tenant for a role that has the permission named in `detail`.',
  },
  'not-found': {
    status: 404,
    title: 'There is nothing here that you may see.',
    remedy: 'Check the names in the path; ask for access if it should exist.',
  },
  'route-not-found': {
    status: 404,
    title: 'There is no such route.',
    remedy: 'See /api/v1/openapi.json for the routes there are.',
  },
  'already-exists': {
    status: 409,
    title: 'Something with these unique values exists already.',
    remedy: 'Choose another name, or change the one that exists.',
  },
  conflict: {
    status: 409,
    title: 'The state does not allow this now.',
    remedy: 'Read the object again and repeat the change if it still applies.',
  },
  'version-stale': {
    status: 412,
    title: 'The object has changed since you read it.',
    remedy: 'Read it again, and send the new ETag in If-Match.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'This Idempotency-Key was used with another request.',
    remedy: 'Use a new key for a new request.',
  },
  'idempotency-key-in-use': {
    status: 409,
    title: 'The first request with this Idempotency-Key is still running.',
    remedy: 'Repeat the request after the time in Retry-After.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests.',
    remedy: 'Wait for the time in Retry-After.',
  },
  'user-unknown': {
    status: 422,
    title: 'There is no user of this name.',
    remedy: 'Check the user name, or ask an administrator to create the user.',
  },
  'database-unavailable': {
    status: 503,
    title: 'The database cannot be reached at the moment.',
    remedy: 'Repeat the request after the time in Retry-After; if it lasts, an administrator must look at PostgreSQL.',
  },
  'dependency-unavailable': {
    status: 503,
    title: 'A part of the platform cannot be reached at the moment.',
    remedy: 'Repeat the request after the time in Retry-After; if it lasts, an administrator must look at it.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong on our side.',
    remedy: 'Give the requestId to an administrator: the cause is in the log under it.',
  },
});
