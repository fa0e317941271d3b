import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

type Check = () => Promise<void>;

/** `/metrics`, `/healthz` and `/readyz` on a port of their own. Ready: every check passes and the process is not draining. */
@Injectable()
export class Metrics implements OnApplicationShutdown {
  readonly registry = new Registry();
  readonly requestSeconds = new Histogram({
    name: 'slipway_http_request_duration_seconds',
    help: 'Duration of HTTP requests by route.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.registry],
  });
  private readonly checks = new Map<string, Check>();
  private server: Server | undefined;
  private isDraining = false;

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** What must answer for the process to be ready. */
  addCheck(name: string, check: Check): void {
    this.checks.set(name, check);
  }

  /** Gives the port it listens on. */
  async listen(port: number, host: string): Promise<number> {
    this.server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://metrics');
      const send = (status: number, type: string, body: string) =>
        response.writeHead(status, { 'content-type': type }).end(body);
      if (pathname === '/healthz') return send(200, 'text/plain', 'ok\n');
      if (pathname === '/readyz') {
        return void this.check().then((failed) =>
          send(failed.length ? 503 : 200, 'application/json', `${JSON.stringify({ ready: !failed.length, failed })}\n`),
        );
      }
      if (pathname === '/metrics') {
        return void this.registry.metrics().then((text) => send(200, this.registry.contentType, text));
      }
      return send(404, 'text/plain', 'Try /metrics, /healthz or /readyz.\n');
    });
    await new Promise<void>((resolve, reject) => {
      this.server?.once('error', reject).listen(port, host, resolve);
    });
    const address: AddressInfo | string | null = this.server.address();
    return typeof address === 'object' && address ? address.port : port;
  }

  /** From now on /readyz is 503, so that nobody sends new work. */
  drain(): void {
    this.isDraining = true;
  }

  async onApplicationShutdown(): Promise<void> {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  private async check(): Promise<string[]> {
    if (this.isDraining) return ['draining'];
    const results = [...this.checks].map(async ([name, check]) => {
      const timeout = new Promise<never>((_, reject) => setTimeout(reject, 3_000).unref());
      return Promise.race([check(), timeout]).then(
        () => [],
        () => [name],
      );
    });
    return (await Promise.all(results)).flat();
  }
}
