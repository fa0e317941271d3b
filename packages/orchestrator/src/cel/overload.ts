import { CelError } from './error.js';
import type { CallEstimate, CallSizes } from './estimate.js';
import { type CelType, listOf, mapOf, opaque, optionalOf, types } from './type.js';
import {
  CelDuration,
  CelList,
  CelMap,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
  lengthOf,
} from './value.js';

/** Values beyond an overload's parameters are null. */
export type Run = (a: CelValue, b: CelValue, c: CelValue, d: CelValue) => CelValue;

export interface Overload {
  readonly name: string;
  readonly signature: string;
  readonly isMember: boolean;
  /** The receiver comes first. */
  readonly parameters: readonly CelType[];
  readonly result: CelType;
  readonly run: Run;
  /** What a call cost, in upstream's units; 1 where it is not given. */
  readonly cost?: (args: readonly CelValue[], result: CelValue) => number;
  /** What a call may cost at most, before there are values. */
  readonly estimate?: (sizes: CallSizes) => CallEstimate;
}

export type Costs = Pick<Overload, 'cost' | 'estimate'>;

const named: Readonly<Record<string, CelType>> = {
  dyn: types.dyn,
  int: types.int,
  uint: types.uint,
  double: types.double,
  bool: types.bool,
  string: types.string,
  bytes: types.bytes,
  null: types.null,
  timestamp: types.timestamp,
  duration: types.duration,
  type: types.type,
};

/** A function that is called by its (dotted) name: `sets.contains(list<A>, list<A>): bool`. */
export function fn(signature: string, run: Run, costs?: Costs): Overload {
  const open = signature.indexOf('(');
  return { ...parseCall(signature, open), name: signature.slice(0, open), isMember: false, run, signature, ...costs };
}

/** A function that is called on its receiver: `list<A>.isSorted(): bool`. */
export function member(signature: string, run: Run, costs?: Costs): Overload {
  const open = signature.indexOf('(');
  const dot = signature.lastIndexOf('.', open);
  const rest = parseCall(signature, open);
  const parameters = [parseType(signature.slice(0, dot)), ...rest.parameters];
  return {
    name: signature.slice(dot + 1, open),
    isMember: true,
    run,
    signature,
    result: rest.result,
    parameters,
    ...costs,
  };
}

function parseCall(signature: string, open: number): Pick<Overload, 'parameters' | 'result'> {
  const close = signature.lastIndexOf('): ');
  const inside = signature.slice(open + 1, close);
  return { parameters: inside ? splitTypes(inside).map(parseType) : [], result: parseType(signature.slice(close + 3)) };
}

function splitTypes(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index <= text.length; index += 1) {
    const character = text[index];
    if (character === '<') depth += 1;
    if (character === '>') depth -= 1;
    if (character === undefined || (character === ',' && depth === 0)) {
      parts.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  return parts;
}

export function parseType(text: string): CelType {
  const generic = /^(list|map|optional|type)<(.*)>$/.exec(text);
  if (generic) {
    const [first = types.dyn, second = types.dyn] = splitTypes(generic[2] ?? '').map(parseType);
    if (generic[1] === 'list') return listOf(first);
    if (generic[1] === 'map') return mapOf(first, second);
    return generic[1] === 'type' ? { kind: 'type', of: first } : optionalOf(first);
  }
  const known = named[text];
  if (known) return known;
  return /^[A-Z]$/.test(text) ? { kind: 'param', name: text } : opaque(text);
}

/** Whether the value can be passed where that type is declared. */
export function accepts(type: CelType, value: CelValue): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'param':
      return true;
    case 'int':
      return typeof value === 'bigint';
    case 'double':
      return typeof value === 'number';
    case 'bool':
      return typeof value === 'boolean';
    case 'string':
      return typeof value === 'string';
    case 'null':
      return value === null;
    case 'uint':
      return value instanceof CelUint;
    case 'bytes':
      return value instanceof Uint8Array;
    case 'timestamp':
      return value instanceof CelTimestamp;
    case 'duration':
      return value instanceof CelDuration;
    case 'list':
      return value instanceof CelList;
    case 'map':
      return value instanceof CelMap;
    case 'type':
      return value instanceof CelTypeValue;
    case 'object':
      return value instanceof CelMap && value.object?.name === type.name;
    case 'opaque':
      if (type.name === 'optional_type') return value instanceof CelOptional;
      return value instanceof CelOpaque && value.typeName === type.name;
    case 'error':
      return false;
  }
}

const noOverload = () => new CelError('no such overload');

export function text(value: CelValue): string {
  if (typeof value === 'string') return value;
  throw noOverload();
}

export function int(value: CelValue): bigint {
  if (typeof value === 'bigint') return value;
  throw noOverload();
}

export function double(value: CelValue): number {
  if (typeof value === 'number') return value;
  throw noOverload();
}

export function list(value: CelValue): CelList {
  if (value instanceof CelList) return value;
  throw noOverload();
}

export function instance<T>(kind: abstract new (...args: never[]) => T): (value: CelValue) => T {
  return (value) => {
    if (value instanceof kind) return value;
    throw noOverload();
  };
}

/** A length or index that an expression gave, as a number. */
export function index(value: CelValue): number {
  return Number(int(value));
}

/** The int, or an error where it does not fit 64 bits. */
export function toInt64(value: bigint): bigint {
  if (value >= -(2n ** 63n) && value < 2n ** 63n) return value;
  throw new CelError('integer overflow');
}

/** The string's characters; units where they are the same. */
export function characters(value: string): readonly string[] | string {
  return lengthOf(value) === value.length ? value : [...value];
}
