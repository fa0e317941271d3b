import { expect, test } from 'vitest';
import { hand, Level, limitsOf } from './level.js';

const none = () => 0;

function levelOf(seats: number, limited: object = {}): Level {
  const level = new Level('test');
  const queuing = { queues: 64, handSize: 6, queueLengthLimit: 50 };
  const spec = {
    type: 'Limited',
    limited: { nominalConcurrencyShares: 1, limitResponse: { type: 'Queue', queuing }, ...limited },
  };
  level.configure('uid', limitsOf(JSON.parse(JSON.stringify({ spec }))), seats, 1);
  return level;
}

/** Enqueues, and runs until nothing waits, with one seat at a time. */
function orderOf(level: Level, requests: readonly string[]): string[] {
  const order: string[] = [];
  for (const [index, flow] of requests.entries())
    level.enqueue(flow, { width: 1, run: () => order.push(`${flow}${index}`) });
  while (level.waiting > 0) {
    level.dispatch(none);
    level.release(1);
  }
  return order;
}

test('one flow with many requests does not keep another waiting', () => {
  const flood = Array.from({ length: 100 }, () => 'flood');
  const order = orderOf(levelOf(1), [...flood, 'calm', 'calm', 'calm']);
  expect(order).toHaveLength(103);
  const places = order.flatMap((each, index) => (each.startsWith('calm') ? [index] : []));
  // The flood has six queues at the most, each of which has its turn between two of the other flow.
  expect(places.at(-1)).toBeLessThan(7 * 3 + 1);
});

test('a flow keeps its order in a queue, and no queue grows beyond its length', () => {
  const level = levelOf(1, {
    limitResponse: { type: 'Queue', queuing: { queues: 1, handSize: 1, queueLengthLimit: 3 } },
  });
  const outcomes = [1, 2, 3, 4].map(() => level.enqueue('one', { width: 1, run: () => {} }));
  expect(outcomes.map((each) => (typeof each === 'string' ? each : 'waits'))).toEqual([
    'waits',
    'waits',
    'waits',
    'queue-full',
  ]);
});

test('a level without queues refuses what finds no seat', () => {
  const level = levelOf(1, { limitResponse: { type: 'Reject' } });
  expect(level.enqueue('any', { width: 1, run: () => {} })).toBe('concurrency-limit');
});

test('who leaves the queue is not run', () => {
  const level = levelOf(1);
  const ran: string[] = [];
  const leave = level.enqueue('a', { width: 1, run: () => ran.push('a') });
  level.enqueue('b', { width: 1, run: () => ran.push('b') });
  if (typeof leave === 'string') throw new Error(leave);
  leave();
  leave();
  expect(level.waiting).toBe(1);
  level.dispatch(none);
  expect(ran).toEqual(['b']);
});

test('borrows what others lend, up to its limit', () => {
  const level = levelOf(10, { borrowingLimitPercent: 50 });
  level.take(10);
  expect(level.hasRoom(1, none)).toBe(false);
  expect(level.hasRoom(5, () => 20)).toBe(true);
  expect(level.hasRoom(6, () => 20)).toBe(false);
  expect(level.hasRoom(5, () => 4)).toBe(false);
});

test('a flow has the same queues each time, all different', () => {
  for (const flow of ['a', 'b', 'system:serviceaccount:x:y']) {
    const dealt = hand(flow, 64, 6);
    expect(new Set(dealt).size).toBe(6);
    expect(hand(flow, 64, 6)).toEqual(dealt);
    expect(dealt.every((each) => each >= 0 && each < 64)).toBe(true);
  }
  expect(hand('a', 3, 6)).toHaveLength(3);
});
