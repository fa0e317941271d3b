import type { StoreEvent } from './stored-object.js';

export interface WatchSink {
  resource: string;
  /** Absent: all namespaces. */
  namespace?: string | undefined;
  /** In order and without a gap. Sinks of the same resource and namespace are given the same array. */
  onEvents(events: readonly StoreEvent[]): void;
  /** The log this watch follows is gone: the reader must list again. */
  onReset(): void;
}

export interface Subscription {
  /** Everything up to this revision has been given to the sink. */
  readonly revision: number;
  close(): void;
}

interface Entry {
  sink: WatchSink;
  /** Given to the sink when it subscribed: everything up to here. */
  from: number;
}

const everywhere = '';
/** Pauses shorter than a timer's step are none. */
const shortestPauseMilliseconds = 1;
const longestPauseMilliseconds = 25;

/**
 * Who waits for changes. Changes are handed out in the next turn of the event loop, those of several commits together. When many
 * watch, handing out pauses for as long as it took the last time: what is committed meanwhile goes out together, at nearly the
 * cost of one change, and half of the time is left to those who ask.
 */
export class Watchers {
  #waiting: StoreEvent[] = [];
  #isScheduled = false;
  #delivered = 0;
  /** By performance.now(). */
  #pauseUntil = 0;
  readonly #entries = new Map<string, Map<string, Set<Entry>>>();

  /** `from`: the revision up to which the sink has been served. */
  add(sink: WatchSink, from: number): Subscription {
    const byNamespace = this.#entries.get(sink.resource) ?? new Map<string, Set<Entry>>();
    this.#entries.set(sink.resource, byNamespace);
    const place = sink.namespace ?? everywhere;
    const entries = byNamespace.get(place) ?? new Set<Entry>();
    byNamespace.set(place, entries);
    const entry: Entry = { sink, from };
    entries.add(entry);
    const delivered = () => Math.max(from, this.#delivered);
    return {
      get revision() {
        return delivered();
      },
      close: () => {
        entries.delete(entry);
        if (entries.size === 0 && byNamespace.get(place) === entries) byNamespace.delete(place);
      },
    };
  }

  announce(events: readonly StoreEvent[]): void {
    for (const event of events) this.#waiting.push(event);
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    const pause = this.#pauseUntil - performance.now();
    if (pause >= shortestPauseMilliseconds) setTimeout(() => this.#handOut(), pause);
    else setImmediate(() => this.#handOut());
  }

  #handOut(): void {
    this.#isScheduled = false;
    const begun = performance.now();
    this.#deliver(this.#waiting.splice(0));
    // In the loop's next turn all that the sinks wrote is encrypted and with the kernel: that is most of the work.
    setImmediate(() => {
      const now = performance.now();
      this.#pauseUntil = now + Math.min(now - begun, longestPauseMilliseconds);
    });
  }

  /** Ends all watches: their log is gone. */
  reset(): void {
    this.#waiting = [];
    const all = [...this.#entries.values()].flatMap((map) => [...map.values()]).flatMap((set) => [...set]);
    this.#entries.clear();
    for (const { sink } of all) sink.onReset();
  }

  #deliver(events: readonly StoreEvent[]): void {
    const first = events[0];
    const last = events.at(-1);
    if (!first || !last) return;
    for (const [resource, changes] of groupBy(events, (event) => event.object.resource)) {
      const byNamespace = this.#entries.get(resource);
      if (!byNamespace || byNamespace.size === 0) continue;
      give(byNamespace.get(everywhere), changes);
      if (byNamespace.size === 1 && byNamespace.has(everywhere)) continue;
      for (const [namespace, own] of groupBy(changes, (event) => event.object.namespace))
        if (namespace !== everywhere) give(byNamespace.get(namespace), own);
    }
    this.#delivered = last.revision;
  }
}

function give(entries: ReadonlySet<Entry> | undefined, events: readonly StoreEvent[]): void {
  const first = events[0]?.revision ?? 0;
  for (const { sink, from } of entries ?? []) {
    const news = from < first ? events : events.filter((event) => event.revision > from);
    if (news.length > 0) sink.onEvents(news);
  }
}

function groupBy(events: readonly StoreEvent[], key: (event: StoreEvent) => string): Map<string, StoreEvent[]> {
  const groups = new Map<string, StoreEvent[]>();
  for (const event of events) {
    const group = groups.get(key(event));
    if (group) group.push(event);
    else groups.set(key(event), [event]);
  }
  return groups;
}
