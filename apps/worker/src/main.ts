import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { loadConfig } from '@slipway/platform/kernel/config/config';
import { Database } from '@slipway/platform/kernel/database/database';
import { Workers } from '@slipway/platform/kernel/jobs/workers';
import { Log } from '@slipway/platform/kernel/log/log';
import { Metrics } from '@slipway/platform/kernel/metrics/metrics';
import { OutboxRelay } from '@slipway/platform/kernel/outbox/relay';
import { createWorkerModule } from './worker.module.js';

const config = loadConfig();
const app = await NestFactory.createApplicationContext(createWorkerModule(config), { bufferLogs: true });
const [log, metrics, database] = [app.get(Log), app.get(Metrics), app.get(Database)];
app.useLogger(log);
metrics.addCheck('database', () => database.ping());
await metrics.listen(config.workerMetricsPort, config.bind);
app.get(OutboxRelay).start();
app.get(Workers).start();
log.info('The worker works');

let isEnding = false;
const end = async (signal: string): Promise<void> => {
  if (isEnding) return;
  isEnding = true;
  log.info('The worker drains', { signal });
  metrics.drain();
  setTimeout(() => process.exit(1), 15_000).unref();
  await app.close();
  process.exit(0);
};
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end(signal));
