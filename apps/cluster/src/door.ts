import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Registry } from 'prom-client';

export interface Door {
  setReady(isReady: boolean): void;
  stop(): Promise<void>;
}

/** What rollouts are judged by. It is read every second, so it comes without the rest. */
const gatewaySeries = [
  'slipway_gateway_requests_total',
  'slipway_gateway_request_duration_seconds',
  'slipway_gateway_requests_waiting',
  'slipway_gateway_answers_begun_total',
];

/** Serves `/healthz`, `/readyz`, `/metrics` and, of these, `/metrics/gateway` on a port of their own. */
export async function startDoor(options: { address: string; port: number; metrics: Registry }): Promise<Door> {
  let isReady = false;
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: string, type = 'text/plain; charset=utf-8') => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    if (request.url === '/healthz') return answer(200, 'ok');
    if (request.url === '/readyz') return isReady ? answer(200, 'ok') : answer(503, 'starting');
    if (request.url === '/metrics') return answer(200, await options.metrics.metrics(), options.metrics.contentType);
    if (request.url === '/metrics/gateway') {
      const known = gatewaySeries.filter((name) => options.metrics.getSingleMetric(name));
      const texts = await Promise.all(known.map((name) => options.metrics.getSingleMetricAsString(name)));
      return answer(200, `${texts.join('\n\n')}\n`, options.metrics.contentType);
    }
    answer(404, 'not found');
  });
  server.listen(options.port, options.address);
  await once(server, 'listening');
  return {
    setReady: (ready) => {
      isReady = ready;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
