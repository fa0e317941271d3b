import { describe, expect, test } from 'vitest';
import type { Rollout } from '../../lib/contract';
import { permissionOf, refusalOf, trafficOf, waitOf } from './rollout-state';

const step = (name: string, state: Rollout['steps'][number]['state'], message: string | null = null) => ({
  name,
  state,
  message,
  startedAt: null,
  finishedAt: null,
});

const canary = {
  id: '01a1',
  name: 'rollout',
  createdAt: '2026-11-22T00:00:00Z',
  updatedAt: '2026-11-22T00:00:00Z',
  version: 1,
  environment: 'production',
  release: 2,
  previousRelease: 1,
  strategy: { type: 'canary', steps: [{ setWeight: 10 }, { pause: {} }] },
  state: 'progressing',
  weight: 0,
  templateWeights: [],
  held: false,
  pausedUntil: null,
  steps: [
    step('prepare', 'running', 'web: 0 of 1 ready'),
    step('setWeight 10 %', 'pending'),
    step('promote', 'pending'),
  ],
  error: null,
  operation: null,
  createdBy: 'alice',
  finishedAt: null,
} as unknown as Rollout;
const inPlace: Rollout = {
  ...canary,
  strategy: { type: 'rolling' },
  steps: [step('apply', 'running'), step('process web', 'pending')],
};

describe('what can be asked of a rollout', () => {
  test('one that goes on can be promoted, paused and aborted, and not retried', () => {
    for (const command of ['promote', 'promote-full', 'pause', 'abort'] as const)
      expect(refusalOf(canary, command), command).toBeUndefined();
    expect(refusalOf(canary, 'retry')).toBe('goingOn');
  });

  test('only what an operator holds can be resumed', () => {
    expect(refusalOf(canary, 'resume')).toBe('notHeld');
    expect(refusalOf({ ...canary, held: true }, 'resume')).toBeUndefined();
    expect(refusalOf({ ...canary, held: true }, 'pause')).toBe('held');
  });

  test('without steps there is nothing to promote, but it can be aborted', () => {
    expect(refusalOf(inPlace, 'promote')).toBe('noSteps');
    expect(refusalOf(inPlace, 'abort')).toBeUndefined();
  });

  test('one that goes back takes no more commands', () => {
    const back = { ...canary, steps: [...canary.steps, step('restore', 'running')] };
    expect(refusalOf(back, 'abort')).toBe('goingBack');
    expect(refusalOf(back, 'promote')).toBe('goingBack');
  });

  test('what is over can only be retried, and only where it failed', () => {
    expect(refusalOf({ ...canary, state: 'aborted' }, 'retry')).toBeUndefined();
    expect(refusalOf({ ...canary, state: 'healthy' }, 'retry')).toBe('stands');
    expect(refusalOf({ ...canary, state: 'failed' }, 'promote')).toBe('over');
  });

  test('promotion has a permission of its own', () => {
    expect(permissionOf('promote-full')).toBe('rollouts:promote');
    expect(permissionOf('abort')).toBe('rollouts:write');
  });
});

describe('why it waits', () => {
  test.each<[string, Partial<Rollout>, object | undefined]>([
    ['pods that come up', {}, { for: 'step', step: 'prepare', detail: 'web: 0 of 1 ready' }],
    ['an operator', { held: true, state: 'paused' }, { for: 'operator' }],
    ['a promotion', { state: 'paused' }, { for: 'promotion' }],
    [
      'the end of a pause',
      { state: 'paused', pausedUntil: '2026-11-22T00:05:00Z' },
      { for: 'time', until: '2026-11-22T00:05:00Z' },
    ],
    [
      'somebody who must consent',
      { state: 'pending', approval: { request: 'r1', url: '', state: 'pending', by: null } },
      { for: 'approval', request: 'r1' },
    ],
    ['nothing, for it is over', { state: 'healthy' }, undefined],
  ])('%s', (_, change, wait) => {
    expect(waitOf({ ...canary, ...change })).toEqual(wait);
  });
});

describe('the traffic', () => {
  const templateWeights: Rollout['templateWeights'] = [
    { name: 'baseline', specRef: 'stable', weight: 5 },
    { name: 'canary', specRef: 'canary', weight: 2.5 },
  ];
  test.each<[string, Partial<Rollout>, ReturnType<typeof trafficOf>]>([
    ['is the release’s before at first', {}, { before: 100, next: 0, templates: [] }],
    ['is shared by weight', { weight: 0.3 }, { before: 99.7, next: 0.3, templates: [] }],
    [
      'is shared with the experiment in work',
      { weight: 20, templateWeights },
      { before: 72.5, next: 20, templates: templateWeights },
    ],
    [
      'is all of the new release at the end',
      { state: 'healthy', weight: 100 },
      { before: 0, next: 100, templates: [] },
    ],
    ['is all of the release before again', { state: 'aborted', weight: 20 }, { before: 100, next: 0, templates: [] }],
    ['is all of the first release', { previousRelease: null }, { before: 0, next: 100, templates: [] }],
  ])('%s', (_, change, parts) => expect(trafficOf({ ...canary, ...change })).toEqual(parts));
});
