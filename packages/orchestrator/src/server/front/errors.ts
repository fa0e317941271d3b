import type { IncomingMessage, ServerResponse } from 'node:http';
import { toApiError } from '../api-error.js';
import type { ServerLog } from '../api-server.js';
import { trailOf } from '../audit/index.js';
import { sendJson } from './answer.js';

/** So long a client may go on to send a body that nobody wants, so that it comes to read why. */
const drainMilliseconds = 5_000;

/** Answers with the Status of what was thrown; where an answer has begun already, its connection ends. */
export function sendError(log: ServerLog, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const answer = toApiError(error);
  const trail = trailOf(request);
  trail?.failed(answer.toStatus());
  // A fault of ours, not an answer that was meant.
  if (answer.code === 500 && answer !== error) trail?.complete(500, 'Panic');
  if (answer.code >= 500) log.warn({ err: error, method: request.method, path: request.url }, answer.message);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (answer.details?.retryAfterSeconds !== undefined)
    response.setHeader('retry-after', String(answer.details.retryAfterSeconds));
  if (!request.complete) drain(request, response);
  sendJson(response, answer.code, answer.toStatus());
}

/** Closing at once, with bytes unread, would reset the connection before the client has the answer. */
function drain(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  const isAlone = request.httpVersionMajor < 2;
  request.resume();
  const timer = setTimeout(() => {
    if (isAlone) socket.destroy();
    else response.destroy();
  }, drainMilliseconds).unref();
  request.once('close', () => clearTimeout(timer));
  request.once('end', () => clearTimeout(timer));
}
