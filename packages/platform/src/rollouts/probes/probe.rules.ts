import { NothingMeasured, parseCondition } from './condition.rules.js';

/** What is asked, in the words of Argo Rollouts; of a web hook in Flagger's. */
export type Provider =
  | { readonly do: 'prometheus'; readonly query: string }
  | ({ readonly do: 'web' } & WebProbe)
  | ({ readonly do: 'job' } & JobProbe)
  | ({ readonly do: 'webhook' } & WebHook);

export interface WebProbe {
  readonly url: string;
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: readonly WebHeader[];
  readonly body?: string;
  /** What of its JSON is the result: `{$.data.rate}`. */
  readonly jsonPath?: string;
  readonly timeoutSeconds?: number;
}

/** Its value, or the name of a secret of the new release that holds it. */
interface WebHeader {
  readonly key: string;
  readonly value?: string;
  readonly secret?: string;
}

export interface JobProbe {
  /** Whose environment and limits it has. Default: `web`, or else the first. */
  readonly process?: string;
  readonly command: readonly string[];
  readonly timeoutSeconds?: number;
}

export const webHookTypes = [
  'confirm-rollout',
  'pre-rollout',
  'rollout',
  'confirm-promotion',
  'post-rollout',
  'rollback',
] as const;

export interface WebHook {
  readonly type: (typeof webHookTypes)[number];
  readonly url: string;
  readonly timeoutSeconds: number;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Probe {
  readonly name: string;
  readonly provider: Provider;
  /** Between two measurements. */
  readonly intervalSeconds: number;
  readonly initialDelaySeconds: number;
  /** Null: as long as the analysis goes on. */
  readonly count: number | null;
  /** So many failed measurements are borne. Null: any number. */
  readonly failureLimit: number | null;
  readonly inconclusiveLimit: number;
  readonly consecutiveErrorLimit: number;
  readonly successCondition?: string;
  readonly failureCondition?: string;
  /** It is over with the first success, and only then. */
  readonly untilSuccess?: boolean;
  /** The planned step from which on it is taken. */
  readonly startsAt?: number;
}

export type Phase = 'successful' | 'failed' | 'inconclusive' | 'error';

/** What came of one measurement: something to decide upon, a decision, or nothing. */
export type Outcome =
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'decided'; readonly phase: 'successful' | 'failed'; readonly message: string }
  | { readonly type: 'error'; readonly message: string };

/** Which measurement it is of: of a run's probe, ended at `at`. */
export interface Taken {
  readonly step: number | null;
  readonly name: string;
  readonly at: string;
  readonly outcome: Outcome;
}

interface Measurement {
  readonly at: string;
  readonly phase: Phase;
  /** As JSON, cut short. */
  readonly value: string | null;
  readonly message: string | null;
}

export interface ProbeRun {
  readonly name: string;
  readonly verdict: 'running' | 'pass' | 'fail' | 'inconclusive';
  readonly reason: string | null;
  readonly successful: number;
  readonly failed: number;
  readonly inconclusive: number;
  readonly errors: number;
  /** Since the last one that was none. */
  readonly consecutiveErrors: number;
  /** The latest. */
  readonly measurements: readonly Measurement[];
}

const mostMeasurements = 60;
const mostText = 200;

export function startProbe({ name }: Probe): ProbeRun {
  const counts = { successful: 0, failed: 0, inconclusive: 0, errors: 0, consecutiveErrors: 0 };
  return { name, verdict: 'running', reason: null, ...counts, measurements: [] };
}

/** Is it time to measure? `startedAt`: when its analysis began; `index`: the planned step in work. */
export function isDue(run: ProbeRun, probe: Probe, startedAt: string, index: number, now: Date): boolean {
  if (run.verdict !== 'running' || isSettled(run, probe) || index < (probe.startsAt ?? 0)) return false;
  const last = run.measurements.at(-1)?.at;
  const since = (from: string): number => (now.getTime() - Date.parse(from)) / 1000;
  return last === undefined ? since(startedAt) >= probe.initialDelaySeconds : since(last) >= probe.intervalSeconds;
}

/** One measurement more. One that is known already changes nothing. */
export function recordProbe(run: ProbeRun, probe: Probe, { at, outcome }: Taken): ProbeRun {
  const last = run.measurements.at(-1)?.at;
  if (run.verdict === 'fail' || run.verdict === 'pass' || (last !== undefined && last >= at)) return run;
  const measurement = { at, ...judge(probe, outcome) };
  const { phase } = measurement;
  const isError = phase === 'error';
  // A success ends a doubt, where somebody went on in spite of it.
  const doubts = phase === 'successful' && run.inconclusive > probe.inconclusiveLimit ? 0 : run.inconclusive;
  const next: ProbeRun = {
    ...run,
    successful: run.successful + (phase === 'successful' ? 1 : 0),
    failed: run.failed + (phase === 'failed' ? 1 : 0),
    inconclusive: doubts + (phase === 'inconclusive' ? 1 : 0),
    errors: run.errors + (isError ? 1 : 0),
    consecutiveErrors: isError ? run.consecutiveErrors + 1 : 0,
    measurements: [...run.measurements, measurement].slice(-mostMeasurements),
  };
  const isFailed = probe.failureLimit !== null && next.failed > probe.failureLimit;
  return isFailed ? { ...next, verdict: 'fail', reason: explainFailure(next, probe, measurement) } : next;
}

/** Has all been measured that was asked? */
export function isSettled(run: ProbeRun, probe: Probe): boolean {
  if (probe.untilSuccess) return run.successful > 0;
  return probe.count !== null && measuredIn(run) >= probe.count;
}

/** Errors say nothing of the release. */
export const measuredIn = ({ successful, failed, inconclusive }: ProbeRun): number =>
  successful + failed + inconclusive;

/** Why nothing can be said, by Argo's limits; undefined as long as they are kept. */
export function findDoubt(run: ProbeRun, probe: Probe): string | undefined {
  if (run.consecutiveErrors > probe.consecutiveErrorLimit) {
    const message = run.measurements.at(-1)?.message ?? '';
    return `${run.name}: could not be measured ${run.consecutiveErrors} times in a row: ${message}`;
  }
  if (run.inconclusive > probe.inconclusiveLimit) {
    const said = run.measurements.findLast(({ phase }) => phase === 'inconclusive')?.message ?? '';
    return `${run.name}: ${run.inconclusive} measurements decide nothing: ${said}`;
  }
  return undefined;
}

/** What one outcome says of the release. */
export function judge(probe: Probe, outcome: Outcome): Omit<Measurement, 'at'> {
  if (outcome.type === 'error') return { phase: 'error', value: null, message: cut(outcome.message) };
  if (outcome.type === 'decided') return { phase: outcome.phase, value: null, message: cut(outcome.message) };
  const value = cut(JSON.stringify(outcome.value, writable) ?? 'nothing');
  try {
    return { phase: decide(probe, outcome.value), value, message: null };
  } catch (error) {
    if (error instanceof NothingMeasured)
      return { phase: 'inconclusive', value, message: 'There is nothing to decide upon.' };
    return { phase: 'error', value, message: cut(error instanceof Error ? error.message : String(error)) };
  }
}

/** As Argo decides; where both conditions are there and neither holds, nothing is said. */
function decide({ successCondition, failureCondition }: Probe, value: unknown): Phase {
  const isFailure = failureCondition !== undefined && parseCondition(failureCondition)(value);
  if (isFailure) return 'failed';
  if (successCondition === undefined) return 'successful';
  if (parseCondition(successCondition)(value)) return 'successful';
  return failureCondition === undefined ? 'failed' : 'inconclusive';
}

function explainFailure({ name, failed }: ProbeRun, probe: Probe, { value, message }: Measurement): string {
  const limit = probe.failureLimit ? `, ${probe.failureLimit} were allowed` : '';
  const times = failed === 1 ? 'A measurement failed' : `${failed} measurements failed`;
  const said = message ?? `the result was ${value}`;
  return `${name}: ${times}${limit}; the last one: ${said}`;
}

/** JSON has no word for them. */
const writable = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

const cut = (text: string): string => (text.length > mostText ? `${text.slice(0, mostText)}…` : text);
