import { describe, expect, it } from 'vitest';
import { addOverdue, countOverdue, keepLooks, type Overdue, toWaitingLook, type WaitingLook } from './overdue.rules.js';

const at = (seconds: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + seconds * 1000);
const look = (seconds: number, waiting: number, left: number): WaitingLook => ({
  at: at(seconds).toISOString(),
  waiting,
  left,
});

describe('what waits', () => {
  it('is what has no answer; what was answered, failed or gave up has left', () => {
    const codes = { '200': 70, '404': 5, '499': 3, '502': 2 };
    expect(toWaitingLook({ codes, buckets: {}, waiting: 4, begun: 75 }, at(0))).toEqual(look(0, 4, 80));
    expect(toWaitingLook({ codes, buckets: {} }, at(0))).toBeUndefined();
  });

  it.each<[string, readonly WaitingLook[], number | undefined]>([
    ['with no look that is old enough nothing is known', [look(0, 90, 0), look(1, 90, 0)], undefined],
    ['where nobody leaves, those who waited still do', [look(0, 100, 0), look(2, 140, 0)], 60],
    ['few could be chance', [look(0, 12, 0), look(2, 20, 0)], 0],
    ['where more have left than waited, none must be left', [look(0, 100, 0), look(2, 100, 300)], 0],
    ['no more than wait now', [look(0, 100, 0), look(2, 7, 0)], 7],
  ])('%s', (_, looks, overdue) => {
    expect(countOverdue(looks, 0.5)).toBe(overdue);
  });

  it('is forgotten where the counting began anew, and where the gateway is silent', () => {
    const looks = [look(0, 100, 50), look(1, 100, 60)];
    expect(keepLooks(looks, look(2, 3, 1), 0.5)).toEqual([look(2, 3, 1)]);
    expect(keepLooks(looks, undefined, 0.5)).toEqual([]);
    expect(keepLooks(looks, look(6, 90, 70), 0.5)).toEqual([look(1, 100, 60), look(6, 90, 70)]);
  });
});

describe('what is counted', () => {
  const none = { requests: 0, bad: 0 };
  /** All looks of a release: what ended in each, and how many were overdue then. */
  function count(looks: readonly (readonly [ended: typeof none, overdue: number | undefined])[], before = 0) {
    const all = { requests: 0, bad: 0 };
    let known: Overdue | undefined;
    for (const [fresh, overdue] of looks) {
      const added = addOverdue(fresh, overdue, known, before);
      known = added.known;
      all.requests += added.tally.requests;
      all.bad += added.tally.bad;
    }
    return all;
  }

  it('is each request once: when it is overdue, not again when it ends', () => {
    const ended = { requests: 5, bad: 5 };
    expect(count([[none, 5]])).toEqual({ requests: 5, bad: 5 });
    expect(
      count([
        [none, 5],
        [ended, 0],
      ]),
    ).toEqual({ requests: 5, bad: 5 });
    expect(
      count([
        [none, 5],
        [none, 8],
        [ended, 3],
      ]),
    ).toEqual({ requests: 8, bad: 8 });
    expect(
      count([
        [none, 5],
        [ended, undefined],
      ]),
    ).toEqual({ requests: 5, bad: 5 });
  });

  it('leaves out what waited when it began, and tells of what comes in its place', () => {
    expect(count([[none, 100]], 100)).toEqual(none);
    const closed = { requests: 1, bad: 1 };
    expect(
      count(
        [
          [none, 100],
          [closed, 99],
          [none, 100],
        ],
        100,
      ),
    ).toEqual({ requests: 1, bad: 1 });
  });

  it('without anything overdue is what has ended', () => {
    const fresh = { requests: 20, bad: 1 };
    expect(
      count([
        [fresh, undefined],
        [fresh, 0],
        [fresh, 0],
      ]),
    ).toEqual({ requests: 60, bad: 3 });
  });
});
