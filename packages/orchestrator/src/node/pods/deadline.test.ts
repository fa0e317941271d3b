import { expect, it } from 'vitest';
import type { Pod } from '../../kinds/index.js';
import { exceedsDeadline } from './deadline.js';
import type { Observed, ObservedContainer } from './observed.js';
import { toPodStatus } from './status.js';

const start = Date.parse('2026-01-01T00:00:00Z');
const deadline = start + 60_000;

function containerOf(fields: Partial<ObservedContainer> = {}): ObservedContainer {
  const times = { startedAtMs: start, finishedAtMs: 0 };
  const said = { reason: '', message: '', image: 'web:1', imageId: '', specImage: 'web:1' };
  const one = { id: 'c0', name: 'main', attempt: 0, sandboxId: 's0', exitCode: 0, ...times, ...said };
  return { ...one, state: 'CONTAINER_RUNNING', ...fields };
}

function observedOf(
  containers: readonly ObservedContainer[],
  pod: Partial<Omit<Pod, 'metadata'>> & { metadata?: { deletionTimestamp: string } } = {},
): Observed {
  return {
    pod: {
      metadata: { name: 'web', namespace: 'shop', uid: 'u1', ...pod.metadata },
      spec: {
        containers: [{ name: 'main', image: 'web:1' }],
        activeDeadlineSeconds: 60,
        restartPolicy: 'Never',
        ...pod.spec,
      },
      status: { startTime: new Date(start).toISOString(), ...pod.status },
    },
    sandboxes: [{ id: 's0', attempt: 0, ready: true, createdAtMs: start, ip: '100.64.0.2' }],
    containers,
    images: {},
    probes: {},
    backoffUntilMs: {},
    startFailures: {},
    stopping: new Set(),
    leaving: new Set(),
    cleaned: false,
  };
}

const exited = (exitCode: number, finishedAtMs: number) =>
  containerOf({ state: 'CONTAINER_EXITED', exitCode, finishedAtMs });
const always = { spec: { containers: [{ name: 'main', image: 'web:1' }], restartPolicy: 'Always' } };

it.each<[string, Observed, number, boolean]>([
  ['a moment before', observedOf([containerOf()]), deadline - 1, false],
  ['what runs', observedOf([containerOf()]), deadline, true],
  ['what has not begun', observedOf([]), deadline, true],
  ['what ended in time and is looked at late', observedOf([exited(0, deadline - 1)]), deadline + 500, false],
  ['what failed in time and is looked at late', observedOf([exited(1, deadline - 1)]), deadline + 500, false],
  ['what ended because it was told to', observedOf([exited(0, deadline + 200)]), deadline + 500, true],
  ['what would be started again', observedOf([exited(0, deadline - 1)], always), deadline, true],
  ['what is over', observedOf([], { status: { phase: 'Succeeded' } }), deadline, false],
  [
    'what is being deleted',
    observedOf([containerOf()], { metadata: { deletionTimestamp: '2026-01-01T00:00:30Z' } }),
    deadline,
    false,
  ],
])('the deadline of %s', (_, observed, nowMs, expected) => {
  expect(exceedsDeadline(observed, nowMs)).toBe(expected);
});

it('a pod past its deadline has failed, with the reason, once nothing of it runs', () => {
  expect(toPodStatus(observedOf([containerOf()]), '10.0.0.1', deadline)).toMatchObject({ phase: 'Running' });
  const ended = toPodStatus(observedOf([exited(143, deadline + 200)]), '10.0.0.1', deadline + 300);
  expect(ended).toMatchObject({
    phase: 'Failed',
    reason: 'DeadlineExceeded',
    message: 'Pod was active on the node longer than the specified deadline',
    containerStatuses: [{ state: { terminated: { exitCode: 143 } } }],
  });
  const later = toPodStatus(observedOf([], { status: ended }), '10.0.0.1', deadline + 9000);
  expect(later).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
});
