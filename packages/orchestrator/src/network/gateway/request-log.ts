import { unlink } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import type { Registry } from 'prom-client';
import { counterOf, histogramOf, type Stoppable } from '../../runtime/index.js';

/** What HAProxy writes of each request: backend, status, times in the queue, to connect and to answer, all of it (ms). */
export const logFormat = '%b %ST %Tw %Tc %Tr %Ta';

/** The client left before there was an answer; nginx' number for it, since HTTP has none. */
const clientLeft = 499;
const bucketSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const longestLine = 512;

export interface LoggedRequest {
  /** HAProxy's name of the backend: `shop_web_8080`. */
  readonly backend: string;
  readonly code: number;
  /** Until the first byte of the answer; where none came, until the end. */
  readonly seconds: number;
}

/** One line of the log; undefined for what reached no Service (no route, a redirect) or is no such line. */
export function parseRequest(line: string): LoggedRequest | undefined {
  const [backend = '', ...rest] = line.split(' ');
  const [status, queued, connected, answered, all] = rest.map(Number);
  if (status === undefined || queued === undefined || connected === undefined || answered === undefined) return;
  if (all === undefined || !Number.isFinite(status + queued + connected + answered + all)) return;
  if (backend.split('_').length !== 3) return;
  const milliseconds = answered >= 0 ? Math.max(0, queued) + Math.max(0, connected) + answered : Math.max(0, all);
  return { backend, code: status >= 100 ? status : clientLeft, seconds: milliseconds / 1000 };
}

export interface RequestLog extends Stoppable {
  /** Forgets the series of backends that are no more, of which the last request has ended. */
  keep(backends: readonly { readonly name: string }[]): void;
}

/**
 * Reads the gateway's log from the socket at `path` (a ring of HAProxy's connects to it) and keeps the series by Service:
 * `slipway_gateway_requests_total{namespace,service,port,code}` and `slipway_gateway_request_duration_seconds`.
 */
export async function startRequestLog(path: string, metrics: Registry): Promise<RequestLog> {
  const labels = ['namespace', 'service', 'port'];
  const requests = counterOf(metrics, 'slipway_gateway_requests_total', 'Requests that the gateway answered.', [
    ...labels,
    'code',
  ]);
  const durations = histogramOf(
    metrics,
    'slipway_gateway_request_duration_seconds',
    'From the request to the first byte of its answer.',
    labels,
    bucketSeconds,
  );
  const codes = new Map<string, Set<number>>();
  const sockets = new Set<Socket>();

  const count = ({ backend, code, seconds }: LoggedRequest) => {
    const place = placeOf(backend);
    requests?.inc({ ...place, code });
    durations?.observe(place, seconds);
    const seen = codes.get(backend);
    if (seen) seen.add(code);
    else codes.set(backend, new Set([code]));
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = (lines.pop() ?? '').slice(-longestLine);
      for (const line of lines) {
        const request = parseRequest(line);
        if (request) count(request);
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  await unlink(path).catch(() => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path }, resolve);
  });

  return {
    keep: (backends) => {
      const known = new Set(backends.map(({ name }) => name));
      for (const [backend, seen] of codes) {
        if (known.has(backend)) continue;
        const place = placeOf(backend);
        for (const code of seen) requests?.remove({ ...place, code });
        durations?.remove(place);
        codes.delete(backend);
      }
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function placeOf(backend: string) {
  const [namespace = '', service = '', port = ''] = backend.split('_');
  return { namespace, service, port };
}
