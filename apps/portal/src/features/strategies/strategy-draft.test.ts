import { describe, expect, test } from 'vitest';
import type { CanaryStep, Strategy } from '../../lib/contract';
import { newAnalysis, newMetric } from './analysis-draft';
import { newTemplate } from './experiment-draft';
import { newCondition } from './match-draft';
import { move, newStep } from './step-draft';
import { isForForm, problemsOf, toDraft, toStrategy } from './strategy-draft';

const whole: Strategy = {
  type: 'canary',
  stickyBy: 'cookie:uid',
  scaleDownDelaySeconds: 60,
  steps: [
    { setCanaryScale: { replicas: 2 } },
    { setWeight: 0.5 },
    { pause: {} },
    { pause: { duration: '90s' } },
    { pause: { duration: 30 } },
    { setCanaryScale: { matchTrafficWeight: true } },
    { setHeaderRoute: { name: 'testers', match: [{ headerName: 'X-Test', headerValue: { prefix: 'a' } }] } },
    { setHeaderRoute: { name: 'testers' } },
    { setMirrorRoute: { name: 'copy', percentage: 20 } },
    { analysis: { metrics: [{ name: 'request-success-rate' }], interval: '10s', count: 6 } },
  ],
  analysis: {
    metrics: [
      { name: 'request-duration', thresholdRange: { max: 250 } },
      {
        name: 'errors',
        provider: { prometheus: { query: 'sum(errors{namespace="$namespace"})' } },
        interval: 30,
        failureLimit: 2,
        successCondition: 'result[0] < 5',
      },
      {
        name: 'orders',
        provider: {
          web: {
            url: 'https://metrics.example.com/orders',
            headers: [
              { key: 'X-Key', secret: 'METRICS_KEY' },
              { key: 'X-Of', value: '' },
            ],
            method: 'POST',
            body: '{"of":"orders"}',
            jsonPath: '{$.rate}',
          },
        },
        failureCondition: 'result > 3',
      },
      { name: 'smoke', provider: { job: { command: ['sh', '-c', 'check'], process: 'web', timeoutSeconds: 30 } } },
    ],
    startingStep: 2,
    onInconclusive: 'extend',
  },
};

const blueGreen: Strategy = {
  type: 'blueGreen',
  prePromotionAnalysis: { metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }], count: 3 },
  webhooks: [{ name: 'told', type: 'post-rollout', url: 'https://hooks.example.com/' }],
};

const abTest: Strategy = {
  type: 'abTest',
  match: [
    {
      headers: [
        { name: 'X-Beta', value: '1' },
        { name: 'User-Agent', type: 'RegularExpression', value: '.*Mobile.*' },
      ],
      cookies: [{ name: 'beta', type: 'Exact', value: '1' }],
    },
    { queryParams: [{ name: 'beta', value: '1' }] },
  ],
  duration: '1h',
  scaleDownDelaySeconds: 60,
  webhooks: [{ name: 'told', type: 'post-rollout', url: 'https://hooks.example.com/' }],
};

describe('a strategy as it is edited', () => {
  test.each<[string, Strategy]>([
    ['rolling', { type: 'rolling' }],
    ['blue/green by hand', { type: 'blueGreen', autoPromotionEnabled: false, scaleDownDelaySeconds: 300 }],
    ['blue/green with nothing said', { type: 'blueGreen' }],
    ['a mirror', { type: 'mirror', percentage: 20, duration: '30m' }],
    ['a mirror that waits', { type: 'mirror', percentage: 20, autoPromotionEnabled: false, replicas: 2 }],
    ['an A/B test', abTest],
    [
      'an analysis with requests of our own',
      {
        type: 'canary',
        steps: [],
        analysis: {
          metrics: [{ name: 'request-success-rate' }],
          onInconclusive: 'synthetic',
          syntheticTraffic: { path: '/ready' },
        },
      },
    ],
    ['blue/green with analyses', blueGreen],
    ['a rolling update that stays where it fails', { type: 'rolling', rollbackOnFailure: false }],
    ['every step', whole],
  ])('%s comes out as it went in, and nothing is wrong with it', (_, strategy) => {
    expect(toStrategy(toDraft(strategy))).toEqual(strategy);
    expect(problemsOf(toDraft(strategy))).toEqual({});
  });

  test('what the form does not know stays as it is', () => {
    const match = [
      { headerName: 'X-A', headerValue: { exact: '1' } },
      { headerName: 'X-B', headerValue: { exact: '2' } },
    ];
    const strategy: Strategy = {
      type: 'canary',
      steps: [{ setHeaderRoute: { name: 'both', match } }, { setWeight: 5 }],
    };
    expect(toDraft(strategy).steps[0]?.kind).toBe('other');
    expect(toStrategy(toDraft(strategy))).toEqual(strategy);
  });

  test('an experiment comes out as it went in, wherever it is moved', () => {
    const experiment: CanaryStep = {
      experiment: {
        duration: '10m',
        templates: [
          { name: 'baseline', specRef: 'stable' },
          { name: 'canary', specRef: 'canary', replicas: 2 },
        ],
        analysis: { metrics: [{ name: 'smoke', provider: { job: { command: ['check', '$templates.canary'] } } }] },
      },
    };
    const strategy: Strategy = { type: 'canary', steps: [experiment, { setWeight: 5 }] };
    expect(isForForm(strategy)).toBe(true);
    const draft = toDraft(strategy);
    expect(draft.steps[0]?.kind).toBe('experiment');
    expect(problemsOf(draft)).toEqual({});
    expect(toStrategy(draft)).toEqual(strategy);
    expect(toStrategy({ ...draft, steps: move(draft.steps, 0, 1) })).toEqual({
      type: 'canary',
      steps: [{ setWeight: 5 }, experiment],
    });
  });

  test('what the API would refuse is named by its path', () => {
    const draft = {
      ...toDraft(whole),
      scaleDownDelaySeconds: 'x',
      stickyName: '',
      steps: [
        newStep('a', { kind: 'setWeight', value: '101' }),
        newStep('b', { kind: 'setWeight', value: '0.05' }),
        newStep('c', { kind: 'pause', value: 'soon' }),
        newStep('d', { kind: 'setMirrorRoute', name: 'Copy', value: '5' }),
        newStep('e', { kind: 'setHeaderRoute', name: 'copy', headerName: 'X-A', headerValue: '' }),
      ],
    };
    expect(problemsOf(draft)).toEqual({
      'strategy.scaleDownDelaySeconds': 'whole',
      'strategy.stickyBy': 'key',
      'strategy.steps.0.setWeight': 'weight',
      'strategy.steps.1.setWeight': 'weight',
      'strategy.steps.2.pause.duration': 'duration',
      'strategy.steps.3.setMirrorRoute.name': 'name',
      'strategy.steps.4.setHeaderRoute.match.0.headerValue': 'required',
    });
  });

  test('what an analysis lacks is named by its path', () => {
    const metrics = [
      newMetric('a', { kind: 'prometheus', name: 'Errors' }),
      newMetric('b', { kind: 'web', name: 'orders', count: 'x', interval: 'soon' }),
      newMetric('c', { kind: 'job', name: 'smoke' }),
      newMetric('d', { kind: 'request-success-rate', threshold: '101' }),
    ];
    const draft = {
      ...toDraft({ type: 'canary', steps: [] }),
      steps: [newStep('a', { kind: 'analysis', analysis: { ...newAnalysis(), metrics: [] } })],
      analyses: { analysis: { ...newAnalysis(), metrics } },
    };
    expect(problemsOf(draft)).toEqual({
      'strategy.steps.0.analysis.metrics': 'metrics',
      'strategy.analysis.metrics.0.name': 'name',
      'strategy.analysis.metrics.0.provider.prometheus.query': 'required',
      'strategy.analysis.metrics.1.provider.web.url': 'required',
      'strategy.analysis.metrics.1.interval': 'duration',
      'strategy.analysis.metrics.1.count': 'whole',
      'strategy.analysis.metrics.2.provider.job.command': 'required',
      'strategy.analysis.metrics.3.thresholdRange.min': 'number',
    });
  });

  test('what an A/B test lacks is named where the API looks for it', () => {
    const conditions = [
      newCondition('a', { on: 'cookies', name: 'beta', value: '1' }),
      newCondition('b', { name: 'X Beta', value: '1' }),
      newCondition('c', { on: 'cookies', name: 'gamma', value: '1' }),
      newCondition('d', { on: 'queryParams', name: 'beta' }),
    ];
    const draft = {
      ...toDraft(abTest),
      duration: 'soon',
      replicas: '0',
      matches: [
        { key: 'a', conditions },
        { key: 'b', conditions: [] },
      ],
    };
    expect(problemsOf(draft)).toEqual({
      'strategy.duration': 'duration',
      'strategy.replicas': 'whole',
      'strategy.match.0.headers.0.name': 'header',
      'strategy.match.0.cookies.1.name': 'oneCookie',
      'strategy.match.0.queryParams.0.value': 'required',
      'strategy.match.1': 'required',
    });
    expect(problemsOf({ ...toDraft({ type: 'mirror', percentage: 20 }), percentage: '0' })).toEqual({
      'strategy.percentage': 'percent',
    });
  });

  test('what an experiment lacks is named by its path', () => {
    const templates = [
      newTemplate('a', { name: 'same' }),
      newTemplate('b', { name: 'same' }),
      newTemplate('c', { name: 'Bad', replicas: '0' }),
    ];
    const experiments = [
      { duration: '', templates },
      { duration: '5m', templates: [], analysis: newAnalysis() },
      {
        duration: '5m',
        templates: [newTemplate('a', { name: 'next', weight: '5' })],
        analysis: { ...newAnalysis(), onInconclusive: 'synthetic' as const },
      },
    ];
    const steps = experiments.map((experiment, index) => newStep(`${index}`, { kind: 'experiment', experiment }));
    expect(problemsOf({ ...toDraft({ type: 'canary', steps: [] }), steps })).toEqual({
      'strategy.steps.0.experiment.duration': 'endless',
      'strategy.steps.0.experiment.templates.1.name': 'twice',
      'strategy.steps.0.experiment.templates.2.name': 'name',
      'strategy.steps.0.experiment.templates.2.replicas': 'whole',
      'strategy.steps.1.experiment.templates': 'required',
      'strategy.steps.1.experiment.analysis.metrics.0': 'unmet',
      'strategy.steps.2.experiment.analysis.onInconclusive': 'noSynthetic',
    });
  });

  test('what is half written is no form', () => {
    expect(isForForm(whole)).toBe(true);
    expect(isForForm({ type: 'mirror' } as Strategy)).toBe(false);
    expect(isForForm({ type: 'abTest', match: [{ method: 'GET' }] } as unknown as Strategy)).toBe(false);
    expect(isForForm({ type: 'canary' } as Strategy)).toBe(false);
    expect(isForForm({ type: 'blueGreen', prePromotionAnalysis: {} } as Strategy)).toBe(false);
    expect(isForForm({ type: 'canary', steps: [{ analysis: { metrics: 'all' } }] } as unknown as Strategy)).toBe(false);
  });

  test('steps are moved', () => {
    expect(move(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c']);
    expect(move(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'c', 'b']);
  });
});
