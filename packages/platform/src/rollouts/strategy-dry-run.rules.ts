import { type AnalysisPlan, startRun } from './analysis/analysis.rules.js';
import { comparisonsIn } from './analysis/rollout-analysis.rules.js';
import { type Evidence, noEvidence, oddsOf, weigh } from './analysis/sequential.rules.js';
import { comparedTemplates, type TemplateShare } from './experiment.rules.js';
import { secondsOf } from './rollout-plan.rules.js';
import { backgroundOf, type CanaryStrategy, nameStep, type PlannedStep, planSteps, whole } from './strategy.rules.js';

/** What a placement was asked for, by time; null where nothing was measured. */
export interface PastTraffic {
  readonly startsAt: Date;
  readonly bucketSeconds: number;
  readonly buckets: readonly (PastBucket | null)[];
}

interface PastBucket {
  readonly requests: number;
  readonly failed: number;
}

interface Assumed {
  /** So much more of the candidate's requests fail than of the stable release's (0…1). */
  readonly errorShare: number;
  /** When somebody promotes what waits for that. */
  readonly promoteAfterSeconds: number;
}

interface DryStep {
  readonly name: string;
  /** Since the rollout began; the start of pods is left out. */
  readonly startsAfterSeconds: number;
  readonly seconds: number;
  /** It waits for a promotion: the length is assumed. */
  readonly isManual: boolean;
  /** Percent of the traffic while it goes on. */
  readonly weight: number;
  readonly requests: number;
  readonly candidateRequests: number;
  /** What the analysis that looks here knows of the candidate at its end; null where none looks. */
  readonly samples: number | null;
  readonly minimumSamples: number | null;
}

interface Catch {
  readonly afterSeconds: number;
  /** The planned step that it fell into. */
  readonly step: number;
  readonly candidateRequests: number;
  readonly badRequests: number;
  /** Of all requests until then, percent. */
  readonly harmedPercent: number;
}

export interface DryRun {
  readonly steps: readonly DryStep[];
  readonly seconds: number;
  readonly caught: Catch | null;
  /** Why not: nothing looks at failed requests, nobody asked for anything, or all steps were over before. */
  readonly uncaught: 'no-analysis' | 'no-traffic' | 'too-late' | null;
}

/** Of the traffic (0…1), what goes to the new release and what to the one before. */
interface Shares {
  readonly candidate: number;
  readonly stable: number;
}

interface Span {
  readonly step: PlannedStep;
  readonly name: string;
  readonly from: number;
  readonly seconds: number;
  readonly isManual: boolean;
  /** Of the slots. */
  readonly slots: Shares;
  /** Of what an experiment's metrics compare; nothing goes to the candidate where there is none. */
  readonly compared: Shares;
}

interface Watch {
  readonly plan: AnalysisPlan;
  /** Spans from–to, both within. */
  readonly from: number;
  readonly to: number;
  /** What it compares of a span. */
  readonly of: 'slots' | 'compared';
  readonly oddsToFail: number;
  /** The share of bad requests that a threshold allows. */
  readonly limit: number | undefined;
}

interface Watched {
  readonly watch: Watch;
  readonly counted: Counting;
  requests: number;
  stable: Evidence;
  threshold: Evidence;
}

/** A rollout of a week looks every half a minute; one of some hours each second, as it really does. */
const mostTicks = 20_000;

/**
 * A canary on the traffic of the past, from its first measured bucket on; a rollout that outlasts it meets it again. Whole requests
 * are counted, spread evenly over their bucket, so it says what is to be expected and not what chance may add.
 */
export function dryRun(strategy: CanaryStrategy, traffic: PastTraffic, assumed: Assumed): DryRun {
  const spans = spansOf(strategy, assumed.promoteAfterSeconds);
  const seconds = spans.reduce((sum, span) => sum + span.seconds, 0);
  const known = traffic.buckets.filter((bucket) => bucket !== null);
  const watches = watchesOf(strategy, spans);
  const run = new Replay(known, traffic.bucketSeconds, assumed.errorShare, watches);
  const tick = Math.max(1, Math.ceil(seconds / mostTicks));
  const steps = spans.map((span, index) => run.pass(span, index, tick));
  return { steps, seconds, caught: run.caught, uncaught: run.caught ? null : run.whyNot() };
}

function spansOf(strategy: CanaryStrategy, promoteAfterSeconds: number): readonly Span[] {
  let from = 0;
  let weight = 0;
  return planSteps(strategy, true).map((step) => {
    if (step.do === 'setWeight') weight = step.weight;
    if (step.do === 'promote') weight = whole;
    const isManual = step.do === 'pause' && step.seconds === null;
    const seconds = isManual ? promoteAfterSeconds : (secondsOf(step) ?? 0);
    const span = { step, name: nameStep(step), from, seconds, isManual, ...sharesIn(step, weight) };
    from += seconds;
    return span;
  });
}

function sharesIn(step: PlannedStep, weight: number): Pick<Span, 'slots' | 'compared'> {
  const met = comparedTemplates(step.do === 'experiment' ? step.templates : []);
  const [previous, next] = [shareOf(met.stable), shareOf(met.candidate)];
  const slots = { candidate: weight / whole, stable: 1 - weight / whole - previous - next };
  return { slots, compared: { candidate: next, stable: previous > 0 ? previous : slots.stable } };
}

/** Those analyses that look at failed requests; others cannot be told from the past. */
function watchesOf(strategy: CanaryStrategy, spans: readonly Span[]): readonly Watch[] {
  const background = backgroundOf(strategy, true);
  const inSteps = spans.flatMap(({ step }, index) =>
    step.do === 'analysis' || step.do === 'experiment'
      ? [
          {
            plan: step.plan,
            from: index,
            to: index,
            of: step.do === 'analysis' ? ('slots' as const) : ('compared' as const),
          },
        ]
      : [],
  );
  const all = [
    ...(background
      ? [{ plan: background.plan, from: background.startsAt, to: spans.length, of: 'slots' as const }]
      : []),
    ...inSteps,
  ];
  const comparisons = comparisonsIn({ plan: spans.map(({ step }) => step), background });
  return all.flatMap(({ plan, from, to, of }) => {
    const run = startRun(plan, null, comparisons, new Date(0));
    const metric = plan.metrics.find(({ name }) => name === 'request-success-rate');
    const found = run.metrics.find(({ name }) => name === 'request-success-rate');
    if (!metric || !found) return [];
    const min = metric.thresholdRange?.min;
    return [{ plan, from, to, of, oddsToFail: found.oddsToFail, limit: min === undefined ? undefined : 1 - min / 100 }];
  });
}

const shareOf = (templates: readonly TemplateShare[]): number =>
  templates.reduce((sum, { weight }) => sum + weight, 0) / whole;

/** Counts what comes in whole requests: what is left over is kept for the next time. */
class Whole {
  private left = 0;

  take(amount: number): number {
    this.left += amount;
    const count = Math.floor(this.left + 1e-9);
    this.left -= count;
    return count;
  }
}

/** Requests and failed ones of two releases that are asked at the same time. */
class Counting {
  private readonly candidates = new Whole();
  private readonly stables = new Whole();
  private readonly badCandidates = new Whole();
  private readonly badStables = new Whole();

  constructor(private readonly errorShare: number) {}

  /** Of `amount` requests, of which `usual` (0…1) fail as it is. */
  take(amount: number, shares: Shares, usual: number) {
    const candidate = this.candidates.take(amount * shares.candidate);
    const stable = this.stables.take(amount * shares.stable);
    const bad = Math.min(candidate, this.badCandidates.take(candidate * Math.min(1, usual + this.errorShare)));
    const badStable = Math.min(stable, this.badStables.take(stable * usual));
    return { candidate, stable, bad, badStable };
  }
}

class Replay {
  caught: Catch | null = null;
  private readonly watched: readonly Watched[];
  private readonly counted: Counting;
  private requests = 0;
  private candidateRequests = 0;
  private badRequests = 0;

  constructor(
    private readonly buckets: readonly PastBucket[],
    private readonly bucketSeconds: number,
    errorShare: number,
    watches: readonly Watch[],
  ) {
    this.counted = new Counting(errorShare);
    this.watched = watches.map((watch) => {
      return { watch, counted: new Counting(errorShare), requests: 0, stable: noEvidence, threshold: noEvidence };
    });
  }

  pass(span: Span, index: number, tick: number): DryStep {
    const { name, from, seconds, isManual } = span;
    const before = { requests: this.requests, candidate: this.candidateRequests };
    const looking = this.watched.filter(({ watch }) => index >= watch.from && index <= watch.to);
    for (let at = 0; at < seconds; at += tick) this.tick(from + at, Math.min(tick, seconds - at), span, looking, index);
    const [first] = looking;
    return {
      name,
      startsAfterSeconds: from,
      seconds,
      isManual,
      weight: Math.round(candidateShare(span) * whole) / 10,
      requests: this.requests - before.requests,
      candidateRequests: this.candidateRequests - before.candidate,
      samples: first ? Math.min(...looking.map(({ requests }) => requests)) : null,
      minimumSamples: first ? Math.max(...looking.map(({ watch }) => watch.plan.minimumSamples)) : null,
    };
  }

  whyNot(): 'no-analysis' | 'no-traffic' | 'too-late' {
    if (this.watched.length === 0) return 'no-analysis';
    return this.requests === 0 ? 'no-traffic' : 'too-late';
  }

  private tick(at: number, seconds: number, span: Span, looking: readonly Watched[], step: number): void {
    const bucket = this.buckets[Math.floor(at / this.bucketSeconds) % Math.max(1, this.buckets.length)];
    if (!bucket || bucket.requests <= 0) return;
    const amount = (bucket.requests * seconds) / this.bucketSeconds;
    const usual = bucket.failed / bucket.requests;
    const candidate = candidateShare(span);
    const met = this.counted.take(amount, { candidate, stable: 1 - candidate }, usual);
    this.requests += met.candidate + met.stable;
    this.candidateRequests += met.candidate;
    if (!this.caught) this.badRequests += met.bad;
    for (const each of looking) this.weigh(each, amount, span, usual);
    const isCaught = looking.some(({ watch, stable, threshold }) => {
      return Math.max(oddsOf(stable), oddsOf(threshold)) >= watch.oddsToFail;
    });
    if (isCaught && !this.caught) this.catch(at + seconds, step);
  }

  private weigh(each: Watched, amount: number, span: Span, usual: number): void {
    const { of, limit } = each.watch;
    const shares = span[of];
    const { candidate, bad, badStable } = each.counted.take(amount, shares, usual);
    each.requests += candidate;
    const both = shares.candidate + shares.stable;
    if (this.caught || both === 0) return;
    each.stable = weigh(each.stable, { events: bad + badStable, hits: bad, expected: shares.candidate / both });
    if (limit !== undefined) each.threshold = weigh(each.threshold, { events: candidate, hits: bad, expected: limit });
  }

  private catch(afterSeconds: number, step: number): void {
    const { candidateRequests, badRequests, requests } = this;
    const harmedPercent = Math.round((badRequests / requests) * 1e5) / 1e3;
    this.caught = { afterSeconds, step, candidateRequests, badRequests, harmedPercent };
  }
}

/** Of all requests, whatever pods of it they meet. */
const candidateShare = ({ slots, compared }: Span): number => slots.candidate + compared.candidate;
