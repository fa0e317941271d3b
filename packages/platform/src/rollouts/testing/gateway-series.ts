import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const prometheusBinary = '/usr/bin/prometheus';

/** Of a series of another tenant. */
export const strangersValue = 424_242;

/** What a Service answers in a second, and how. */
export interface Served {
  readonly service: string;
  readonly requestsPerSecond: number;
  readonly failing?: number;
  readonly slow?: number;
}

export interface ServedSeries {
  readonly prometheusUrl: string;
  /** From now on. */
  serve(traffic: readonly Served[]): void;
  /** The gateway's process is away, and with it its series. */
  setAway(isAway: boolean): void;
  stop(): Promise<void>;
}

/** A real Prometheus that reads, every second, what a gateway would have counted. */
export async function startGatewaySeries(namespace: string): Promise<ServedSeries> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-series-'));
  const counts = new Map<string, { good: number; bad: number; slow: number }>();
  let traffic: readonly Served[] = [];
  let isAway = false;
  const ticking = setInterval(() => {
    for (const { service, requestsPerSecond, failing = 0, slow = 0 } of traffic) {
      const before = counts.get(service) ?? { good: 0, bad: 0, slow: 0 };
      const requests = requestsPerSecond / 10;
      counts.set(service, {
        good: before.good + requests * (1 - failing),
        bad: before.bad + requests * failing,
        slow: before.slow + requests * slow,
      });
    }
  }, 100);
  const exporter = createServer((_, response) => {
    if (isAway) return void response.writeHead(503).end();
    const lines = [...counts].flatMap(([service, { good, bad, slow }]) => {
      const place = `namespace="${namespace}",service="${service}",port="8080"`;
      const all = Math.round(good + bad);
      return [
        `slipway_gateway_requests_total{${place},code="200"} ${Math.round(good)}`,
        `slipway_gateway_requests_total{${place},code="500"} ${Math.round(bad)}`,
        `slipway_gateway_request_duration_seconds_bucket{${place},le="0.01"} ${all - Math.round(slow)}`,
        `slipway_gateway_request_duration_seconds_bucket{${place},le="0.1"} ${all - Math.round(slow)}`,
        `slipway_gateway_request_duration_seconds_bucket{${place},le="+Inf"} ${all}`,
      ];
    });
    const strangers = [`rival_secret{namespace="rival"} ${strangersValue}`, `own_value{namespace="${namespace}"} 7`];
    response.writeHead(200, { 'content-type': 'text/plain' }).end(`${[...lines, ...strangers].join('\n')}\n`);
  });
  const target = await listen(exporter);
  const port = await freePort();
  const file = join(directory, 'prometheus.yml');
  const job = {
    job_name: 'gateway-requests',
    scrape_interval: '1s',
    scrape_timeout: '1s',
    static_configs: [{ targets: [`127.0.0.1:${target}`] }],
  };
  await writeFile(file, JSON.stringify({ scrape_configs: [job] }));
  const prometheus = spawn(
    prometheusBinary,
    [`--config.file=${file}`, `--storage.tsdb.path=${directory}/data`, `--web.listen-address=127.0.0.1:${port}`],
    { stdio: 'ignore' },
  );
  return {
    prometheusUrl: `http://127.0.0.1:${port}`,
    serve: (next) => {
      traffic = next;
    },
    setAway: (next) => {
      isAway = next;
    },
    stop: async () => {
      clearInterval(ticking);
      await end(prometheus);
      exporter.closeAllConnections();
      exporter.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function end(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null) return;
  const exited = once(process, 'exit');
  process.kill('SIGKILL');
  await exited;
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}
