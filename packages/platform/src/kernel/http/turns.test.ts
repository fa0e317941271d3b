import { describe, expect, it } from 'vitest';
import { Clock } from '../clock/clock.js';
import { Turns } from './turns.js';

class TestClock extends Clock {
  at = 0;

  override now(): Date {
    return new Date(this.at);
  }
}

/** Asks for a turn; `ended` is set once it has begun. */
function ask(turns: Turns, who: string) {
  const asked: { end?: () => void; error?: unknown } = {};
  turns.take(who).then(
    (end) => {
      asked.end = end;
    },
    (error: unknown) => {
      asked.error = error;
    },
  );
  return asked;
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  it('let a client have four at a time, and the next when one ends, in the order they were asked for', async () => {
    const turns = new Turns(new TestClock());
    const asked = Array.from({ length: 6 }, () => ask(turns, 'busy'));
    await settle();
    expect(asked.map(({ end }) => end !== undefined)).toEqual([true, true, true, true, false, false]);
    asked[1]?.end?.();
    asked[1]?.end?.();
    await settle();
    expect(asked.map(({ end }) => end !== undefined)).toEqual([true, true, true, true, true, false]);
  });

  it('do not let one client wait for another', async () => {
    const turns = new Turns(new TestClock());
    for (let count = 0; count < 100; count += 1) ask(turns, 'busy');
    const quiet = ask(turns, 'quiet');
    await settle();
    expect(quiet.end).toBeDefined();
  });

  it('let others go before a client that floods, which has one at a time meanwhile and four when they have gone', async () => {
    const clock = new TestClock();
    const turns = new Turns(clock);
    const flood = Array.from({ length: 40 }, () => ask(turns, 'busy'));
    const begun = () => flood.filter(({ end }) => end !== undefined).length;
    const quiet = ask(turns, 'quiet');
    await settle();
    expect(quiet.end).toBeDefined();
    for (const { end } of flood.slice(0, 4)) end?.();
    await settle();
    expect(begun()).toBe(4);
    quiet.end?.();
    await settle();
    expect(begun()).toBe(5);
    flood[4]?.end?.();
    await settle();
    expect(begun()).toBe(6);

    clock.at = 2000;
    flood[5]?.end?.();
    await settle();
    expect(begun()).toBe(10);
  });

  it('know a client that floods by what it asked lately, though nothing of it waits', async () => {
    const clock = new TestClock();
    const turns = new Turns(clock);
    const askedFor = async (who: string, count: number) => {
      for (let done = 0; done < count; done += 1) (await turns.take(who))();
    };
    await askedFor('busy', 30);
    const quiet = ask(turns, 'quiet');
    const held = ask(turns, 'busy');
    await settle();
    expect([quiet.end === undefined, held.end === undefined]).toEqual([false, true]);
    quiet.end?.();
    await settle();
    expect(held.end).toBeDefined();
    held.end?.();

    clock.at = 3000;
    const later = [ask(turns, 'quiet'), ask(turns, 'busy')];
    await settle();
    expect(later.map(({ end }) => end !== undefined)).toEqual([true, true]);
  });

  it('do not keep a client that floods waiting for ever', async () => {
    const clock = new TestClock();
    const turns = new Turns(clock);
    const flood = Array.from({ length: 40 }, () => ask(turns, 'busy'));
    ask(turns, 'slow');
    const quiet = ask(turns, 'quiet');
    await settle();
    for (const { end } of flood.slice(0, 4)) end?.();
    clock.at = 150;
    quiet.end?.();
    await settle();
    expect(flood.filter(({ end }) => end !== undefined)).toHaveLength(5);
  });

  it('refuse a client that rests, and take it again afterwards', async () => {
    const clock = new TestClock();
    const turns = new Turns(clock);
    turns.rest('busy');
    clock.at = 200;
    await expect(turns.take('busy')).rejects.toMatchObject({ code: 'too-many-requests' });
    await expect(turns.take('quiet')).resolves.toBeDefined();
    clock.at = 250;
    await expect(turns.take('busy')).resolves.toBeDefined();
  });

  it('refuse what would wait behind 200 others, and forget a client that is done', async () => {
    const turns = new Turns(new TestClock());
    const asked = Array.from({ length: 205 }, () => ask(turns, 'busy'));
    await settle();
    expect(asked.at(-1)?.error).toMatchObject({ code: 'too-many-requests' });
    for (const { end } of asked) {
      end?.();
      await settle();
    }
    expect(asked.filter(({ end }) => end !== undefined)).toHaveLength(204);
    expect(turns).toHaveProperty('clients', new Map());
  });
});
