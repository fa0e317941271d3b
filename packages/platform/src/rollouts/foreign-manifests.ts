import { z } from 'zod';

const percent = z.number().min(0).max(100);
const duration = z.union([z.int().min(0), z.string()]);
const headerValue = z
  .object({ exact: z.string().min(1).optional(), prefix: z.string().min(1).optional(), regex: z.string().optional() })
  .refine((value) => Object.values(value).filter((text) => text !== undefined).length === 1, {
    message: 'Exactly one of exact, prefix and regex.',
  });

const argoArguments = z
  .array(
    z.looseObject({
      name: z.string(),
      value: z.union([z.string(), z.number(), z.boolean()]).optional(),
      valueFrom: z.unknown().optional(),
    }),
  )
  .optional();
export type ArgoArguments = z.output<typeof argoArguments>;

const templateRef = z.looseObject({ templateName: z.string(), clusterScope: z.boolean().optional() });
const argoAnalysis = z.looseObject({
  templates: z.array(templateRef).optional(),
  /** Until 0.9 it named one alone. */
  templateName: z.string().optional(),
  args: argoArguments,
  startingStep: z.int().min(0).optional(),
});
export type ArgoAnalysis = z.output<typeof argoAnalysis>;

const argoExperiment = z.looseObject({
  duration: duration.optional(),
  templates: z.array(
    z.looseObject({
      name: z.string(),
      specRef: z.enum(['stable', 'canary']),
      replicas: z.int().min(0).optional(),
      weight: percent.optional(),
    }),
  ),
  analyses: z.array(templateRef.extend({ name: z.string(), args: argoArguments })).optional(),
});
export type ArgoExperiment = z.output<typeof argoExperiment>;

const amount = z.union([z.number(), z.string()]).optional();
const argoMetric = z.looseObject({
  name: z.string(),
  interval: amount,
  initialDelay: amount,
  count: amount,
  failureLimit: amount,
  inconclusiveLimit: amount,
  consecutiveErrorLimit: amount,
  successCondition: z.string().optional(),
  failureCondition: z.string().optional(),
  provider: z.looseObject({
    prometheus: z.looseObject({ query: z.string() }).optional(),
    web: z
      .looseObject({
        url: z.string(),
        method: z.string().optional(),
        headers: z.array(z.looseObject({ key: z.string(), value: z.string().optional() })).optional(),
        body: z.string().optional(),
        jsonBody: z.unknown().optional(),
        jsonPath: z.string().optional(),
        timeoutSeconds: amount,
      })
      .optional(),
    job: z
      .looseObject({
        spec: z.looseObject({
          activeDeadlineSeconds: z.int().optional(),
          template: z.looseObject({
            spec: z.looseObject({
              containers: z
                .array(z.looseObject({ command: z.array(z.string()).optional(), args: z.array(z.string()).optional() }))
                .min(1),
            }),
          }),
        }),
      })
      .optional(),
  }),
});
export type ArgoMetric = z.output<typeof argoMetric>;

/** As far as it is read of an `AnalysisTemplate` or a `ClusterAnalysisTemplate` of argoproj.io/v1alpha1. */
export const argoTemplateSchema = z.object({
  kind: z.enum(['AnalysisTemplate', 'ClusterAnalysisTemplate']),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({ args: argoArguments, metrics: z.array(argoMetric) }),
});

const argoStep = z.looseObject({
  setWeight: percent.optional(),
  pause: z.object({ duration: duration.optional() }).nullish(),
  setCanaryScale: z
    .object({
      replicas: z.int().min(0).optional(),
      weight: z.int().min(0).max(100).optional(),
      matchTrafficWeight: z.literal(true).optional(),
    })
    .optional(),
  setHeaderRoute: z
    .object({ name: z.string(), match: z.array(z.object({ headerName: z.string(), headerValue })).optional() })
    .optional(),
  setMirrorRoute: z
    .object({ name: z.string(), percentage: percent.optional(), match: z.array(z.unknown()).optional() })
    .optional(),
  analysis: argoAnalysis.optional(),
  experiment: argoExperiment.optional(),
});

const argoStrategy = z
  .object({
    canary: z
      .looseObject({
        steps: z.array(argoStep).optional(),
        scaleDownDelaySeconds: z.int().min(0).optional(),
        canaryService: z.string().optional(),
        stableService: z.string().optional(),
        analysis: argoAnalysis.optional(),
      })
      .nullish(),
    blueGreen: z
      .looseObject({
        autoPromotionEnabled: z.boolean().optional(),
        autoPromotionSeconds: z.int().min(0).optional(),
        previewReplicaCount: z.int().min(1).optional(),
        activeService: z.string().optional(),
        previewService: z.string().optional(),
        prePromotionAnalysis: argoAnalysis.optional(),
        postPromotionAnalysis: argoAnalysis.optional(),
        scaleDownDelaySeconds: z.int().min(0).optional(),
      })
      .nullish(),
  })
  .refine(({ canary, blueGreen }) => Boolean(canary) !== Boolean(blueGreen), 'Exactly one of canary and blueGreen.');
export type ArgoStrategy = z.output<typeof argoStrategy>;

/** As far as it is read of a `Rollout` of argoproj.io/v1alpha1. */
export const argoRolloutSchema = z.object({ spec: z.object({ strategy: argoStrategy }) });

const flaggerValues = z.record(z.string(), headerValue);
const flaggerAnalysis = z.looseObject({
  interval: z.string().optional(),
  iterations: z.int().min(0).max(10_000).optional(),
  maxWeight: percent.optional(),
  stepWeight: percent.optional(),
  stepWeights: z.array(percent).optional(),
  mirror: z.boolean().optional(),
  mirrorWeight: z.int().min(1).max(100).optional(),
  match: z
    .array(z.looseObject({ headers: flaggerValues.optional(), queryParams: flaggerValues.optional() }))
    .optional(),
  sessionAffinity: z.looseObject({}).optional(),
  threshold: z.int().min(0).max(1000).optional(),
  webhooks: z
    .array(
      z.looseObject({
        name: z.string(),
        type: z.string().optional(),
        url: z.string(),
        timeout: z.string().optional(),
        metadata: z.record(z.string(), z.string()).optional(),
      }),
    )
    .optional(),
  metrics: z
    .array(
      z.looseObject({
        name: z.string(),
        thresholdRange: z.object({ min: z.number().optional(), max: z.number().optional() }).optional(),
      }),
    )
    .optional(),
});
export type FlaggerAnalysis = z.output<typeof flaggerAnalysis>;

/** As far as it is read of a `Canary` of flagger.app/v1beta1. */
export const flaggerCanarySchema = z.object({
  spec: z.object({
    analysis: flaggerAnalysis.optional(),
    canaryAnalysis: flaggerAnalysis.optional(),
    skipAnalysis: z.boolean().optional(),
  }),
});
