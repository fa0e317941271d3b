import { type AnalysisPlan, startRun } from './analysis/analysis.rules.js';
import { type Evidence, noEvidence, oddsOf, weigh } from './analysis/sequential.rules.js';
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

interface Span {
  readonly step: PlannedStep;
  readonly name: string;
  readonly from: number;
  readonly seconds: number;
  readonly weight: number;
  readonly isManual: boolean;
}

interface Watch {
  readonly plan: AnalysisPlan;
  /** Spans from–to, both within. */
  readonly from: number;
  readonly to: number;
  readonly oddsToFail: number;
  /** The share of bad requests that a threshold allows. */
  readonly limit: number | undefined;
}

interface Watched {
  readonly watch: Watch;
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
    const span = { step, name: nameStep(step), from, seconds, weight, isManual };
    from += seconds;
    return span;
  });
}

/** Those analyses that look at failed requests; others cannot be told from the past. */
function watchesOf(strategy: CanaryStrategy, spans: readonly Span[]): readonly Watch[] {
  const background = backgroundOf(strategy, true);
  const inSteps = spans.flatMap(({ step }, index) =>
    step.do === 'analysis' ? [{ plan: step.plan, from: index, to: index }] : [],
  );
  const all = [
    ...(background ? [{ plan: background.plan, from: background.startsAt, to: spans.length }] : []),
    ...inSteps,
  ];
  return all.flatMap(({ plan, from, to }) => {
    const run = startRun(plan, null, all.length, new Date(0));
    const metric = plan.metrics.find(({ name }) => name === 'request-success-rate');
    const found = run.metrics.find(({ name }) => name === 'request-success-rate');
    if (!metric || !found) return [];
    const min = metric.thresholdRange?.min;
    return [{ plan, from, to, oddsToFail: found.oddsToFail, limit: min === undefined ? undefined : 1 - min / 100 }];
  });
}

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

class Replay {
  caught: Catch | null = null;
  private readonly watched: readonly Watched[];
  private readonly candidates = new Whole();
  private readonly stables = new Whole();
  private readonly badCandidates = new Whole();
  private readonly badStables = new Whole();
  private requests = 0;
  private candidateRequests = 0;
  private badRequests = 0;

  constructor(
    private readonly buckets: readonly PastBucket[],
    private readonly bucketSeconds: number,
    private readonly errorShare: number,
    watches: readonly Watch[],
  ) {
    this.watched = watches.map((watch) => ({ watch, requests: 0, stable: noEvidence, threshold: noEvidence }));
  }

  pass({ name, from, seconds, weight, isManual }: Span, index: number, tick: number): DryStep {
    const before = { requests: this.requests, candidate: this.candidateRequests };
    const looking = this.watched.filter(({ watch }) => index >= watch.from && index <= watch.to);
    for (let at = 0; at < seconds; at += tick)
      this.tick(from + at, Math.min(tick, seconds - at), weight / whole, looking, index);
    const [first] = looking;
    return {
      name,
      startsAfterSeconds: from,
      seconds,
      isManual,
      weight: weight / 10,
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

  private tick(at: number, seconds: number, share: number, looking: readonly Watched[], step: number): void {
    const bucket = this.buckets[Math.floor(at / this.bucketSeconds) % Math.max(1, this.buckets.length)];
    if (!bucket || bucket.requests <= 0) return;
    const amount = (bucket.requests * seconds) / this.bucketSeconds;
    const candidate = this.candidates.take(amount * share);
    const stable = this.stables.take(amount * (1 - share));
    const usual = bucket.failed / bucket.requests;
    const bad = Math.min(candidate, this.badCandidates.take(candidate * Math.min(1, usual + this.errorShare)));
    const badStable = Math.min(stable, this.badStables.take(stable * usual));
    this.requests += candidate + stable;
    this.candidateRequests += candidate;
    if (!this.caught) this.badRequests += bad;
    for (const each of looking) {
      each.requests += candidate;
      if (this.caught) continue;
      each.stable = weigh(each.stable, { events: bad + badStable, hits: bad, expected: share });
      const { limit, oddsToFail } = each.watch;
      if (limit !== undefined)
        each.threshold = weigh(each.threshold, { events: candidate, hits: bad, expected: limit });
      if (Math.max(oddsOf(each.stable), oddsOf(each.threshold)) >= oddsToFail) this.catch(at + seconds, step);
    }
  }

  private catch(afterSeconds: number, step: number): void {
    const { candidateRequests, badRequests, requests } = this;
    const harmedPercent = Math.round((badRequests / requests) * 1e5) / 1e3;
    this.caught = { afterSeconds, step, candidateRequests, badRequests, harmedPercent };
  }
}
