import type { Metric } from './analysis/analysis.rules.js';
import { type AnalysisTemplates, type KnownServices, takeMetrics } from './analysis-templates.rules.js';
import { type Conversion, type Finding, toPlainName, warnOf, withoutNothing } from './conversion-findings.rules.js';
import type { ArgoAnalysis, ArgoExperiment, ArgoStrategy } from './foreign-manifests.js';
import type { CanaryStep } from './strategy.rules.js';

const ownRoutes = 'Slipway has Services and routes of its own.';
const ownPods = 'Pods and their numbers belong to the application.';

/** What the templates that came with the manifest give, and what its own Services are called here. */
interface Context {
  readonly templates: AnalysisTemplates;
  readonly services: KnownServices;
}

export function convertRollout({ canary, blueGreen }: ArgoStrategy, templates: AnalysisTemplates): Conversion {
  if (blueGreen) return convertBlueGreen(blueGreen, templates);
  const at = 'spec.strategy.canary';
  const { steps = [], scaleDownDelaySeconds, analysis, canaryService, stableService } = canary ?? {};
  const services = toServices(canaryService, stableService);
  const background =
    steps.length > 0 ? convertAnalysis(analysis, `${at}.analysis`, { templates, services }) : undefined;
  const warnings = [
    ...templates.warnings,
    ...warnOf(canary ?? {}, at, ['steps', 'scaleDownDelaySeconds', ...(background ? ['analysis'] : [])], {
      canaryService: ownRoutes,
      stableService: ownRoutes,
      trafficRouting: ownRoutes,
      maxSurge: ownPods,
      maxUnavailable: ownPods,
      dynamicStableScale: 'The stable release keeps its pods, so that the way back is a weight.',
      analysis: 'Without steps there is nothing that it could look at.',
    }),
    ...(background?.warnings ?? []),
  ];
  if (steps.length === 0) return { strategy: { type: 'rolling' }, warnings };
  const taken = steps.map((step, index) => convertStep(step, `${at}.steps.${index}`, { templates, services }));
  const { analysis: measured } = background ?? {};
  return {
    strategy: {
      type: 'canary',
      steps: taken.flatMap(({ step }) => (step ? [step] : [])),
      ...(measured ? { analysis: { ...measured, ...toStart(analysis?.startingStep, taken) } } : {}),
      ...withoutNothing({ scaleDownDelaySeconds }),
    },
    warnings: [...warnings, ...taken.flatMap((each) => each.warnings)],
  };
}

/** Steps that were left out are not counted. */
const toStart = (startingStep: number | undefined, taken: readonly { readonly step?: CanaryStep }[]) =>
  startingStep === undefined ? {} : { startingStep: taken.slice(0, startingStep).filter(({ step }) => step).length };

function convertBlueGreen(blueGreen: NonNullable<ArgoStrategy['blueGreen']>, templates: AnalysisTemplates): Conversion {
  const at = 'spec.strategy.blueGreen';
  const { autoPromotionEnabled, autoPromotionSeconds, previewReplicaCount, scaleDownDelaySeconds } = blueGreen;
  const { previewService, activeService, prePromotionAnalysis, postPromotionAnalysis } = blueGreen;
  const known = { autoPromotionEnabled, autoPromotionSeconds, previewReplicaCount, scaleDownDelaySeconds };
  const context = { templates, services: toServices(previewService, activeService) };
  const before = convertAnalysis(prePromotionAnalysis, `${at}.prePromotionAnalysis`, context);
  const after = convertAnalysis(postPromotionAnalysis, `${at}.postPromotionAnalysis`, context);
  const read = [...Object.keys(known), 'prePromotionAnalysis', 'postPromotionAnalysis'];
  const warnings = warnOf(blueGreen, at, read, {
    activeService: ownRoutes,
    previewService: 'The rollout shows the preview as its previewUrl.',
  });
  return {
    strategy: {
      type: 'blueGreen',
      ...withoutNothing({
        ...known,
        prePromotionAnalysis: before?.analysis,
        postPromotionAnalysis: after?.analysis,
      }),
    },
    warnings: [...templates.warnings, ...warnings, ...(before?.warnings ?? []), ...(after?.warnings ?? [])],
  };
}

const toServices = (candidate: string | undefined, stable: string | undefined): KnownServices => ({
  ...(stable === undefined ? {} : { [stable]: '$stable' as const }),
  ...(candidate === undefined ? {} : { [candidate]: '$candidate' as const }),
});

/** Undefined where none is asked for; without an analysis where nothing of it can be measured here. */
function convertAnalysis(
  given: ArgoAnalysis | undefined,
  at: string,
  { templates: known, services }: Context,
): { readonly analysis?: { readonly metrics: readonly Metric[] }; readonly warnings: readonly Finding[] } | undefined {
  if (!given) return undefined;
  const { templates = [], templateName, args } = given;
  const named = templateName === undefined ? templates : [...templates, { templateName }];
  const { metrics, warnings } = takeMetrics({ templates: named, args }, at, known, services);
  const others = warnOf(given, at, ['templates', 'templateName', 'args', 'startingStep']);
  const nothing =
    metrics.length === 0 ? [{ path: at, message: 'Nothing of it can be measured here: it was left out.' }] : [];
  const analysis = metrics.length > 0 ? { analysis: { metrics: metrics.slice(0, mostMetrics) } } : {};
  const more =
    metrics.length > mostMetrics ? [{ path: at, message: `${mostMetrics} metrics are taken, no more.` }] : [];
  return { ...analysis, warnings: [...warnings, ...others, ...nothing, ...more] };
}

const mostMetrics = 10;

function convertExperiment(
  given: ArgoExperiment,
  at: string,
  context: Context,
): { step?: CanaryStep; warnings: Finding[] } {
  const { duration, templates, analyses = [] } = given;
  const warnings = [
    ...warnOf(given, at, ['duration', 'templates', 'analyses']),
    ...templates.flatMap((template, index) =>
      warnOf(template, `${at}.templates.${index}`, ['name', 'specRef', 'replicas', 'weight'], {
        service: 'Each template has a Service: $templates.<name> in its metrics.',
        metadata: ownPods,
      }),
    ),
  ];
  const metrics: Metric[] = [];
  for (const [index, { name, templateName, clusterScope, args }] of analyses.entries()) {
    const path = `${at}.analyses.${index}`;
    const taken = takeMetrics(
      { templates: [{ templateName, clusterScope }], args },
      path,
      context.templates,
      context.services,
    );
    warnings.push(...taken.warnings.map((each) => ({ ...each, path: each.path.replace('.templates.0', '') })));
    for (const metric of taken.metrics)
      if (metrics.some((each) => each.name === metric.name) || metrics.length === mostMetrics)
        warnings.push({
          path,
          message: `${metric.name} of ${name} is not measured: each name once, and ${mostMetrics} at most.`,
        });
      else metrics.push(metric);
  }
  if (duration === undefined && metrics.length === 0) {
    const message = 'Has neither a duration nor anything that can be measured here: the step was left out.';
    return { warnings: [...warnings, { path: at, message }] };
  }
  const pods = templates.map(({ name, specRef, replicas, weight }, index) => {
    const short = toRouteName(name).slice(0, 18).replace(/-+$/, '');
    if (short !== name) warnings.push({ path: `${at}.templates.${index}.name`, message: `Is called ${short} here.` });
    return withoutNothing({ name: short, specRef, replicas: replicas || undefined, weight: weight || undefined });
  });
  const experiment = { duration, templates: pods, analysis: metrics.length > 0 ? { metrics } : undefined };
  return { step: { experiment: withoutNothing(experiment) }, warnings };
}

type ArgoStep = NonNullable<NonNullable<ArgoStrategy['canary']>['steps']>[number];

function convertStep(
  step: ArgoStep,
  at: string,
  context: Context,
): { step?: CanaryStep; warnings: readonly Finding[] } {
  const { setWeight, pause, setCanaryScale, setHeaderRoute, setMirrorRoute, analysis, experiment } = step;
  if (setWeight !== undefined) return { step: { setWeight }, warnings: [] };
  if (pause !== undefined) return { step: { pause: withoutNothing(pause ?? {}) }, warnings: [] };
  if (analysis) {
    const taken = convertAnalysis(analysis, `${at}.analysis`, context);
    const { analysis: measured } = taken ?? {};
    return { ...(measured ? { step: { analysis: measured } } : {}), warnings: taken?.warnings ?? [] };
  }
  if (experiment) return convertExperiment(experiment, `${at}.experiment`, context);
  if (setCanaryScale) {
    const { matchTrafficWeight, replicas, weight } = setCanaryScale;
    const scale = matchTrafficWeight ? { matchTrafficWeight } : replicas === undefined ? { weight } : { replicas };
    return { step: { setCanaryScale: scale }, warnings: [] };
  }
  if (setHeaderRoute) {
    const { name, match } = setHeaderRoute;
    const taken = { name: toRouteName(name), match: match?.length ? match : undefined };
    return { step: { setHeaderRoute: withoutNothing(taken) }, warnings: warnOfName(name, `${at}.setHeaderRoute.name`) };
  }
  if (setMirrorRoute) {
    const { name, percentage, match } = setMirrorRoute;
    if (match?.length && percentage) {
      const message = 'Mirrors of some requests alone are not known here: the step was left out.';
      return { warnings: [{ path: `${at}.setMirrorRoute.match`, message }] };
    }
    const taken = { name: toRouteName(name), percentage: percentage || undefined };
    return { step: { setMirrorRoute: withoutNothing(taken) }, warnings: warnOfName(name, `${at}.setMirrorRoute.name`) };
  }
  return { warnings: warnOf(step, at, []) };
}

const toRouteName = (name: string): string => toPlainName(name, 'route');
const warnOfName = (name: string, path: string): readonly Finding[] =>
  toRouteName(name) === name ? [] : [{ path, message: `Is called ${toRouteName(name)} here.` }];
