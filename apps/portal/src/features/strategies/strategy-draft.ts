import type { Strategy } from '../../lib/contract';
import { diffValues } from '../../lib/diff-values';
import { compact, isDuration, isWhole, toDuration, toNumber, toText } from '../../lib/typed';
import { type AnalysisDraft, problemsOfAnalysis, toAnalysis, toAnalysisDraft } from './analysis-draft';
import { type MatchDraft, newMatch, problemsOfMatch, toMatch, toMatchDraft } from './match-draft';
import type { Problem, Problems } from './problem';
import { problemsOfStep, type StepDraft, toStep, toStepDraft } from './step-draft';
import { problemsOfWeights } from './template-weights';
import { problemsOfHooks, toHook, toHookDraft, type WebhookDraft } from './webhook-draft';

export const editableTypes = ['rolling', 'recreate', 'blueGreen', 'canary', 'abTest', 'mirror'] as const;
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
  /** Of blue/green, A/B test and mirror: it goes on by itself. */
  readonly isAutomatic: boolean;
  readonly autoPromotionSeconds: string;
  readonly previewReplicaCount: string;
  readonly scaleDownDelaySeconds: string;
  readonly stickyBy: '' | 'gateway' | 'cookie' | 'header';
  readonly stickyName: string;
  readonly steps: readonly StepDraft[];
  /** Where a strategy has one: beside the steps of a canary, before and after the promotion of a blue/green release. */
  readonly analyses: { readonly [Place in AnalysisPlace]?: AnalysisDraft };
  /** Of an A/B test: who meets the new release. */
  readonly matches: readonly MatchDraft[];
  /** Of a mirror. */
  readonly percentage: string;
  /** Of an A/B test and a mirror. */
  readonly duration: string;
  readonly replicas: string;
  /** Of all that put two releases side by side. */
  readonly webhooks: readonly WebhookDraft[];
  readonly given: Strategy;
}

/** Can the form show all of it? A strategy that is being written as text may lack what the form needs, or have more. */
export function isForForm(strategy: Strategy): boolean {
  try {
    const draft = toDraft(strategy);
    return draft.type !== 'other' && diffValues(strategy, toStrategy(draft)).length === 0;
  } catch {
    return false;
  }
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
    isAutomatic: !('autoPromotionEnabled' in strategy) || strategy.autoPromotionEnabled !== false,
    autoPromotionSeconds: strategy.type === 'blueGreen' ? toText(strategy.autoPromotionSeconds) : '',
    previewReplicaCount: strategy.type === 'blueGreen' ? toText(strategy.previewReplicaCount) : '',
    scaleDownDelaySeconds: isInPlace(strategy) ? '' : toText(strategy.scaleDownDelaySeconds),
    stickyBy: stickyBy === 'gateway' || stickyBy === 'cookie' || stickyBy === 'header' ? stickyBy : '',
    stickyName: name.join(':'),
    steps: strategy.type === 'canary' ? strategy.steps.map((step, index) => toStepDraft(step, `${index}`)) : [],
    analyses: toAnalyses(strategy),
    matches:
      strategy.type === 'abTest'
        ? strategy.match.map((match, index) => toMatchDraft(match, `${index}`))
        : [newMatch('0')],
    percentage: strategy.type === 'mirror' ? toText(strategy.percentage) : '20',
    duration: isTrial(strategy) ? toText(strategy.duration) : '',
    replicas: isTrial(strategy) ? toText(strategy.replicas) : '',
    webhooks: isInPlace(strategy) ? [] : (strategy.webhooks ?? []).map((hook, index) => toHookDraft(hook, `${index}`)),
    given: strategy,
  };
}

type Of<Type extends Strategy['type']> = Extract<Strategy, { type: Type }>;
const isInPlace = (strategy: Strategy): strategy is Of<'rolling' | 'recreate'> =>
  strategy.type === 'rolling' || strategy.type === 'recreate';
const isTrial = (strategy: Strategy): strategy is Of<'abTest' | 'mirror'> =>
  strategy.type === 'abTest' || strategy.type === 'mirror';

function toAnalyses(strategy: Strategy): StrategyDraft['analyses'] {
  const draft = (analysis: Parameters<typeof toAnalysisDraft>[0] | undefined) => analysis && toAnalysisDraft(analysis);
  if (strategy.type === 'canary') return compact({ analysis: draft(strategy.analysis) });
  if (strategy.type !== 'blueGreen') return {};
  const { prePromotionAnalysis: before, postPromotionAnalysis: after } = strategy;
  return compact({ prePromotionAnalysis: draft(before), postPromotionAnalysis: draft(after) });
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
        autoPromotionEnabled: automaticOf(draft),
        autoPromotionSeconds: draft.isAutomatic ? toNumber(draft.autoPromotionSeconds) : undefined,
        previewReplicaCount: toNumber(draft.previewReplicaCount),
        scaleDownDelaySeconds,
        webhooks: hooksOf(draft),
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
        webhooks: hooksOf(draft),
        analysis: analysisOf(draft, 'analysis'),
      });
    case 'abTest':
      return compact({
        ...(draft.given.type === 'abTest' ? draft.given : {}),
        type: 'abTest',
        match: draft.matches.map(toMatch),
        ...trialOf(draft),
      });
    case 'mirror':
      return compact({
        ...(draft.given.type === 'mirror' ? draft.given : {}),
        type: 'mirror',
        percentage: toNumber(draft.percentage) ?? 0,
        ...trialOf(draft),
      });
    case 'other':
      return draft.given;
  }
}

const trialOf = (draft: StrategyDraft) => ({
  duration: toDuration(draft.duration),
  autoPromotionEnabled: automaticOf(draft),
  replicas: toNumber(draft.replicas),
  scaleDownDelaySeconds: toNumber(draft.scaleDownDelaySeconds),
  webhooks: hooksOf(draft),
});

/** None, where there were none before either, is nothing said. */
const hooksOf = ({ webhooks, given }: StrategyDraft) =>
  webhooks.length > 0 || ('webhooks' in given && given.webhooks?.length === 0) ? webhooks.map(toHook) : undefined;

function analysisOf({ analyses }: StrategyDraft, place: AnalysisPlace) {
  const draft = analyses[place];
  return draft && toAnalysis(draft);
}

const rollbackOf = ({ isRolledBack, given }: StrategyDraft): boolean | undefined => {
  const isSaid = isInPlace(given) && given.rollbackOnFailure !== undefined;
  return isRolledBack && !isSaid ? undefined : isRolledBack;
};

/** Left unsaid it is so anyway: then saying it would be a change that changes nothing. */
const automaticOf = ({ isAutomatic, given }: StrategyDraft): boolean | undefined => {
  const isSaid = 'autoPromotionEnabled' in given && given.autoPromotionEnabled !== undefined;
  return isAutomatic && !isSaid ? undefined : isAutomatic;
};

/** Do two releases stand side by side for a while? */
export const hasTwoSlots = ({ type }: Pick<StrategyDraft, 'type'>): boolean =>
  type !== 'rolling' && type !== 'recreate' && type !== 'other';

/** What the API would refuse. */
export function problemsOf(draft: StrategyDraft): Problems {
  const found: Record<string, Problem> = {};
  const whole = (path: string, value: string, least: number, most: number) => {
    if (value.trim() !== '' && !isWhole(value, least, most)) found[path] = 'whole';
  };
  if (hasTwoSlots(draft)) {
    whole('strategy.scaleDownDelaySeconds', draft.scaleDownDelaySeconds, 0, 86_400);
    Object.assign(found, problemsOfHooks(draft.webhooks, 'strategy.webhooks'));
  }
  if (draft.type === 'blueGreen') {
    if (draft.isAutomatic) whole('strategy.autoPromotionSeconds', draft.autoPromotionSeconds, 0, 604_800);
    whole('strategy.previewReplicaCount', draft.previewReplicaCount, 1, 100);
  }
  for (const [type, places] of Object.entries(analysisPlaces))
    for (const place of places) {
      const analysis = draft.analyses[place];
      if (analysis && type === draft.type) Object.assign(found, problemsOfAnalysis(analysis, `strategy.${place}`));
    }
  if (draft.type === 'abTest' || draft.type === 'mirror') {
    if (!isDuration(draft.duration)) found['strategy.duration'] = 'duration';
    whole('strategy.replicas', draft.replicas, 1, 100);
  }
  if (draft.type === 'mirror' && !isWhole(draft.percentage, 1, 100)) found['strategy.percentage'] = 'percent';
  if (draft.type === 'abTest') {
    if (draft.matches.length === 0) found['strategy.match'] = 'required';
    draft.matches.forEach((match, index) => {
      Object.assign(found, problemsOfMatch(match, `strategy.match.${index}`));
    });
  }
  if (draft.type !== 'canary') return found;
  if ((draft.stickyBy === 'cookie' || draft.stickyBy === 'header') && !/^[\w-]{1,63}$/.test(draft.stickyName))
    found['strategy.stickyBy'] = 'key';
  Object.assign(found, problemsOfWeights(draft.steps, draft.stickyBy !== ''));
  draft.steps.forEach((step, index) => {
    Object.assign(found, problemsOfStep(step, `strategy.steps.${index}`));
  });
  return found;
}
