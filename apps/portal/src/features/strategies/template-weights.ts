import type { Problem, Problems } from './problem';
import type { StepDraft } from './step-draft';

/** Templates have their share beside the new release's, and none where users are kept with a release. */
export function problemsOfWeights(steps: readonly StepDraft[], isSticky: boolean): Problems {
  const found: Record<string, Problem> = {};
  let candidate = 0;
  steps.forEach((step, index) => {
    if (step.kind === 'setWeight') candidate = tenthsOf(step.value);
    if (step.kind !== 'experiment') return;
    let sum = candidate;
    step.experiment.templates.forEach(({ weight }, place) => {
      const tenths = tenthsOf(weight);
      sum += tenths;
      const path = `strategy.steps.${index}.experiment.templates.${place}.weight`;
      if (tenths > 0 && isSticky) found[path] = 'sticky';
      else if (tenths > 0 && sum > 1000) found[path] = 'share';
    });
  });
  return found;
}

/** What is no number is told of elsewhere. */
const tenthsOf = (percent: string): number => Math.round(Number(percent) * 10) || 0;
