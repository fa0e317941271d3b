import { expect, it } from 'vitest';
import { liveStateOf, stateOf } from './status.rules.js';

it.each<[string | undefined, boolean, string]>([
  [undefined, false, 'idle'],
  ['pending', false, 'progressing'],
  ['progressing', true, 'progressing'],
  ['healthy', true, 'healthy'],
  ['failed', true, 'degraded'],
  ['failed', false, 'failed'],
  ['aborted', true, 'healthy'],
  ['aborted', false, 'idle'],
])('rollout %s, serving %s: %s', (rollout, serving, state) => expect(stateOf(rollout, serving)).toBe(state));

it.each([
  [[{ desired: 2, ready: 2 }], 'healthy'],
  [[{ desired: 2, ready: 1 }], 'degraded'],
  [[{ desired: 2, ready: 0 }], 'failed'],
  [[{ desired: 0, ready: 0 }], 'idle'],
])('a healthy rollout with %j is %s', (processes, state) => expect(liveStateOf('healthy', processes)).toBe(state));

it('does not call a rollout in progress failed', () => {
  expect(liveStateOf('progressing', [{ desired: 2, ready: 0 }])).toBe('progressing');
});
