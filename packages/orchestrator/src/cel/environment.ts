import type { Names } from './checker.js';
import { authorizers } from './library/authorizer.js';
import { conversions } from './library/conversion.js';
import { namedFormats } from './library/format.js';
import { addresses } from './library/ip.js';
import { jsonPatchFunctions } from './library/json-patch.js';
import { lists, sets } from './library/lists.js';
import { optionals } from './library/optional.js';
import { quantities } from './library/quantity.js';
import { regex } from './library/regex.js';
import { semver } from './library/semver.js';
import { operators, standard } from './library/standard.js';
import { strings } from './library/strings.js';
import { urls } from './library/url.js';
import type { Overload } from './overload.js';
import { type CelType, listOf, mapOf, type ObjectType, opaque, optionalOf, types } from './type.js';

/** The variables, functions and types an expression may use. Made once, used for many expressions. */
export interface CelEnvironment extends Names {}

export interface EnvironmentParts {
  /** `types.dyn` for a variable of any type. */
  readonly variables: Readonly<Record<string, CelType>>;
  /** The object types that expressions may make: `Object.spec{…}`. */
  readonly structs?: (name: string) => ObjectType | undefined;
  /** Functions for mutations: `jsonpatch.escapeKey`. */
  readonly withJsonPatch?: boolean;
}

export function celEnvironment(parts: EnvironmentParts): CelEnvironment {
  return {
    variables: new Map(Object.entries(parts.variables)),
    functions: parts.withJsonPatch ? withJsonPatch : library,
    typeNames,
    structs: parts.structs ?? (() => undefined),
  };
}

function byName(overloads: readonly Overload[]): ReadonlyMap<string, readonly Overload[]> {
  const named = new Map<string, Overload[]>();
  for (const overload of overloads) {
    const same = named.get(overload.name);
    if (same) same.push(overload);
    else named.set(overload.name, [overload]);
  }
  return named;
}

const all: readonly Overload[] = [
  ...operators,
  ...standard,
  ...conversions,
  ...strings,
  ...regex,
  ...lists,
  ...sets,
  ...optionals,
  ...quantities,
  ...semver,
  ...addresses,
  ...urls,
  ...namedFormats,
  ...authorizers,
];

const library = byName(all);
const withJsonPatch = byName([...all, ...jsonPatchFunctions]);

const opaqueNames = [
  'kubernetes.URL',
  'kubernetes.Quantity',
  'kubernetes.Semver',
  'kubernetes.NamedFormat',
  'net.IP',
  'net.CIDR',
];

const typeNames: ReadonlyMap<string, CelType> = new Map<string, CelType>([
  ['int', types.int],
  ['uint', types.uint],
  ['double', types.double],
  ['bool', types.bool],
  ['string', types.string],
  ['bytes', types.bytes],
  ['null_type', types.null],
  ['type', types.type],
  ['list', listOf(types.dyn)],
  ['map', mapOf(types.dyn, types.dyn)],
  ['optional_type', optionalOf(types.dyn)],
  ['google.protobuf.Timestamp', types.timestamp],
  ['google.protobuf.Duration', types.duration],
  ...opaqueNames.map((name): [string, CelType] => [name, opaque(name)]),
]);
