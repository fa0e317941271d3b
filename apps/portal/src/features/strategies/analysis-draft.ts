import type { Analysis, AnalysisMetric } from '../../lib/contract';
import { compact, isDuration, toDuration, toNumber, toText, toWord } from '../../lib/typed';
import { isHeaderName, isStepName, type Problem, type Problems } from './problem';

export const metricKinds = ['request-success-rate', 'request-duration', 'prometheus', 'web', 'job'] as const;
export type MetricKind = (typeof metricKinds)[number];
export const methods = ['GET', 'POST', 'PUT'] as const;
export const headerSources = ['value', 'secret'] as const;
export const inconclusiveChoices = ['', 'hold', 'extend', 'synthetic', 'abort'] as const;

/** A header that goes along: a value that everybody may read, or the name of a secret of the application. */
export interface HeaderDraft {
  /** For React alone. */
  readonly key: string;
  readonly name: string;
  readonly from: (typeof headerSources)[number];
  readonly text: string;
}

/** A metric as it is typed: what its kind does not use is kept while the kind is tried out. */
export interface MetricDraft {
  /** For React alone. */
  readonly key: string;
  readonly kind: MetricKind;
  readonly name: string;
  /** The least percent of requests that succeed, or the most milliseconds. */
  readonly threshold: string;
  readonly query: string;
  readonly url: string;
  readonly method: '' | (typeof methods)[number];
  readonly jsonPath: string;
  readonly headers: readonly HeaderDraft[];
  readonly body: string;
  /** One argument a line. */
  readonly command: string;
  readonly process: string;
  readonly timeoutSeconds: string;
  readonly interval: string;
  readonly initialDelay: string;
  readonly count: string;
  readonly failureLimit: string;
  readonly inconclusiveLimit: string;
  readonly consecutiveErrorLimit: string;
  readonly successCondition: string;
  readonly failureCondition: string;
}

/** What looks at the new release, in a step, beside the steps, or around a promotion. */
export interface AnalysisDraft {
  readonly metrics: readonly MetricDraft[];
  readonly minimumSamples: string;
  readonly falseAlarmRate: string;
  readonly onInconclusive: (typeof inconclusiveChoices)[number];
  /** Of `synthetic`. */
  readonly path: string;
  readonly requestsPerSecond: string;
  /** Of one beside the steps: none of these two. */
  readonly interval: string;
  readonly count: string;
  /** Of one beside the steps alone. */
  readonly startingStep: string;
}

const emptyMetric: Omit<MetricDraft, 'key'> = {
  kind: 'request-success-rate',
  name: '',
  threshold: '',
  query: '',
  url: '',
  method: '',
  jsonPath: '',
  headers: [],
  body: '',
  command: '',
  process: '',
  timeoutSeconds: '',
  interval: '',
  initialDelay: '',
  count: '',
  failureLimit: '',
  inconclusiveLimit: '',
  consecutiveErrorLimit: '',
  successCondition: '',
  failureCondition: '',
};
export const newMetric = (key: string, change: Partial<MetricDraft> = {}): MetricDraft => ({
  ...emptyMetric,
  ...change,
  key,
});

/** Compares the requests that fail: what an analysis begins with. */
export const newAnalysis = (): AnalysisDraft => toAnalysisDraft({ metrics: [{ name: 'request-success-rate' }] });

/** Is it measured at the gateway, and so compared with the release before? */
export const isBuiltIn = (kind: MetricKind): boolean => kind === 'request-success-rate' || kind === 'request-duration';

export function toAnalysisDraft(analysis: Analysis): AnalysisDraft {
  return {
    metrics: (analysis.metrics ?? []).map((metric, index) => toMetricDraft(metric, `${index}`)),
    minimumSamples: toText(analysis.minimumSamples),
    falseAlarmRate: toText(analysis.falseAlarmRate),
    onInconclusive: analysis.onInconclusive ?? '',
    path: analysis.syntheticTraffic?.path ?? '',
    requestsPerSecond: toText(analysis.syntheticTraffic?.requestsPerSecond),
    interval: toText(analysis.interval),
    count: toText(analysis.count),
    startingStep: toText(analysis.startingStep),
  };
}

function toMetricDraft(metric: AnalysisMetric, key: string): MetricDraft {
  const { name, provider, thresholdRange: range } = metric;
  const kind =
    metricKinds.find((one) => one === name) ??
    (provider?.web ? 'web' : provider?.job ? 'job' : ('prometheus' satisfies MetricKind));
  return {
    key,
    kind,
    name,
    threshold: toText(kind === 'request-duration' ? range?.max : range?.min),
    query: provider?.prometheus?.query ?? '',
    url: provider?.web?.url ?? '',
    method: provider?.web?.method ?? '',
    jsonPath: provider?.web?.jsonPath ?? '',
    headers: (provider?.web?.headers ?? []).map((header, index) => ({
      key: `${index}`,
      name: header.key,
      from: header.secret === undefined ? 'value' : 'secret',
      text: header.secret ?? header.value ?? '',
    })),
    body: provider?.web?.body ?? '',
    command: (provider?.job?.command ?? []).join('\n'),
    process: provider?.job?.process ?? '',
    timeoutSeconds: toText(provider?.web?.timeoutSeconds ?? provider?.job?.timeoutSeconds),
    interval: toText(metric.interval),
    initialDelay: toText(metric.initialDelay),
    count: toText(metric.count),
    failureLimit: toText(metric.failureLimit),
    inconclusiveLimit: toText(metric.inconclusiveLimit),
    consecutiveErrorLimit: toText(metric.consecutiveErrorLimit),
    successCondition: metric.successCondition ?? '',
    failureCondition: metric.failureCondition ?? '',
  };
}

export function toAnalysis(draft: AnalysisDraft): Analysis {
  return compact({
    metrics: draft.metrics.map(toMetric),
    minimumSamples: toNumber(draft.minimumSamples),
    falseAlarmRate: toNumber(draft.falseAlarmRate),
    onInconclusive: draft.onInconclusive === '' ? undefined : draft.onInconclusive,
    syntheticTraffic: toSyntheticTraffic(draft),
    interval: toDuration(draft.interval),
    count: toNumber(draft.count),
    startingStep: toNumber(draft.startingStep),
  });
}

function toSyntheticTraffic({ onInconclusive, path, requestsPerSecond }: AnalysisDraft) {
  if (onInconclusive !== 'synthetic' || (path.trim() === '' && requestsPerSecond.trim() === '')) return undefined;
  return compact({ path: toWord(path), requestsPerSecond: toNumber(requestsPerSecond) });
}

function toMetric(draft: MetricDraft): AnalysisMetric {
  const { kind } = draft;
  const threshold = toNumber(draft.threshold);
  if (isBuiltIn(kind))
    return threshold === undefined
      ? { name: kind }
      : { name: kind, thresholdRange: kind === 'request-duration' ? { max: threshold } : { min: threshold } };
  return compact({
    name: draft.name,
    provider: toProvider(draft),
    interval: toDuration(draft.interval),
    initialDelay: toDuration(draft.initialDelay),
    count: toNumber(draft.count),
    failureLimit: toNumber(draft.failureLimit),
    inconclusiveLimit: toNumber(draft.inconclusiveLimit),
    consecutiveErrorLimit: toNumber(draft.consecutiveErrorLimit),
    successCondition: toWord(draft.successCondition),
    failureCondition: toWord(draft.failureCondition),
  });
}

function toProvider(draft: MetricDraft): NonNullable<AnalysisMetric['provider']> {
  const timeoutSeconds = toNumber(draft.timeoutSeconds);
  switch (draft.kind) {
    case 'web':
      return {
        web: compact({
          url: draft.url.trim(),
          method: draft.method === '' ? undefined : draft.method,
          headers: draft.headers.length === 0 ? undefined : draft.headers.map(toHeader),
          body: draft.body === '' || toMethod(draft) === 'GET' ? undefined : draft.body,
          jsonPath: toWord(draft.jsonPath),
          timeoutSeconds,
        }),
      };
    case 'job':
      return {
        job: compact({
          process: toWord(draft.process),
          command: draft.command.split('\n').filter((line) => line.trim() !== ''),
          timeoutSeconds,
        }),
      };
    default:
      return { prometheus: { query: draft.query.trim() } };
  }
}

const toHeader = ({ name, from, text }: HeaderDraft) => ({ key: name.trim(), [from]: text });

/** How the address is asked. */
export const toMethod = ({ method }: MetricDraft): (typeof methods)[number] => method || 'GET';

/** What the API would refuse of an analysis, by the path it would name. */
export function problemsOfAnalysis(draft: AnalysisDraft, path: string): Problems {
  const found: Record<string, Problem> = {};
  const refuse = (at: string, problem: Problem, isRefused: boolean) => {
    if (isRefused) found[`${path}.${at}`] = problem;
  };
  refuse('metrics', 'metrics', draft.metrics.length === 0);
  refuse('minimumSamples', 'whole', !isWhole(draft.minimumSamples));
  refuse('falseAlarmRate', 'number', !isNumber(draft.falseAlarmRate, 0.5));
  refuse('interval', 'duration', !isDuration(draft.interval));
  refuse('count', 'whole', !isWhole(draft.count));
  refuse('startingStep', 'whole', !isWhole(draft.startingStep));
  if (draft.onInconclusive === 'synthetic') {
    refuse('syntheticTraffic.path', 'path', !/^(\/[\x21-\x7e]*)?$/.test(draft.path.trim()));
    refuse('syntheticTraffic.requestsPerSecond', 'whole', !isWhole(draft.requestsPerSecond));
    refuse('onInconclusive', 'notCounted', !draft.metrics.some(({ kind }) => isBuiltIn(kind)));
  }
  draft.metrics.forEach((metric, index) => {
    const at = `metrics.${index}`;
    if (isBuiltIn(metric.kind)) {
      const end = metric.kind === 'request-duration' ? 'max' : 'min';
      refuse(`${at}.thresholdRange.${end}`, 'number', !isNumber(metric.threshold, end === 'min' ? 100 : 30_000));
      return;
    }
    refuse(`${at}.name`, 'name', !isStepName(metric.name));
    refuse(`${at}.provider.prometheus.query`, 'required', metric.kind === 'prometheus' && metric.query.trim() === '');
    refuse(`${at}.provider.web.url`, 'required', metric.kind === 'web' && metric.url.trim() === '');
    if (metric.kind === 'web')
      metric.headers.forEach((header, place) => {
        const headerPath = `${at}.provider.web.headers.${place}`;
        refuse(`${headerPath}.key`, 'header', !isHeaderName(header.name));
        refuse(`${headerPath}.secret`, 'required', header.from === 'secret' && header.text.trim() === '');
      });
    refuse(`${at}.provider.job.command`, 'required', metric.kind === 'job' && metric.command.trim() === '');
    refuse(`${at}.provider.${metric.kind}.timeoutSeconds`, 'whole', !isWhole(metric.timeoutSeconds));
    for (const field of ['interval', 'initialDelay'] as const)
      refuse(`${at}.${field}`, 'duration', !isDuration(metric[field]));
    for (const field of ['count', 'failureLimit', 'inconclusiveLimit', 'consecutiveErrorLimit'] as const)
      refuse(`${at}.${field}`, 'whole', !isWhole(metric[field]));
  });
  return found;
}

const isWhole = (value: string): boolean => /^\d{0,7}$/.test(value.trim());
const isNumber = (value: string, most: number): boolean =>
  value.trim() === '' || (Number(value) >= 0 && Number(value) <= most);
