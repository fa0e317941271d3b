import { describe, expect, test } from 'vitest';
import type { CanaryStep, Strategy } from '../../lib/contract';
import { newTemplate } from './experiment-draft';
import { isForForm, problemsOf, toDraft, toStrategy } from './strategy-draft';

const weigh = (...weights: readonly number[]): CanaryStep => ({
  experiment: {
    duration: '10m',
    templates: weights.map((weight, index) => ({ name: `t${index}`, specRef: 'canary', weight })),
  },
});
const at = (step: number, template: number) => `strategy.steps.${step}.experiment.templates.${template}.weight`;

describe('what an experiment has of the traffic', () => {
  test('comes out of the form as it went in', () => {
    const strategy: Strategy = { type: 'canary', steps: [{ setWeight: 60 }, weigh(39.9, 0.1, 0)] };
    expect(isForForm(strategy)).toBe(true);
    expect(toStrategy(toDraft(strategy))).toEqual(strategy);
    expect(problemsOf(toDraft(strategy))).toEqual({});
  });

  test.each<[string, Strategy, Record<string, string>]>([
    ['more than is left', { type: 'canary', steps: [{ setWeight: 60 }, weigh(40, 0.1)] }, { [at(1, 1)]: 'share' }],
    ['each step anew', { type: 'canary', steps: [{ setWeight: 90 }, { setWeight: 5 }, weigh(95)] }, {}],
    ['where users stay', { type: 'canary', stickyBy: 'gateway', steps: [weigh(5, 0)] }, { [at(0, 0)]: 'sticky' }],
  ])('%s', (_, strategy, problems) => expect(problemsOf(toDraft(strategy))).toEqual(problems));

  test('is a percentage, to a tenth', () => {
    const draft = toDraft({ type: 'canary', steps: [weigh(5)] });
    const typed = (weight: string) => {
      const steps = draft.steps.map((step) => {
        const templates = [newTemplate('0', { name: 't0', weight })];
        return { ...step, experiment: { ...step.experiment, templates } };
      });
      return problemsOf({ ...draft, steps });
    };
    for (const weight of ['', '0', '100', '2.5']) expect(typed(weight)).toEqual({});
    for (const weight of ['x', '0.25', '-1']) expect(typed(weight)).toEqual({ [at(0, 0)]: 'weight' });
  });
});
