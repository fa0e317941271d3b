/** What one container, or the node itself, had used at an instant. Times in milliseconds. */
export interface Sample {
  readonly at: number;
  /** Since it was started. */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  /** 0 for the node. */
  readonly startedAt: number;
}

/** Everything that a node's agent said at once. */
export interface Batch {
  readonly node: Sample | undefined;
  /** By `namespace/pod`, then by the container's name. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Sample>>;
}

/** What was used between two samples. */
export interface Usage {
  readonly at: number;
  readonly windowMilliseconds: number;
  readonly cpuNanoCores: number;
  readonly memoryBytes: number;
}

/** A container that is younger than the first sample is measured from its start; this much of its life must be seen. */
const shortestLifeMilliseconds = 10_000;

type Draft = { -readonly [Key in keyof Sample]?: Sample[Key] };

/** Which metrics are read, and what of a sample each of them is. */
const fields: Readonly<Record<string, 'cpuSeconds' | 'memoryBytes' | 'startedAt'>> = {
  container_cpu_usage_seconds_total: 'cpuSeconds',
  container_memory_working_set_bytes: 'memoryBytes',
  container_start_time_seconds: 'startedAt',
  node_cpu_usage_seconds_total: 'cpuSeconds',
  node_memory_working_set_bytes: 'memoryBytes',
};

const line = /^([a-z_]+)(?:\{([^}]*)\})? (\S+)(?: (\d+))?$/;

/** Reads a node's `/metrics/resource`; `now` stands for the time of samples that bear none. Incomplete samples are left out. */
export function parseBatch(text: string, now: number): Batch {
  const node: Draft = {};
  const pods = new Map<string, Map<string, Draft>>();
  for (const each of text.split('\n')) {
    const [, name = '', labels = '', value = '', at] = line.exec(each) ?? [];
    const field = fields[name];
    if (!field) continue;
    const draft = name.startsWith('node_') ? node : containerOf(pods, labels);
    if (!draft) continue;
    draft[field] = field === 'startedAt' ? Number(value) * 1000 : Number(value);
    if (field === 'cpuSeconds') draft.at = at === undefined ? now : Number(at);
  }
  const complete = new Map<string, ReadonlyMap<string, Sample>>();
  for (const [pod, containers] of pods) {
    const samples = [...containers].flatMap(([name, draft]): [string, Sample][] => {
      const sample = completed(draft);
      return sample ? [[name, sample]] : [];
    });
    if (samples.length === containers.size) complete.set(pod, new Map(samples));
  }
  return { node: completed(node), pods: complete };
}

function containerOf(pods: Map<string, Map<string, Draft>>, labels: string): Draft | undefined {
  const label = (name: string) => new RegExp(`(?:^|,)${name}="([^"\\\\]*)"`).exec(labels)?.[1];
  const [container, namespace, pod] = [label('container'), label('namespace'), label('pod')];
  if (container === undefined || namespace === undefined || pod === undefined) return undefined;
  const key = `${namespace}/${pod}`;
  const containers = pods.get(key) ?? new Map<string, Draft>();
  const draft = containers.get(container) ?? {};
  pods.set(key, containers.set(container, draft));
  return draft;
}

function completed({ at, cpuSeconds, memoryBytes, startedAt = 0 }: Draft): Sample | undefined {
  if (at === undefined || cpuSeconds === undefined || memoryBytes === undefined) return undefined;
  return Number.isFinite(cpuSeconds) && memoryBytes > 0 ? { at, cpuSeconds, memoryBytes, startedAt } : undefined;
}

/** What was used from one sample to a later one of the same container; undefined while that cannot be said. */
export function usageBetween(older: Sample | undefined, newer: Sample | undefined): Usage | undefined {
  if (!newer) return undefined;
  // A counter that fell, or another start: the container is not the one it was.
  const isSame =
    older !== undefined && older.cpuSeconds <= newer.cpuSeconds && older.startedAt >= newer.startedAt - 1000;
  const from = isSame ? older : { at: newer.startedAt, cpuSeconds: 0 };
  const windowMilliseconds = newer.at - from.at;
  if (windowMilliseconds <= 0) return undefined;
  if (!isSame && (newer.startedAt === 0 || windowMilliseconds < shortestLifeMilliseconds)) return undefined;
  return {
    at: newer.at,
    windowMilliseconds,
    cpuNanoCores: Math.round(((newer.cpuSeconds - from.cpuSeconds) * 1e12) / windowMilliseconds),
    memoryBytes: newer.memoryBytes,
  };
}
