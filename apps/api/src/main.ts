import 'reflect-metadata';
import { Server } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { loadConfig } from '@slipway/platform/kernel/config/config';
import { Database } from '@slipway/platform/kernel/database/database';
import { prepareApplication } from '@slipway/platform/kernel/http/application';
import { Log } from '@slipway/platform/kernel/log/log';
import { Metrics } from '@slipway/platform/kernel/metrics/metrics';
import { createApiModule } from './api.module.js';

/** Requests that run when the process is told to end have so long to finish; streams are cut then. */
const drainMilliseconds = 8_000;

const config = loadConfig();
const app = await NestFactory.create(createApiModule(config), { bodyParser: false, bufferLogs: true });
const [log, metrics, database] = [app.get(Log), app.get(Metrics), app.get(Database)];
metrics.addCheck('database', () => database.ping());
await prepareApplication(app);
await app.listen(config.apiPort, config.bind);
// After the api itself: who is told that it is ready may call it.
await metrics.listen(config.apiMetricsPort, config.bind);
log.info('The api listens', { address: `${config.bind}:${config.apiPort}` });

let isEnding = false;
const end = async (signal: string): Promise<void> => {
  if (isEnding) return;
  isEnding = true;
  log.info('The api drains', { signal });
  metrics.drain();
  const server: unknown = app.getHttpServer();
  setTimeout(() => server instanceof Server && server.closeAllConnections(), drainMilliseconds).unref();
  setTimeout(() => process.exit(1), drainMilliseconds + 4_000).unref();
  await app.close();
  process.exit(0);
};
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end(signal));
