import { type ArgumentsHost, Catch, type ExceptionFilter, Injectable } from '@nestjs/common';
import type { SlipwayError } from '../errors/errors.js';
import { toProblem, toSlipwayError } from '../errors/problem.js';
import { Log } from '../log/log.js';
import { type Request, type Response, stateOf } from './route.js';

/** Answers every error, also of unknown routes and of bodies that cannot be parsed, as a problem. */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<Request>(), http.getResponse<Response>());
  }

  /** For doors that are no routes. */
  answer(thrown: unknown, request: Request, response: Response): void {
    const error = toSlipwayError(thrown);
    const { requestId } = stateOf(request);
    if (error.definition.status >= 500) {
      const cause = error.extras.cause ?? error;
      this.log.error('request failed', { requestId, method: request.method, path: request.path, error: cause });
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // The rest of a body that nobody will read would hold the connection for ever.
    if (!request.complete) response.setHeader('Connection', 'close');
    writeProblem(response, error, requestId);
  }
}

/** Writes the problem with its headers and ends the response. */
export function writeProblem(response: Response, error: SlipwayError, requestId: string): void {
  const { status } = error.definition;
  if (error.extras.retryAfterSeconds) response.setHeader('Retry-After', String(error.extras.retryAfterSeconds));
  if (status === 401 && !response.hasHeader('WWW-Authenticate')) response.setHeader('WWW-Authenticate', 'Bearer');
  response
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify(toProblem(error, requestId)));
}
