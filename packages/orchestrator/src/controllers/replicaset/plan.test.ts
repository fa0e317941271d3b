import { describe, expect, it } from 'vitest';
import type { Pod, ReplicaSet } from '../../kinds/index.js';
import { toTime } from '../../runtime/index.js';
import { inOrderOfDeletion, plan, podNameOf } from './plan.js';

const now = Date.UTC(2026, 0, 1);

const replicaSet = (replicas: number, change: Partial<ReplicaSet['spec']> = {}): ReplicaSet => ({
  metadata: { name: 'web', namespace: 'shop', uid: 'set' },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, ...change },
});

interface Traits {
  owner?: 'set' | 'other' | 'none';
  labels?: Record<string, string>;
  node?: string;
  phase?: string;
  readySeconds?: number;
  deleting?: boolean;
  cost?: number;
  restarts?: number;
}

function pod(name: string, traits: Traits = {}): Pod {
  const { owner = 'set', labels = { app: 'web' }, node = 'a', phase = 'Running', readySeconds } = traits;
  const reference = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true };
  const since = toTime(now - (readySeconds ?? 0) * 1000);
  return {
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      labels,
      ownerReferences: owner === 'none' ? [] : [reference],
      annotations:
        traits.cost === undefined ? {} : { 'controller.kubernetes.io/pod-deletion-cost': String(traits.cost) },
      ...(traits.deleting ? { deletionTimestamp: toTime(now) } : {}),
    },
    spec: { containers: [], nodeName: node || undefined },
    status: {
      phase,
      conditions: readySeconds === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: since }],
      containerStatuses: [{ name: 'main', image: '', imageID: '', ready: true, restartCount: traits.restarts ?? 0 }],
    },
  };
}

const planOf = (set: ReplicaSet, pods: Pod[], doomed: string[] = []) =>
  plan({ replicaSet: set, pods, doomed: new Set(doomed), sequence: 0 }, now);
const linesOf = (set: ReplicaSet, pods: Pod[], doomed: string[] = []) =>
  planOf(set, pods, doomed).actions.map((action) =>
    action.do === 'create' ? `create: ${action.why}` : `${action.do} ${action.target.name}: ${action.why}`,
  );

describe('what a ReplicaSet does', () => {
  const cases: [string, string[], string[]][] = [
    ['makes what is missing', linesOf(replicaSet(2), [pod('a')]), ['create: 1 of 2 exist']],
    ['has enough', linesOf(replicaSet(1), [pod('a')]), []],
    ['ends what is too much', linesOf(replicaSet(1), [pod('a'), pod('b')]), ['delete a: 2 exist, 1 wanted']],
    [
      'adopts an orphan',
      linesOf(replicaSet(1), [pod('a', { owner: 'none' })]),
      ['adopt a: it matches and nobody manages it'],
    ],
    [
      'releases and replaces what no longer matches',
      linesOf(replicaSet(1), [pod('a', { labels: { app: 'debug' } })]),
      ['release a: its labels no longer match', 'create: 0 of 1 exist'],
    ],
    ['leaves the pods of others alone', linesOf(replicaSet(0), [pod('a', { owner: 'other' })]), []],
    ['replaces what has failed', linesOf(replicaSet(1), [pod('a', { phase: 'Failed' })]), ['create: 0 of 1 exist']],
    ['replaces what is leaving', linesOf(replicaSet(1), [pod('a', { deleting: true })]), ['create: 0 of 1 exist']],
    ['does not end another while one it ended is still shown', linesOf(replicaSet(1), [pod('a'), pod('b')], ['b']), []],
  ];
  it.each(cases)('%s', (_name, lines, expected) => {
    expect(lines).toEqual(expected);
  });

  it('does nothing while it is being deleted', () => {
    const set = replicaSet(3);
    const leaving = { ...set, metadata: { ...set.metadata, deletionTimestamp: toTime(now) } };
    expect(linesOf(leaving, [pod('a', { owner: 'none' })])).toEqual([]);
  });

  it('names pods so that repeating a creation makes no second pod', () => {
    const set = replicaSet(3);
    const names = planOf(set, []).actions.map((action) => (action.do === 'create' ? action.name : ''));
    expect(planOf(set, []).actions.map((action) => (action.do === 'create' ? action.name : ''))).toEqual(names);
    expect(new Set(names).size).toBe(3);
    const [first = ''] = names;
    expect(first).toBe(podNameOf({ replicaSet: set }, 0));
    const next = planOf(set, [pod(first)]).actions.map((action) => (action.do === 'create' ? action.name : ''));
    expect(next).not.toContain(first);
  });

  it('ends first what costs least', () => {
    const pods = [
      pod('old-and-ready', { readySeconds: 100 }),
      pod('just-ready', { readySeconds: 1 }),
      pod('restarted', { readySeconds: 100, restarts: 3 }),
      pod('cheap', { readySeconds: 100, cost: -1 }),
      pod('not-ready'),
      pod('pending', { phase: 'Pending' }),
      pod('without-node', { node: '', phase: 'Pending' }),
    ];
    expect(inOrderOfDeletion(pods).map((each) => each.metadata.name)).toEqual([
      'without-node',
      'pending',
      'not-ready',
      'cheap',
      'just-ready',
      'restarted',
      'old-and-ready',
    ]);
  });

  it('counts a pod as available only after minReadySeconds, and waits for that moment', () => {
    const { status, waitSeconds } = planOf(replicaSet(2, { minReadySeconds: 10 }), [
      pod('a', { readySeconds: 20 }),
      pod('b', { readySeconds: 4 }),
    ]);
    expect(status).toMatchObject({ replicas: 2, readyReplicas: 2, availableReplicas: 1 });
    expect(waitSeconds).toBe(6);
  });
});
