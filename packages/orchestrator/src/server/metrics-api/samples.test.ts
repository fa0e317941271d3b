import { describe, expect, it } from 'vitest';
import { startMetricsCollector } from './collector.js';
import { parseBatch, type Sample, usageBetween } from './samples.js';

const start = 1_700_000_000_000;

function text(seconds: number, cpu: number, more = ''): string {
  const at = start + seconds * 1000;
  const labels = '{container="main",namespace="shop",pod="web"}';
  return `# HELP ignored
node_cpu_usage_seconds_total ${100 + cpu} ${at}
node_memory_working_set_bytes 4.096e+06 ${at}
container_cpu_usage_seconds_total${labels} ${cpu} ${at}
container_memory_working_set_bytes${labels} 2048 ${at}
container_start_time_seconds${labels} ${start / 1000} ${at}
${more}`;
}

const sample = (seconds: number, cpuSeconds: number, startedSeconds = 0): Sample => ({
  at: start + seconds * 1000,
  cpuSeconds,
  memoryBytes: 10,
  startedAt: start + startedSeconds * 1000,
});

it('reads what a node says of itself and of its containers', () => {
  const { node, pods } = parseBatch(text(15, 3), start);
  expect(node).toEqual({ at: start + 15_000, cpuSeconds: 103, memoryBytes: 4_096_000, startedAt: 0 });
  expect(pods.get('shop/web')?.get('main')).toEqual(sample15());
});

const sample15 = () => ({ at: start + 15_000, cpuSeconds: 3, memoryBytes: 2048, startedAt: start });

it('leaves out a pod that is not told whole, and what it cannot read', () => {
  const half = 'container_cpu_usage_seconds_total{container="side",namespace="shop",pod="web"} 1 5\nnonsense\n';
  expect(parseBatch(text(15, 3, half), start).pods.size).toBe(0);
  expect(parseBatch('<html>not metrics</html>', start)).toEqual({ node: undefined, pods: new Map() });
});

describe('usage between two samples', () => {
  const rows: [string, Sample | undefined, Sample, string][] = [
    ['half a core', sample(0, 1), sample(10, 6), '500000000n over 10000 ms'],
    ['nothing', sample(0, 1), sample(10, 1), '0n over 10000 ms'],
    ['of one sample of an old container: from its start', undefined, sample(20, 2), '100000000n over 20000 ms'],
    ['of one sample of a young container', undefined, sample(5, 2), 'unknown'],
    ['of a container that was started anew', sample(0, 9), sample(30, 1, 10), '50000000n over 20000 ms'],
    ['of the same instant', sample(10, 1), sample(10, 1), 'unknown'],
  ];
  it.each(rows)('%s', (_what, older, newer, expected) => {
    const found = usageBetween(older, newer);
    expect(found ? `${found.cpuNanoCores}n over ${found.windowMilliseconds} ms` : 'unknown').toBe(expected);
  });

  it('says nothing of a node from one sample', () => {
    expect(usageBetween(undefined, { ...sample(100, 5), startedAt: 0 })).toBeUndefined();
  });
});

describe('the collector', () => {
  function collect(answers: Record<string, () => string>) {
    let now = start;
    const asked: string[] = [];
    const collector = startMetricsCollector({
      nodes: () => Object.keys(answers),
      read: async (node) => {
        asked.push(node);
        return answers[node]?.() ?? '';
      },
      now: () => now,
    });
    collector.close();
    const roundAt = async (seconds: number) => {
      now = start + seconds * 1000;
      asked.length = 0;
      await collector.round();
      return [...asked].sort().join(' ');
    };
    return { collector, roundAt };
  }

  it('asks for a second sample soon, then every 15 seconds, and a silent node every minute', async () => {
    let seconds = 0;
    const { roundAt } = collect({ busy: () => text(seconds, seconds), silent: () => '' });
    const asked: string[] = [];
    for (const at of [0, 2, 4, 16, 17, 32, 60]) {
      seconds = at;
      asked.push(`${at}: ${await roundAt(at)}`);
    }
    expect(asked).toEqual(['0: busy silent', '2: busy', '4: ', '16: ', '17: busy', '32: busy', '60: busy silent']);
  });

  it('tells usage from two samples, and forgets what has grown stale', async () => {
    let answer: () => string = () => text(0, 0);
    const { collector, roundAt } = collect({ n1: () => answer() });
    await roundAt(0);
    expect(collector.nodeUsage('n1')).toBeUndefined();
    answer = () => text(15, 3);
    await roundAt(15);
    expect(collector.nodeUsage('n1')).toMatchObject({ cpuNanoCores: 200_000_000, memoryBytes: 4_096_000 });
    expect(collector.podUsage('n1', 'shop', 'web')?.get('main')).toMatchObject({ cpuNanoCores: 200_000_000 });
    expect(collector.podUsage('n1', 'shop', 'other')).toBeUndefined();
    answer = () => {
      throw new Error('away');
    };
    await roundAt(60);
    expect(collector.nodeUsage('n1')).toBeDefined();
    await roundAt(200);
    expect(collector.nodeUsage('n1')).toBeUndefined();
  });
});
