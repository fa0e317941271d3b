import { expect, it } from 'vitest';
import { findNews } from './rollout-news.rules.js';
import { planRollout, type Rollout } from './rollouts.rules.js';

const rollout = planRollout(['web'], true, { type: 'canary', steps: [{ setWeight: 5 }, { pause: {} }] });
const at = (change: Partial<Rollout>): Rollout => ({ ...rollout, state: 'progressing', index: 2, ...change });

it.each<[string, Rollout, Rollout, string | undefined]>([
  ['a pause that waits for somebody', at({ index: 1 }), at({ state: 'paused' }), 'rollout-paused'],
  ['the same pause once', at({ state: 'paused' }), at({ state: 'paused' }), undefined],
  ['no pause by the clock', at({}), at({ state: 'paused', pausedUntil: '2026-11-22T12:00:00Z' }), undefined],
  ['no hold by an operator', at({}), at({ state: 'paused', held: true }), undefined],
  ['no wait for a freeze', at({ index: 1 }), at({ state: 'paused', index: 1 }), undefined],
  ['health', at({}), at({ state: 'healthy' }), 'rollout-healthy'],
  ['failure', at({}), at({ state: 'failed' }), 'rollout-failed'],
  ['an abort', at({}), at({ state: 'aborted' }), 'rollout-aborted'],
  ['no step', at({ index: 1 }), at({}), undefined],
])('people hear of %s', (_, before, after, news) => {
  expect(findNews(before, after)).toBe(news);
});
