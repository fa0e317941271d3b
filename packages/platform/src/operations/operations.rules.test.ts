import { describe, expect, it } from 'vitest';
import { moveStep, planSteps, progressOf } from './operations.rules.js';

const now = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-01-01T00:00:05Z');

describe('steps', () => {
  it('keep the time they began at when they end', () => {
    const running = moveStep(planSteps(['a', 'b']), 'a', 'running', now);
    const done = moveStep(running, 'a', 'succeeded', later);
    expect(done[0]).toMatchObject({ startedAt: now.toISOString(), finishedAt: later.toISOString() });
    expect(done[1]).toMatchObject({ state: 'pending', startedAt: null });
  });

  it('count as progress when they are over', () => {
    expect(progressOf([])).toBe(0);
    expect(progressOf(moveStep(planSteps(['a', 'b', 'c']), 'a', 'succeeded', now))).toBe(33);
  });

  it('may appear on the way', () => {
    expect(moveStep([], 'x', 'running', now, 'why')).toHaveLength(1);
  });
});
