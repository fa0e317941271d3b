import { isNotFound, type KubeClient, KubeError } from '@slipway/orchestrator/client';
import { deployments, type KubeObject, type ResourceType, services } from '@slipway/orchestrator/kinds';
import {
  labelSelectorOf,
  type Manifest,
  type PlacementScope,
  type ReleaseInput,
} from '../applications/application-scopes.service.js';
import { namesOf } from '../releases/release-content.service.js';
import {
  experimentLabel,
  experimentRolloutLabel,
  type PlannedTemplate,
  planTemplateObjects,
} from './experiment.rules.js';

/** What is asked for cannot be had, however often it is tried. */
export class ApplyRefusal extends Error {}

/** Which experiments may stand: those of a rollout, by template. */
export interface KeptExperiments {
  readonly rolloutId: string;
  readonly templates: readonly PlannedTemplate[];
}

/** What a template needs; throws an `ApplyRefusal` where its release has no process that can be looked at. */
export function planExperiment(input: ReleaseInput, template: PlannedTemplate, rolloutId: string): readonly Manifest[] {
  const planned = planTemplateObjects(input, template, rolloutId);
  if (planned) return planned;
  const message = `experiment ${template.name}: release ${input.release} has no process with a port, and others have no part in it.`;
  throw new ApplyRefusal(message);
}

/** Throws an `ApplyRefusal` where something else has its name: that is neither changed now nor removed later. */
export async function requireOwn(client: KubeClient, { kind, metadata }: Manifest): Promise<void> {
  const type: ResourceType<KubeObject> = kind === 'Service' ? services : deployments;
  const existing = await client.find(type, metadata.name, metadata.namespace);
  const isOwn = [experimentLabel, 'slipway.dev/application'].every(
    (label) => existing?.metadata.labels?.[label] === metadata.labels[label],
  );
  if (existing && !isOwn)
    throw new ApplyRefusal(`There is another ${kind} ${metadata.name} already: give the template another name.`);
}

/**
 * Removes the experiments of a place that are not kept; users go back before (`unroute` is told the Services that they met). A Service
 * goes before its Deployment, so that where no Deployment is there is nothing left; each is the very one that was seen, so a rollout
 * that is over never removes what a later one made.
 */
export async function removeExperiments(
  client: KubeClient,
  scope: PlacementScope,
  isKept: (labels: Readonly<Record<string, string>>) => boolean,
  unroute: (services: readonly string[]) => Promise<void>,
): Promise<void> {
  const { namespace } = scope.environment;
  const selection = { namespace, labelSelector: `${labelSelectorOf(namesOf(scope))},${experimentLabel}` };
  const pods = (await client.list(deployments, selection)).items;
  if (pods.length === 0) return;
  const doors = (await client.list(services, selection)).items;
  const leaving = doors.filter(({ metadata }) => !isKept(metadata.labels ?? {}));
  if (leaving.length > 0) await unroute(leaving.map(({ metadata }) => metadata.name ?? ''));
  for (const { metadata } of leaving) await removeOne(client, services, metadata);
  for (const { metadata } of pods) if (!isKept(metadata.labels ?? {})) await removeOne(client, deployments, metadata);
}

/** What is gone already, or another one by now, is left. */
async function removeOne(
  client: KubeClient,
  type: ResourceType,
  { name = '', namespace, uid }: KubeObject['metadata'],
): Promise<void> {
  try {
    await client.delete(type, name, namespace, { propagationPolicy: 'Background', uid });
  } catch (error) {
    const isGone = isNotFound(error) || (error instanceof KubeError && error.reason === 'Conflict');
    if (!isGone) throw error;
  }
}

/** Is it one of these? */
export const isOneOf =
  (kept: KeptExperiments | undefined) =>
  (labels: Readonly<Record<string, string>>): boolean =>
    kept !== undefined &&
    labels[experimentRolloutLabel] === kept.rolloutId &&
    kept.templates.some(({ name }) => name === labels[experimentLabel]);

/** Is it of another rollout than this? */
export const isOfAnother =
  (rolloutId: string) =>
  (labels: Readonly<Record<string, string>>): boolean =>
    labels[experimentRolloutLabel] !== rolloutId;
