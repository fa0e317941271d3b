import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { strategySchema } from './strategy.dto.js';
import { convertManifest } from './strategy-conversion.rules.js';

const convert = (yaml: string) => convertManifest(parse(yaml));
const argo = (strategy: string) =>
  convert(`
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: web }
spec:
  replicas: 5
  strategy: ${strategy}
`);
const flagger = (analysis: string) =>
  convert(`
apiVersion: flagger.app/v1beta1
kind: Canary
spec:
  targetRef: { apiVersion: apps/v1, kind: Deployment, name: podinfo }
  service: { port: 9898 }
  analysis: ${analysis}
`);

function taken(conversion: ReturnType<typeof convertManifest>) {
  if ('refusals' in conversion) throw new Error(JSON.stringify(conversion.refusals));
  // What we make is always what we take.
  expect(strategySchema.parse(conversion.strategy)).toEqual(conversion.strategy);
  return { strategy: conversion.strategy, warned: conversion.warnings.map(({ path }) => path) };
}

describe('an Argo Rollout', () => {
  it('is taken step by step, and what only Argo needs is named', () => {
    const converted = argo(`
    canary:
      canaryService: web-canary
      stableService: web-stable
      scaleDownDelaySeconds: 60
      trafficRouting: { istio: {} }
      steps:
      - setWeight: 5
      - pause: { duration: 10m }
      - setCanaryScale: { weight: 25 }
      - setHeaderRoute: { name: Set_Header, match: [{ headerName: X-Beta, headerValue: { exact: 'yes' } }] }
      - setMirrorRoute: { name: copy, percentage: 35 }
      - pause: {}
      - setMirrorRoute: { name: copy }
      - plugin: { name: argoproj-labs/step }
      - setWeight: 50`);
    expect(taken(converted)).toEqual({
      strategy: {
        type: 'canary',
        scaleDownDelaySeconds: 60,
        steps: [
          { setWeight: 5 },
          { pause: { duration: '10m' } },
          { setCanaryScale: { weight: 25 } },
          { setHeaderRoute: { name: 'set-header', match: [{ headerName: 'X-Beta', headerValue: { exact: 'yes' } }] } },
          { setMirrorRoute: { name: 'copy', percentage: 35 } },
          { pause: {} },
          { setMirrorRoute: { name: 'copy' } },
          { setWeight: 50 },
        ],
      },
      warned: [
        'spec.strategy.canary.canaryService',
        'spec.strategy.canary.stableService',
        'spec.strategy.canary.trafficRouting',
        'spec.strategy.canary.steps.3.setHeaderRoute.name',
        'spec.strategy.canary.steps.7.plugin',
      ],
    });
  });

  it('of type blueGreen keeps its preview and its promotion', () => {
    const converted = argo('{ blueGreen: { activeService: a, previewService: b, autoPromotionEnabled: false } }');
    expect(taken(converted)).toEqual({
      strategy: { type: 'blueGreen', autoPromotionEnabled: false },
      warned: ['spec.strategy.blueGreen.activeService', 'spec.strategy.blueGreen.previewService'],
    });
  });

  it('without steps is a rolling update, as it is there', () => {
    expect(taken(argo('{ canary: { maxSurge: 1 } }'))).toEqual({
      strategy: { type: 'rolling' },
      warned: ['spec.strategy.canary.maxSurge'],
    });
  });
});

describe('an Argo Rollout with its AnalysisTemplates', () => {
  const rollout = (strategy: string, ...templates: readonly string[]) =>
    convertManifest(
      parse(`{ kind: Rollout, metadata: { name: web }, spec: { strategy: ${strategy} } }`),
      templates.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS())),
    );
  const successRate = `
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: { name: success-rate }
spec:
  args: [{ name: service-name }, { name: least, value: '0.95' }]
  metrics:
  - name: Success Rate
    interval: 5m
    count: '4'
    successCondition: result[0] >= {{args.least}}
    failureLimit: 3
    provider:
      prometheus:
        address: http://prometheus.example.com:9090
        query: sum(rate(requests{service="{{ args.service-name }}",code!~"5.*"}[5m]))`;
  const smoke = `
kind: ClusterAnalysisTemplate
metadata: { name: smoke }
spec:
  metrics:
  - name: web
    successCondition: result.ok == true
    provider: { web: { url: 'https://checks.example.com/{{args.path}}', jsonPath: '{$.data}', timeoutSeconds: 5, insecure: true } }
  - name: job
    provider:
      job:
        spec:
          backoffLimit: 0
          activeDeadlineSeconds: 90
          template: { spec: { restartPolicy: Never, containers: [{ name: a, image: k6, command: [k6], args: [run, x.js] }] } }
  - name: kept-by-datadog
    provider: { datadog: { query: x } }
  - name: hashed
    successCondition: result[0] > 0
    provider: { prometheus: { query: 'up{hash="{{args.hash}}"}' } }
  - name: elsewhere
    successCondition: result[0] > 0
    provider: { prometheus: { query: 'up{namespace="other"}' } }`;
  const measured = {
    name: 'success-rate',
    interval: '5m',
    count: 4,
    successCondition: 'result[0] >= 0.95',
    failureLimit: 3,
    provider: { prometheus: { query: 'sum(rate(requests{service="$candidate",code!~"5.*"}[5m]))' } },
  };
  const address = 'AnalysisTemplate/success-rate.spec.metrics.0.provider.prometheus.address';

  it('measures in the background and in steps what its templates say', () => {
    const args = 'args: [{ name: service-name, value: web-canary.default.svc.cluster.local }]';
    const converted = rollout(
      `{ canary: { canaryService: web-canary, analysis: { templates: [{ templateName: success-rate }], startingStep: 2, ${args} },
         steps: [{ setWeight: 5 }, { plugin: { name: x } }, { analysis: { templates: [{ templateName: success-rate }], ${args} } }] } }`,
      successRate,
    );
    expect(taken(converted)).toEqual({
      strategy: {
        type: 'canary',
        steps: [{ setWeight: 5 }, { analysis: { metrics: [measured] } }],
        analysis: { metrics: [measured], startingStep: 1 },
      },
      warned: ['spec.strategy.canary.canaryService', address, 'spec.strategy.canary.steps.1.plugin', address],
    });
  });

  it('says what of its templates cannot be measured, and where that stands', () => {
    const converted = rollout(
      `{ canary: { steps: [{ analysis: {
         templates: [{ templateName: smoke, clusterScope: true }, { templateName: missing }, { templateName: smoke }],
         args: [{ name: path, value: ready }, { name: hash, valueFrom: { podTemplateHashValue: Latest } }] } }] } }`,
      smoke,
    );
    const at = 'ClusterAnalysisTemplate/smoke.spec.metrics';
    expect(taken(converted)).toEqual({
      strategy: {
        type: 'canary',
        steps: [
          {
            analysis: {
              metrics: [
                {
                  name: 'web',
                  successCondition: 'result.ok == true',
                  provider: {
                    web: { url: 'https://checks.example.com/ready', jsonPath: '{$.data}', timeoutSeconds: 5 },
                  },
                },
                { name: 'job', provider: { job: { command: ['k6', 'run', 'x.js'], timeoutSeconds: 90 } } },
              ],
            },
          },
        ],
      },
      warned: [
        `${at}.0.provider.web.insecure`,
        `${at}.1.provider.job.spec.template.spec.containers.0.image`,
        `${at}.2.provider.datadog`,
        `${at}.3`,
        `${at}.4.provider.prometheus.query`,
        'spec.strategy.canary.steps.0.analysis.templates.1.templateName',
        'spec.strategy.canary.steps.0.analysis.templates.2.templateName',
      ],
    });
  });

  it('takes an experiment with the weights of its pods', () => {
    const converted = rollout(
      `{ canary: { stableService: web, steps: [{ experiment: { duration: 1h,
         templates: [{ name: baseline, specRef: stable, weight: 5 }, { name: experiment-canary-pods, specRef: canary, replicas: 2 }],
         analyses: [{ name: rate, templateName: success-rate, requiredForCompletion: true,
                      args: [{ name: service-name, value: web }] },
                    { name: again, templateName: success-rate, args: [{ name: service-name, value: web }] }] } },
         { experiment: { templates: [{ name: a, specRef: canary }], analyses: [{ name: x, templateName: gone }] } }] } }`,
      successRate,
    );
    const at = 'spec.strategy.canary.steps';
    const query = measured.provider.prometheus.query.replace('$candidate', '$stable');
    expect(taken(converted)).toEqual({
      strategy: {
        type: 'canary',
        steps: [
          {
            experiment: {
              duration: '1h',
              templates: [
                { name: 'baseline', specRef: 'stable', weight: 5 },
                { name: 'experiment-canary', specRef: 'canary', replicas: 2 },
              ],
              analysis: { metrics: [{ ...measured, provider: { prometheus: { query } } }] },
            },
          },
        ],
      },
      warned: [
        'spec.strategy.canary.stableService',
        address,
        address,
        `${at}.0.experiment.analyses.1`,
        `${at}.0.experiment.templates.1.name`,
        `${at}.1.experiment.analyses.0.templateName`,
        `${at}.1.experiment`,
      ],
    });
  });

  it('of type blueGreen is analysed before and after the promotion', () => {
    const analysis = '{ templates: [{ templateName: success-rate }], args: [{ name: service-name, value: next }] }';
    const converted = rollout(
      `{ blueGreen: { activeService: now, previewService: next, prePromotionAnalysis: ${analysis}, postPromotionAnalysis: ${analysis} } }`,
      successRate,
    );
    expect(taken(converted).strategy).toEqual({
      type: 'blueGreen',
      prePromotionAnalysis: { metrics: [measured] },
      postPromotionAnalysis: { metrics: [measured] },
    });
  });

  it('says that an address of the cluster is not reached from outside', () => {
    const template = `
kind: AnalysisTemplate
metadata: { name: health }
spec: { args: [{ name: host }], metrics: [{ name: health, provider: { web: { url: 'http://{{args.host}}/healthz' } } }] }`;
    const converted = rollout(
      `{ canary: { canaryService: next, steps: [{ analysis: { templates: [{ templateName: health }],
         args: [{ name: host, value: next.default.svc }] } }] } }`,
      template,
    );
    expect(taken(converted)).toEqual({
      strategy: {
        type: 'canary',
        steps: [
          {
            analysis: { metrics: [{ name: 'health', provider: { web: { url: 'http://next.default.svc/healthz' } } }] },
          },
        ],
      },
      warned: ['spec.strategy.canary.canaryService', 'AnalysisTemplate/health.spec.metrics.0.provider.web.url'],
    });
  });

  it('names documents that are nothing for a strategy, and templates that are none', () => {
    const converted = rollout(
      '{ canary: { steps: [{ setWeight: 5 }] } }',
      'kind: Service\nmetadata: { name: web }',
      'kind: AnalysisTemplate\nmetadata: { name: a }\nspec: { metrics: 5 }',
    );
    expect(taken(converted).warned).toEqual(['Service/web', 'AnalysisTemplate/a.spec.metrics']);
  });
});

describe('a Flagger Canary', () => {
  it('by weights stays at each for an interval', () => {
    const converted = flagger('{ interval: 1m30s, threshold: 5, maxWeight: 50, stepWeight: 20, mirror: true }');
    expect(taken(converted)).toEqual({
      strategy: {
        type: 'canary',
        steps: [
          { setMirrorRoute: { name: 'mirror', percentage: 100 } },
          { pause: { duration: 90 } },
          { setMirrorRoute: { name: 'mirror' } },
          { setWeight: 20 },
          { pause: { duration: 90 } },
          { setWeight: 40 },
          { pause: { duration: 90 } },
        ],
      },
      warned: ['spec.analysis.threshold'],
    });
  });

  it('is converted by itself, and what came beside it is named', () => {
    const manifest = parse('{ kind: Canary, spec: { analysis: { interval: 1m, stepWeight: 50 } } }');
    const beside = [{ kind: 'MetricTemplate', metadata: { name: 'latency' } }];
    expect(taken(convertManifest(manifest, beside)).warned).toEqual(['MetricTemplate/latency']);
  });

  it('is analysed by what both have built in', () => {
    const converted = flagger(`{ interval: 1m, stepWeights: [50], metrics: [
      { name: request-success-rate, thresholdRange: { min: 99 }, interval: 1m },
      { name: request-duration, thresholdRange: { max: 500, min: 1 } }, { name: latency, templateRef: { name: l } } ] }`);
    expect(taken(converted)).toEqual({
      strategy: {
        type: 'canary',
        steps: [{ setWeight: 50 }, { pause: { duration: 60 } }],
        analysis: {
          metrics: [
            { name: 'request-success-rate', thresholdRange: { min: 99 } },
            { name: 'request-duration', thresholdRange: { max: 500 } },
          ],
        },
      },
      warned: ['spec.analysis.metrics.1.thresholdRange.min', 'spec.analysis.metrics.2'],
    });
  });

  it.each<[string, string, object]>([
    [
      'a match is an A/B test',
      `{ interval: 1m, iterations: 10, match: [
        { headers: { cookie: { regex: "^(.*?;)?(canary=always)(;.*)?$" } } }, { headers: { x-team: { prefix: q.a } } } ] }`,
      {
        type: 'abTest',
        duration: 600,
        match: [
          { headers: [{ name: 'cookie', type: 'RegularExpression', value: '^(.*?;)?(canary=always)(;.*)?$' }] },
          { headers: [{ name: 'x-team', type: 'RegularExpression', value: 'q\\.a.*' }] },
        ],
      },
    ],
    [
      'iterations alone are blue/green',
      '{ interval: 30s, iterations: 4 }',
      { type: 'blueGreen', autoPromotionSeconds: 120 },
    ],
    [
      'iterations with a mirror are that',
      '{ interval: 1m, iterations: 2, mirror: true, mirrorWeight: 30 }',
      { type: 'mirror', percentage: 30, duration: 120 },
    ],
    [
      'weights of their own',
      '{ interval: 1s, stepWeights: [1, 50], sessionAffinity: { cookieName: c } }',
      {
        type: 'canary',
        stickyBy: 'gateway',
        steps: [{ setWeight: 1 }, { pause: { duration: 1 } }, { setWeight: 50 }, { pause: { duration: 1 } }],
      },
    ],
  ])('%s', (_, analysis, strategy) => expect(taken(flagger(analysis)).strategy).toEqual(strategy));

  it('keeps its web hooks, and how many refusals they bear', () => {
    const converted = flagger(`{ interval: 30s, threshold: 5, stepWeights: [50], webhooks: [
      { name: Load test, url: "https://hooks.example.com/load", timeout: 5s, metadata: { cmd: hey } },
      { name: gate, type: confirm-promotion, url: "https://hooks.example.com/gate" },
      { name: say, type: event, url: "https://hooks.example.com/say" },
      { name: inside, type: pre-rollout, url: "http://flagger-loadtester.test.svc/" } ] }`);
    expect(taken(converted)).toEqual({
      strategy: {
        type: 'canary',
        steps: [{ setWeight: 50 }, { pause: { duration: 30 } }],
        webhooks: [
          {
            name: 'load-test',
            type: 'rollout',
            url: 'https://hooks.example.com/load',
            timeout: 5,
            metadata: { cmd: 'hey' },
            interval: 30,
            failureLimit: 4,
          },
          { name: 'gate', type: 'confirm-promotion', url: 'https://hooks.example.com/gate', interval: 30 },
          {
            name: 'inside',
            type: 'pre-rollout',
            url: 'http://flagger-loadtester.test.svc/',
            interval: 30,
            failureLimit: 4,
          },
        ],
      },
      warned: ['spec.analysis.webhooks.2.type', 'spec.analysis.webhooks.3.url'],
    });
  });

  it('that skips its analysis is a rolling update', () => {
    expect(taken(convert('{ kind: Canary, spec: { skipAnalysis: true } }'))).toEqual({
      strategy: { type: 'rolling' },
      warned: ['spec.skipAnalysis'],
    });
  });
});

it.each<[string, ReturnType<typeof convertManifest>, string]>([
  ['a text', convertManifest('hello'), 'kind'],
  ['nothing', convertManifest(null), 'kind'],
  ['a Deployment', convert('{ apiVersion: apps/v1, kind: Deployment }'), 'kind'],
  ['both strategies', argo('{ canary: {}, blueGreen: {} }'), 'spec.strategy'],
  ['neither', argo('{}'), 'spec.strategy'],
  ['a weight over 100', argo('{ canary: { steps: [{ setWeight: 500 }] } }'), 'spec.strategy.canary.steps.0.setWeight'],
  ['steps that are no list', argo('{ canary: { steps: 5 } }'), 'spec.strategy.canary.steps'],
  ['no analysis', convert('{ kind: Canary, spec: {} }'), 'spec.analysis'],
  ['an interval that is none', flagger('{ interval: soon, stepWeight: 5 }'), 'spec.analysis.interval'],
  ['no weights', flagger('{ interval: 1m }'), 'spec.analysis.stepWeight'],
  ['a test without an end', flagger('{ match: [{ headers: {} }] }'), 'spec.analysis.iterations'],
  ['a match of everybody', flagger('{ iterations: 1, match: [{}] }'), 'spec.analysis.match.0'],
  [
    'a match by what we do not know',
    flagger('{ iterations: 1, match: [{ sourceLabels: { a: b } }] }'),
    'spec.analysis.match.0.sourceLabels',
  ],
])('%s is refused with its path', (_, conversion, path) => {
  expect('refusals' in conversion && conversion.refusals.map((refusal) => refusal.path)).toEqual([path]);
});
