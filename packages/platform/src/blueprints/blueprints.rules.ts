import type { Role } from '../kernel/access/permissions.js';

/** What a new project is given. */
export interface BlueprintContent {
  readonly environments: readonly BlueprintEnvironment[];
  /** Groups that get a role in the project. Owners are made by people only. */
  readonly groups: readonly { readonly group: string; readonly role: Exclude<Role, 'owner'> }[];
  /** The project's own limits, by resource. */
  readonly limits: Readonly<Record<string, string | number>>;
}

export interface BlueprintEnvironment {
  readonly name: string;
  readonly kind: 'production' | 'staging' | 'development';
  /** Its share of the project's limits. */
  readonly limits: Readonly<Record<string, string | number>>;
}

export interface BuiltInBlueprint {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly content: BlueprintContent;
}

const production = { name: 'production', kind: 'production', limits: {} } as const;
const staging = { name: 'staging', kind: 'staging', limits: {} } as const;
const development = { name: 'development', kind: 'development', limits: {} } as const;

/** What every platform has. A blueprint of the same name cannot be made. */
export const builtInBlueprints: readonly BuiltInBlueprint[] = [
  {
    name: 'minimal',
    displayName: 'Minimal',
    description: 'One environment for production and nothing else.',
    content: { environments: [production], groups: [], limits: {} },
  },
  {
    name: 'web-team',
    displayName: 'Web team',
    description: 'Development, staging and production, for a service that is released often.',
    content: { environments: [development, staging, production], groups: [], limits: {} },
  },
  {
    name: 'data-team',
    displayName: 'Data team',
    description: 'Development and production, for jobs and services around data.',
    content: { environments: [development, production], groups: [], limits: {} },
  },
];

export const defaultBlueprint = 'minimal';

export const findBuiltIn = (name: string): BuiltInBlueprint | undefined =>
  builtInBlueprints.find((blueprint) => blueprint.name === name);

/** The names that stand twice; an environment's name is unique in its project. */
export function findDuplicates(environments: readonly { readonly name: string }[]): string[] {
  const names = environments.map(({ name }) => name);
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
