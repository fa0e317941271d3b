import { describe, expect, test } from 'vitest';
import { diffValues } from './diff-values';

describe('what differs between two values', () => {
  test('nothing between equals', () => {
    expect(
      diffValues({ type: 'canary', steps: [{ setWeight: 5 }] }, { type: 'canary', steps: [{ setWeight: 5 }] }),
    ).toEqual([]);
  });
  test('a changed, an added and a removed value, each by its path', () => {
    expect(
      diffValues(
        { type: 'canary', stickyBy: 'gateway', steps: [{ setWeight: 5 }] },
        { type: 'canary', steps: [{ setWeight: 10 }, { pause: {} }] },
      ),
    ).toEqual([
      { path: 'stickyBy', before: 'gateway', after: null },
      { path: 'steps.0.setWeight', before: 5, after: 10 },
      { path: 'steps.1', before: null, after: { pause: {} } },
    ]);
  });
});
