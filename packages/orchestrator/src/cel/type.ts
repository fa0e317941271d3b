import type { Schema } from '../kinds/schema.js';

type SimpleKind =
  | 'dyn'
  | 'int'
  | 'uint'
  | 'double'
  | 'bool'
  | 'string'
  | 'bytes'
  | 'null'
  | 'timestamp'
  | 'duration'
  | 'error';

/** What is known of a value's length before it is there; see cost.ts. */
interface Bounds {
  readonly maxElements?: number;
}

export type CelType =
  | ({ readonly kind: SimpleKind } & Bounds)
  | ListType
  | ({ readonly kind: 'map'; readonly key: CelType; readonly value: CelType } & Bounds)
  | ObjectType
  | { readonly kind: 'opaque'; readonly name: string; readonly parameters: readonly CelType[] }
  | { readonly kind: 'type'; readonly of: CelType | undefined }
  | { readonly kind: 'param'; readonly name: string };

export interface ListType extends Bounds {
  readonly kind: 'list';
  readonly element: CelType;
  /** The schema of a list whose equality and concatenation follow `x-kubernetes-list-type`. */
  readonly schema?: Schema;
}

export interface ObjectType {
  readonly kind: 'object';
  readonly name: string;
  /** Fields by the name an expression uses; `property` is the name in JSON. */
  readonly fields: ReadonlyMap<string, { readonly property: string; readonly type: CelType }>;
}

const simple = (kind: SimpleKind): CelType => ({ kind });

export const types = {
  dyn: simple('dyn'),
  int: simple('int'),
  uint: simple('uint'),
  double: simple('double'),
  bool: simple('bool'),
  string: simple('string'),
  bytes: simple('bytes'),
  null: simple('null'),
  timestamp: simple('timestamp'),
  duration: simple('duration'),
  error: simple('error'),
  type: { kind: 'type', of: undefined } satisfies CelType as CelType,
} as const;

export const listOf = (element: CelType): ListType => ({ kind: 'list', element });
export const mapOf = (key: CelType, value: CelType): CelType => ({ kind: 'map', key, value });
export const optionalOf = (value: CelType): CelType => opaque('optional_type', [value]);
export const opaque = (name: string, parameters: readonly CelType[] = []): CelType => ({
  kind: 'opaque',
  name,
  parameters,
});

/** An object type whose fields are all given. */
export function objectType(name: string, fields: Readonly<Record<string, CelType>>): ObjectType {
  return {
    kind: 'object',
    name,
    fields: new Map(Object.entries(fields).map(([field, type]) => [field, { property: field, type }])),
  };
}

/** The value type inside `optional_type(T)`, or undefined for any other type. */
export function optionalValue(type: CelType): CelType | undefined {
  return type.kind === 'opaque' && type.name === 'optional_type' ? type.parameters[0] : undefined;
}

export function isSameType(a: CelType, b: CelType): boolean {
  if (a.kind === 'list' && b.kind === 'list') return isSameType(a.element, b.element);
  if (a.kind === 'map' && b.kind === 'map') return isSameType(a.key, b.key) && isSameType(a.value, b.value);
  if (a.kind === 'object' && b.kind === 'object') return a.name === b.name;
  if (a.kind === 'opaque' && b.kind === 'opaque')
    return a.name === b.name && a.parameters.every((each, index) => isSameType(each, b.parameters[index] ?? types.dyn));
  if (a.kind === 'param' && b.kind === 'param') return a.name === b.name;
  return a.kind === b.kind;
}

export function formatType(type: CelType): string {
  switch (type.kind) {
    case 'list':
      return `list(${formatType(type.element)})`;
    case 'map':
      return `map(${formatType(type.key)}, ${formatType(type.value)})`;
    case 'object':
      return type.name;
    case 'opaque':
      return type.parameters.length > 0 ? `${type.name}(${type.parameters.map(formatType).join(', ')})` : type.name;
    case 'type':
      return type.of ? `type(${formatType(type.of)})` : 'type';
    case 'param':
      return type.name;
    case 'error':
      return '!error!';
    default:
      return type.kind;
  }
}

/** The name `type(x)` has in expressions. */
export function runtimeTypeName(type: CelType): string {
  switch (type.kind) {
    case 'null':
      return 'null_type';
    case 'timestamp':
      return 'google.protobuf.Timestamp';
    case 'duration':
      return 'google.protobuf.Duration';
    case 'object':
    case 'opaque':
      return type.name;
    case 'list':
    case 'map':
    case 'type':
      return type.kind;
    default:
      return formatType(type);
  }
}

/** Solves type parameters while one expression is checked. */
export class Substitution {
  readonly #bound = new Map<string, CelType>();
  #fresh = 0;

  freshParameter(): CelType {
    this.#fresh += 1;
    return { kind: 'param', name: `_var${this.#fresh}` };
  }

  /** The overload's types with parameters of their own. */
  instantiate(signature: readonly CelType[]): CelType[] {
    const names = new Map<string, CelType>();
    const rename = (type: CelType): CelType =>
      mapParameters(type, (name) => {
        const known = names.get(name);
        if (known) return known;
        const fresh = this.freshParameter();
        names.set(name, fresh);
        return fresh;
      });
    return signature.map(rename);
  }

  resolve(type: CelType): CelType {
    let current = type;
    while (current.kind === 'param') {
      const next = this.#bound.get(current.name);
      if (!next) return current;
      current = next;
    }
    return current;
  }

  /** The type with every solved parameter replaced; unsolved ones are dyn. */
  finish(type: CelType): CelType {
    const resolved = this.resolve(type);
    if (resolved.kind === 'param') return types.dyn;
    return mapParameters(resolved, (name) => this.finish({ kind: 'param', name }));
  }

  /** All or nothing: a failed attempt leaves no trace. */
  isAssignable(targets: readonly CelType[], sources: readonly CelType[]): boolean {
    const before = new Map(this.#bound);
    if (
      targets.length === sources.length &&
      targets.every((target, index) => this.#unify(target, sources[index] ?? types.dyn))
    )
      return true;
    this.#bound.clear();
    for (const [name, type] of before) this.#bound.set(name, type);
    return false;
  }

  #unify(first: CelType, second: CelType): boolean {
    const a = this.resolve(first);
    const b = this.resolve(second);
    if (a === b) return true;
    if (a.kind === 'param') return this.#bind(a.name, b);
    if (b.kind === 'param') return this.#bind(b.name, a);
    if (a.kind === 'dyn' || b.kind === 'dyn' || a.kind === 'error' || b.kind === 'error') return true;
    if (b.kind === 'null') return isNullable(a);
    if (a.kind === 'null') return isNullable(b);
    if (a.kind === 'list' && b.kind === 'list') return this.#unify(a.element, b.element);
    if (a.kind === 'map' && b.kind === 'map') return this.#unify(a.key, b.key) && this.#unify(a.value, b.value);
    if (a.kind === 'object' && b.kind === 'object') return a.name === b.name;
    if (a.kind === 'opaque' && b.kind === 'opaque')
      return (
        a.name === b.name && a.parameters.every((each, index) => this.#unify(each, b.parameters[index] ?? types.dyn))
      );
    return a.kind === b.kind;
  }

  #bind(name: string, type: CelType): boolean {
    if (type.kind === 'param' && type.name === name) return true;
    if (this.#contains(type, name)) return false;
    this.#bound.set(name, type);
    return true;
  }

  #contains(type: CelType, name: string): boolean {
    let isInside = false;
    mapParameters(this.resolve(type), (each) => {
      const next = this.resolve({ kind: 'param', name: each });
      isInside ||= each === name || (next.kind !== 'param' && this.#contains(next, name));
      return types.dyn;
    });
    return isInside;
  }
}

function isNullable(type: CelType): boolean {
  return ['null', 'object', 'opaque', 'timestamp', 'duration'].includes(type.kind);
}

function mapParameters(type: CelType, replace: (name: string) => CelType): CelType {
  switch (type.kind) {
    case 'param':
      return replace(type.name);
    case 'list': {
      const element = mapParameters(type.element, replace);
      return element === type.element ? type : { ...type, element };
    }
    case 'map': {
      const key = mapParameters(type.key, replace);
      const value = mapParameters(type.value, replace);
      return key === type.key && value === type.value ? type : { ...type, key, value };
    }
    case 'opaque':
      return type.parameters.length === 0
        ? type
        : { ...type, parameters: type.parameters.map((each) => mapParameters(each, replace)) };
    case 'type':
      return type.of ? { kind: 'type', of: mapParameters(type.of, replace) } : type;
    default:
      return type;
  }
}
