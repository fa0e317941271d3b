import type { ContainerUsage, NodeUsage } from './usage.js';

export const resourceMetricsType = 'text/plain; version=0.0.4; charset=utf-8';

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly at: number;
}

/** The kubelet's `/metrics/resource`: what a metrics server reads of a node, as Prometheus text. */
export function toResourceMetrics({ machine, containers }: NodeUsage): string {
  const of = (value: (one: ContainerUsage) => number, at: (one: ContainerUsage) => number) =>
    containers.map((one) => ({
      labels: { container: one.name, namespace: one.namespace, pod: one.pod },
      value: value(one),
      at: at(one),
    }));
  const cpu = of(
    (one) => one.cpuSeconds,
    (one) => one.cpuAt,
  );
  const memory = of(
    (one) => one.workingSetBytes,
    (one) => one.memoryAt,
  );
  const started = of(
    (one) => one.startedAt / 1000,
    (one) => one.cpuAt,
  );
  const node = (value: number): Sample[] => (machine ? [{ labels: {}, value, at: machine.at }] : []);
  return [
    family('container_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time of the container in core-seconds', cpu),
    family('container_memory_working_set_bytes', 'gauge', 'Current working set of the container in bytes', memory),
    family('container_start_time_seconds', 'gauge', 'Start time of the container in seconds since 1970', started),
    family(
      'node_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time of the node in core-seconds',
      node(machine?.cpuSeconds ?? 0),
    ),
    family(
      'node_memory_working_set_bytes',
      'gauge',
      'Current working set of the node in bytes',
      node(machine?.workingSetBytes ?? 0),
    ),
    family('pod_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time of the pod in core-seconds', byPod(cpu)),
    family('pod_memory_working_set_bytes', 'gauge', 'Current working set of the pod in bytes', byPod(memory)),
    '# HELP resource_scrape_error 1 if there was an error while getting container metrics, 0 otherwise\n',
    '# TYPE resource_scrape_error gauge\nresource_scrape_error 0\n',
  ].join('');
}

function byPod(samples: readonly Sample[]): Sample[] {
  const found = new Map<string, Sample>();
  for (const { labels, value, at } of samples) {
    const { namespace = '', pod = '' } = labels;
    const sum = found.get(`${namespace}/${pod}`) ?? { labels: { namespace, pod }, value: 0, at };
    found.set(`${namespace}/${pod}`, { ...sum, value: sum.value + value, at: Math.max(sum.at, at) });
  }
  return [...found.values()];
}

function family(name: string, type: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const lines = samples.map(({ labels, value, at }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}=${JSON.stringify(text)}`);
    return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value} ${at}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}
