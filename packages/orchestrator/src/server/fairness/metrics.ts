import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Level } from './level.js';

/** What is counted of one flow in its level. */
export interface FlowMetrics {
  dispatched(): void;
  rejected(reason: string): void;
  waited(isExecuted: boolean, seconds: number): void;
}

export interface FairnessMetrics {
  flowOf(flow: string, level: string): FlowMetrics;
  /** Where the levels as they are now can be read. */
  watchLevels(levels: () => Iterable<Level>): void;
}

const flowLabels = ['flow_schema', 'priority_level'];

export function createFairnessMetrics(registry: Registry): FairnessMetrics {
  const registers = [registry];
  const dispatched = new Counter({
    name: 'apiserver_flowcontrol_dispatched_requests_total',
    help: 'Requests that were given a seat',
    labelNames: flowLabels,
    registers,
  });
  const rejected = new Counter({
    name: 'apiserver_flowcontrol_rejected_requests_total',
    help: 'Requests that were refused for want of a seat',
    labelNames: [...flowLabels, 'reason'],
    registers,
  });
  const waited = new Histogram({
    name: 'apiserver_flowcontrol_request_wait_duration_seconds',
    help: 'Time that requests waited in a queue',
    labelNames: [...flowLabels, 'execute'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15],
    registers,
  });
  let levels: () => Iterable<Level> = () => [];
  const gauges: readonly [name: string, help: string, read: (level: Level) => number][] = [
    ['current_inqueue_requests', 'Requests that wait', (level) => level.waiting],
    ['current_executing_requests', 'Requests that are being answered', (level) => level.executing],
    ['current_executing_seats', 'Seats that are taken', (level) => level.seats],
    ['nominal_limit_seats', 'Seats of the level itself', (level) => level.nominal],
  ];
  for (const [name, help, read] of gauges)
    new Gauge({
      name: `apiserver_flowcontrol_${name}`,
      help,
      labelNames: ['priority_level'],
      registers,
      collect() {
        this.reset();
        for (const level of levels()) this.set({ priority_level: level.name }, read(level));
      },
    });
  return {
    flowOf: (flow_schema, priority_level) => {
      const labels = { flow_schema, priority_level };
      const count = dispatched.labels(labels);
      return {
        dispatched: () => count.inc(),
        rejected: (reason) => rejected.inc({ ...labels, reason }),
        waited: (isExecuted, seconds) => waited.observe({ ...labels, execute: String(isExecuted) }, seconds),
      };
    },
    watchLevels: (read) => {
      levels = read;
    },
  };
}
