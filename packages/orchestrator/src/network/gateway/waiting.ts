import { Counter, Gauge, type Registry } from 'prom-client';
import { askHaproxy } from './haproxy-socket.js';
import { placeOf } from './request-log.js';

/** HAProxy's tables by backend: requests that are under way, and those of them whose answer has begun. */
export const underWayTable = 'underway';
export const answeredTable = 'answered';

interface Entry {
  readonly backend: string;
  /** Without an answer yet. */
  readonly waiting: number;
  /** Answers that have begun since HAProxy was loaded. */
  readonly begun: number;
}

/** What `show table` tells of both: `0x…: key=shop_web_80 use=1 exp=1000 gpc0=5 conn_cur=2` below `# table: answered, …`. */
export function parseTables(text: string): readonly Entry[] {
  const tables = new Map<string, Map<string, { readonly current: number; readonly begun: number }>>();
  let table = '';
  for (const line of text.split('\n')) {
    table = /^# table: (\w+),/.exec(line)?.[1] ?? table;
    const fields = new Map(line.split(' ').map((word) => word.split('=') as [string, string]));
    const [backend, current] = [fields.get('key'), Number(fields.get('conn_cur') ?? Number.NaN)];
    if (backend === undefined || Number.isNaN(current)) continue;
    const known = tables.get(table) ?? new Map();
    tables.set(table, known.set(backend, { current, begun: Number(fields.get('gpc0') ?? 0) }));
  }
  return [...(tables.get(underWayTable) ?? [])].map(([backend, { current }]) => {
    const answered = tables.get(answeredTable)?.get(backend) ?? { current: 0, begun: 0 };
    return { backend, waiting: Math.max(0, current - answered.current), begun: answered.begun };
  });
}

/**
 * Asks HAProxy, whenever the series are read, what its log can say only at the end of a request:
 * `slipway_gateway_requests_waiting{namespace,service,port}`, requests that have no answer yet, and
 * `slipway_gateway_answers_begun_total`. While HAProxy does not answer there are none.
 */
export function observeWaiting(socket: string, metrics: Registry): void {
  let asking: Promise<readonly Entry[]> | undefined;
  /** Both series are read together: one question is for both. */
  const ask = () => {
    asking ??= askHaproxy(socket, `show table ${underWayTable};show table ${answeredTable}`)
      .then(parseTables, () => [])
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };
  const options = { labelNames: ['namespace', 'service', 'port'], registers: [metrics] };
  const waiting = new Gauge({
    ...options,
    name: 'slipway_gateway_requests_waiting',
    help: 'Requests that wait for the first byte of their answer.',
    async collect() {
      const entries = await ask();
      waiting.reset();
      for (const entry of entries) waiting.set(placeOf(entry.backend), entry.waiting);
    },
  });
  const begun = new Counter({
    ...options,
    name: 'slipway_gateway_answers_begun_total',
    help: 'Answers that have begun, since HAProxy was loaded.',
    async collect() {
      const entries = await ask();
      begun.reset();
      for (const entry of entries) begun.inc(placeOf(entry.backend), entry.begun);
    },
  });
}
