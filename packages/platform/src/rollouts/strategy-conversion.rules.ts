import type { Metric } from './analysis/analysis.rules.js';
import { readTemplates } from './analysis-templates.rules.js';
import { convertRollout } from './argo-conversion.rules.js';
import {
  type Conversion,
  type Finding,
  nameOf,
  toPlainName,
  warnOf,
  warnOfInside,
  withoutNothing,
} from './conversion-findings.rules.js';
import { parseSeconds } from './duration.rules.js';
import { argoRolloutSchema, type FlaggerAnalysis, flaggerCanarySchema } from './foreign-manifests.js';
import { webHookTypes } from './probes/probe.rules.js';
import type { StrategyHook } from './probes/web-hooks.rules.js';
import type { RequestMatch, ValueMatch } from './request-matches.rules.js';
import type { CanaryStep } from './strategy.rules.js';

/** Makes our strategy of an Argo `Rollout`, with the `AnalysisTemplate`s that came with it, or of a Flagger `Canary`. */
export function convertManifest(manifest: unknown, beside: readonly unknown[] = []): Conversion {
  const { kind, apiVersion } = Object(manifest) as { kind?: unknown; apiVersion?: unknown };
  if (kind === 'Rollout') {
    const parsed = argoRolloutSchema.safeParse(manifest);
    if (!parsed.success) return { refusals: toFindings(parsed.error.issues) };
    return convertRollout(parsed.data.spec.strategy, readTemplates(beside));
  }
  if (kind === 'Canary') {
    const parsed = flaggerCanarySchema.safeParse(manifest);
    if (!parsed.success) return { refusals: toFindings(parsed.error.issues) };
    const { analysis, canaryAnalysis, skipAnalysis } = parsed.data.spec;
    const ignored = beside.map((document) => {
      return { path: nameOf(document), message: 'Is not read: a Canary is converted by itself.' };
    });
    if (skipAnalysis) {
      return {
        strategy: { type: 'rolling' },
        warnings: [
          { path: 'spec.skipAnalysis', message: 'Nothing is analysed, so pods are simply replaced.' },
          ...ignored,
        ],
      };
    }
    const found = analysis ?? canaryAnalysis;
    if (found) {
      const converted = convertCanary(found, analysis ? 'spec.analysis' : 'spec.canaryAnalysis');
      return 'refusals' in converted ? converted : { ...converted, warnings: [...converted.warnings, ...ignored] };
    }
    return { refusals: [{ path: 'spec.analysis', message: 'Is missing: it says how the canary goes.' }] };
  }
  const found = typeof kind === 'string' ? `${apiVersion ?? ''} ${kind}`.trim() : 'no kind';
  return {
    refusals: [{ path: 'kind', message: `An Argo Rollout or a Flagger Canary is converted; this is ${found}.` }],
  };
}

const toFindings = (issues: readonly { path: readonly PropertyKey[]; message: string }[]): readonly Finding[] =>
  issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }));

/** Flagger looks once an interval: it stays at a weight for one, and at a test for as many as there are iterations. */
function convertCanary(analysis: FlaggerAnalysis, at: string): Conversion {
  const { interval, iterations, match, mirror, mirrorWeight = 100, sessionAffinity } = analysis;
  const seconds = parseInterval(interval);
  if (seconds === undefined || seconds < 1) {
    return { refusals: [{ path: `${at}.interval`, message: 'A duration such as 30s, 1m or 1m30s.' }] };
  }
  const read = ['interval', 'iterations', 'match', 'mirror', 'mirrorWeight', 'maxWeight', 'stepWeight', 'stepWeights'];
  const measured = toMetrics(analysis, at);
  const isCanary = !iterations;
  const hooks = convertHooks(analysis, seconds, at);
  const isCounting = hooks.webhooks.some(({ failureLimit }) => failureLimit !== undefined);
  const known = [...read, 'sessionAffinity', 'webhooks', ...(isCanary ? ['metrics'] : [])];
  const warnings = [
    ...warnOf(analysis, at, isCounting ? [...known, 'threshold'] : known, {
      threshold:
        'The canary is compared with the stable release by a sequential test, which needs no count of failures.',
      metrics: 'Only a canary by weights is analysed here.',
      stepWeightPromotion: 'The promotion is one change: by then all pods of the new release are there.',
      alerts: "Who is told is set in the environment's notifications.",
    }),
    ...hooks.warnings,
  ];
  const hooked = hooks.webhooks.length > 0 ? { webhooks: hooks.webhooks } : {};
  const sticky = sessionAffinity
    ? [{ path: `${at}.sessionAffinity`, message: 'The gateway keeps users with a cookie of its own.' }]
    : [];
  if (iterations)
    return convertTest(analysis, at, { duration: iterations * seconds, hooked, warnings: [...warnings, ...sticky] });
  if (match?.length) {
    return { refusals: [{ path: `${at}.iterations`, message: 'Is missing: it says how long the test goes on.' }] };
  }
  const weights = toWeights(analysis);
  if (weights.length === 0) {
    return { refusals: [{ path: `${at}.stepWeight`, message: 'Name stepWeight, stepWeights or iterations.' }] };
  }
  const pause: CanaryStep = { pause: { duration: seconds } };
  const mirrored: readonly CanaryStep[] = mirror
    ? [{ setMirrorRoute: { name: 'mirror', percentage: mirrorWeight } }, pause, { setMirrorRoute: { name: 'mirror' } }]
    : [];
  return {
    strategy: {
      type: 'canary',
      steps: [...mirrored, ...weights.flatMap((setWeight): CanaryStep[] => [{ setWeight }, pause])],
      ...(measured.metrics.length > 0 ? { analysis: { metrics: measured.metrics } } : {}),
      ...(sessionAffinity ? { stickyBy: 'gateway' } : {}),
      ...hooked,
    },
    warnings: [...warnings, ...measured.warnings, ...sticky],
  };
}

interface TestOptions {
  readonly duration: number;
  readonly hooked: { readonly webhooks?: readonly StrategyHook[] };
  readonly warnings: readonly Finding[];
}

/** With a match it is an A/B test, with a mirror that, and else blue/green. */
function convertTest(
  { match = [], mirror, mirrorWeight = 100 }: FlaggerAnalysis,
  at: string,
  { duration, hooked, warnings }: TestOptions,
): Conversion {
  if (match.length > 0) {
    const taken = match.map((each, index) => convertMatch(each, `${at}.match.${index}`));
    const refusals = taken.flatMap((each) => ('refusal' in each ? [each.refusal] : []));
    if (refusals.length > 0) return { refusals };
    const matches = taken.flatMap((each) => ('match' in each ? [each.match] : []));
    return { strategy: { type: 'abTest', match: matches, duration, ...hooked }, warnings };
  }
  if (mirror) return { strategy: { type: 'mirror', percentage: mirrorWeight, duration, ...hooked }, warnings };
  return { strategy: { type: 'blueGreen', autoPromotionSeconds: duration, ...hooked }, warnings };
}

type FlaggerMatch = NonNullable<FlaggerAnalysis['match']>[number];

/** A condition that is left out would send more users to the candidate than asked: then nothing is converted. */
function convertMatch(match: FlaggerMatch, at: string): { match: RequestMatch } | { refusal: Finding } {
  const { headers = {}, queryParams = {}, ...others } = match;
  const [other] = Object.keys(others);
  if (other) return { refusal: { path: `${at}.${other}`, message: 'Matches are by headers and queryParams.' } };
  const toMatches = (values: NonNullable<FlaggerMatch['headers']>): ValueMatch[] =>
    Object.entries(values).map(([name, { exact, prefix, regex = '' }]) => {
      if (exact !== undefined) return { name, value: exact };
      const value = prefix === undefined ? regex : `${prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}.*`;
      return { name, type: 'RegularExpression', value };
    });
  const all = { headers: toMatches(headers), queryParams: toMatches(queryParams) };
  if (all.headers.length + all.queryParams.length === 0) {
    return { refusal: { path: at, message: 'Name a header or a query parameter: this matches everybody.' } };
  }
  return { match: Object.fromEntries(Object.entries(all).filter(([, values]) => values.length > 0)) };
}

/** Flagger goes back with the failed check that reaches the threshold; here one more than the limit does. */
function convertHooks({ webhooks = [], threshold }: FlaggerAnalysis, interval: number, at: string) {
  const taken: StrategyHook[] = [];
  const warnings: Finding[] = [];
  for (const [index, hook] of webhooks.entries()) {
    const path = `${at}.webhooks.${index}`;
    const { type: asked = 'rollout', url, timeout, metadata } = hook;
    const type = webHookTypes.find((each) => each === asked);
    if (!type) {
      const message = `Hooks of the type ${asked} are not called${asked === 'event' ? ': notifications tell of a rollout' : ''}.`;
      warnings.push({ path: `${path}.type`, message });
      continue;
    }
    warnings.push(...warnOf(hook, path, ['name', 'type', 'url', 'timeout', 'metadata']));
    warnings.push(...warnOfInside(url, `${path}.url`));
    const name = toPlainName(hook.name, 'hook');
    const isTaken = taken.some((each) => each.name === name);
    const counts = type === 'pre-rollout' || type === 'rollout';
    taken.push(
      withoutNothing({
        name: isTaken ? `${name.slice(0, 59)}-${index + 1}` : name,
        type,
        url,
        timeout: timeout === undefined ? undefined : parseInterval(timeout),
        metadata,
        interval,
        failureLimit: counts && threshold !== undefined ? Math.max(0, threshold - 1) : undefined,
      }),
    );
  }
  return { webhooks: taken, warnings };
}

/** Those that Flagger has built in have the same names and units here. */
function toMetrics({ metrics = [] }: FlaggerAnalysis, at: string): { metrics: Metric[]; warnings: readonly Finding[] } {
  const taken: Metric[] = [];
  const warnings: Finding[] = [];
  for (const [index, { name, thresholdRange: { min, max } = {} }] of metrics.entries()) {
    const path = `${at}.metrics.${index}`;
    if (taken.some((metric) => metric.name === name)) warnings.push({ path, message: 'Is measured already.' });
    else if (name === 'request-success-rate') {
      if (max !== undefined)
        warnings.push({ path: `${path}.thresholdRange.max`, message: 'A success rate has a min.' });
      taken.push(withoutNothing({ name, thresholdRange: min === undefined ? undefined : { min } } as const));
    } else if (name === 'request-duration') {
      if (min !== undefined) warnings.push({ path: `${path}.thresholdRange.min`, message: 'A duration has a max.' });
      taken.push(withoutNothing({ name, thresholdRange: max === undefined ? undefined : { max } } as const));
    } else warnings.push({ path, message: 'request-success-rate and request-duration are measured here.' });
  }
  return { metrics: taken, warnings };
}

function toWeights({ stepWeight, stepWeights, maxWeight = 100 }: FlaggerAnalysis): readonly number[] {
  if (stepWeights?.length) return stepWeights;
  if (!stepWeight) return [];
  return Array.from({ length: Math.floor(maxWeight / stepWeight) }, (_, index) => (index + 1) * stepWeight);
}

/** Go's durations, of hours, minutes and seconds. */
function parseInterval(text: string | undefined): number | undefined {
  const parts =
    /^(\d+h)?(\d+m)?(\d+s)?$/
      .exec(text ?? '1m')
      ?.slice(1)
      .filter(Boolean) ?? [];
  return parts.length === 0 ? undefined : parts.reduce((sum, part) => sum + (parseSeconds(part) ?? 0), 0);
}
