import { expect, test } from 'vitest';
import type { ResourceQuotaStatus } from '../../kinds/index.js';
import { plan, recountMs } from './plan.js';

const now = Date.UTC(2026, 0, 1);
const hard = { pods: '3', cpu: '2' };

test.each<[string, ResourceQuotaStatus | undefined, number | undefined, string]>([
  ['new', undefined, undefined, 'recount: its status is of other limits'],
  ['other limits', { hard: { pods: '4' }, used: { pods: '1' } }, now, 'recount: its status is of other limits'],
  ['half known', { hard, used: { pods: '1' } }, now, 'recount: it is not known how much is used of cpu'],
  ['a new process', { hard, used: { pods: '1', cpu: '1' } }, undefined, 'recount: nobody is known to have counted it'],
  ['fresh', { hard, used: { pods: '1', cpu: '1' } }, now - 60_000, 'wait 240 s'],
  ['old', { hard, used: { pods: '1', cpu: '1' } }, now - recountMs, 'recount: it was last counted five minutes ago'],
])('%s', (_, status, countedAt, expected) => {
  const { actions, waitSeconds } = plan({ quota: { metadata: { name: 'q' }, spec: { hard }, status }, countedAt }, now);
  expect(actions.map((each) => `${each.do}: ${each.why}`)[0] ?? `wait ${waitSeconds} s`).toBe(expected);
});
