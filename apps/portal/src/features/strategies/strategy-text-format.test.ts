import { describe, expect, test } from 'vitest';
import { readStrategy, textFormats, writeStrategy } from './strategy-text-format';

describe('a strategy as text', () => {
  test.each(textFormats)('%s: what is written is read again as it was', (format) => {
    const strategy = {
      type: 'canary',
      steps: [{ setWeight: 5 }, { pause: {} }, { pause: { duration: '5m' } }],
    } as const;
    expect(readStrategy(writeStrategy({ ...strategy, steps: [...strategy.steps] }, format), format)).toEqual(strategy);
  });

  test('YAML takes JSON too', () => {
    expect(readStrategy('{"type":"rolling"}', 'YAML')).toEqual({ type: 'rolling' });
  });

  test.each([
    ['JSON', 'type: rolling'],
    ['YAML', 'steps: []'],
    ['YAML', 'type: [rolling'],
    ['YAML', ''],
  ] as const)('%s: “%s” is none', (format, text) => {
    expect(readStrategy(text, format)).toBeUndefined();
  });
});
