import { expect, it } from 'vitest';
import { systemClock } from '../../runtime/index.js';
import { createSimulatedRuntime } from '../cri/simulated-runtime.js';
import { type ContainerStats, podLabels } from '../cri/types.js';
import { toResourceMetrics } from './resource-metrics.js';
import { toSummary } from './stats.js';
import { type ContainerUsage, readUsage } from './usage.js';

const start = Date.parse('2026-01-01T00:00:00Z');

const container = (name: string, cpuSeconds: number, at: number): ContainerUsage => ({
  id: `id-${name}`,
  namespace: 'shop',
  pod: 'web',
  uid: 'u1',
  name,
  startedAt: start,
  cpuAt: at,
  cpuSeconds,
  memoryAt: at,
  workingSetBytes: 1024,
  usageBytes: 2048,
  rssBytes: undefined,
  writableBytes: 0,
});

it('writes the samples of containers, of their pods together and of the node', () => {
  const text = toResourceMetrics({
    machine: { at: start + 10, cpuSeconds: 9.5, workingSetBytes: 4096, usageBytes: 5000, availableBytes: 1 },
    containers: [container('main', 1.5, start + 1), container('side "a"', 0.25, start + 2)],
  });
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(samples).toEqual([
    `container_cpu_usage_seconds_total{container="main",namespace="shop",pod="web"} 1.5 ${start + 1}`,
    `container_cpu_usage_seconds_total{container="side \\"a\\"",namespace="shop",pod="web"} 0.25 ${start + 2}`,
    `container_memory_working_set_bytes{container="main",namespace="shop",pod="web"} 1024 ${start + 1}`,
    `container_memory_working_set_bytes{container="side \\"a\\"",namespace="shop",pod="web"} 1024 ${start + 2}`,
    `container_start_time_seconds{container="main",namespace="shop",pod="web"} ${start / 1000} ${start + 1}`,
    `container_start_time_seconds{container="side \\"a\\"",namespace="shop",pod="web"} ${start / 1000} ${start + 2}`,
    `node_cpu_usage_seconds_total 9.5 ${start + 10}`,
    `node_memory_working_set_bytes 4096 ${start + 10}`,
    `pod_cpu_usage_seconds_total{namespace="shop",pod="web"} 1.75 ${start + 2}`,
    `pod_memory_working_set_bytes{namespace="shop",pod="web"} 2048 ${start + 2}`,
    'resource_scrape_error 0',
  ]);
});

it('gives all who ask within some seconds the same rate, and none before there are two points', () => {
  const runtime = createSimulatedRuntime(systemClock);
  const rateAt = (at: number, cpuSeconds: number) => {
    const summary = toSummary('n1', runtime, {
      machine: undefined,
      containers: [container('main', cpuSeconds, start + at)],
    });
    return /"usageNanoCores":(\d+)/.exec(JSON.stringify(summary))?.[1];
  };
  expect(rateAt(0, 1)).toBeUndefined();
  expect(rateAt(10_000, 6)).toBe('500000000');
  expect(rateAt(10_100, 6.1)).toBe('500000000');
  expect(rateAt(20_000, 16)).toBe('1000000000');
  expect(rateAt(30_000, 1)).toBeUndefined();
});

it('reads running containers only, and nothing of the machine for a simulated node', async () => {
  const runtime = createSimulatedRuntime(systemClock);
  const stats = (id: string): ContainerStats => ({
    attributes: {
      id,
      metadata: { name: 'main', attempt: 0 },
      labels: { [podLabels.name]: 'web', [podLabels.namespace]: 'shop', [podLabels.container]: 'main' },
    },
    cpu: { timestamp: 5e9, usageCoreNanoSeconds: { value: 2e9 } },
    memory: { timestamp: 5e9, workingSetBytes: { value: 10 } },
  });
  const listed = (id: string, state: 'CONTAINER_RUNNING' | 'CONTAINER_EXITED') => ({
    id,
    podSandboxId: 's',
    metadata: { name: 'main', attempt: 0 },
    image: { image: 'i' },
    imageRef: 'i',
    state,
    createdAt: 1e9,
    labels: {},
    annotations: {},
  });
  const usage = await readUsage(
    {
      ...runtime,
      listStats: async () => [stats('a'), stats('b'), { ...stats('c'), cpu: undefined }],
      listContainers: async () => [
        listed('a', 'CONTAINER_RUNNING'),
        listed('b', 'CONTAINER_EXITED'),
        listed('c', 'CONTAINER_RUNNING'),
      ],
    },
    start,
  );
  expect(usage.machine).toBeUndefined();
  expect(usage.containers).toMatchObject([
    { id: 'a', startedAt: 1000, cpuAt: 5000, cpuSeconds: 2, workingSetBytes: 10 },
  ]);
});
