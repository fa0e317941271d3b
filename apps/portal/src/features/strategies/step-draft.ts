import type { CanaryStep } from '../../lib/contract';
import { compact, isDuration, isWhole, toDuration, toNumber, toText } from '../../lib/typed';
import { type AnalysisDraft, newAnalysis, problemsOfAnalysis, toAnalysis, toAnalysisDraft } from './analysis-draft';
import {
  type ExperimentDraft,
  newExperiment,
  problemsOfExperiment,
  toExperiment,
  toExperimentDraft,
} from './experiment-draft';
import { isHeaderName, isStepName, isWeight, type Problem, type Problems } from './problem';

export const stepKinds = [
  'setWeight',
  'pause',
  'analysis',
  'setCanaryScale',
  'setHeaderRoute',
  'setMirrorRoute',
  'experiment',
] as const;
export type StepKind = (typeof stepKinds)[number];
/** Is it a form of its own, with errors at its fields? */
export const isTall = (kind: StepDraft['kind']): boolean => kind === 'analysis' || kind === 'experiment';
export const matchKinds = ['exact', 'prefix', 'regex'] as const;
export const scaleKinds = ['matchTrafficWeight', 'replicas', 'weight'] as const;

/** A step as it is typed: what its kind does not use is kept while the kind is tried out. */
export interface StepDraft {
  /** For React alone. */
  readonly key: string;
  /** `other`: a step that this form does not know; it stays as it is. */
  readonly kind: StepKind | 'other';
  /** Weight, duration, percentage or number of pods. */
  readonly value: string;
  readonly scaleBy: (typeof scaleKinds)[number];
  readonly name: string;
  readonly headerName: string;
  readonly headerValue: string;
  readonly match: (typeof matchKinds)[number];
  readonly analysis: AnalysisDraft;
  readonly experiment: ExperimentDraft;
  readonly given?: CanaryStep;
}

const emptyStep: Omit<StepDraft, 'key'> = {
  kind: 'setWeight',
  value: '',
  scaleBy: 'replicas',
  name: '',
  headerName: '',
  headerValue: '',
  match: 'exact',
  analysis: newAnalysis(),
  experiment: newExperiment(),
};

export const newStep = (key: string, change: Partial<StepDraft> = {}): StepDraft => ({ ...emptyStep, ...change, key });

export function toStepDraft(step: CanaryStep, key: string): StepDraft {
  if (step.setWeight !== undefined) return newStep(key, { kind: 'setWeight', value: toText(step.setWeight) });
  if (step.analysis) return newStep(key, { kind: 'analysis', analysis: toAnalysisDraft(step.analysis) });
  if (step.experiment) return newStep(key, { kind: 'experiment', experiment: toExperimentDraft(step.experiment) });
  if (step.pause) return newStep(key, { kind: 'pause', value: toText(step.pause.duration) });
  if (step.setCanaryScale) {
    const { replicas, weight } = step.setCanaryScale;
    const scaleBy = replicas !== undefined ? 'replicas' : weight !== undefined ? 'weight' : 'matchTrafficWeight';
    return newStep(key, { kind: 'setCanaryScale', scaleBy, value: toText(replicas ?? weight) });
  }
  if (step.setMirrorRoute) {
    const { name, percentage } = step.setMirrorRoute;
    return newStep(key, { kind: 'setMirrorRoute', name, value: toText(percentage) });
  }
  if (step.setHeaderRoute && (step.setHeaderRoute.match ?? []).length < 2) {
    const { name, match: [only] = [] } = step.setHeaderRoute;
    const match = matchKinds.find((kind) => only?.headerValue[kind] !== undefined) ?? 'exact';
    const headerValue = only?.headerValue[match] ?? '';
    return newStep(key, { kind: 'setHeaderRoute', name, headerName: only?.headerName ?? '', headerValue, match });
  }
  return newStep(key, { kind: 'other', given: step });
}

export function toStep(step: StepDraft): CanaryStep {
  const value = toNumber(step.value);
  switch (step.kind) {
    case 'setWeight':
      return { setWeight: value ?? 0 };
    case 'analysis':
      return { analysis: toAnalysis(step.analysis) };
    case 'experiment':
      return { experiment: toExperiment(step.experiment) };
    case 'pause':
      return { pause: compact({ duration: toDuration(step.value) }) };
    case 'setCanaryScale':
      if (step.scaleBy === 'matchTrafficWeight') return { setCanaryScale: { matchTrafficWeight: true } };
      return { setCanaryScale: { [step.scaleBy]: value ?? 0 } };
    case 'setHeaderRoute':
      if (step.headerName === '') return { setHeaderRoute: { name: step.name } };
      return {
        setHeaderRoute: {
          name: step.name,
          match: [{ headerName: step.headerName, headerValue: { [step.match]: step.headerValue } }],
        },
      };
    case 'setMirrorRoute':
      return { setMirrorRoute: compact({ name: step.name, percentage: value }) };
    case 'other':
      return step.given ?? {};
  }
}

/** What the API would refuse of a step, by the path it would name. */
export function problemsOfStep(step: StepDraft, path: string): Problems {
  if (step.kind === 'analysis') return problemsOfAnalysis(step.analysis, `${path}.analysis`);
  if (step.kind === 'experiment') return problemsOfExperiment(step.experiment, `${path}.experiment`);
  const found = problemOfStep(step);
  return found ? { [`${path}.${found.path}`]: found.problem } : {};
}

function problemOfStep(step: StepDraft): { path: string; problem: Problem } | undefined {
  switch (step.kind) {
    case 'setWeight':
      return isWeight(step.value) ? undefined : { path: 'setWeight', problem: 'weight' };
    case 'pause':
      return isDuration(step.value) ? undefined : { path: 'pause.duration', problem: 'duration' };
    case 'setCanaryScale':
      return step.scaleBy === 'matchTrafficWeight' || isWhole(step.value, 0, 100)
        ? undefined
        : { path: `setCanaryScale.${step.scaleBy}`, problem: 'whole' };
    case 'setHeaderRoute':
      if (!isStepName(step.name)) return { path: 'setHeaderRoute.name', problem: 'name' };
      if (step.headerName === '') return undefined;
      if (!isHeaderName(step.headerName)) return { path: 'setHeaderRoute.match.0.headerName', problem: 'header' };
      return step.headerValue === '' ? { path: 'setHeaderRoute.match.0.headerValue', problem: 'required' } : undefined;
    case 'setMirrorRoute':
      if (!isStepName(step.name)) return { path: 'setMirrorRoute.name', problem: 'name' };
      return step.value.trim() === '' || isWhole(step.value, 1, 100)
        ? undefined
        : { path: 'setMirrorRoute.percentage', problem: 'percent' };
    case 'analysis':
    case 'experiment':
    case 'other':
      return undefined;
  }
}

/** A list with the entry at `from` at `to` instead. */
export function move<T>(list: readonly T[], from: number, to: number): readonly T[] {
  const rest = list.filter((_, index) => index !== from);
  return [...rest.slice(0, to), ...list.slice(from, from + 1), ...rest.slice(to)];
}
