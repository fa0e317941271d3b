import type { BlueprintContent } from './blueprints.rules.js';

export const blueprintParts = ['environments', 'limits', 'groups', 'config', 'network'] as const;
/** What a blueprint gives a project; each is another feature's, with permissions of its own. */
export type BlueprintPart = (typeof blueprintParts)[number];

/** One thing that a blueprint gives, or a project has: `environments.staging.limits.pods` is `20`. */
export interface Given {
  readonly part: BlueprintPart;
  /** Null: the project's own. */
  readonly environment: string | null;
  /** The resource, the variable, the group with its role, the environment, or `mode`. */
  readonly name: string;
  readonly value: string;
}

/** By path. */
export type Givens = ReadonlyMap<string, Given>;

/** What a project has, and what of it stands in the way. */
export interface ProjectState {
  readonly givens: Givens;
  /** Paths of variables whose names are secrets there. */
  readonly secrets: ReadonlySet<string>;
}

export const blockedReasons = [
  'kind-is-fixed',
  'production-stays',
  'environment-missing',
  'environment-being-deleted',
  'is-a-secret',
] as const;
/** Why a change cannot be made by applying a blueprint. */
export type BlockedReason = (typeof blockedReasons)[number];

export interface PlannedChange extends Omit<Given, 'value'> {
  /** Names it when it is applied: `environments.staging.config.LOG_LEVEL`. */
  readonly path: string;
  readonly change: 'add' | 'change' | 'remove';
  /** What the project has; null: nothing. */
  readonly from: string | null;
  /** What the blueprint says; null: nothing. */
  readonly to: string | null;
  /** The project has something other than its blueprint gave it: kept unless the caller names the path. */
  readonly isOwn: boolean;
  readonly blocked: BlockedReason | null;
}

/** The environment's path is that of what is in it, too: `environments.staging.limits.pods`. */
export function pathOf({ part, environment, name }: Omit<Given, 'value'>): string {
  const within = environment === null ? '' : `environments.${environment}.`;
  return `${within}${part}.${name}`;
}

export const toGivens = (givens: readonly Given[]): Givens => new Map(givens.map((given) => [pathOf(given), given]));

/** All that a content gives. `normalize` writes limits so that what means the same reads the same. */
export function givensOf(
  content: BlueprintContent,
  normalize: (limits: BlueprintContent['limits']) => Readonly<Record<string, string>>,
): Givens {
  const inScope = (environment: string | null, { limits, config }: Pick<BlueprintContent, 'limits' | 'config'>) => [
    ...entriesOf('limits', environment, normalize(limits)),
    ...entriesOf('config', environment, config),
  ];
  return toGivens([
    ...content.environments.flatMap((one): Given[] => [
      { part: 'environments', environment: null, name: one.name, value: one.kind },
      ...inScope(one.name, one),
    ]),
    ...inScope(null, content),
    ...content.groups.map(({ group, role }) => groupGiven(group, role)),
    ...(content.network ? [networkGiven(content.network.mode)] : []),
  ]);
}

export const entriesOf = (
  part: BlueprintPart,
  environment: string | null,
  values: Readonly<Record<string, string>>,
): Given[] => Object.entries(values).map(([name, value]) => ({ part, environment, name, value }));

/** A group may have several roles: each is a thing of its own, named with the group. */
export const groupGiven = (group: string, role: string): Given => ({
  part: 'groups',
  environment: null,
  name: `${group}:${role}`,
  value: role,
});

/** The group and the role of a name that `groupGiven` made. */
export function readGroupName(name: string): { readonly group: string; readonly role: string } {
  const at = name.lastIndexOf(':');
  return { group: name.slice(0, at), role: name.slice(at + 1) };
}

export const networkGiven = (mode: string): Given => ({
  part: 'network',
  environment: null,
  name: 'mode',
  value: mode,
});

/**
 * What differs between the version that a project was made from (`base`) and another one (`target`), as far as the project has not
 * got it already. What both versions say alike is the project's business. In the order of the target, then what is no more.
 */
export function planBlueprint(
  base: Givens,
  target: Givens,
  { givens: actual, secrets }: ProjectState,
): PlannedChange[] {
  const changes: PlannedChange[] = [];
  for (const path of new Set([...target.keys(), ...base.keys()])) {
    const given = target.get(path) ?? base.get(path);
    const [before, to, from] = [base, target, actual].map((each) => each.get(path)?.value ?? null);
    if (!given || before === undefined || to === undefined || from === undefined) continue;
    if (before === to || from === to) continue;
    const { value: _, ...what } = given;
    const change = to === null ? 'remove' : from === null ? 'add' : 'change';
    // Of an environment that goes, its own settings need no line of their own.
    if (change === 'remove' && what.environment !== null && isGoing(what.environment, base, target)) continue;
    const blocked = findBlocked({ ...what, path, change }, base, target, actual, secrets);
    changes.push({ ...what, path, change, from, to, isOwn: from !== before, blocked });
  }
  return changes;
}

const environmentPath = (name: string): string => pathOf({ part: 'environments', environment: null, name });

const isGoing = (environment: string, base: Givens, target: Givens): boolean =>
  base.has(environmentPath(environment)) && !target.has(environmentPath(environment));

function findBlocked(
  { part, name, environment, path, change }: Pick<PlannedChange, 'part' | 'name' | 'environment' | 'path' | 'change'>,
  base: Givens,
  target: Givens,
  actual: Givens,
  secrets: ReadonlySet<string>,
): BlockedReason | null {
  if (part === 'environments' && actual.get(path)?.value === deleting) return 'environment-being-deleted';
  if (part === 'environments' && change === 'change') return 'kind-is-fixed';
  if (part === 'environments' && change === 'remove' && name === 'production') return 'production-stays';
  if (environment !== null) {
    const [was, will, stands] = [base, target, actual].map((each) => each.get(environmentPath(environment))?.value);
    if (stands === deleting) return 'environment-being-deleted';
    const isComing = will !== undefined && will !== was;
    if (stands === undefined && !isComing) return 'environment-missing';
  }
  return secrets.has(path) && change !== 'remove' ? 'is-a-secret' : null;
}

/** Stands for the kind of an environment that is on its way out. */
export const deleting = 'deleting';

export interface Choice {
  /** Paths of what the blueprint gives no more, and is to be taken away. */
  readonly remove: readonly string[];
  /** Paths of what the project has made its own, and is to become the blueprint's again. */
  readonly overwrite: readonly string[];
}

/** A path that the caller named and that is no such change. */
export interface WrongPath {
  readonly field: string;
  readonly message: string;
}

/** Parts the plan into what is done and what stays. Nothing goes, and nothing of the project's own changes, unless it is named. */
export function choose(
  plan: readonly PlannedChange[],
  { remove, overwrite }: Choice,
): {
  readonly applied: readonly PlannedChange[];
  readonly kept: readonly PlannedChange[];
  readonly wrong: WrongPath[];
} {
  const isWanted = ({ change, isOwn, path }: PlannedChange): boolean =>
    change === 'remove' ? remove.includes(path) : !isOwn || overwrite.includes(path);
  const named = [
    ...remove.map((path, index) => ({ path, field: `remove.${index}`, isRemoval: true })),
    ...overwrite.map((path, index) => ({ path, field: `overwrite.${index}`, isRemoval: false })),
  ];
  const wrong = named.flatMap(({ path, field, isRemoval }): WrongPath[] => {
    const found = plan.find((one) => one.path === path && (one.change === 'remove') === isRemoval);
    if (!found) return [{ field, message: `The plan has no ${isRemoval ? 'removal' : 'change'} of ${path}.` }];
    return found.blocked === null ? [] : [{ field, message: `${path} cannot be applied: ${found.blocked}.` }];
  });
  // What goes into an environment that the project has removed, and that does not come back, has no place to go to.
  const missing = new Set(
    plan.filter((one) => one.part === 'environments' && one.change === 'add' && !isWanted(one)).map(({ name }) => name),
  );
  const isApplied = (one: PlannedChange): boolean =>
    one.blocked === null && isWanted(one) && (one.environment === null || !missing.has(one.environment));
  return { applied: plan.filter(isApplied), kept: plan.filter((one) => !isApplied(one)), wrong };
}
