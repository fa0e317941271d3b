import type { z } from 'zod';
import type { Metric } from './analysis/analysis.rules.js';
import { metricSchema, ownMetricFields } from './analysis/metric.dto.js';
import {
  type Finding,
  nameOf,
  toPlainName,
  warnOf,
  warnOfInside,
  withoutNothing,
} from './conversion-findings.rules.js';
import { type ArgoArguments, type ArgoMetric, argoTemplateSchema } from './foreign-manifests.js';

/** `AnalysisTemplate`s and `ClusterAnalysisTemplate`s that came with a `Rollout`. */
export interface AnalysisTemplates {
  /** What of them is no such template at all. */
  readonly warnings: readonly Finding[];
  find(name: string, isOfCluster: boolean): ArgoTemplate | undefined;
}

type ArgoTemplate = z.output<typeof argoTemplateSchema>;

/** Names that stand for a Service of ours where an argument names one of Argo's. */
export type KnownServices = Readonly<Record<string, '$candidate' | '$stable'>>;

/** What refers to templates. */
export interface TemplateUse {
  readonly templates: readonly { readonly templateName: string; readonly clusterScope?: boolean }[];
  readonly args: ArgoArguments;
}

export interface TakenMetrics {
  readonly metrics: readonly Metric[];
  readonly warnings: readonly Finding[];
}

/** Reads what came beside the manifest; other kinds are nobody's concern here and are named. */
export function readTemplates(documents: readonly unknown[]): AnalysisTemplates {
  const known = new Map<string, ArgoTemplate>();
  const warnings: Finding[] = [];
  for (const document of documents) {
    const { kind } = Object(document) as { kind?: unknown };
    const path = nameOf(document);
    if (kind !== 'AnalysisTemplate' && kind !== 'ClusterAnalysisTemplate') {
      warnings.push({
        path,
        message: 'Is not converted: a strategy is made of the Rollout and its AnalysisTemplates.',
      });
      continue;
    }
    const parsed = argoTemplateSchema.safeParse(document);
    if (parsed.success) known.set(`${kind}/${parsed.data.metadata.name}`, parsed.data);
    else
      for (const issue of parsed.error.issues)
        warnings.push({ path: [path, ...issue.path.map(String)].join('.'), message: issue.message });
  }
  return {
    warnings,
    find: (name, isOfCluster) => known.get(`${isOfCluster ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate'}/${name}`),
  };
}

/** The metrics of all the templates that are named; what cannot be measured here is left out and named. */
export function takeMetrics(
  { templates, args }: TemplateUse,
  at: string,
  known: AnalysisTemplates,
  services: KnownServices,
): TakenMetrics {
  const metrics: Metric[] = [];
  const warnings: Finding[] = [];
  for (const [index, { templateName, clusterScope = false }] of templates.entries()) {
    const template = known.find(templateName, clusterScope);
    if (!template) {
      const message = `The template ${templateName} is not in what was given: add its document, or say in \`analysis\` what is measured.`;
      warnings.push({ path: `${at}.templates.${index}.templateName`, message });
      continue;
    }
    const place = `${template.kind}/${templateName}.spec`;
    warnings.push(...warnOf(template.spec, place, ['args', 'metrics'], templateReasons));
    for (const [position, metric] of template.spec.metrics.entries()) {
      const path = `${place}.metrics.${position}`;
      // Only a query knows the slots by name.
      const names = metric.provider.prometheus ? services : {};
      const values = { ...toValues(template.spec.args, names), ...toValues(args, names) };
      const taken = takeMetric(metric, path, values);
      warnings.push(...taken.warnings);
      if (!taken.metric) continue;
      const { name } = taken.metric;
      if (metrics.some((each) => each.name === name)) warnings.push({ path, message: `${name} is measured already.` });
      else metrics.push(taken.metric);
    }
  }
  return { metrics, warnings };
}

const templateReasons: Readonly<Record<string, string>> = {
  dryRun: 'What is measured counts: a dry run of a strategy is asked for by itself.',
  measurementRetention: 'The latest 60 measurements are kept.',
  templates: 'Templates of templates are not followed.',
};

type Values = Readonly<Record<string, string | undefined>>;

/** Undefined: it comes from a place that is not known here. */
const toValues = (args: ArgoArguments = [], services: KnownServices): Values =>
  Object.fromEntries(
    args.flatMap(({ name, value, valueFrom }): [string, string | undefined][] => {
      if (value === undefined) return valueFrom === undefined ? [] : [[name, undefined]];
      return [[name, toService(String(value), services)]];
    }),
  );

/** A Service of Argo's rollout is the one of the slot. */
function toService(value: string, services: KnownServices): string {
  const [name = ''] = value.replace(/\.[a-z0-9-]+\.svc(\.cluster\.local)?$/, '').split(':');
  return (Object.hasOwn(services, name) ? services[name] : undefined) ?? value;
}

class MissingValue extends Error {}

function fillValues(value: unknown, values: Values): unknown {
  if (Array.isArray(value)) return value.map((member) => fillValues(member, values));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fillValues(member, values)]));
  if (typeof value !== 'string') return value;
  return value.replace(/\{\{\s*([\w.-]+)\s*\}\}/g, (word, path: string) => {
    const name = path.startsWith('args.') ? path.slice('args.'.length) : undefined;
    const found = name !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
    if (found === undefined) throw new MissingValue(`${word} has no value here: it was left out.`);
    return found;
  });
}

function takeMetric(given: ArgoMetric, path: string, values: Values) {
  const leaveOut = (where: string, message: string) => ({ metric: undefined, warnings: [{ path: where, message }] });
  try {
    // Its own shape is read after its arguments are filled in.
    const metric = fillValues(given, values) as ArgoMetric;
    const provider = takeProvider(metric.provider, `${path}.provider`);
    if (!provider) {
      const [name = 'none'] = Object.keys(metric.provider);
      return leaveOut(
        `${path}.provider.${name}`,
        'Is not measured here: prometheus, web and job are. It was left out.',
      );
    }
    const fields = Object.fromEntries(
      ownMetricFields.flatMap((field) => (metric[field] === undefined ? [] : [[field, toAmount(metric[field])]])),
    );
    const built = { name: toPlainName(metric.name, 'metric'), ...fields, provider: provider.provider };
    const parsed = metricSchema.safeParse(built);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const where = [path, ...(issue?.path ?? []).map(String)].join('.');
      return leaveOut(where, `${issue?.message ?? 'Is not taken.'} The metric was left out.`);
    }
    return {
      metric: parsed.data,
      warnings: [...warnOf(metric, path, ['name', 'provider', ...ownMetricFields]), ...provider.warnings],
    };
  } catch (error) {
    if (error instanceof MissingValue) return leaveOut(path, error.message);
    throw error;
  }
}

/** Argo takes numbers as texts. */
const toAmount = (value: unknown): unknown =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;

type Provider = { readonly provider: object; readonly warnings: readonly Finding[] };

function takeProvider({ prometheus, web, job }: ArgoMetric['provider'], at: string): Provider | undefined {
  if (prometheus) {
    const reasons = { address: "The platform's own Prometheus is asked, for the series of the environment." };
    const warnings = warnOf(prometheus, `${at}.prometheus`, ['query'], reasons);
    return { provider: { prometheus: { query: prometheus.query.trim() } }, warnings };
  }
  if (web) {
    const { url, method, headers, timeoutSeconds, jsonPath, jsonBody } = web;
    const body = web.body ?? (jsonBody === undefined ? undefined : JSON.stringify(jsonBody));
    const known = ['url', 'method', 'headers', 'timeoutSeconds', 'jsonPath', 'body', 'jsonBody'];
    const warnings = [
      ...warnOf(web, `${at}.web`, known, { insecure: 'Certificates are always examined.' }),
      ...warnOfInside(url, `${at}.web.url`),
    ];
    const taken = { url, method, headers, timeoutSeconds: toAmount(timeoutSeconds), jsonPath, body };
    return { provider: { web: withoutNothing(taken) }, warnings };
  }
  if (!job) return undefined;
  const { activeDeadlineSeconds, template } = job.spec;
  const [container] = template.spec.containers;
  const path = `${at}.job.spec.template.spec.containers.0`;
  const command = [...(container?.command ?? []), ...(container?.args ?? [])];
  const warnings = [
    ...warnOf(container ?? {}, path, ['name', 'command', 'args', 'resources', 'imagePullPolicy'], {
      image: "It runs in the new release's image, with its environment and limits: the command has to be in it.",
      env: "It has the new release's variables and secrets, and these not.",
      envFrom: "It has the new release's variables and secrets, and these not.",
    }),
    ...(template.spec.containers.length > 1
      ? [{ path: path.replace(/0$/, '1'), message: 'One container is run: the first.' }]
      : []),
  ];
  return { provider: { job: withoutNothing({ command, timeoutSeconds: activeDeadlineSeconds }) }, warnings };
}
