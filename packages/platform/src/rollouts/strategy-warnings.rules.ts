import { parseSeconds } from './duration.rules.js';
import { type CanaryStep, type Strategy } from './strategy.rules.js';

interface Warning {
  readonly path: string;
  readonly message: string;
}

/** What is allowed and probably not meant. Invalid strategies are refused before; see strategy.dto.ts. */
export function warnOfStrategy(strategy: Strategy): readonly Warning[] {
  switch (strategy.type) {
    case 'rolling':
    case 'recreate':
      return [];
    case 'blueGreen': {
      const { autoPromotionEnabled, autoPromotionSeconds } = strategy;
      if (autoPromotionEnabled === false && autoPromotionSeconds !== undefined) {
        const message = 'It is promoted after this time, also where autoPromotionEnabled is false.';
        return [{ path: 'strategy.autoPromotionSeconds', message }];
      }
      return [];
    }
    case 'abTest':
    case 'mirror':
      return strategy.duration !== undefined && parseSeconds(strategy.duration) === 0
        ? [{ path: 'strategy.duration', message: 'Nobody meets the new release in no time.' }]
        : [];
    case 'canary':
      return warnOfSteps(strategy.steps);
  }
}

function warnOfSteps(steps: readonly CanaryStep[]): readonly Warning[] {
  if (steps.length === 0) {
    return [{ path: 'strategy.steps', message: 'Without steps the new release takes all traffic at once.' }];
  }
  const warnings: Warning[] = [];
  const routes = new Set<string>();
  let weight = 0;
  for (const [index, step] of steps.entries()) {
    const warn = (field: string, message: string) => {
      warnings.push({ path: `strategy.steps.${index}.${field}`, message });
    };
    if (step.setWeight !== undefined) {
      if (step.setWeight < weight) warn('setWeight', `The weight falls, from ${weight} % to ${step.setWeight} %.`);
      else if (step.setWeight === weight) warn('setWeight', `The weight is ${weight} % already.`);
      else if (isLastWord(steps, index)) warn('setWeight', 'Nothing follows it: the promotion comes at once.');
      weight = step.setWeight;
    }
    if (step.pause?.duration !== undefined && parseSeconds(step.pause.duration) === 0)
      warn('pause.duration', 'A pause of no time.');
    if (step.experiment?.duration !== undefined && parseSeconds(step.experiment.duration) === 0)
      warn('experiment.duration', 'An experiment of no time: it ends as soon as its pods are ready.');
    if (step.setCanaryScale?.replicas === 0) warn('setCanaryScale.replicas', 'With traffic there is one pod at least.');
    const route = step.setHeaderRoute ?? step.setMirrorRoute;
    if (route) {
      const field = step.setHeaderRoute ? 'setHeaderRoute' : 'setMirrorRoute';
      const isSet =
        'match' in route ? route.match !== undefined : 'percentage' in route && route.percentage !== undefined;
      if (isSet) routes.add(`${field}/${route.name}`);
      else if (!routes.delete(`${field}/${route.name}`)) warn(`${field}.name`, 'No step before set this route.');
    }
  }
  return warnings;
}

/** A weight that no pause, analysis, experiment or other weight follows is seen by nobody. */
function isLastWord(steps: readonly CanaryStep[], index: number): boolean {
  return !steps
    .slice(index + 1)
    .some((step) => 'setWeight' in step || 'pause' in step || 'analysis' in step || 'experiment' in step);
}
