import type { Deployment, Pod } from '@slipway/orchestrator/kinds';
import { describe, expect, it } from 'vitest';
import { observeProcess } from './observe.rules.js';

const labels = { 'slipway.dev/release': '2' };

function deployment(
  status: Partial<NonNullable<Deployment['status']>>,
  more: Partial<Deployment['metadata']> = {},
): Deployment {
  return {
    metadata: { name: 'hello-web', generation: 4, labels, ...more },
    spec: { replicas: 2, selector: {}, template: {} },
    status: { observedGeneration: 4, replicas: 2, updatedReplicas: 2, availableReplicas: 2, ...status },
  } as Deployment;
}

function pod(container: object, more: object = {}): Pod {
  return {
    metadata: { name: 'p', labels },
    spec: { containers: [] },
    status: { containerStatuses: [{ name: 'web', ready: false, restartCount: 0, ...container }], ...more },
  } as unknown as Pod;
}

const observe = (d: Deployment | undefined, ...pods: Pod[]) => observeProcess('web', 2, d, pods);
const unfinished = deployment({ updatedReplicas: 1, replicas: 3 });

describe('observeProcess', () => {
  it.each<[string, Deployment | undefined, boolean]>([
    ['all updated, available and none left over', deployment({}), true],
    ['not there yet', undefined, false],
    ['the controller has not seen the last change', deployment({ observedGeneration: 3 }), false],
    ['an old pod is still there', deployment({ replicas: 3 }), false],
    ['one is not available', deployment({ availableReplicas: 1 }), false],
    ['it shows another release', deployment({}, { labels: { 'slipway.dev/release': '1' } }), false],
  ])('%s', (_, d, complete) => expect(observe(d).complete).toBe(complete));

  it.each<[string, object, RegExp]>([
    [
      'pull',
      { state: { waiting: { reason: 'ImagePullBackOff', message: 'not found' } } },
      /image cannot be pulled: not found/,
    ],
    ['crash', { restartCount: 3, lastState: { terminated: { exitCode: 1 } } }, /exiting with code 1 \(3 restarts\)/],
    ['memory', { restartCount: 4, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }, /out of memory/],
  ])('explains a failure: %s', (_, container, text) =>
    expect(observe(unfinished, pod(container)).failure).toMatch(text),
  );

  it('takes the deadline of the Deployment as a failure, and names the probe', () => {
    const stalled = deployment({
      updatedReplicas: 1,
      conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
    });
    expect(observe(stalled, pod({ state: { running: {} } })).failure).toMatch(/readiness probe/);
  });

  it('waits while waiting can help', () => {
    const unschedulable = pod(
      {},
      {
        containerStatuses: [],
        conditions: [{ type: 'PodScheduled', status: 'False', message: 'insufficient memory on 1 node' }],
      },
    );
    expect(observe(unfinished, unschedulable)).toMatchObject({
      waiting: 'no node can take a pod: insufficient memory on 1 node',
    });
    expect(
      observe(unfinished, pod({ state: { waiting: { reason: 'ErrImagePull', message: 'timeout' } } })).failure,
    ).toBeUndefined();
  });

  it('does not blame the new release for a pod of the old one', () => {
    const old = pod({ restartCount: 9 });
    old.metadata.labels = { 'slipway.dev/release': '1' };
    expect(observe(unfinished, old).failure).toBeUndefined();
  });
});
