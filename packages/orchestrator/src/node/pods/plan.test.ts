import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../kinds/index.js';
import { deadlineExceeded } from './deadline.js';
import type { Observed, ObservedContainer } from './observed.js';
import { type PodAction, planPod } from './plan.js';

const now = Date.parse('2026-01-01T00:00:00Z');

function podOf(spec: Partial<NonNullable<Pod['spec']>> = {}, metadata: Partial<Pod['metadata']> = {}): Pod {
  return {
    metadata: { name: 'web', namespace: 'shop', uid: 'u1', ...metadata },
    spec: { containers: [{ name: 'main', image: 'web:1' }], ...spec },
  };
}

function containerOf(fields: Partial<ObservedContainer> = {}): ObservedContainer {
  return {
    id: `${fields.name ?? 'main'}-${fields.attempt ?? 0}`,
    name: 'main',
    attempt: 0,
    sandboxId: 's0',
    state: 'CONTAINER_RUNNING',
    startedAtMs: now - 5000,
    finishedAtMs: 0,
    exitCode: 0,
    reason: '',
    message: '',
    image: 'web:1',
    imageId: 'sha256:1',
    specImage: 'web:1',
    ...fields,
  };
}

const exited = (exitCode: number, fields: Partial<ObservedContainer> = {}) =>
  containerOf({ state: 'CONTAINER_EXITED', exitCode, finishedAtMs: now - 1000, ...fields });

function observedOf(fields: Partial<Observed> = {}): Observed {
  return {
    pod: podOf(),
    sandboxes: [{ id: 's0', attempt: 0, ready: true, createdAtMs: now - 9000, ip: '100.64.0.2' }],
    containers: [],
    images: {
      main: { state: 'present' },
      debug: { state: 'present' },
      init: { state: 'present' },
      side: { state: 'present' },
    },
    probes: {},
    backoffUntilMs: {},
    startFailures: {},
    stopping: new Set(),
    leaving: new Set(),
    cleaned: false,
    ...fields,
  };
}

function line(action: PodAction): string {
  switch (action.do) {
    case 'create-sandbox':
      return `create-sandbox ${action.attempt}: ${action.why}`;
    case 'stop-sandbox':
    case 'remove-sandbox':
      return `${action.do} ${action.sandboxId}: ${action.why}`;
    case 'start-container':
      return `start ${action.container}#${action.attempt}: ${action.why}`;
    case 'stop-container':
      return `stop ${action.id} in ${action.graceSeconds}s: ${action.why}`;
    case 'pull-image':
      return `pull for ${action.container}#${action.attempt}`;
    case 'remove-container':
      return `remove ${action.id}: ${action.why}`;
    case 'clean-up':
    case 'finish-deletion':
      return action.do;
  }
}

const deleting = { deletionTimestamp: '2026-01-01T00:00:10Z' };
const withInit = podOf({ initContainers: [{ name: 'init', image: 'web:1' }] });
const withSide = podOf({ initContainers: [{ name: 'side', image: 'web:1', restartPolicy: 'Always' }] });
const debugged = podOf({ ephemeralContainers: [{ name: 'debug', image: 'web:1', targetContainerName: 'main' }] });
const late = (spec: Partial<NonNullable<Pod['spec']>> = {}): Pod => ({
  ...podOf({ activeDeadlineSeconds: 60, ...spec }),
  status: { startTime: new Date(now - 60_000).toISOString() },
});
const gone = { id: 's0', attempt: 0, ready: false, createdAtMs: 0, ip: '' };

const table: [string, Observed, string[]][] = [
  ['a new pod', observedOf({ sandboxes: [] }), ['create-sandbox 0: pod has no sandbox']],
  ['a sandbox', observedOf(), ['start main#0: not started yet']],
  ['an image that is missing', observedOf({ images: {} }), ['pull for main#0']],
  ['an image that is being pulled', observedOf({ images: { main: { state: 'pulling' } } }), []],
  ['a pod that runs', observedOf({ containers: [containerOf()] }), []],
  ['init first', observedOf({ pod: withInit }), ['start init#0: not started yet']],
  [
    'main after init',
    observedOf({ pod: withInit, containers: [exited(0, { name: 'init' })] }),
    ['start main#0: not started yet'],
  ],
  [
    'a failed init again',
    observedOf({ pod: withInit, containers: [exited(1, { name: 'init' })] }),
    ['start init#1: exited with 1'],
  ],
  [
    'a sidecar, then main',
    observedOf({ pod: withSide, containers: [containerOf({ name: 'side' })] }),
    ['start main#0: not started yet'],
  ],
  [
    'main waits for a sidecar that has not started',
    observedOf({
      pod: withSide,
      containers: [containerOf({ name: 'side' })],
      probes: { 'side-0': { started: false } },
    }),
    [],
  ],
  ['a crash', observedOf({ containers: [exited(2)] }), ['start main#1: exited with 2']],
  ['a crash in back-off', observedOf({ containers: [exited(2)], backoffUntilMs: { main: now + 9000 } }), []],
  [
    'an end with restartPolicy OnFailure',
    observedOf({ pod: podOf({ restartPolicy: 'OnFailure' }), containers: [exited(0)] }),
    ['stop-sandbox s0: pod has ended'],
  ],
  [
    'a failure with restartPolicy Never',
    observedOf({ pod: podOf({ restartPolicy: 'Never' }), containers: [exited(1)] }),
    ['stop-sandbox s0: pod has ended'],
  ],
  [
    'a failed liveness probe',
    observedOf({ containers: [containerOf()], probes: { 'main-0': { unhealthy: 'liveness' } } }),
    ['stop main-0 in 30s: liveness'],
  ],
  [
    'a changed image',
    observedOf({ containers: [containerOf({ specImage: 'web:0' })] }),
    ['stop main-0 in 30s: image changes to web:1'],
  ],
  [
    'a lost sandbox',
    observedOf({ sandboxes: [gone], containers: [exited(137)] }),
    ['stop-sandbox s0: it is not ready', 'create-sandbox 1: the sandbox is not ready'],
  ],
  [
    'a container that was created but never started',
    observedOf({ containers: [containerOf({ state: 'CONTAINER_CREATED' })] }),
    ['remove main-0: it was created but never started', 'start main#0: its start was cut short'],
  ],
  [
    'a deletion',
    observedOf({ pod: podOf({}, deleting), containers: [containerOf()] }),
    ['stop main-0 in 10s: pod is deleted'],
  ],
  [
    'a deletion under way',
    observedOf({ pod: podOf({}, deleting), containers: [containerOf()], stopping: new Set(['main-0']) }),
    [],
  ],
  [
    'the end of a deletion',
    observedOf({ pod: podOf({}, deleting), containers: [exited(0)] }),
    ['remove-sandbox s0: pod is deleted', 'clean-up', 'finish-deletion'],
  ],
  [
    'an ephemeral container beside what runs',
    observedOf({ pod: debugged, containers: [containerOf()] }),
    ['start debug#0: not started yet'],
  ],
  [
    'an ephemeral container that has run',
    observedOf({ pod: debugged, containers: [containerOf(), exited(1, { name: 'debug' })] }),
    [],
  ],
  [
    'an ephemeral container that ran in a sandbox that is gone',
    observedOf({
      pod: debugged,
      containers: [containerOf(), exited(137, { name: 'debug', sandboxId: 'before' })],
    }),
    [],
  ],
  [
    'an ephemeral container of a pod that is deleted',
    observedOf({ pod: podOf(debugged.spec, deleting), containers: [exited(0), containerOf({ name: 'debug' })] }),
    ['stop debug-0 in 10s: pod is deleted'],
  ],
  [
    'old attempts',
    observedOf({ containers: [containerOf({ attempt: 3 }), exited(1, { attempt: 2 }), exited(1, { attempt: 1 })] }),
    ['remove main-1: two newer attempts are kept'],
  ],
  [
    'a pod whose deadline passes',
    observedOf({ pod: late(), containers: [containerOf()] }),
    [`stop main-0 in 30s: ${deadlineExceeded.message}`],
  ],
  [
    'a pod whose deadline passed, crashing again and again',
    observedOf({ pod: late(), containers: [exited(2)] }),
    [`stop-sandbox s0: ${deadlineExceeded.message}`],
  ],
  ['a pod whose deadline passed before it began', observedOf({ pod: late(), sandboxes: [], images: {} }), []],
];

describe('the plan of a pod', () => {
  it.each(table)('%s', (_, observed, expected) => {
    expect(planPod(observed, now).actions.map(line)).toEqual(expected);
  });

  it('waits for the end of the back-off', () => {
    const observed = observedOf({ containers: [exited(2)], backoffUntilMs: { main: now + 9000 } });
    expect(planPod(observed, now).waitMs).toBe(9000);
  });

  it('looks again when the deadline passes', () => {
    const pod = { ...late(), status: { startTime: new Date(now - 20_000).toISOString() } };
    expect(planPod(observedOf({ pod, containers: [containerOf()] }), now)).toEqual({ actions: [], waitMs: 40_000 });
  });

  it('never starts a container of a pod that is being deleted or has ended', () => {
    const states = fc.constantFrom('CONTAINER_RUNNING', 'CONTAINER_EXITED', 'CONTAINER_CREATED', 'CONTAINER_UNKNOWN');
    const container = fc.record({ attempt: fc.nat(5), exitCode: fc.nat(3), state: states });
    const ended = podOf();
    const pods = fc.constantFrom(podOf({}, deleting), { ...ended, status: { phase: 'Failed' } });
    fc.assert(
      fc.property(pods, fc.array(container, { maxLength: 4 }), fc.boolean(), (pod, containers, ready) => {
        const sandboxes = [{ id: 's0', attempt: 0, ready, createdAtMs: 0, ip: '100.64.0.2' }];
        const observed = observedOf({ pod, sandboxes, containers: containers.map(containerOf) });
        const kinds = planPod(observed, now).actions.map((one) => one.do);
        expect(kinds).not.toContain('start-container');
        expect(kinds).not.toContain('create-sandbox');
      }),
    );
  });
});
