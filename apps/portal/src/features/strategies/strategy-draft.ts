import type { CanaryStep, Strategy } from '../../lib/contract';
import { compact, isDuration, toDuration, toNumber, toText } from '../../lib/typed';
import {
  type AnalysisDraft,
  type AnalysisProblem,
  isStepName,
  newAnalysis,
  problemsOfAnalysis,
  toAnalysis,
  toAnalysisDraft,
} from './analysis-draft';

export const stepKinds = [
  'setWeight',
  'pause',
  'analysis',
  'setCanaryScale',
  'setHeaderRoute',
  'setMirrorRoute',
] as const;
export type StepKind = (typeof stepKinds)[number];
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
  readonly given?: CanaryStep;
}

export const editableTypes = ['rolling', 'recreate', 'blueGreen', 'canary'] as const;
type EditableType = (typeof editableTypes)[number];

export const analysisPlaces = {
  canary: ['analysis'],
  blueGreen: ['prePromotionAnalysis', 'postPromotionAnalysis'],
} as const;
export type AnalysisPlace = (typeof analysisPlaces)[keyof typeof analysisPlaces][number];

/** A strategy as it is typed. */
export interface StrategyDraft {
  /** `other`: a strategy that this form does not know; it is edited as text. */
  readonly type: EditableType | 'other';
  /** Of rolling and recreate: a release that fails is taken back by itself. */
  readonly isRolledBack: boolean;
  readonly isAutomatic: boolean;
  readonly autoPromotionSeconds: string;
  readonly previewReplicaCount: string;
  readonly scaleDownDelaySeconds: string;
  readonly stickyBy: '' | 'gateway' | 'cookie' | 'header';
  readonly stickyName: string;
  readonly steps: readonly StepDraft[];
  /** Where a strategy has one: beside the steps of a canary, before and after the promotion of a blue/green release. */
  readonly analyses: { readonly [Place in AnalysisPlace]?: AnalysisDraft };
  readonly given: Strategy;
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
};

export const newStep = (key: string, change: Partial<StepDraft> = {}): StepDraft => ({ ...emptyStep, ...change, key });

/** Can the form show it? A strategy that is being written as text may lack what the form needs. */
export function isForForm(strategy: Strategy): boolean {
  if (
    !Object.values(analysisPlaces)
      .flat()
      .every((place) => isForFields(strategy, place))
  )
    return false;
  if (strategy.type !== 'canary') return editableTypes.some((type) => type === strategy.type);
  const steps: unknown = strategy.steps;
  return Array.isArray(steps) && steps.every((step) => isObject(step) && isForFields(step, 'analysis'));
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Is the analysis there, if there is one, a list of objects and what belongs to it? */
function isForFields(owner: object, place: string): boolean {
  const analysis: unknown = Reflect.get(owner, place);
  if (analysis === undefined) return true;
  const metrics: unknown = isObject(analysis) ? Reflect.get(analysis, 'metrics') : undefined;
  return (
    Array.isArray(metrics) &&
    metrics.every((metric) => isObject(metric) && typeof Reflect.get(metric, 'name') === 'string')
  );
}

/** As it is written, whatever it is: for the text. */
export const toTextDraft = (strategy: Strategy): StrategyDraft => ({
  ...toDraft({ type: 'rolling' }),
  type: 'other',
  given: strategy,
});

export function toDraft(strategy: Strategy): StrategyDraft {
  const sticky = strategy.type === 'canary' ? (strategy.stickyBy ?? '') : '';
  const [stickyBy = '', ...name] = sticky.split(':');
  return {
    type: editableTypes.find((type) => type === strategy.type) ?? 'other',
    isRolledBack: !isInPlace(strategy) || strategy.rollbackOnFailure !== false,
    isAutomatic: strategy.type !== 'blueGreen' || strategy.autoPromotionEnabled !== false,
    autoPromotionSeconds: strategy.type === 'blueGreen' ? toText(strategy.autoPromotionSeconds) : '',
    previewReplicaCount: strategy.type === 'blueGreen' ? toText(strategy.previewReplicaCount) : '',
    scaleDownDelaySeconds:
      strategy.type === 'blueGreen' || strategy.type === 'canary' ? toText(strategy.scaleDownDelaySeconds) : '',
    stickyBy: stickyBy === 'gateway' || stickyBy === 'cookie' || stickyBy === 'header' ? stickyBy : '',
    stickyName: name.join(':'),
    steps: strategy.type === 'canary' ? strategy.steps.map((step, index) => toStepDraft(step, `${index}`)) : [],
    analyses: toAnalyses(strategy),
    given: strategy,
  };
}

const isInPlace = (strategy: Strategy) => strategy.type === 'rolling' || strategy.type === 'recreate';

function toAnalyses(strategy: Strategy): StrategyDraft['analyses'] {
  const draft = (analysis: Parameters<typeof toAnalysisDraft>[0] | undefined) => analysis && toAnalysisDraft(analysis);
  if (strategy.type === 'canary') return compact({ analysis: draft(strategy.analysis) });
  if (strategy.type !== 'blueGreen') return {};
  const { prePromotionAnalysis: before, postPromotionAnalysis: after } = strategy;
  return compact({ prePromotionAnalysis: draft(before), postPromotionAnalysis: draft(after) });
}

function toStepDraft(step: CanaryStep, key: string): StepDraft {
  if (step.setWeight !== undefined) return newStep(key, { kind: 'setWeight', value: toText(step.setWeight) });
  if (step.analysis) return newStep(key, { kind: 'analysis', analysis: toAnalysisDraft(step.analysis) });
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

export function toStrategy(draft: StrategyDraft): Strategy {
  const scaleDownDelaySeconds = toNumber(draft.scaleDownDelaySeconds);
  switch (draft.type) {
    case 'rolling':
    case 'recreate':
      return compact({ type: draft.type, rollbackOnFailure: rollbackOf(draft) });
    case 'blueGreen':
      return compact({
        ...(draft.given.type === 'blueGreen' ? draft.given : {}),
        type: 'blueGreen',
        autoPromotionEnabled: draft.isAutomatic && !saysAutomatic(draft.given) ? undefined : draft.isAutomatic,
        autoPromotionSeconds: draft.isAutomatic ? toNumber(draft.autoPromotionSeconds) : undefined,
        previewReplicaCount: toNumber(draft.previewReplicaCount),
        scaleDownDelaySeconds,
        prePromotionAnalysis: analysisOf(draft, 'prePromotionAnalysis'),
        postPromotionAnalysis: analysisOf(draft, 'postPromotionAnalysis'),
      });
    case 'canary':
      return compact({
        ...(draft.given.type === 'canary' ? draft.given : {}),
        type: 'canary',
        stickyBy:
          draft.stickyBy === ''
            ? undefined
            : draft.stickyBy === 'gateway'
              ? 'gateway'
              : `${draft.stickyBy}:${draft.stickyName}`,
        steps: draft.steps.map(toStep),
        scaleDownDelaySeconds,
        analysis: analysisOf(draft, 'analysis'),
      });
    case 'other':
      return draft.given;
  }
}

function analysisOf({ analyses }: StrategyDraft, place: AnalysisPlace) {
  const draft = analyses[place];
  return draft && toAnalysis(draft);
}

const rollbackOf = ({ isRolledBack, given }: StrategyDraft): boolean | undefined => {
  const isSaid = (given.type === 'rolling' || given.type === 'recreate') && given.rollbackOnFailure !== undefined;
  return isRolledBack && !isSaid ? undefined : isRolledBack;
};

/** Left unsaid it is so anyway: then saying it would be a change that changes nothing. */
const saysAutomatic = (given: Strategy): boolean =>
  given.type === 'blueGreen' && given.autoPromotionEnabled !== undefined;

function toStep(step: StepDraft): CanaryStep {
  const value = toNumber(step.value);
  switch (step.kind) {
    case 'setWeight':
      return { setWeight: value ?? 0 };
    case 'analysis':
      return { analysis: toAnalysis(step.analysis) };
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

/** What the API would refuse, by the path it would name; the messages are keys under `strategy.problems`. */
export type Problem = 'weight' | 'percent' | 'header' | 'key' | AnalysisProblem;

export function problemsOf(draft: StrategyDraft): Readonly<Record<string, Problem>> {
  const found: Record<string, Problem> = {};
  const whole = (path: string, value: string, least: number, most: number) => {
    if (value.trim() !== '' && !isWhole(value, least, most)) found[path] = 'whole';
  };
  if (draft.type === 'blueGreen' || draft.type === 'canary')
    whole('strategy.scaleDownDelaySeconds', draft.scaleDownDelaySeconds, 0, 86_400);
  if (draft.type === 'blueGreen') {
    if (draft.isAutomatic) whole('strategy.autoPromotionSeconds', draft.autoPromotionSeconds, 0, 604_800);
    whole('strategy.previewReplicaCount', draft.previewReplicaCount, 1, 100);
  }
  for (const [type, places] of Object.entries(analysisPlaces))
    for (const place of places) {
      const analysis = draft.analyses[place];
      if (analysis && type === draft.type) Object.assign(found, problemsOfAnalysis(analysis, `strategy.${place}`));
    }
  if (draft.type !== 'canary') return found;
  if ((draft.stickyBy === 'cookie' || draft.stickyBy === 'header') && !/^[\w-]{1,63}$/.test(draft.stickyName))
    found['strategy.stickyBy'] = 'key';
  draft.steps.forEach((step, index) => {
    if (step.kind === 'analysis')
      Object.assign(found, problemsOfAnalysis(step.analysis, `strategy.steps.${index}.analysis`));
    const problem = problemOfStep(step);
    if (problem) found[`strategy.steps.${index}.${problem.path}`] = problem.problem;
  });
  return found;
}

const isWhole = (value: string, least: number, most: number): boolean =>
  /^\d+$/.test(value.trim()) && Number(value) >= least && Number(value) <= most;

function problemOfStep(step: StepDraft): { path: string; problem: Problem } | undefined {
  switch (step.kind) {
    case 'setWeight': {
      const isWeight = /^\d{1,3}(\.\d)?$/.test(step.value.trim()) && Number(step.value) <= 100;
      return isWeight ? undefined : { path: 'setWeight', problem: 'weight' };
    }
    case 'pause':
      return isDuration(step.value) ? undefined : { path: 'pause.duration', problem: 'duration' };
    case 'setCanaryScale':
      return step.scaleBy === 'matchTrafficWeight' || isWhole(step.value, 0, 100)
        ? undefined
        : { path: `setCanaryScale.${step.scaleBy}`, problem: 'whole' };
    case 'setHeaderRoute':
      if (!isStepName(step.name)) return { path: 'setHeaderRoute.name', problem: 'name' };
      if (step.headerName === '') return undefined;
      if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(step.headerName))
        return { path: 'setHeaderRoute.match.0.headerName', problem: 'header' };
      return step.headerValue === '' ? { path: 'setHeaderRoute.match.0.headerValue', problem: 'required' } : undefined;
    case 'setMirrorRoute':
      if (!isStepName(step.name)) return { path: 'setMirrorRoute.name', problem: 'name' };
      return step.value.trim() === '' || isWhole(step.value, 1, 100)
        ? undefined
        : { path: 'setMirrorRoute.percentage', problem: 'percent' };
    case 'analysis':
    case 'other':
      return undefined;
  }
}

/** A list with the entry at `from` at `to` instead. */
export function move<T>(list: readonly T[], from: number, to: number): readonly T[] {
  const rest = list.filter((_, index) => index !== from);
  return [...rest.slice(0, to), ...list.slice(from, from + 1), ...rest.slice(to)];
}
