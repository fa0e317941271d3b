import { toThousandths } from './experiment.rules.js';
import { type CanaryStrategy, whole } from './strategy.rules.js';

interface Refusal {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * The templates of an experiment have their share beside the new release's, and both together no more than there is. Where users are
 * kept with a release there is no such share: who met a template would change over again at its end.
 */
export function refuseTemplateWeights({
  steps,
  stickyBy,
}: Pick<CanaryStrategy, 'steps' | 'stickyBy'>): readonly Refusal[] {
  let candidate = 0;
  return steps.flatMap(({ setWeight, experiment }, index) => {
    candidate = setWeight ?? candidate;
    let sum = toThousandths(candidate);
    return (experiment?.templates ?? []).flatMap(({ weight = 0 }, place): Refusal[] => {
      if (weight === 0) return [];
      const path = ['steps', index, 'experiment', 'templates', place, 'weight'];
      const before = sum;
      sum += toThousandths(weight);
      if (stickyBy !== undefined)
        return [
          { path, message: `Cannot be kept with stickyBy: who meets a template changes the release at its end.` },
        ];
      if (sum <= whole) return [];
      const left = Math.max(0, whole - before) / 10;
      return [
        { path, message: `Is too much: beside the new release and the templates before there is ${left} % left.` },
      ];
    });
  });
}
