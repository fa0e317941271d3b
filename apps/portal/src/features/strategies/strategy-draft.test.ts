import { describe, expect, test } from 'vitest';
import type { CanaryStep, Strategy } from '../../lib/contract';
import { newAnalysis, newMetric } from './analysis-draft';
import { isForForm, move, newStep, problemsOf, toDraft, toStrategy } from './strategy-draft';

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
            headers: [{ key: 'X-Key', secret: 'METRICS_KEY' }],
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

describe('a strategy as it is edited', () => {
  test.each<[string, Strategy]>([
    ['rolling', { type: 'rolling' }],
    ['blue/green by hand', { type: 'blueGreen', autoPromotionEnabled: false, scaleDownDelaySeconds: 300 }],
    ['blue/green with nothing said', { type: 'blueGreen' }],
    ['a mirror', { type: 'mirror', percentage: 20, duration: '30m' }],
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

  test('an experiment stays as it is, wherever it is moved', () => {
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
    expect(draft.steps[0]?.kind).toBe('other');
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

  test('what is half written is no form', () => {
    expect(isForForm(whole)).toBe(true);
    expect(isForForm({ type: 'mirror', percentage: 20 })).toBe(false);
    expect(isForForm({ type: 'canary' } as Strategy)).toBe(false);
    expect(isForForm({ type: 'blueGreen', prePromotionAnalysis: {} } as Strategy)).toBe(false);
    expect(isForForm({ type: 'canary', steps: [{ analysis: { metrics: 'all' } }] } as unknown as Strategy)).toBe(false);
  });

  test('steps are moved', () => {
    expect(move(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c']);
    expect(move(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'c', 'b']);
  });
});
