import { z } from 'zod';
import { durationSchema } from '../duration.dto.js';
import { refuseCondition } from '../probes/condition.rules.js';
import { refuseJsonPath } from '../probes/json-path.rules.js';
import { refuseQuery } from '../probes/promql.rules.js';
import { gatewayMetrics } from './analysis.rules.js';

/** A text that a parser of ours refuses with a reason. */
const readBy = (schema: z.ZodString, refuse: (text: string) => string | undefined) =>
  schema.superRefine((text, context) => {
    const message = refuse(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

export const urlSchema = z.url({ protocol: /^https?$/, error: 'An http or https URL.' }).max(2000);

const conditionSchema = readBy(z.string().min(1).max(500), refuseCondition);
const limitSchema = z.int().min(0).max(10_000).optional();
const headerSchema = z
  .strictObject({
    key: z
      .string()
      .max(256)
      .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'The name of an HTTP header.'),
    value: z
      .string()
      .max(4096)
      .regex(/^[\x20-\x7e]*$/, 'Printable ASCII.')
      .optional(),
    secret: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'The name of a secret of the application.')
      .optional()
      .meta({ description: "The new release's secret that holds the value." }),
  })
  .superRefine(({ key, value, secret }, context) => {
    if ((value === undefined) === (secret === undefined)) {
      context.addIssue({ code: 'custom', message: 'Exactly one of value and secret.' });
    } else if (value !== undefined && /^(authorization|proxy-authorization|cookie)$|token|secret|api-?key/i.test(key)) {
      const message =
        'A strategy is read by many: put the value into a secret of the application and name that in `secret`.';
      context.addIssue({ code: 'custom', path: ['value'], message });
    } else if (/^(host|content-length|transfer-encoding|connection|upgrade|te|trailer|expect)$/i.test(key)) {
      context.addIssue({ code: 'custom', path: ['key'], message: 'Is set for you.' });
    }
  });

const providerSchema = z
  .strictObject({
    prometheus: z
      .strictObject({
        query: readBy(z.string().min(1).max(4000), refuseQuery).meta({
          description:
            'PromQL over the series of the environment alone; $namespace, $application, $candidate and $stable stand for their names.',
        }),
      })
      .optional(),
    web: z
      .strictObject({
        url: urlSchema,
        method: z.enum(['GET', 'POST', 'PUT']).optional(),
        headers: z.array(headerSchema).max(16).optional(),
        body: z.string().max(10_000).optional(),
        jsonPath: readBy(z.string().min(1).max(200), refuseJsonPath)
          .optional()
          .meta({ description: 'What of the answer is the result.', example: '{$.data.rate}' }),
        timeoutSeconds: z.int().min(1).max(30).optional(),
      })
      .refine(({ method = 'GET', body }) => method !== 'GET' || body === undefined, {
        path: ['body'],
        message: 'A GET has no body.',
      })
      .optional(),
    job: z
      .strictObject({
        process: z.string().min(1).max(63).optional().meta({
          description:
            'The process of the new release whose environment and limits it has. Default: web, or the first.',
        }),
        command: z.array(z.string().min(1).max(4096)).min(1).max(32),
        timeoutSeconds: z.int().min(1).max(3600).optional().meta({ description: 'Default: 60.' }),
      })
      .optional()
      .meta({ description: "A pod of the new release's image: exit code 0 is a success." }),
  })
  .refine((provider) => Object.values(provider).filter((each) => each !== undefined).length === 1, {
    message: 'Exactly one of prometheus, web and job.',
  });

/** Of metrics of one's own alone: when they are measured, and what is made of it. */
export const ownMetricFields = [
  'interval',
  'initialDelay',
  'count',
  'failureLimit',
  'inconclusiveLimit',
  'consecutiveErrorLimit',
  'successCondition',
  'failureCondition',
] as const;

export const metricSchema = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(63)
      .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'Use a-z, 0-9 and dashes.')
      .meta({ description: 'request-success-rate and request-duration are built in; others name a provider.' }),
    thresholdRange: z
      .strictObject({
        min: z
          .number()
          .min(0)
          .max(100)
          .optional()
          .meta({ description: 'The least percent of requests that do not end with a status of 500 and above.' }),
        max: z
          .number()
          .min(1)
          .max(30_000)
          .optional()
          .meta({ description: 'The most milliseconds that 99 % of the requests may take.' }),
      })
      .optional()
      .meta({ description: 'Of request-success-rate the min, of request-duration the max.' }),
    provider: providerSchema.optional(),
    interval: durationSchema.optional().meta({ description: 'Without one it is measured once.' }),
    initialDelay: durationSchema.optional(),
    count: z.int().min(1).max(10_000).optional().meta({ description: 'Default: as long as the analysis goes on.' }),
    failureLimit: limitSchema.meta({ description: 'So many failed measurements are borne. Default: 0.' }),
    inconclusiveLimit: limitSchema.meta({ description: 'Default: 0.' }),
    consecutiveErrorLimit: limitSchema.meta({ description: 'Errors in a row: more are inconclusive. Default: 4.' }),
    successCondition: conditionSchema.optional().meta({ example: 'result[0] >= 0.95' }),
    failureCondition: conditionSchema.optional().meta({ example: 'result.errors > 3' }),
  })
  .superRefine((metric, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const { name, thresholdRange, provider, interval, count } = metric;
    const isOfGateway = gatewayMetrics.some((each) => each === name);
    if (isOfGateway) {
      const wanted = name === 'request-success-rate' ? 'min' : 'max';
      const other = wanted === 'min' ? 'max' : 'min';
      if (thresholdRange?.[other] !== undefined) refuse(['thresholdRange', other], `${name} has a ${wanted}.`);
      if (thresholdRange && thresholdRange[wanted] === undefined) refuse(['thresholdRange', wanted], 'Is missing.');
      if (provider) refuse(['provider'], `${name} is measured from the gateway: give yours another name.`);
      for (const field of ownMetricFields)
        if (metric[field] !== undefined)
          refuse([field], 'Is of metrics with a provider: the gateway is read all the time.');
      return;
    }
    if (!provider) refuse(['provider'], `Is missing: without one, ${gatewayMetrics.join(' and ')} are measured.`);
    if (thresholdRange) refuse(['thresholdRange'], 'Say it with successCondition.');
    if ((count ?? 1) > 1 && interval === undefined) refuse(['interval'], 'Is missing: it is measured more than once.');
    const hasNoWord = metric.successCondition === undefined && metric.failureCondition === undefined;
    if (hasNoWord && provider?.prometheus)
      refuse(['successCondition'], 'Is missing: what shall the result of the query be?');
  })
  .meta({ id: 'AnalysisMetric' });
