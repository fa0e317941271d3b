import { describe, expect, it } from 'vitest';
import type { ReleaseInput } from '../applications/application-scopes.service.js';
import type { Analysis } from './analysis/analysis.rules.js';
import { findCounted } from './analysis/rollout-analysis.rules.js';
import {
  comparedTemplates,
  type Experiment,
  experimentServiceName,
  fillTemplates,
  isPlainPath,
  planExperimentStep,
  planTemplateObjects,
  readTemplateUrl,
  templatesIn,
} from './experiment.rules.js';
import { ApplyRefusal, planExperiment } from './experiment-objects.js';
import { decide, type Rollout, type RolloutEvent } from './rollouts.rules.js';
import { strategySchema } from './strategy.dto.js';
import { canary, command, later, play, seen, told, unready } from './testing/play.js';

const templates: Experiment['templates'] = [
  { name: 'baseline', specRef: 'stable' },
  { name: 'canary', specRef: 'canary', replicas: 2 },
];
const weighted: Experiment['templates'] = [
  { name: 'baseline', specRef: 'stable', weight: 5 },
  { name: 'canary', specRef: 'canary', weight: 2.5 },
];
const smoke: Analysis = { metrics: [{ name: 'smoke', provider: { job: { command: ['check'] } } }] };
const started: RolloutEvent = { type: 'started' };
const measured: RolloutEvent = { type: 'measured', readings: null };

describe('an experiment', () => {
  it('starts its pods beside the slots, lasts from when they are ready, and takes them away', () => {
    const strategy = canary({ experiment: { duration: 3, templates } }, { setWeight: 50 });
    const late = seen(undefined, [unready('baseline')]);
    const { lines } = play(strategy, started, seen(), late, late, seen(), measured, seen(), measured, seen(), seen());
    expect(lines).toEqual([
      'progressing prepare: previous/previous +1 at 0 → apply',
      'progressing experiment 3 s: previous/previous +1 at 0 baseline canary → apply',
      'progressing experiment 3 s: previous/previous +1 at 0 baseline canary → observe',
      'progressing experiment 3 s: previous/previous +1 at 0 baseline canary → observe',
      'progressing experiment 3 s: previous/previous +1 at 0 baseline canary → observe',
      'progressing experiment 3 s: previous/previous +1 at 0 baseline canary → observe',
      'progressing experiment 3 s: previous/previous +1 at 0 baseline canary → observe',
      'progressing experiment 3 s: previous/previous +1 at 0 baseline canary → observe',
      'progressing setWeight 50 %: previous/previous +2 at 0 → apply',
      'progressing promote: previous/previous +4 at 500 → apply',
    ]);
  });

  it('has its weights when all of its pods are ready, beside the release that comes, and gives them back at its end', () => {
    const strategy = canary({ setWeight: 20 }, { experiment: { duration: 2, templates: weighted } }, { setWeight: 50 });
    const late = seen(undefined, [unready('baseline')]);
    const { lines } = play(strategy, started, seen(), seen(), late, seen(), seen(), measured, seen());
    expect(lines.slice(2)).toEqual([
      'progressing experiment 2 s: previous/previous +1 at 200 baseline canary → apply',
      'progressing experiment 2 s: previous/previous +1 at 200 baseline canary → observe',
      'progressing experiment 2 s: previous/previous +1 at 200 baseline=50 canary=25 → apply',
      'progressing experiment 2 s: previous/previous +1 at 200 baseline=50 canary=25 → observe',
      'progressing experiment 2 s: previous/previous +1 at 200 baseline=50 canary=25 → observe',
      'progressing setWeight 50 %: previous/previous +2 at 200 → apply',
    ]);
    const running = [started, seen(), seen(), seen()];
    for (const [name, end] of [
      ['promote', /at 200 → apply$/],
      ['promote-full', /at 200 → apply$/],
      ['abort', /\+0 at 0 → apply$/],
    ] as const)
      expect(play(strategy, ...running, command(name)).lines.at(-1)).toMatch(end);
    const held = play(strategy, ...running, command('pause'), seen());
    expect(held.lines.at(-1)).toBe(
      'paused experiment 2 s: previous/previous +1 at 200 baseline=50 canary=25 → observe',
    );
  });

  it('is judged by what users met of its pods, and the release beside it by what they met of the slots', () => {
    const metrics = [{ name: 'request-success-rate' }];
    const strategy = {
      ...canary({ setWeight: 20 }, { experiment: { duration: 60, templates: weighted, analysis: { metrics } } }),
      analysis: { metrics },
    };
    const counts = (good: number, bad: number) => ({ codes: { '200': good, '500': bad }, buckets: {} });
    const begun = play(strategy, started, seen(), seen(), seen()).rollout;
    expect(findCounted(begun)).toMatchObject({ slots: true, experiment: { do: 'experiment' } });
    const tell = (rollout: Rollout, good: number, bad: number, second: number) => {
      const readings = { candidate: counts(good, 0), stable: counts(good, 0) };
      const experiment = { candidate: counts(good, bad), stable: counts(good, 0) };
      return decide(rollout, { type: 'measured', readings, experiment }, later(second)).rollout;
    };
    const fine = tell(tell(begun, 0, 0, 10), 200, 0, 11);
    expect(fine).toMatchObject({ restoring: false, analyses: [{ step: null }, { step: 2 }] });
    expect(fine.analyses.map(({ metrics: [first] }) => first?.candidate.requests)).toEqual([200, 200]);
    // Each of the two has half of the rate of false alarms.
    expect(fine.analyses.map(({ metrics: [first] }) => first?.oddsToFail)).toEqual([200, 200]);
    const failed = tell(fine, 400, 100, 12);
    expect(failed).toMatchObject({ restoring: true, analyses: [{ verdict: 'inconclusive' }, { verdict: 'fail' }] });
    expect(failed.error).toMatch(/^request-success-rate: 100 of 500 requests to the candidate failed/);
  });

  it('compares the templates that have a weight, and with the stable slot where none of its release has', () => {
    const planned = (given: Experiment['templates']) =>
      comparedTemplates(planExperimentStep({ duration: 1, templates: given }, () => 0).templates);
    expect(planned([...weighted, { name: 'unmet', specRef: 'canary' }])).toEqual({
      candidate: [{ name: 'canary', weight: 25 }],
      stable: [{ name: 'baseline', weight: 50 }],
    });
    expect(planned(weighted.slice(1))).toEqual({ candidate: [{ name: 'canary', weight: 25 }], stable: [] });
  });

  it('without a duration lasts until its analysis has ended', () => {
    const strategy = canary({ experiment: { templates, analysis: smoke } });
    const { lines } = play(strategy, started, seen(), seen(), measured, seen(), told(1, 'smoke', 'successful'), seen());
    expect(lines.slice(-3)).toEqual([
      'progressing experiment: previous/previous +1 at 0 baseline canary → observe',
      'progressing experiment: previous/previous +1 at 0 baseline canary → observe',
      'progressing promote: previous/previous +4 at 0 → apply',
    ]);
  });

  it('whose analysis fails takes the release back, as a failed analysis step does', () => {
    const strategy = canary({ setWeight: 20 }, { experiment: { duration: '10m', templates, analysis: smoke } });
    const { lines, rollout } = play(strategy, started, seen(), seen(), seen(), told(2, 'smoke', 'failed'));
    expect(lines.at(-1)).toMatch(/^progressing .*: previous\/previous \+0 at 0 → apply$/);
    expect(rollout).toMatchObject({
      restoring: true,
      error: 'smoke: A measurement failed; the last one: it answered',
      analyses: [{ verdict: 'fail' }],
    });
  });

  it('goes back where a pod of it crashes or is not ready in time', () => {
    const strategy = canary({ experiment: { duration: 3, templates } });
    const crashed = play(strategy, started, seen(), seen(undefined, [unready('canary', { failure: 'it crashes' })]));
    expect(crashed.rollout.error).toBe('experiment canary: it crashes');
    const { rollout } = play(strategy, started, seen());
    const late = decide(rollout, seen(undefined, [unready('baseline')]), later(3600));
    expect(late.rollout).toMatchObject({ restoring: true });
    expect(late.rollout.error).toContain('baseline');
  });

  it('is waited for while an operator holds it, ended by a promotion and gone with an abort', () => {
    const strategy = canary({ experiment: { duration: 60, templates } });
    const held = play(strategy, started, seen(), command('pause'), seen(), seen());
    expect(held.lines.at(-1)).toBe('paused experiment 60 s: previous/previous +1 at 0 baseline canary → observe');
    expect(held.rollout.analyses).toEqual([]);
    expect(play(strategy, started, seen(), seen(), command('promote')).lines.at(-1)).toBe(
      'progressing promote: previous/previous +4 at 0 → apply',
    );
    expect(play(strategy, started, seen(), seen(), command('promote-full')).lines.at(-1)).toBe(
      'progressing promote: previous/previous +4 at 0 → apply',
    );
    expect(play(strategy, started, seen(), seen(), command('abort')).lines.at(-1)).toMatch(/\+0 at 0 → apply$/);
  });

  it('of which nothing can be said waits for an operator, or goes back where that was asked', () => {
    const doubtful: RolloutEvent = {
      type: 'measured',
      readings: null,
      taken: [0, 1, 2, 3, 4].map((second) => {
        return { step: 1, name: 'smoke', at: later(second).toISOString(), outcome: { type: 'error', message: 'away' } };
      }),
    };
    const experiment = (more: Partial<Analysis>) => ({ experiment: { templates, analysis: { ...smoke, ...more } } });
    const waits = play(canary(experiment({})), started, seen(), seen(), doubtful, seen(), command('promote'));
    expect(waits.lines.at(-2)).toMatch(/^paused experiment/);
    expect(waits.lines.at(-1)).toMatch(/^progressing promote/);
    const back = play(canary(experiment({ onInconclusive: 'abort' })), started, seen(), seen(), doubtful, seen());
    expect(back.rollout.error).toMatch(/^Inconclusive. smoke: could not be measured 5 times/);
  });
});

describe('the objects of a template', () => {
  const input: ReleaseInput = {
    tenant: 'acme',
    project: 'shop',
    environment: 'production',
    application: 'hello',
    namespace: 'acme-shop-production',
    release: 7,
    image: 'registry.example.com/hello@sha256:1',
    processes: { worker: { command: 'work' }, web: { port: 3000, replicas: 5 } },
    scaling: {},
    variables: {},
    secrets: {},
  };

  it('are pods of web and a Service for them alone, that nothing of the slots selects', () => {
    const planned = planTemplateObjects(input, { name: 'baseline', replicas: 2 }, 'r1') ?? [];
    const selector = {
      'slipway.dev/tenant': 'acme',
      'slipway.dev/project': 'shop',
      'slipway.dev/environment': 'production',
      'slipway.dev/application': 'hello',
      'slipway.dev/process': 'web',
      'slipway.dev/slot': 'experiment-baseline',
      'slipway.dev/experiment': 'baseline',
    };
    expect(planned).toMatchObject([
      {
        kind: 'Deployment',
        metadata: {
          name: 'hello-web-experiment-baseline',
          labels: { ...selector, 'slipway.dev/release': '7', 'slipway.dev/rollout': 'r1' },
        },
        spec: {
          replicas: 2,
          selector: { matchLabels: selector },
          template: { metadata: { labels: selector }, spec: { containers: [{ image: input.image }] } },
        },
      },
      { kind: 'Service', metadata: { name: 'hello-exp-baseline' }, spec: { selector, ports: [{ targetPort: 3000 }] } },
    ]);
  });

  it('are none where no process listens', () => {
    const workers = { ...input, processes: { worker: { command: 'work' } } };
    const template = { name: 'baseline', release: 'previous', replicas: 1 } as const;
    expect(planTemplateObjects(workers, template, 'r1')).toBeUndefined();
    expect(() => planExperiment(workers, template, 'r1')).toThrow(ApplyRefusal);
  });

  it('have names that a Service can have', () => {
    expect(experimentServiceName('a'.repeat(40), 'b'.repeat(18)).length).toBeLessThanOrEqual(63);
  });
});

describe('the name of a template in a metric', () => {
  it.each([
    ['curl -f http://$templates.baseline/x', ['baseline'], 'curl -f http://hello-exp-baseline/x'],
    ['{service="$templates.baseline"}', ['baseline'], '{service="hello-exp-baseline"}'],
    ['$templates.other $templates.', ['other'], '$templates.other $templates.'],
    ['$templates.constructor', ['constructor'], '$templates.constructor'],
  ])('%s', (text, names, filled) => {
    expect(templatesIn(text)).toEqual(names);
    expect(fillTemplates(text, { baseline: 'hello-exp-baseline' })).toBe(filled);
  });

  it.each<[string, object | undefined]>([
    ['http://$templates.baseline/healthz?a=1', { template: 'baseline', path: '/healthz?a=1' }],
    ['http://$templates.baseline', { template: 'baseline', path: '/' }],
    ['http://$templates.baseline:81/', undefined],
    ['https://$templates.baseline/', undefined],
    ['http://a.example/$templates.baseline', undefined],
  ])('in the address %s', (url, wanted) => expect(readTemplateUrl(url)).toEqual(wanted));

  it.each(['/a/../b', '/a/%2e%2e/b', '/..%2f', '//\\x', '/a b', '/./x'])('never leads elsewhere: %s', (path) => {
    expect(isPlainPath(path)).toBe(false);
  });
});

describe('what is refused, by its path', () => {
  const web = (given: object) => ({ metrics: [{ name: 'own', provider: { web: given } }] });
  const job = (...given: string[]) => ({ metrics: [{ name: 'own', provider: { job: { command: given } } }] });
  const at = 'steps.0.experiment';
  it.each<[string, object, string]>([
    ['no template', { duration: 1, templates: [] }, `${at}.templates`],
    ['a name twice', { duration: 1, templates: [templates[0], templates[0]] }, `${at}.templates`],
    ['a name too long', { duration: 1, templates: [{ name: 'a'.repeat(19), specRef: 'stable' }] }, 'templates.0.name'],
    ['pods of nobody', { duration: 1, templates: [{ name: 'a', specRef: 'other' }] }, `${at}.templates.0.specRef`],
    [
      'a weight over the whole',
      { duration: 1, templates: [{ ...templates[0], weight: 101 }] },
      `${at}.templates.0.weight`,
    ],
    [
      'a weight of hundredths',
      { duration: 1, templates: [{ ...templates[0], weight: 0.25 }] },
      `${at}.templates.0.weight`,
    ],
    ['no end', { templates }, `${at}.duration`],
    ['eight days', { duration: 691_200, templates }, `${at}.duration`],
    [
      'a measure of the gateway where no user meets the new release',
      { duration: 1, templates: [weighted[0], templates[1]], analysis: { metrics: [{ name: 'request-duration' }] } },
      `${at}.analysis.metrics.0`,
    ],
    [
      'requests of our own',
      {
        duration: 1,
        templates: weighted,
        analysis: { metrics: [{ name: 'request-duration' }], onInconclusive: 'synthetic' },
      },
      `${at}.analysis.onInconclusive`,
    ],
    ['two lengths', { duration: 1, templates, analysis: { ...smoke, count: 3 } }, `${at}.analysis.count`],
    [
      'another template in a command',
      { templates, analysis: job('curl', '$templates.other') },
      'provider.job.command.1',
    ],
    [
      'another template in a url',
      { templates, analysis: web({ url: 'http://$templates.other/' }) },
      'provider.web.url',
    ],
    ['a way out', { templates, analysis: web({ url: 'http://$templates.canary/%2e%2e/x' }) }, 'provider.web.url'],
    [
      'a header for it',
      { templates, analysis: web({ url: 'http://$templates.canary/', headers: [{ key: 'X-A', value: '1' }] }) },
      'provider.web.headers',
    ],
  ])('%s', (_, experiment, path) => {
    const { error } = strategySchema.safeParse({ type: 'canary', steps: [{ experiment }] });
    const paths = error?.issues.map((issue) => issue.path.join('.')) ?? [];
    expect(paths.some((each) => each.includes(path))).toBe(true);
  });

  const weigh = (...weights: readonly number[]) => ({
    experiment: {
      duration: 1,
      templates: weights.map((weight, at) => ({ name: `t${at}`, specRef: 'canary', weight })),
    },
  });
  const refusalsOf = (strategy: object) =>
    strategySchema.safeParse({ type: 'canary', ...strategy }).error?.issues.map((issue) => issue.path.join('.')) ?? [];
  it.each<[string, object, readonly string[]]>([
    ['as much as there is', { steps: [weigh(99.9, 0.1)] }, []],
    ['what the new release leaves', { steps: [{ setWeight: 60 }, weigh(40)] }, []],
    ['nothing, beside a release that has all', { steps: [{ setWeight: 100 }, weigh(0)], stickyBy: 'gateway' }, []],
    ['more than there is', { steps: [weigh(60, 40.1)] }, ['steps.0.experiment.templates.1.weight']],
    [
      'more than the new release leaves, at each step anew',
      { steps: [{ setWeight: 60 }, weigh(40), { setWeight: 60.1 }, weigh(40), { setWeight: 5 }, weigh(40)] },
      ['steps.3.experiment.templates.0.weight'],
    ],
    ['where users stay', { steps: [weigh(5)], stickyBy: 'cookie:uid' }, ['steps.0.experiment.templates.0.weight']],
  ])('weights: %s', (_, strategy, paths) => expect(refusalsOf(strategy)).toEqual(paths));
});
