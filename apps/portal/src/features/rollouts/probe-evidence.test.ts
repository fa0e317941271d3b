import { describe, expect, test } from 'vitest';
import type { Strategy } from '../../lib/contract';
import { describeProvider, findMetric, toNumber } from './probe-evidence';

describe('what a probe has measured', () => {
  test.each([
    ['0.5', 0.5],
    ['[3,4]', 3],
    ['{"rate":1}', undefined],
    ['[1,', undefined],
    [null, undefined],
  ])('%s is drawn as %s', (value, number) => {
    expect(toNumber(value)).toBe(number);
  });

  test('its metric is found wherever the strategy has it', () => {
    const metric = {
      name: 'errors',
      provider: { prometheus: { query: 'sum(errors)' } },
      successCondition: 'result < 1',
    };
    const smoke = { name: 'smoke', provider: { job: { command: ['sh', '-c', 'check'] } } };
    const canary: Strategy = {
      type: 'canary',
      steps: [{ setWeight: 5 }, { analysis: { metrics: [metric] } }],
      analysis: { metrics: [smoke] },
    };
    expect(findMetric(canary, 'errors')).toEqual(metric);
    expect(findMetric(canary, 'smoke')).toEqual(smoke);
    expect(findMetric(canary, 'told')).toBeUndefined();
    expect(findMetric({ type: 'blueGreen', postPromotionAnalysis: { metrics: [metric] } }, 'errors')).toEqual(metric);
    expect([metric, smoke].map(describeProvider)).toEqual(['sum(errors)', 'sh -c check']);
  });
});
