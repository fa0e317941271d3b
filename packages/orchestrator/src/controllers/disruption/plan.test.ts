import { expect, test } from 'vitest';
import type {
  Pod,
  PodDisruptionBudget,
  PodDisruptionBudgetSpec,
  PodDisruptionBudgetStatus,
} from '../../kinds/index.js';
import { toTime } from '../../runtime/index.js';
import type { Expected } from './observe.js';
import { deletionMs, plan } from './plan.js';

const now = Date.UTC(2026, 0, 1);
const budget = (spec: PodDisruptionBudgetSpec, status: PodDisruptionBudgetStatus = {}): PodDisruptionBudget => ({
  metadata: { name: 'web', namespace: 'shop', generation: 2 },
  spec: { selector: {}, ...spec },
  status,
});
const pod = (name: string, isReady = true, isDeleting = false): Pod => ({
  metadata: { name, namespace: 'shop', ...(isDeleting && { deletionTimestamp: toTime(now) }) },
  spec: { containers: [] },
  status: { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
});
const names = ['a', 'b', 'c', 'd', 'e'];
/** So many ready pods, and so many that are not. */
const some = (ready: number, unready = 0) =>
  names.slice(0, ready + unready).map((name, index) => pod(name, index < ready));
const of = (replicas: number): Expected => ({ replicas, unmanaged: [] });

test.each<[string, PodDisruptionBudgetSpec, Pod[], Expected | undefined, string]>([
  ['two of three must serve', { minAvailable: 2 }, some(3), undefined, 'allows 1: 3 healthy, 2 wanted, 3 expected'],
  ['at the edge', { minAvailable: 3 }, some(3), undefined, 'allows 0: 3 healthy, 3 wanted, 3 expected'],
  ['more wanted than there are', { minAvailable: 9 }, some(3), undefined, 'allows 0: 3 healthy, 9 wanted, 3 expected'],
  [
    'unready pods do not serve',
    { minAvailable: 2 },
    some(2, 2),
    undefined,
    'allows 0: 2 healthy, 2 wanted, 4 expected',
  ],
  ['one may miss', { maxUnavailable: 1 }, some(3), of(3), 'allows 1: 3 healthy, 2 wanted, 3 expected'],
  ['one misses already', { maxUnavailable: 1 }, some(2), of(3), 'allows 0: 2 healthy, 2 wanted, 3 expected'],
  ['more may miss than there are', { maxUnavailable: 9 }, some(3), of(3), 'allows 3: 3 healthy, 0 wanted, 3 expected'],
  ['half, rounded up', { minAvailable: '50%' }, some(5), of(5), 'allows 2: 5 healthy, 3 wanted, 5 expected'],
  [
    'a part may miss, rounded up',
    { maxUnavailable: '30%' },
    some(5),
    of(5),
    'allows 2: 5 healthy, 3 wanted, 5 expected',
  ],
  ['nothing is expected', { maxUnavailable: 1 }, some(1), of(0), 'allows 0: 1 healthy, 0 wanted, 0 expected'],
  ['no pods', { minAvailable: 1 }, [], undefined, 'allows 0: 0 healthy, 1 wanted, 0 expected'],
  [
    'a pod is leaving',
    { minAvailable: 1 },
    [pod('a'), pod('b', true, true)],
    undefined,
    'allows 0: 1 healthy, 1 wanted, 2 expected',
  ],
])('%s', (_, spec, pods, expected, text) => {
  const { status } = plan({ budget: budget(spec), pods, ...(expected && { expected }) }, now);
  const { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods, observedGeneration, conditions } =
    status ?? {};
  expect(
    `allows ${disruptionsAllowed}: ${currentHealthy} healthy, ${desiredHealthy} wanted, ${expectedPods} expected`,
  ).toBe(text);
  expect(observedGeneration).toBe(2);
  const isAllowed = (disruptionsAllowed ?? 0) > 0;
  expect(conditions).toEqual([
    {
      type: 'DisruptionAllowed',
      status: isAllowed ? 'True' : 'False',
      reason: isAllowed ? 'SufficientPods' : 'InsufficientPods',
      message: '',
      observedGeneration: 2,
      lastTransitionTime: toTime(now),
    },
  ]);
});

test('a pod whose eviction was allowed counts as gone, until it is plain that it stays', () => {
  const at = toTime(now - 10_000);
  const old = toTime(now - deletionMs - 1000);
  const observed = {
    budget: budget({ minAvailable: 1 }, { disruptedPods: { a: at, b: old, gone: at } }),
    pods: [pod('a'), pod('b'), pod('c')],
  };
  const { status, notices, waitSeconds } = plan(observed, now);
  expect(status).toMatchObject({ disruptedPods: { a: at }, currentHealthy: 2, disruptionsAllowed: 1 });
  expect(notices.map((each) => `${each.pod?.metadata.name} ${each.reason}`)).toEqual(['b NotDeleted']);
  expect(waitSeconds).toBe((deletionMs - 10_000) / 1000);
});

test('nobody may go while it is not known how many there should be', () => {
  const failure = 'jobs.batch does not implement the scale subresource';
  const observed = {
    budget: budget({ maxUnavailable: 1 }, { disruptionsAllowed: 2, expectedPods: 3 }),
    pods: some(3),
    expected: { failure },
  };
  const first = plan(observed, now);
  expect(first.status).toMatchObject({
    disruptionsAllowed: 0,
    expectedPods: 3,
    conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: failure }],
  });
  expect(first.notices.map((each) => each.reason)).toEqual(['CalculateExpectedPodCountFailed']);
  const again = plan({ ...observed, budget: { ...observed.budget, status: first.status } }, now);
  expect([again.status, again.notices.length]).toEqual([undefined, 0]);
});

test('what is planned once is right afterwards', () => {
  for (let ready = 0; ready <= 5; ready++)
    for (const spec of [
      { minAvailable: 2 },
      { minAvailable: '34%' },
      { maxUnavailable: 1 },
      { maxUnavailable: '34%' },
    ]) {
      const expected = typeof spec.minAvailable === 'number' ? {} : { expected: of(5) };
      const observed = { budget: budget(spec), pods: some(ready, 5 - ready), ...expected };
      const { status = {} } = plan(observed, now);
      expect(status.disruptionsAllowed).toBe(Math.max(0, ready - (status.desiredHealthy ?? 0)));
      const settled = { ...observed, budget: { ...observed.budget, status } };
      expect(plan(settled, now + 5_000)).toEqual({ notices: [], waitSeconds: undefined });
    }
});
