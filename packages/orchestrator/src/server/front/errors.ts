import type { IncomingMessage, ServerResponse } from 'node:http';
import { toApiError } from '../api-error.js';
import type { ServerLog } from '../api-server.js';
import { sendJson } from './answer.js';

/** Answers with the Status of what was thrown; where an answer has begun already, its connection ends. */
export function sendError(log: ServerLog, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const answer = toApiError(error);
  if (answer.code >= 500) log.warn({ err: error, method: request.method, path: request.url }, answer.message);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (answer.details?.retryAfterSeconds !== undefined)
    response.setHeader('retry-after', String(answer.details.retryAfterSeconds));
  // A body that was not read to its end must not be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close');
  sendJson(response, answer.code, answer.toStatus());
}
