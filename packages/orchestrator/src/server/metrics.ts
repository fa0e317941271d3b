import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Store } from '../store/index.js';

export interface ServerMetrics {
  observe(verb: string, resource: string, code: number, seconds: number): void;
  watchStarted(resource: string): () => void;
}

export function createServerMetrics(registry: Registry, store: Store): ServerMetrics {
  const duration = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Time to answer a request, watches aside',
    labelNames: ['verb', 'resource', 'code'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  });
  const total = new Counter({
    name: 'apiserver_request_total',
    help: 'Requests that were answered',
    labelNames: ['verb', 'resource', 'code'],
    registers: [registry],
  });
  // Finding a child by its labels costs more than counting.
  const children = new Map<string, { seconds: Histogram.Internal<string>; count: Counter.Internal }>();
  const childOf = (verb: string, resource: string, code: number) => {
    const key = `${verb} ${resource} ${code}`;
    let child = children.get(key);
    if (!child) {
      const labels = { verb, resource, code: String(code) };
      child = { seconds: duration.labels(labels), count: total.labels(labels) };
      children.set(key, child);
    }
    return child;
  };
  const watches = new Gauge({
    name: 'apiserver_longrunning_requests',
    help: 'Watches that are open',
    labelNames: ['resource'],
    registers: [registry],
  });
  new Gauge({
    name: 'apiserver_storage_objects',
    help: 'Objects in the store',
    labelNames: ['resource'],
    registers: [registry],
    collect() {
      for (const [resource, count] of store.counts()) this.set({ resource }, count);
    },
  });
  new Gauge({
    name: 'apiserver_storage_revision',
    help: 'The last committed revision',
    registers: [registry],
    collect() {
      this.set(store.revision);
    },
  });
  return {
    observe: (verb, resource, code, seconds) => {
      const child = childOf(verb, resource, code);
      child.seconds.observe(seconds);
      child.count.inc();
    },
    watchStarted: (resource) => {
      watches.inc({ resource });
      return () => watches.dec({ resource });
    },
  };
}
