import { describe, expect, it } from 'vitest';
import { createFakeClock } from './clock.js';
import { createController } from './controller.js';

describe('a controller', () => {
  const setUp = (reconcile: (key: string) => Promise<{ waitSeconds?: number } | undefined>) => {
    const clock = createFakeClock();
    const controller = createController({ name: 'test', sources: [], reconcile, clock, resyncSeconds: 0 });
    return { clock, controller };
  };

  it('looks once at a key that was named many times, and again if it was named meanwhile', async () => {
    const seen: string[] = [];
    let release: () => void = () => undefined;
    const { clock, controller } = setUp(async (key) => {
      seen.push(key);
      if (seen.length === 1) await new Promise<void>((resolve) => (release = resolve));
      return undefined;
    });
    await controller.start();
    for (let count = 0; count < 5; count += 1) controller.enqueue('a');
    await clock.advance(0);
    expect(seen).toEqual(['a']);
    release();
    await clock.advance(0);
    expect(seen).toEqual(['a', 'a']);
    expect(controller.isIdle()).toBe(true);
    await controller.stop();
  });

  it('tries again with growing pauses after failures', async () => {
    const times: number[] = [];
    const { clock, controller } = setUp(async () => {
      times.push(clock.now());
      throw new Error('not yet');
    });
    await controller.start();
    controller.enqueue('a');
    await clock.advance(30_000);
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(pauses.length).toBeGreaterThan(5);
    for (const [index, pause] of pauses.slice(0, 8).entries()) {
      expect(pause).toBeGreaterThanOrEqual(50 * 2 ** index);
      expect(pause).toBeLessThanOrEqual(100 * 2 ** index);
    }
    await controller.stop();
  });

  it('looks again when it asked to', async () => {
    let looks = 0;
    const { clock, controller } = setUp(async () => {
      looks += 1;
      return looks < 3 ? { waitSeconds: 10 } : undefined;
    });
    await controller.start();
    controller.enqueue('a');
    await clock.advance(100_000);
    expect(looks).toBe(3);
    await controller.stop();
  });

  it('waits at its end for what it is doing', async () => {
    let isDone = false;
    const { clock, controller } = setUp(async () => {
      await clock.sleep(1000);
      isDone = true;
      return undefined;
    });
    await controller.start();
    controller.enqueue('a');
    await clock.advance(0);
    const stopped = controller.stop();
    await clock.advance(1000);
    await stopped;
    expect(isDone).toBe(true);
  });
});
