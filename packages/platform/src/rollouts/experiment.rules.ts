import {
  type Manifest,
  planRelease,
  type ReleaseInput,
  selectorLabels,
} from '../applications/application-scopes.service.js';
import { managedBy } from '../kernel/kubernetes/labels.js';
import { type Analysis, type AnalysisPlan, planAnalysis, startRun } from './analysis/analysis.rules.js';
import { comparisonsIn, runOf } from './analysis/rollout-analysis.rules.js';
import { parseSeconds } from './duration.rules.js';
import type { ObservedProcess } from './observed-process.rules.js';
import type { Decision, Rollout } from './rollouts.rules.js';

/** Pods of one of the two releases beside the slots, in the words and fields of Argo Rollouts. */
export interface ExperimentTemplate {
  readonly name: string;
  readonly specRef: 'stable' | 'canary';
  /** Default: 1. */
  readonly replicas?: number;
  /** Percent of the traffic that its pods get while it lasts, to a tenth. Default: none. */
  readonly weight?: number;
}

/** It lasts for `duration`, or without one until its analysis has ended. */
export interface Experiment {
  readonly duration?: number | string;
  readonly templates: readonly ExperimentTemplate[];
  readonly analysis?: Analysis;
}

/** A template with all that was left unsaid. */
export interface PlannedTemplate {
  readonly name: string;
  readonly release: 'previous' | 'next';
  readonly replicas: number;
  /** Thousandths of the traffic, where users meet it. */
  readonly weight?: number;
}

/** What the Service of a template gets of the traffic, in thousandths. */
export interface TemplateShare {
  readonly name: string;
  readonly weight: number;
}

/** `plan` measures from when all pods are ready; its window is how long the experiment lasts. */
export interface ExperimentStep {
  readonly do: 'experiment';
  readonly templates: readonly PlannedTemplate[];
  readonly plan: AnalysisPlan;
}

/** `windowOf` says how long an analysis takes that has no duration. */
export function planExperimentStep(
  { duration, templates, analysis = { metrics: [] } }: Experiment,
  windowOf: (analysis: Analysis) => number,
): ExperimentStep {
  const seconds = duration === undefined ? windowOf(analysis) : (parseSeconds(duration) ?? 0);
  return { do: 'experiment', templates: templates.map(planTemplate), plan: planAnalysis(analysis, seconds) };
}

function planTemplate({ name, specRef, replicas = 1, weight = 0 }: ExperimentTemplate): PlannedTemplate {
  const release = specRef === 'stable' ? 'previous' : 'next';
  return { name, release, replicas, ...(weight > 0 ? { weight: toThousandths(weight) } : {}) };
}

/** Percent, to a tenth. */
export const toThousandths = (percent: number): number => Math.round(percent * 10);

/** What users meet of an experiment: nothing before all of its pods are ready. */
export const sharesOf = (templates: readonly PlannedTemplate[]): readonly TemplateShare[] =>
  templates.flatMap(({ name, weight = 0 }) => (weight > 0 ? [{ name, weight }] : []));

/**
 * What users meet of each release: these templates the gateway's metrics compare. Where none of the stable release has a weight, its slot is
 * the other side.
 */
export function comparedTemplates(templates: readonly PlannedTemplate[]): {
  readonly candidate: readonly TemplateShare[];
  readonly stable: readonly TemplateShare[];
} {
  const met = (release: PlannedTemplate['release']) =>
    sharesOf(templates.filter((template) => template.release === release));
  return { candidate: met('next'), stable: met('previous') };
}

/** Its time and its measurements count from when all of its pods are ready. */
export const hasBegun = (rollout: Rollout): boolean => runOf(rollout, rollout.index) !== undefined;

/** Its pods are ready: from now on it is measured, and users meet those that have a weight. */
export function beginExperiment(rollout: Rollout, { plan, templates }: ExperimentStep, now: Date): Decision {
  const analyses = [...rollout.analyses, startRun(plan, rollout.index, comparisonsIn(rollout), now)];
  const begun: Rollout = { ...rollout, state: 'progressing', deadlineAt: null, analyses };
  return { rollout: begun, actions: [{ do: sharesOf(templates).length > 0 ? 'apply' : 'observe' }] };
}

/** The template that is waited for; what was not looked at is not there. */
export function findUnreadyTemplate(
  { templates }: ExperimentStep,
  seen: readonly ObservedProcess[],
): ObservedProcess | undefined {
  const all = templates.map(
    ({ name, replicas }): ObservedProcess =>
      seen.find((process) => process.name === name) ?? {
        name,
        desired: replicas,
        updated: 0,
        available: 0,
        complete: false,
      },
  );
  return all.find(({ complete }) => !complete);
}

export const experimentLabel = 'slipway.dev/experiment';
export const experimentRolloutLabel = 'slipway.dev/rollout';
const slotLabel = 'slipway.dev/slot';

/** At most 63 characters, with the longest names of applications (40) and templates (18). */
export const experimentServiceName = (application: string, template: string): string =>
  `${application}-exp-${template}`;

/**
 * A template's pods and the Service that leads to them alone. They are of `web`, or of the first process that listens: one that does not
 * would take work from the queue of the stable release. They are in a slot of their own, which no Service of the application,
 * no route and no Deployment of the slots selects. Undefined where the release has no such process.
 */
export function planTemplateObjects(
  input: ReleaseInput,
  { name, replicas }: Pick<PlannedTemplate, 'name' | 'replicas'>,
  rolloutId: string,
): readonly Manifest[] | undefined {
  const base = listeningDeployment(planRelease(input, { slot: 'a', processes: 'listening' }));
  if (!base) return undefined;
  const process = base.metadata.labels['slipway.dev/process'] ?? '';
  const selector = { ...selectorLabels(input, process), [slotLabel]: `experiment-${name}`, [experimentLabel]: name };
  const labels = { ...managedBy, ...selector, 'slipway.dev/release': String(input.release) };
  const spec = Object(base['spec']);
  const { namespace } = base.metadata;
  const owned = { ...labels, [experimentRolloutLabel]: rolloutId };
  return [
    {
      ...base,
      metadata: { name: `${input.application}-${process}-experiment-${name}`, namespace, labels: owned },
      spec: {
        ...spec,
        replicas,
        selector: { matchLabels: selector },
        template: { ...spec.template, metadata: { labels } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: experimentServiceName(input.application, name), namespace, labels: owned },
      spec: {
        type: 'ClusterIP',
        selector,
        ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: portOf(base) }],
      },
    },
  ];
}

/** The port that its pods listen on. */
function portOf(deployment: Manifest): number | undefined {
  const [first] = Object(deployment['spec']).template?.spec?.containers ?? [];
  return first?.ports?.[0]?.containerPort;
}

/** What a template's Deployment is for the quota. */
export const templateOutline = (objects: readonly Manifest[], replicas: number): readonly Manifest[] => {
  const base = listeningDeployment(objects);
  return base ? [{ ...base, spec: { ...Object(base['spec']), replicas } }] : [];
};

function listeningDeployment(objects: readonly Manifest[]): Manifest | undefined {
  const listening = objects.filter(({ kind, metadata }) => kind === 'Deployment' && metadata.labels[slotLabel]);
  return listening.find(({ metadata }) => metadata.labels['slipway.dev/process'] === 'web') ?? listening[0];
}

const templateWord = /\$templates\.([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)/g;

/** The templates that a query, a command or an address names: `$templates.baseline` is the name of its Service. */
export const templatesIn = (text: string): readonly string[] =>
  [...text.matchAll(templateWord)].flatMap(([, name]) => name ?? []);

/** Names that are not known stay as they are. */
export const fillTemplates = (text: string, services: Readonly<Record<string, string>>): string =>
  text.replace(templateWord, (word, name: string) => (Object.hasOwn(services, name) ? (services[name] ?? word) : word));

/** `http://$templates.baseline/healthz`: the template and what is asked of it. Undefined where it is another address. */
export function readTemplateUrl(url: string): { readonly template: string; readonly path: string } | undefined {
  const [, template, path] = /^http:\/\/\$templates\.([a-z0-9-]+)(\/.*)?$/.exec(url) ?? [];
  return template === undefined ? undefined : { template, path: path ?? '/' };
}

/** It is sent with the platform's own rights through the cluster's API: nothing in it may lead to another path there. */
export const isPlainPath = (path: string): boolean =>
  /^\/[A-Za-z0-9._~!$&'()*+,;=:@/?-]*$/.test(path) && !path.split(/[/?]/).some((part) => part === '.' || part === '..');
