import type { Role } from '../kernel/access/permissions.js';
import type { Mode } from '../network-policies/project-networks.service.js';

export const environmentKinds = ['production', 'staging', 'development'] as const;
export const givenRoles = ['admin', 'developer', 'operator', 'viewer'] as const satisfies readonly Role[];

/** What a new project is given. */
export interface BlueprintContent {
  readonly environments: readonly BlueprintEnvironment[];
  /** Groups that get a role in the project. Owners are made by people only. */
  readonly groups: readonly { readonly group: string; readonly role: (typeof givenRoles)[number] }[];
  /** The project's own limits, by resource. */
  readonly limits: Readonly<Record<string, string | number>>;
  /** Variables of the project; never a secret. */
  readonly config: Readonly<Record<string, string>>;
  /** How far the project's namespaces reach; left out: as its tenant says. */
  readonly network?: { readonly mode: Mode } | undefined;
}

export interface BlueprintEnvironment {
  readonly name: string;
  readonly kind: (typeof environmentKinds)[number];
  /** Its share of the project's limits. */
  readonly limits: Readonly<Record<string, string | number>>;
  /** Its own variables, over those of the project. */
  readonly config: Readonly<Record<string, string>>;
}

export interface BuiltInBlueprint {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly content: BlueprintContent;
}

const production = { name: 'production', kind: 'production', limits: {}, config: {} } as const;
const staging = { name: 'staging', kind: 'staging', limits: {}, config: {} } as const;
const development = { name: 'development', kind: 'development', limits: {}, config: {} } as const;

/** What every platform has. A blueprint of the same name cannot be made. */
export const builtInBlueprints: readonly BuiltInBlueprint[] = [
  {
    name: 'minimal',
    displayName: 'Minimal',
    description: 'One environment for production and nothing else.',
    content: { environments: [production], groups: [], limits: {}, config: {} },
  },
  {
    name: 'web-team',
    displayName: 'Web team',
    description: 'Development, staging and production, for a service that is released often.',
    content: { environments: [development, staging, production], groups: [], limits: {}, config: {} },
  },
  {
    name: 'data-team',
    displayName: 'Data team',
    description: 'Development and production, for jobs and services around data.',
    content: { environments: [development, production], groups: [], limits: {}, config: {} },
  },
];

export const defaultBlueprint = 'minimal';

export const findBuiltIn = (name: string): BuiltInBlueprint | undefined =>
  builtInBlueprints.find((blueprint) => blueprint.name === name);

/** Where a name stands that stood before; an environment's name is unique in its project. */
export function findDuplicates(environments: readonly { readonly name: string }[]): number[] {
  const names = environments.map(({ name }) => name);
  return names.flatMap((name, index) => (names.indexOf(name) === index ? [] : [index]));
}
