import {
  type Manifest,
  otherSlot,
  planRelease,
  planTraffic,
  type ReleaseInput,
  resolveProcesses,
  type Secured,
  type Slot,
} from '../applications/application-scopes.service.js';
import { planRollout } from './rollouts.rules.js';
import { hasTwoSlots, type PlannedStep, type Strategy } from './strategy.rules.js';

interface PlannedObject {
  readonly kind: string;
  readonly name: string;
  readonly action: 'create' | 'update' | 'delete';
  /** Leaves that differ; none for what is made or deleted whole. */
  readonly changes: readonly { readonly path: string; readonly before: unknown; readonly after: unknown }[];
}

export interface Standing {
  readonly stable: Slot;
  readonly hostnames: readonly string[];
  readonly secured?: Secured;
}

/** What the cluster has of one release when nothing is being rolled out. */
export function standingObjects(input: ReleaseInput, { stable, hostnames, secured }: Standing): readonly Manifest[] {
  const processes = { [stable]: resolveProcesses(input.processes, input.scaling) };
  return [
    ...planRelease(input, { slot: stable, processes: 'all' }),
    ...planTraffic({ ...input, stable, processes, weight: 0, matches: [], mirrored: 0, hostnames, secured }),
  ];
}

/** Where the next release stands when it is through: beside the one before, or in its place. */
export const slotAfter = (strategy: Strategy, stable: Slot, hasStable: boolean): Slot =>
  hasStable && hasTwoSlots(strategy) ? otherSlot(stable) : stable;

/** What is made, changed and deleted. Configs of the release before stay, for the way back. */
export function diffObjects(before: readonly Manifest[], after: readonly Manifest[]): readonly PlannedObject[] {
  const keyOf = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`;
  const old = new Map(before.map((manifest) => [keyOf(manifest), manifest]));
  const kept = new Set(after.map(keyOf));
  const planned = after.flatMap((manifest): PlannedObject[] => {
    const { kind, metadata } = manifest;
    const earlier = old.get(keyOf(manifest));
    if (!earlier) return [{ kind, name: metadata.name, action: 'create', changes: [] }];
    const changes = diffLeaves(earlier, manifest);
    return changes.length === 0 ? [] : [{ kind, name: metadata.name, action: 'update', changes }];
  });
  const gone = before
    .filter((manifest) => !kept.has(keyOf(manifest)) && manifest.kind !== 'ConfigMap' && manifest.kind !== 'Secret')
    .map(({ kind, metadata }): PlannedObject => ({ kind, name: metadata.name, action: 'delete', changes: [] }));
  return [...planned, ...gone];
}

function diffLeaves(before: unknown, after: unknown): PlannedObject['changes'] {
  const [left, right] = [leavesOf(before), leavesOf(after)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .sort()
    .map((path) => ({ path, before: left.get(path) ?? null, after: right.get(path) ?? null }))
    .filter((change) => change.before !== change.after);
}

function leavesOf(value: unknown, path = '', found = new Map<string, unknown>()): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) found.set(path, value ?? null);
  else for (const [key, member] of Object.entries(value)) leavesOf(member, path ? `${path}.${key}` : key, found);
  return found;
}

interface PlannedTime {
  readonly name: string;
  /** How long it takes at least; null where somebody's word ends it. */
  readonly seconds: number | null;
}

/** The steps as the rollout will show them. */
export function timeSteps(
  strategy: Strategy,
  processes: readonly string[],
  hasStable: boolean,
): readonly PlannedTime[] {
  const { plan, steps } = planRollout(processes, hasStable, strategy);
  const isInPlace = plan[0]?.do === 'update' || plan[0]?.do === 'recreate';
  return steps.map(({ name }, index) => ({ name, seconds: isInPlace ? 0 : secondsOf(plan[index]) }));
}

/** How long a step lasts by itself; null: as long as somebody takes. */
export function secondsOf(step: PlannedStep | undefined): number | null {
  if (step?.do === 'pause') return step.seconds;
  if (step?.do === 'experiment') return step.plan.windowSeconds;
  if (step?.do !== 'analysis') return 0;
  return step.gate && step.gate !== 'pre-rollout' ? null : step.plan.windowSeconds;
}
