import { join } from 'node:path';
import { systemClock } from '@slipway/orchestrator/runtime';
import { openCertificateAuthority } from '@slipway/orchestrator/server';
import { pino } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { loadConfig } from './config.js';
import { startDoor } from './door.js';
import { connect, startParts } from './parts.js';

const stopMilliseconds = 15_000;

async function main(): Promise<void> {
  const config = loadConfig(process.env, process.argv.slice(2));
  const log = pino({ level: config.SLIPWAY_LOG_LEVEL, base: { process: 'cluster' } });
  const stops: (() => Promise<void>)[] = [];
  const stopping = new AbortController();
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse())
      await stop().catch((err: unknown) => log.error({ err }, 'a part did not stop cleanly'));
  };
  const leave = async (signal: string) => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), stopMilliseconds).unref();
    await stopAll();
    process.exit(0);
  };
  process.on('SIGTERM', () => void leave('SIGTERM'));
  process.on('SIGINT', () => void leave('SIGINT'));

  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  try {
    const door = await startDoor({ address: config.SLIPWAY_BIND, port: config.SLIPWAY_CLUSTER_METRICS_PORT, metrics });
    stops.push(() => door.stop());
    const authority = await openCertificateAuthority(join(config.SLIPWAY_CLUSTER_DIR, 'pki'));
    const context = { config, log, metrics, clock: systemClock, authority, signal: stopping.signal };
    const api = await connect(context, stops);
    await startParts(context, api, stops);
    door.setReady(true);
    log.info({ roles: [...config.roles] }, 'the cluster is ready');
  } catch (err) {
    // Stopping in the middle of the start makes the start fail; that is no failure.
    if (stopping.signal.aborted) return;
    log.fatal({ err }, 'the cluster could not start');
    await stopAll();
    process.exit(1);
  }
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
