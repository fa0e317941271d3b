import { describe, expect, it } from 'vitest';
import { Clock } from '../kernel/clock/clock.js';
import { RolloutLoops } from './rollout-loops.js';

const never = new AbortController().signal;
const hour = 3_600_000;

describe('the loop of a rollout', () => {
  it('is one, however many ask, and is woken by those who come later', async () => {
    const loops = new RolloutLoops(new Clock());
    let looks = 0;
    const first = loops.run('a', async (loop) => {
      for (looks = 1; looks < 3; looks += 1) await loop.sleep(hour, never);
    });
    for (let round = 0; round < 2; round += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      await loops.run('a', () => Promise.reject(new Error('A second loop began.')));
    }
    await first;
    expect(looks).toBe(3);
    expect(loops.count).toBe(0);
  });

  it('looks once more for what was asked while it was about to end', async () => {
    const loops = new RolloutLoops(new Clock());
    let runs = 0;
    await loops.run('a', async () => {
      runs += 1;
      if (runs === 1) await loops.run('a', async () => undefined);
    });
    expect(runs).toBe(2);
  });

  it('ends with its error and can begin again', async () => {
    const loops = new RolloutLoops(new Clock());
    await expect(loops.run('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    await loops.run('a', async () => undefined);
    expect(loops.count).toBe(0);
  });
});
