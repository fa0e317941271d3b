import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Analysis } from './analysis/analysis.rules.js';
import { openProbes } from './analysis/rollout-analysis.rules.js';
import { refuseTemplateWeights } from './experiment-weights.rules.js';
import type { Taken } from './probes/probe.rules.js';
import type { StrategyHook } from './probes/web-hooks.rules.js';
import { type Command, decide, isFinal, planRollout, type RolloutEvent, targetOf } from './rollouts.rules.js';
import type { CanaryStep, Strategy } from './strategy.rules.js';
import { canary, command, describeTarget, later, seen, t0, unready } from './testing/play.js';

const hookTypes = [
  'confirm-rollout',
  'pre-rollout',
  'rollout',
  'confirm-promotion',
  'post-rollout',
  'rollback',
] as const;

/** Without what the API would refuse: templates never have more than the candidate leaves. */
function allowed(strategy: Strategy): Strategy {
  if (strategy.type !== 'canary') return strategy;
  const refused = new Set(refuseTemplateWeights(strategy).map(({ path }) => path[1]));
  const steps = strategy.steps.map((step, index): CanaryStep => {
    if (!step.experiment || !refused.has(index)) return step;
    const templates = step.experiment.templates.map((template) => ({ ...template, weight: 0 }));
    return { experiment: { ...step.experiment, templates } };
  });
  return { ...strategy, steps };
}

describe('whatever happens', () => {
  const analysis: Analysis = { metrics: [{ name: 'request-success-rate' }], interval: 1, count: 2, minimumSamples: 5 };
  const own: Analysis = {
    metrics: [{ name: 'rate', provider: { prometheus: { query: 'up' } }, interval: 1, count: 2, failureLimit: 1 }],
  };
  const webhooks = fc.subarray(hookTypes.map((type): StrategyHook => ({ name: type, type, url: 'https://a.example' })));
  const experimentStep = fc
    .record({
      duration: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
      analysis: fc.option(fc.constant(own), { nil: undefined }),
      weights: fc.option(fc.tuple(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 600 })), { nil: [0, 0] }),
    })
    .map(({ duration, analysis: each, weights: [baseline, next] }): CanaryStep => {
      const templates = [
        { name: 'baseline', specRef: 'stable' as const, weight: baseline / 10 },
        { name: 'canary', specRef: 'canary' as const, weight: next / 10 },
      ];
      return { experiment: { duration: each ? duration : (duration ?? 5), templates, analysis: each } };
    });
  const step = fc.oneof(
    fc.constant<CanaryStep>({ analysis: own }),
    fc.constantFrom('hold', 'extend', 'abort').map((onInconclusive): CanaryStep => {
      return { analysis: { ...analysis, onInconclusive } };
    }),
    fc.integer({ min: 0, max: 1000 }).map((weight): CanaryStep => ({ setWeight: weight / 10 })),
    fc
      .option(fc.integer({ min: 0, max: 60 }), { nil: undefined })
      .map((duration): CanaryStep => ({ pause: { duration } })),
    fc.integer({ min: 0, max: 9 }).map((replicas): CanaryStep => ({ setCanaryScale: { replicas } })),
    fc.constant<CanaryStep>({ setCanaryScale: { matchTrafficWeight: true } }),
    fc.constant<CanaryStep>({ setMirrorRoute: { name: 'copy', percentage: 5 } }),
    experimentStep,
  );
  const anyStrategy = fc.oneof<fc.Arbitrary<Strategy>[]>(
    fc.tuple(fc.array(step, { maxLength: 6 }), webhooks).map(([steps, given]) => {
      return { type: 'canary' as const, steps, analysis: own, webhooks: given };
    }),
    fc.tuple(fc.option(fc.constant(own), { nil: undefined }), webhooks).map(([each, given]) => {
      return { type: 'blueGreen' as const, prePromotionAnalysis: each, postPromotionAnalysis: own, webhooks: given };
    }),
    fc.array(step, { maxLength: 6 }).map((steps) => canary(...steps)),
    fc.array(step, { maxLength: 6 }).map((steps) => ({ type: 'canary' as const, steps, analysis })),
    fc.constant({ type: 'blueGreen' }),
    fc.constant({ type: 'blueGreen', autoPromotionEnabled: false }),
    fc
      .record({
        duration: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
        autoPromotionEnabled: fc.boolean(),
        replicas: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
      })
      .chain((trial) =>
        fc.constantFrom<Strategy[]>(
          { type: 'abTest', match: [{ queryParams: [{ name: 'ui', value: 'new' }] }], ...trial },
          { type: 'mirror', percentage: 20, ...trial },
        ),
      ),
  );
  const strategy = anyStrategy.map(allowed);
  const counters = fc.record({
    codes: fc.record({ '200': fc.nat(500), '500': fc.nat(500) }),
    buckets: fc.record({ '0.1': fc.nat(500), '+Inf': fc.nat(500) }),
  });
  const taken = fc.array(
    fc.record({
      step: fc.constantFrom(null, -1, 0, 1, 2, 3, 4, 5),
      name: fc.constantFrom('rate', ...hookTypes),
      at: fc.nat(60).map((second) => later(second).toISOString()),
      outcome: fc.constantFrom<Taken['outcome'][]>(
        { type: 'decided', phase: 'successful', message: 'yes' },
        { type: 'decided', phase: 'successful', message: 'yes' },
        { type: 'decided', phase: 'failed', message: 'no' },
        { type: 'error', message: 'away' },
        { type: 'value', value: [1] },
      ),
    }),
    { maxLength: 6 },
  );
  const event = fc.oneof<fc.Arbitrary<RolloutEvent>[]>(
    taken.map((each) => ({ type: 'measured', readings: null, taken: each })),
    fc.option(fc.record({ candidate: counters, stable: counters })).map((readings) => ({ type: 'measured', readings })),
    fc.constant({ type: 'started' }),
    fc.constant({ type: 'applied' }),
    fc.constant(seen()),
    fc.constant(seen()),
    fc.constant(seen([unready('web')])),
    fc.constant(seen([unready('web', { failure: 'it crashes' })])),
    fc.constant(seen(undefined, [unready('baseline')])),
    fc.constant(seen(undefined, [unready('canary', { failure: 'it crashes' })])),
    fc.constant({ type: 'refused', message: 'no' }),
    fc.constantFrom<Command[]>('promote', 'promote-full', 'pause', 'resume', 'abort').map(command),
  );

  it('traffic is whole and goes only where pods were seen; the stable release is whole until the candidate is', () => {
    fc.assert(
      fc.property(strategy, fc.array(event, { maxLength: 40 }), (given, events) => {
        let rollout = planRollout(['web', 'worker'], true, given);
        for (const [second, next] of events.entries()) {
          const before = targetOf(rollout);
          rollout = decide(rollout, next, later(second)).rollout;
          const after = targetOf(rollout);
          expect(after.weight).toBeGreaterThanOrEqual(0);
          const shared = (after.shares ?? []).reduce((sum, { weight }) => sum + weight, 0);
          expect(after.weight + shared).toBeLessThanOrEqual(1000);
          if (shared > 0) expect(after.experiment).toBeDefined();
          if (after.weight > before.weight) {
            expect(next).toMatchObject({ type: 'observed', candidate: [{ complete: true }] });
            expect(after.candidate).toBeDefined();
          }
          if (after.weight > 0) expect(after.candidate).toBeDefined();
          expect(after.stable).toBe('previous');
          if (after.workers === 'next') expect(after.weight).toBe(1000);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('an abort sends everything to the stable release at once and ends there', () => {
    fc.assert(
      fc.property(strategy, fc.array(event, { maxLength: 30 }), (given, events) => {
        let rollout = planRollout(['web', 'worker'], true, given);
        for (const [second, next] of events.entries()) rollout = decide(rollout, next, later(second)).rollout;
        if (rollout.state === 'healthy') return;
        rollout = decide(rollout, command('abort'), later(50)).rollout;
        expect(describeTarget(targetOf(rollout))).toBe('previous/previous +0 at 0');
        expect(targetOf(rollout).shares ?? []).toEqual([]);
        rollout = decide(rollout, { type: 'applied' }, later(51)).rollout;
        rollout = decide(rollout, seen([]), later(52)).rollout;
        expect(isFinal(rollout)).toBe(true);
        expect(rollout.steps.every(({ state }) => state !== 'running' && state !== 'pending')).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('an event that comes twice changes nothing the second time', () => {
    const replayed = event.filter(
      (each) =>
        each.type !== 'observed' && each.type !== 'refused' && !(each.type === 'command' && each.command === 'promote'),
    );
    fc.assert(
      fc.property(strategy, fc.array(event, { maxLength: 20 }), replayed, (given, events, last) => {
        let rollout = planRollout(['web', 'worker'], true, given);
        for (const [second, next] of events.entries()) rollout = decide(rollout, next, later(second)).rollout;
        const once = decide(rollout, last, later(30)).rollout;
        expect(decide(once, last, later(30)).rollout).toEqual(once);
      }),
      { numRuns: 2000 },
    );
  });

  it('an experiment stands only while its step is in work and ends with it; users meet it when its pods were seen', () => {
    const experimental = fc
      .tuple(experimentStep, fc.array(step, { maxLength: 3 }))
      .map(([first, rest]) => allowed(canary(first, ...rest)));
    // Mostly all goes well, so that some of them come to their end.
    const lively = fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom<RolloutEvent[]>(seen(), { type: 'measured', readings: null }) },
      { weight: 1, arbitrary: event },
    );
    const met = { begun: 0, ended: 0, failed: 0, shared: 0 };
    fc.assert(
      fc.property(experimental, fc.array(lively, { maxLength: 40 }), (given, events) => {
        let rollout = planRollout(['web', 'worker'], true, given);
        for (const [second, next] of [{ type: 'started' } as const, seen(), ...events].entries()) {
          const { index: at } = rollout;
          const before = targetOf(rollout);
          const { rollout: decided, actions } = decide(rollout, next, later(second));
          rollout = decided;
          const after = targetOf(rollout);
          const step = rollout.plan[rollout.index];
          const isOver = isFinal(rollout) || rollout.restoring;
          if (after.experiment) expect([step?.do, isOver]).toEqual(['experiment', false]);
          if (before.experiment && after.experiment) expect(after.weight).toBe(before.weight);
          // Its users have gone back before its pods go: nothing grows meanwhile.
          if (before.experiment && !after.experiment) expect(after.weight).toBeLessThanOrEqual(before.weight);
          const [sharesBefore, sharesAfter] = [before.shares ?? [], after.shares ?? []];
          if (sharesAfter.length > 0 && sharesBefore.length === 0) {
            expect(next).toMatchObject({ type: 'observed', experiment: [{ complete: true }, { complete: true }] });
            met.shared += 1;
          }
          if (rollout.index === at && after.experiment && sharesBefore.length > 0)
            expect(sharesAfter).toEqual(sharesBefore);
          if (JSON.stringify(sharesBefore) !== JSON.stringify(sharesAfter)) expect(actions[0]?.do).toBe('apply');
          // What it needs and what it leaves is carried out at once; where another takes its place, that one does.
          const isChanged = JSON.stringify(before.experiment) !== JSON.stringify(after.experiment);
          if (isChanged) expect(actions[0]?.do).toBe('apply');
          if (!before.experiment && after.experiment) met.begun += 1;
          if (before.experiment && !after.experiment) met[rollout.restoring ? 'failed' : 'ended'] += 1;
        }
      }),
      { numRuns: 2000 },
    );
    for (const [what, times] of Object.entries(met)) expect(times, what).toBeGreaterThan(20);
  });

  it('a good candidate reaches the end when it is promoted where it waits', () => {
    fc.assert(
      fc.property(strategy, (given) => {
        let rollout = decide(planRollout(['web', 'worker'], true, given), { type: 'started' }, t0).rollout;
        for (let second = 1; second < 100 && !isFinal(rollout); second += 1) {
          const served = { codes: { '200': second * 100 }, buckets: {} };
          const at = later(second * 60).toISOString();
          const outcome = { type: 'decided', phase: 'successful', message: 'yes' } as const;
          const measured: RolloutEvent = {
            type: 'measured',
            readings: { candidate: served, stable: served },
            taken: openProbes(rollout).map(({ step, probe: { name } }) => ({ step, name, at, outcome })),
          };
          rollout = decide(rollout, measured, later(second * 60)).rollout;
          const waits = rollout.state === 'paused' && rollout.pausedUntil === null;
          rollout = decide(rollout, waits ? command('promote') : seen(), later(second * 60)).rollout;
        }
        // Nothing, or too little, was known of it, and then it was to go back.
        const isDoubted = rollout.error?.startsWith('Inconclusive.') === true;
        expect(isDoubted ? 'healthy' : rollout.state).toBe('healthy');
      }),
      { numRuns: 500 },
    );
  });
});
