import { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import express, { type Express, type NextFunction } from 'express';
import helmet from 'helmet';
import { CONFIG, type Configuration } from '../config/config.js';
import { beginRequest, requirePlatformWork } from '../database/index.js';
import { newId } from '../ids/ids.js';
import { Log } from '../log/log.js';
import { Metrics } from '../metrics/metrics.js';
import { acceptUpgrades, type Door, listDoors } from './door.js';
import { ProblemFilter } from './problem.filter.js';
import { findRequestRoute } from './request-route.js';
import { RouteInterceptor } from './route.interceptor.js';
import { type Request, type Response, stateOf } from './route.js';
import { Turns, takeTurns } from './turns.js';

const bodyLimit = '1mb';

/**
 * Gives the Nest application its HTTP habits: request ids, security headers, doors, JSON bodies under /api/v1, problems.
 * Create it with `{ bodyParser: false, bufferLogs: true }` and call this before `listen`.
 */
export async function prepareApplication(app: INestApplication): Promise<void> {
  const filter = app.get(ProblemFilter, { strict: false });
  const metrics = app.get(Metrics, { strict: false });
  app.useLogger(app.get(Log, { strict: false }));
  app.useGlobalFilters(filter);
  app.useGlobalInterceptors(app.get(RouteInterceptor, { strict: false }));
  app.setGlobalPrefix('api/v1');
  const server: Express = app.get(HttpAdapterHost).httpAdapter.getInstance();
  server.disable('x-powered-by');
  server.set('trust proxy', 'loopback');
  server.set('query parser', 'simple');
  app.use((request: Request, response: Response, next: NextFunction) =>
    beginRequest(() => begin(metrics, request, response, next)),
  );
  const isSecure = app.get<Configuration>(CONFIG, { strict: false }).apiUrl.startsWith('https:');
  app.use(
    helmet({
      contentSecurityPolicy: false,
      crossOriginResourcePolicy: { policy: 'cross-origin' },
      frameguard: { action: 'deny' },
      strictTransportSecurity: isSecure ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    }),
  );
  app.use('/api/v1', (_request: Request, response: Response, next: NextFunction) => {
    // Answers of the API are data: whatever they hold, a browser is to do nothing with it.
    response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
    next();
  });
  app.use('/api/v1', takeTurns(app.get(Turns, { strict: false }), filter));
  const doors = listDoors(app);
  for (const door of doors) {
    requirePlatformWork(door.path);
    app.use(door.path, enter(door, filter));
  }
  app.use('/api/v1', express.json({ limit: bodyLimit, type: ['application/json', 'application/merge-patch+json'] }));
  // Registered before Nest's own, so that a body that cannot be parsed is a problem as well.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    filter.answer(error, request, response);
  });
  await app.init();
  const http: unknown = app.getHttpServer();
  if (http instanceof Server) {
    acceptUpgrades(http, doors);
    http.requestTimeout = 0;
    http.keepAliveTimeout = 65_000;
  }
}

function begin(metrics: Metrics, request: Request, response: Response, next: NextFunction): void {
  const given = request.get('x-request-id');
  const requestId = given && /^[\w.-]{8,64}$/.test(given) ? given : newId();
  stateOf(request).requestId = requestId;
  response.setHeader('X-Request-Id', requestId);
  const end = metrics.requestSeconds.startTimer({ method: request.method });
  response.once('close', () => end({ route: findRequestRoute(request), status: String(response.statusCode) }));
  next();
}

function enter(door: Door, filter: ProblemFilter) {
  return (request: Request, response: Response): void => {
    new Promise<void>((resolve) => resolve(door.handle(request, response))).catch((error: unknown) =>
      filter.answer(error, request, response),
    );
  };
}
