import { unlink } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import type { Registry } from 'prom-client';
import { counterOf, histogramOf, type Stoppable } from '../../runtime/index.js';
import { heldServer } from './model.js';

/** What HAProxy writes of each request: backend, status, times in the queue, to connect and to answer, all of it (ms), server, how it ended. */
export const logFormat = '%b %ST %Tw %Tc %Tr %Ta %s %ts';

/** The client left before there was an answer; nginx' number for it, since HTTP has none. */
const clientLeft = 499;
const bucketSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const longestLine = 512;
/** Where no pod was asked. */
const noServers: ReadonlySet<string> = new Set(['<NOSRV>', heldServer]);
const gone = { pod: 'gone' } as const;

export interface LoggedRequest {
  /** HAProxy's name of the backend: `shop_web_8080`. */
  readonly backend: string;
  /** `100.64.0.7:8080`; `<NOSRV>` where none was asked, `held` where the request waited for one. */
  readonly server: string;
  readonly code: number;
  /** Until the first byte of the answer; where none came, until the end. */
  readonly seconds: number;
}

/** One line of the log; undefined for what reached no Service (no route, a redirect) or is no such line. */
export function parseRequest(line: string): LoggedRequest | undefined {
  const [backend = '', ...rest] = line.split(' ');
  const [status, queued, connected, answered, all] = rest.slice(0, 5).map(Number);
  const [server = '', ending = ''] = rest.slice(5);
  if (status === undefined || queued === undefined || connected === undefined || answered === undefined) return;
  if (all === undefined || !Number.isFinite(status + queued + connected + answered + all)) return;
  if (backend.split('_').length !== 3) return;
  const milliseconds = answered >= 0 ? Math.max(0, queued) + Math.max(0, connected) + answered : Math.max(0, all);
  const hasLeft = status < 100 || (ending.startsWith('C') && answered < 0);
  return { backend, server, code: hasLeft ? clientLeft : status, seconds: milliseconds / 1000 };
}

export interface RequestLog extends Stoppable {
  /** Forgets the series of backends that are no more, of which the last request has ended, and learns which servers there are. */
  keep(backends: readonly { readonly name: string; readonly servers: readonly string[] }[]): void;
}

/**
 * Reads the gateway's log from the socket at `path` (a ring of HAProxy's connects to it) and keeps the series by Service:
 * `slipway_gateway_requests_total{namespace,service,port,code}` and `slipway_gateway_request_duration_seconds`. What ends at a pod that
 * had left its Service before carries `pod="gone"`: it says nothing of the pods that are there.
 */
export async function startRequestLog(path: string, metrics: Registry): Promise<RequestLog> {
  const labels = ['namespace', 'service', 'port', 'pod'];
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
  /** By backend: the codes of those that are there, and of those that were gone. */
  const codes = new Map<string, { readonly there: Set<number>; readonly gone: Set<number> }>();
  let servers = new Map<string, ReadonlySet<string>>();
  const sockets = new Set<Socket>();

  const count = ({ backend, server, code, seconds }: LoggedRequest) => {
    const isGone = !noServers.has(server) && servers.get(backend)?.has(server) === false;
    const place = isGone ? { ...placeOf(backend), ...gone } : placeOf(backend);
    requests?.inc({ ...place, code });
    durations?.observe(place, seconds);
    const seen = codes.get(backend) ?? { there: new Set(), gone: new Set() };
    codes.set(backend, seen);
    (isGone ? seen.gone : seen.there).add(code);
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
      servers = new Map(backends.map((backend) => [backend.name, new Set(backend.servers)]));
      for (const [backend, seen] of codes) {
        if (servers.has(backend)) continue;
        const place = placeOf(backend);
        for (const code of seen.there) requests?.remove({ ...place, code });
        for (const code of seen.gone) requests?.remove({ ...place, ...gone, code });
        durations?.remove(place);
        durations?.remove({ ...place, ...gone });
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

/** The namespace, the Service and its port that a backend is for. */
export function placeOf(backend: string) {
  const [namespace = '', service = '', port = ''] = backend.split('_');
  return { namespace, service, port };
}
