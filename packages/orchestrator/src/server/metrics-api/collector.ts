import { type Batch, parseBatch, type Usage, usageBetween } from './samples.js';

const path = '/metrics/resource';
const roundMilliseconds = 2_000;
const periodMilliseconds = 15_000;
/** A node that has nothing to say is not asked as often. */
const silentPeriodMilliseconds = 60_000;
const staleMilliseconds = 60_000;
const askedAtOnce = 10;

export interface CollectorOptions {
  /** The names of all nodes. */
  nodes(): readonly string[];
  /** What a node's agent answers at a path. */
  read(node: string, path: string): Promise<string>;
  now?(): number;
}

/** Knows what nodes and pods have used lately; of the time before it was started it knows nothing. */
export interface MetricsCollector {
  nodeUsage(node: string): Usage | undefined;
  /** By the names of the containers; undefined while one of them cannot be told. */
  podUsage(node: string, namespace: string, pod: string): ReadonlyMap<string, Usage> | undefined;
  /** Asks every node that is due; done by itself every other second. */
  round(): Promise<void>;
  close(): void;
}

interface Known {
  askedAt: number;
  newest?: { at: number; batch: Batch };
  older?: Batch;
}

export function startMetricsCollector({ nodes, read, now = Date.now }: CollectorOptions): MetricsCollector {
  const known = new Map<string, Known>();
  let isRunning = false;

  function isDue({ askedAt, newest, older }: Known): boolean {
    const isSilent = newest !== undefined && !newest.batch.node && newest.batch.pods.size === 0;
    // Two samples make a rate: the second is wanted soon.
    const period = isSilent ? silentPeriodMilliseconds : newest && !older ? 0 : periodMilliseconds;
    return now() - askedAt >= period;
  }

  async function ask(name: string, entry: Known): Promise<void> {
    entry.askedAt = now();
    try {
      const batch = parseBatch(await read(name, path), now());
      entry.older = entry.newest?.batch;
      entry.newest = { at: now(), batch };
    } catch {
      // The node is away, or no node of ours: what is known of it grows stale.
    }
  }

  async function round(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    try {
      const names = new Set(nodes());
      for (const name of known.keys()) if (!names.has(name)) known.delete(name);
      const due: { name: string; entry: Known }[] = [];
      for (const name of names) {
        const entry = known.get(name) ?? { askedAt: Number.NEGATIVE_INFINITY };
        known.set(name, entry);
        if (isDue(entry)) due.push({ name, entry });
      }
      const workers = Array.from({ length: Math.min(askedAtOnce, due.length) }, async () => {
        for (let next = due.pop(); next; next = due.pop()) await ask(next.name, next.entry);
      });
      await Promise.all(workers);
    } finally {
      isRunning = false;
    }
  }

  function fresh(name: string): { newer: Batch; older: Batch | undefined } | undefined {
    const entry = known.get(name);
    if (!entry?.newest || now() - entry.newest.at > staleMilliseconds + silentPeriodMilliseconds) return undefined;
    return { newer: entry.newest.batch, older: entry.older };
  }

  const timer = setInterval(() => void round(), roundMilliseconds);
  timer.unref();
  return {
    nodeUsage: (name) => {
      const found = fresh(name);
      return found && usageBetween(found.older?.node, found.newer.node);
    },
    podUsage: (name, namespace, pod) => {
      const found = fresh(name);
      const samples = found?.newer.pods.get(`${namespace}/${pod}`);
      if (!samples) return undefined;
      const before = found?.older?.pods.get(`${namespace}/${pod}`);
      const usages = new Map<string, Usage>();
      for (const [container, sample] of samples) {
        const usage = usageBetween(before?.get(container), sample);
        if (!usage) return undefined;
        usages.set(container, usage);
      }
      return usages;
    },
    round,
    close: () => clearInterval(timer),
  };
}
