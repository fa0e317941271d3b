import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Store } from '../store/index.js';

/** What a request is counted under. */
export interface RequestLabels {
  /** As upstream's metrics name it: `GET`, `LIST`, `WATCH`, `POST`, `APPLY`, …. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  /** Empty for what is no resource, and for one that is not served: anybody could name any. */
  readonly resource: string;
  readonly subresource: string;
  readonly scope: '' | 'cluster' | 'namespace' | 'resource';
}

export interface ServerMetrics {
  /** `bytes`: of the body, where it is known. */
  observe(labels: RequestLabels, isDryRun: boolean, code: number, seconds: number, bytes: number | undefined): void;
  /** A request that may stream for long; returns how to end it. */
  longRunning(labels: RequestLabels): () => void;
  /** Any other request; returns how to end it. */
  inFlight(isMutating: boolean): () => void;
  /** How the events of watches of a resource are counted. */
  watchEvents(group: string, version: string, resource: string): (count: number) => void;
}

const component = 'apiserver';
const base = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component'];
const seconds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

/** The metrics of requests under the names and labels that upstream's dashboards and rules ask for. */
export function createServerMetrics(registry: Registry, store: Store): ServerMetrics {
  const registers = [registry];
  const duration = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Time to answer a request, watches aside',
    labelNames: [...base, 'dry_run'],
    buckets: seconds,
    registers,
  });
  const total = new Counter({
    name: 'apiserver_request_total',
    help: 'Requests that were answered',
    labelNames: [...base, 'dry_run', 'code'],
    registers,
  });
  const sizes = new Histogram({
    name: 'apiserver_response_sizes',
    help: 'Bytes of the answers to reads, streamed lists aside',
    labelNames: base,
    buckets: [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9],
    registers,
  });
  const running = new Gauge({
    name: 'apiserver_longrunning_requests',
    help: 'Watches, logs and proxied requests that are open',
    labelNames: base,
    registers,
  });
  const events = new Counter({
    name: 'apiserver_watch_events_total',
    help: 'Events that were sent to watches',
    labelNames: ['group', 'version', 'resource'],
    registers,
  });
  // Finding a child by its labels costs more than counting.
  const children = new Map<
    string,
    { seconds: Histogram.Internal<string>; count: Counter.Internal; bytes: Histogram.Internal<string> | undefined }
  >();
  const childOf = (labels: RequestLabels, isDryRun: boolean, code: number) => {
    const { verb, group, version, resource, subresource, scope } = labels;
    const key = `${verb} ${group} ${version} ${resource}/${subresource} ${scope} ${isDryRun} ${code}`;
    let child = children.get(key);
    if (!child) {
      const own = { verb, group, version, resource, subresource, scope, component };
      const dry_run = isDryRun ? 'All' : '';
      child = {
        seconds: duration.labels({ ...own, dry_run }),
        count: total.labels({ ...own, dry_run, code: String(code) }),
        bytes: verb === 'GET' || verb === 'LIST' ? sizes.labels(own) : undefined,
      };
      children.set(key, child);
    }
    return child;
  };
  const inFlight = { mutating: 0, readOnly: 0 };
  new Gauge({
    name: 'apiserver_current_inflight_requests',
    help: 'Requests that are being answered or wait to be',
    labelNames: ['request_kind'],
    registers,
    collect() {
      for (const [request_kind, count] of Object.entries(inFlight)) this.set({ request_kind }, count);
    },
  });
  new Gauge({
    name: 'apiserver_resource_objects',
    help: 'Objects in the store',
    labelNames: ['group', 'resource'],
    registers,
    collect() {
      for (const [key, count] of store.counts()) {
        const slash = key.indexOf('/');
        this.set({ group: slash < 0 ? '' : key.slice(0, slash), resource: key.slice(slash + 1) }, count);
      }
    },
  });
  new Gauge({
    name: 'apiserver_storage_objects',
    help: 'Objects in the store, under their old name',
    labelNames: ['resource'],
    registers,
    collect() {
      for (const [resource, count] of store.counts()) this.set({ resource }, count);
    },
  });
  new Gauge({
    name: 'apiserver_storage_revision',
    help: 'The last committed revision',
    registers,
    collect() {
      this.set(store.revision);
    },
  });
  return {
    observe: (labels, isDryRun, code, time, bytes) => {
      const child = childOf(labels, isDryRun, code);
      if (labels.verb !== 'WATCH' && labels.verb !== 'CONNECT') child.seconds.observe(time);
      child.count.inc();
      if (bytes !== undefined) child.bytes?.observe(bytes);
    },
    longRunning: ({ verb, group, version, resource, subresource, scope }) => {
      const own = { verb, group, version, resource, subresource, scope, component };
      running.inc(own);
      return () => running.dec(own);
    },
    inFlight: (isMutating) => {
      const kind = isMutating ? 'mutating' : 'readOnly';
      inFlight[kind] += 1;
      return () => {
        inFlight[kind] -= 1;
      };
    },
    watchEvents: (group, version, resource) => {
      const child = events.labels({ group, version, resource });
      return (count) => child.inc(count);
    },
  };
}
