import type { Experiment } from '../../lib/contract';
import { compact, isDuration, isWhole, toDuration, toNumber, toText } from '../../lib/typed';
import {
  type AnalysisDraft,
  isBuiltIn,
  newAnalysis,
  newMetric,
  problemsOfAnalysis,
  toAnalysis,
  toAnalysisDraft,
} from './analysis-draft';
import { isStepName, isWeight, type Problem, type Problems } from './problem';

export const specRefs = ['stable', 'canary'] as const;

/** Pods of one of the two releases, as they are typed. */
export interface TemplateDraft {
  /** For React alone. */
  readonly key: string;
  readonly name: string;
  readonly specRef: (typeof specRefs)[number];
  readonly replicas: string;
  /** Percent of the traffic. */
  readonly weight: string;
}

export interface ExperimentDraft {
  readonly duration: string;
  readonly templates: readonly TemplateDraft[];
  readonly analysis?: AnalysisDraft;
}

export const newTemplate = (key: string, change: Partial<TemplateDraft> = {}): TemplateDraft => ({
  name: '',
  specRef: 'canary',
  replicas: '',
  weight: '',
  ...change,
  key,
});

/** One pod of each release for ten minutes. */
export const newExperiment = (): ExperimentDraft => ({
  duration: '10m',
  templates: [
    newTemplate('0', { name: 'baseline', specRef: 'stable' }),
    newTemplate('1', { name: 'canary', specRef: 'canary' }),
  ],
});

/** Compares what users meet; where they meet nothing, a metric of one's own asks the new pods. */
export const newExperimentAnalysis = (templates: ExperimentDraft['templates']): AnalysisDraft =>
  isMet(templates)
    ? newAnalysis()
    : {
        ...toAnalysisDraft({ metrics: [] }),
        metrics: [newMetric('0', { kind: 'web', name: 'health', url: 'http://$templates.canary/' })],
      };

/** Do users send the new release something there that the gateway could measure? */
const isMet = (templates: ExperimentDraft['templates']): boolean =>
  templates.some(({ specRef, weight }) => specRef === 'canary' && Number(weight) > 0);

export const toExperimentDraft = ({ duration, templates, analysis }: Experiment): ExperimentDraft =>
  compact({
    duration: toText(duration),
    templates: templates.map(({ name, specRef, replicas, weight }, index) => ({
      key: `${index}`,
      name,
      specRef,
      replicas: toText(replicas),
      weight: toText(weight),
    })),
    analysis: analysis && toAnalysisDraft(analysis),
  });

export const toExperiment = ({ duration, templates, analysis }: ExperimentDraft): Experiment =>
  compact({
    duration: toDuration(duration),
    templates: templates.map(({ name, specRef, replicas, weight }) =>
      compact({ name, specRef, replicas: toNumber(replicas), weight: toNumber(weight) }),
    ),
    analysis: analysis && toAnalysis(analysis),
  });

export function problemsOfExperiment({ duration, templates, analysis }: ExperimentDraft, path: string): Problems {
  const found: Record<string, Problem> = {};
  if (!isDuration(duration)) found[`${path}.duration`] = 'duration';
  else if (duration.trim() === '' && !analysis) found[`${path}.duration`] = 'endless';
  if (templates.length === 0) found[`${path}.templates`] = 'required';
  templates.forEach(({ name, replicas, weight }, index) => {
    const at = `${path}.templates.${index}`;
    if (!isStepName(name) || name.length > 18) found[`${at}.name`] = 'name';
    else if (templates.findIndex((other) => other.name === name) < index) found[`${at}.name`] = 'twice';
    if (replicas.trim() !== '' && !isWhole(replicas, 1, 100)) found[`${at}.replicas`] = 'whole';
    if (weight.trim() !== '' && !isWeight(weight)) found[`${at}.weight`] = 'weight';
  });
  if (!analysis) return found;
  analysis.metrics.forEach(({ kind }, index) => {
    if (isBuiltIn(kind) && !isMet(templates)) found[`${path}.analysis.metrics.${index}`] = 'unmet';
  });
  if (analysis.onInconclusive === 'synthetic') found[`${path}.analysis.onInconclusive`] = 'noSynthetic';
  return { ...problemsOfAnalysis(analysis, `${path}.analysis`), ...found };
}
