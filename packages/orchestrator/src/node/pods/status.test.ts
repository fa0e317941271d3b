import { expect, it } from 'vitest';
import type { Observed } from './observed.js';
import { toPodStatus } from './status.js';

const start = Date.parse('2026-01-01T00:00:00Z');
const observed: Observed = {
  pod: {
    metadata: { name: 'web', namespace: 'shop', uid: 'u1', deletionTimestamp: '2026-01-01T00:01:00Z' },
    spec: { containers: [{ name: 'main', image: 'web:1' }] },
  },
  sandboxes: [{ id: 's0', attempt: 0, ready: true, createdAtMs: start, ip: '100.64.0.2' }],
  containers: [
    {
      id: 'c0',
      name: 'main',
      attempt: 0,
      sandboxId: 's0',
      state: 'CONTAINER_RUNNING',
      startedAtMs: start,
      finishedAtMs: 0,
      exitCode: 0,
      reason: '',
      message: '',
      image: 'web:1',
      imageId: '',
      specImage: 'web:1',
    },
  ],
  images: {},
  probes: {},
  backoffUntilMs: {},
  startFailures: {},
  stopping: new Set(['c0']),
  leaving: new Set(),
  cleaned: false,
};
const readinessOf = (one: Observed) => {
  const { conditions = [], containerStatuses = [] } = toPodStatus(one, '10.0.0.1', start + 1000);
  return [conditions.find(({ type }) => type === 'Ready')?.status, containerStatuses[0]?.ready];
};

it('of a pod that is being deleted is ready while it sleeps before its end, and no longer once its end is at hand', () => {
  expect(readinessOf(observed)).toEqual(['True', true]);
  expect(readinessOf({ ...observed, leaving: new Set(['c0']) })).toEqual(['False', false]);
});
