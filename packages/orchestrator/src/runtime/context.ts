import type { Registry } from 'prom-client';
import { Counter, Histogram } from 'prom-client';

/** The part of pino's logger that is used here. */
export interface Logger {
  debug(fields: object, message?: string): void;
  info(fields: object, message?: string): void;
  warn(fields: object, message?: string): void;
  error(fields: object, message?: string): void;
  child(fields: object): Logger;
}

/** What a started part gives back; parts are stopped in the reverse of the order they were started in. */
export interface Stoppable {
  stop(): Promise<void>;
}

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

/** A counter of this registry, made at first use: several parts of one process count into the same one. */
export function counterOf(
  registry: Registry | undefined,
  name: string,
  help: string,
  labels: string[],
): Counter | undefined {
  if (!registry) return undefined;
  const known = registry.getSingleMetric(name);
  return known instanceof Counter ? known : new Counter({ name, help, labelNames: labels, registers: [registry] });
}

/** As `counterOf`, of seconds. */
export function histogramOf(
  registry: Registry | undefined,
  name: string,
  help: string,
  labels: string[],
  buckets = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
): Histogram | undefined {
  if (!registry) return undefined;
  const known = registry.getSingleMetric(name);
  if (known instanceof Histogram) return known;
  return new Histogram({ name, help, labelNames: labels, buckets, registers: [registry] });
}
