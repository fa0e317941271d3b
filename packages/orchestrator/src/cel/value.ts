import type { Json, JsonObject } from '../kinds/json.js';
import { CelError } from './error.js';
import { type CelType, type ListType, type ObjectType, runtimeTypeName, types } from './type.js';

/** int is bigint, double is number; everything else is what it looks like. */
export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | CelUint
  | CelTimestamp
  | CelDuration
  | CelList
  | CelMap
  | CelTypeValue
  | CelOptional
  | CelOpaque;

export class CelUint {
  constructor(readonly value: bigint) {}
}

/** Nanoseconds since 1970. */
export class CelTimestamp {
  constructor(readonly nanos: bigint) {}
}

export class CelDuration {
  constructor(readonly nanos: bigint) {}
}

export class CelTypeValue {
  constructor(readonly type: string) {}
}

export class CelOptional {
  static readonly none = new CelOptional(undefined);
  constructor(readonly value: CelValue | undefined) {}
}

/** A value of a library's own type: a URL, a quantity, an authorizer. */
export abstract class CelOpaque {
  abstract readonly typeName: string;
  abstract equals(other: CelOpaque): boolean;
  /** What `size()` would be where costs are counted. */
  get size(): number {
    return 1;
  }
}

export abstract class CelList {
  abstract readonly size: number;
  abstract at(index: number): CelValue;

  *[Symbol.iterator](): Generator<CelValue> {
    for (let index = 0; index < this.size; index += 1) yield this.at(index);
  }
}

export class ArrayList extends CelList {
  constructor(readonly items: readonly CelValue[]) {
    super();
  }
  get size(): number {
    return this.items.length;
  }
  at(index: number): CelValue {
    return this.items[index] ?? null;
  }
}

/** A JSON array, its elements made values when they are asked for. */
export class JsonList extends CelList {
  constructor(
    readonly raw: readonly Json[],
    readonly type: ListType | undefined,
  ) {
    super();
  }
  get size(): number {
    return this.raw.length;
  }
  at(index: number): CelValue {
    return fromJson(this.raw[index], this.type?.element);
  }
}

/** The first part, then the second, without copying either. */
export class JoinedList extends CelList {
  readonly size: number;
  constructor(
    readonly first: CelList,
    readonly second: CelList,
  ) {
    super();
    this.size = first.size + second.size;
  }
  at(index: number): CelValue {
    return index < this.first.size ? this.first.at(index) : this.second.at(index - this.first.size);
  }
  override *[Symbol.iterator](): Generator<CelValue> {
    // A long chain of `+` leans to the left; walking it in a loop keeps the stack flat.
    const parts: CelList[] = [];
    let current: CelList = this;
    while (current instanceof JoinedList) {
      parts.push(current.second);
      current = current.first;
    }
    yield* current;
    for (const part of parts.reverse()) yield* part;
  }
}

export abstract class CelMap {
  abstract readonly size: number;
  /** The type of an object with declared fields; undefined for a map. */
  readonly object: ObjectType | undefined = undefined;
  abstract get(key: CelValue): CelValue | undefined;
  abstract keys(): Iterable<CelValue>;
}

/** A map made by an expression; keys are equal across the number types. */
export class EntryMap extends CelMap {
  readonly #entries = new Map<string, readonly [CelValue, CelValue]>();

  get size(): number {
    return this.#entries.size;
  }
  get(key: CelValue): CelValue | undefined {
    return this.#entries.get(keyOf(key))?.[1];
  }
  /** False where the key is there already. */
  add(key: CelValue, value: CelValue): boolean {
    const name = keyOf(key);
    if (this.#entries.has(name)) return false;
    this.#entries.set(name, [key, value]);
    return true;
  }
  *keys(): Generator<CelValue> {
    for (const [key] of this.#entries.values()) yield key;
  }
}

/** A JSON object as a map, or with declared fields. */
export class JsonMap extends CelMap {
  constructor(
    readonly raw: JsonObject,
    readonly valueType: CelType | undefined,
    override readonly object: ObjectType | undefined = undefined,
  ) {
    super();
  }
  get size(): number {
    let size = 0;
    for (const _ of this.keys()) size += 1;
    return size;
  }
  get(key: CelValue): CelValue | undefined {
    if (typeof key !== 'string') return undefined;
    if (this.object) {
      const field = this.object.fields.get(key);
      if (!field || !Object.hasOwn(this.raw, field.property)) return undefined;
      const value = this.raw[field.property];
      return value === undefined ? undefined : fromJson(value, field.type);
    }
    if (!Object.hasOwn(this.raw, key)) return undefined;
    const value = this.raw[key];
    return value === undefined ? undefined : fromJson(value, this.valueType);
  }
  *keys(): Generator<CelValue> {
    if (this.object) {
      for (const [name, { property }] of this.object.fields)
        if (Object.hasOwn(this.raw, property) && this.raw[property] !== undefined) yield name;
    } else for (const key in this.raw) if (this.raw[key] !== undefined) yield key;
  }
}

/** An object whose fields are computed when they are read, once. */
export class LazyObject extends CelMap {
  readonly #known = new Map<string, CelValue | undefined>();
  constructor(
    override readonly object: ObjectType,
    readonly compute: (field: string) => CelValue | undefined,
  ) {
    super();
  }
  get size(): number {
    return this.object.fields.size;
  }
  get(key: CelValue): CelValue | undefined {
    if (typeof key !== 'string') return undefined;
    if (this.#known.has(key)) return this.#known.get(key);
    const value = this.compute(key);
    this.#known.set(key, value);
    return value;
  }
  keys(): Iterable<CelValue> {
    return this.object.fields.keys();
  }
}

/** An object an expression made: `Object.spec{replicas: 3}`. Only the fields that were set are there. */
export class StructValue extends CelMap {
  constructor(
    override readonly object: ObjectType,
    readonly fields: ReadonlyMap<string, CelValue>,
  ) {
    super();
  }
  get size(): number {
    return this.fields.size;
  }
  get(key: CelValue): CelValue | undefined {
    return typeof key === 'string' ? this.fields.get(key) : undefined;
  }
  keys(): Iterable<CelValue> {
    return this.fields.keys();
  }
}

function keyOf(key: CelValue): string {
  if (typeof key === 'string') return `s${key}`;
  if (typeof key === 'boolean') return `b${key}`;
  if (typeof key === 'bigint') return `n${key}`;
  if (key instanceof CelUint) return `n${key.value}`;
  if (typeof key === 'number') return Number.isInteger(key) ? `n${BigInt(key)}` : `f${key}`;
  throw new CelError(`unsupported key type: ${typeName(key)}`);
}

/** The JSON as a value of that type; data that does not fit the type is taken for what it is. */
export function fromJson(raw: Json | undefined, type: CelType | undefined): CelValue {
  if (raw === null || raw === undefined) return null;
  switch (typeof raw) {
    case 'boolean':
      return raw;
    case 'number':
      if (type?.kind === 'double') return raw;
      return Number.isInteger(raw) && (type?.kind !== undefined || Number.isSafeInteger(raw)) ? toInt(raw) : raw;
    case 'string':
      return type ? fromText(raw, type) : raw;
    default:
  }
  if (Array.isArray(raw)) return new JsonList(raw, type?.kind === 'list' ? type : undefined);
  if (type?.kind === 'object') return new JsonMap(raw, undefined, type);
  return new JsonMap(raw, type?.kind === 'map' ? type.value : undefined);
}

function toInt(raw: number): CelValue {
  const value = BigInt(raw);
  return value >= -(2n ** 63n) && value < 2n ** 63n ? value : raw;
}

function fromText(raw: string, type: CelType): CelValue {
  switch (type.kind) {
    case 'bytes':
      return new Uint8Array(Buffer.from(raw, 'base64'));
    case 'timestamp':
      return parseTimestamp(raw.length === 10 ? `${raw}T00:00:00Z` : raw);
    case 'duration':
      return parseDuration(raw);
    default:
      return raw;
  }
}

export function isCelValue(value: unknown): value is CelValue {
  switch (typeof value) {
    case 'boolean':
    case 'bigint':
    case 'number':
    case 'string':
      return true;
    case 'object':
      return (
        value === null ||
        value instanceof CelList ||
        value instanceof CelMap ||
        value instanceof CelOpaque ||
        value instanceof CelOptional ||
        value instanceof CelTimestamp ||
        value instanceof CelDuration ||
        value instanceof CelUint ||
        value instanceof CelTypeValue ||
        value instanceof Uint8Array
      );
    default:
      return false;
  }
}

/** Values that share parts can be far larger as trees than in memory; no object is as large as this. */
const maxJsonNodes = 1_000_000;

/** The value as JSON. Throws a CelError for what has none: a type, an opaque value, more than an object can hold. */
export function toJson(value: CelValue, work = { left: maxJsonNodes }): Json {
  work.left -= 1;
  if (work.left < 0) throw new CelError('the value is too large');
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return value;
  if (value instanceof CelUint) return Number(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof CelTimestamp) return formatTimestamp(value);
  if (value instanceof CelDuration) return formatDuration(value);
  if (value instanceof JsonList || value instanceof JsonMap) return copyJson(value.raw, work);
  if (value instanceof CelList) return [...value].map((each) => toJson(each, work));
  if (value instanceof CelMap) return mapToJson(value, work);
  if (value instanceof CelOptional) return value.value === undefined ? null : toJson(value.value, work);
  throw new CelError(`type conversion error from '${typeName(value)}' to 'google.protobuf.Value'`);
}

function copyJson(raw: Json | readonly Json[], work: { left: number }): Json {
  work.left -= 1;
  if (work.left < 0) throw new CelError('the value is too large');
  if (typeof raw !== 'object' || raw === null) return raw;
  if (isArray(raw)) return raw.map((each) => copyJson(each, work));
  const copy: JsonObject = {};
  for (const key of Object.keys(raw)) {
    const child = raw[key];
    if (child !== undefined) set(copy, key, copyJson(child, work));
  }
  return copy;
}

function isArray(raw: object): raw is readonly Json[] {
  return Array.isArray(raw);
}

/** A key may be `__proto__`: it is data like any other. */
function set(target: JsonObject, key: string, value: Json): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

function mapToJson(map: CelMap, work: { left: number }): JsonObject {
  const result: JsonObject = {};
  for (const key of map.keys()) {
    const field = typeof key === 'string' ? map.object?.fields.get(key)?.property : undefined;
    const name = field ?? (typeof key === 'string' ? key : String(toJson(key)));
    set(result, name, toJson(map.get(key) ?? null, work));
  }
  return result;
}

export function typeOf(value: CelValue): CelType {
  switch (typeof value) {
    case 'boolean':
      return types.bool;
    case 'bigint':
      return types.int;
    case 'number':
      return types.double;
    case 'string':
      return types.string;
    default:
  }
  if (value === null) return types.null;
  if (value instanceof CelUint) return types.uint;
  if (value instanceof Uint8Array) return types.bytes;
  if (value instanceof CelTimestamp) return types.timestamp;
  if (value instanceof CelDuration) return types.duration;
  if (value instanceof CelList) return { kind: 'list', element: types.dyn };
  if (value instanceof CelMap) return value.object ?? { kind: 'map', key: types.dyn, value: types.dyn };
  if (value instanceof CelTypeValue) return types.type;
  if (value instanceof CelOptional) return { kind: 'opaque', name: 'optional_type', parameters: [types.dyn] };
  return { kind: 'opaque', name: value.typeName, parameters: [] };
}

export function typeName(value: CelValue): string {
  return runtimeTypeName(typeOf(value));
}

/** Unicode characters, not UTF-16 units. */
export function lengthOf(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) {
      length -= 1;
      index += 1;
    }
  }
  return length;
}

/** What the cost of reading this value grows with; 1 for anything of one size. */
export function sizeOf(value: CelValue): number {
  if (typeof value === 'string') return lengthOf(value);
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof CelList || value instanceof CelMap || value instanceof CelOpaque) return value.size;
  return 1;
}

const minSeconds = -62135596800n;
const maxSeconds = 253402300799n;
export const second = 1_000_000_000n;

export function parseTimestamp(text: string): CelTimestamp {
  const match = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)$/.exec(text);
  const millis = match ? Date.parse(text.replace(/\.\d+/, '').toUpperCase()) : Number.NaN;
  // Date.parse rolls the 31st of February over; upstream refuses it.
  const lastDay = match ? new Date(Date.UTC(Number(match[1]), Number(match[2]), 0)).getUTCDate() : 0;
  if (!match || Number.isNaN(millis) || Number(match[3]) > lastDay || match[4] === '24')
    throw new CelError(
      `type conversion error from 'string' to 'google.protobuf.Timestamp': cannot parse ${JSON.stringify(text)}`,
    );
  const fraction = BigInt((match[7] ?? '').padEnd(9, '0') || '0');
  return timestampOf(BigInt(millis) * 1_000_000n + fraction);
}

export function timestampOf(nanos: bigint): CelTimestamp {
  if (nanos < minSeconds * second || nanos >= (maxSeconds + 1n) * second) throw new CelError('timestamp overflow');
  return new CelTimestamp(nanos);
}

export function durationOf(nanos: bigint): CelDuration {
  if (nanos < -(2n ** 63n) || nanos >= 2n ** 63n) throw new CelError('duration overflow');
  return new CelDuration(nanos);
}

const units: Readonly<Record<string, bigint>> = {
  h: 3_600n * second,
  m: 60n * second,
  s: second,
  ms: 1_000_000n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ns: 1n,
};

/** `1h30m`, `-1.5s`, as Go writes durations. */
export function parseDuration(text: string): CelDuration {
  const invalid = () =>
    new CelError(
      `type conversion error from 'string' to 'google.protobuf.Duration': time: invalid duration ${JSON.stringify(text)}`,
    );
  const body = text.replace(/^[+-]/, '');
  if (body === '0') return new CelDuration(0n);
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body) || body.length > 100) throw invalid();
  let nanos = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of body.matchAll(/(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const size = units[unit] ?? 1n;
    nanos += BigInt(whole || '0') * size;
    if (fraction) nanos += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length);
  }
  if (text.startsWith('-')) nanos = -nanos;
  if (nanos < -(2n ** 63n) || nanos >= 2n ** 63n) throw invalid();
  return new CelDuration(nanos);
}

export function formatTimestamp(value: CelTimestamp): string {
  const seconds = floorDivide(value.nanos, second);
  const nanos = value.nanos - seconds * second;
  const base = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  const fraction = nanos === 0n ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
  return `${base}${fraction}Z`;
}

/** Seconds, as CEL's `string(duration)` gives them. */
export function formatDuration(value: CelDuration): string {
  const isNegative = value.nanos < 0n;
  const nanos = isNegative ? -value.nanos : value.nanos;
  const rest = nanos % second;
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(9, '0').replace(/0+$/, '')}`;
  return `${isNegative ? '-' : ''}${nanos / second}${fraction}s`;
}

export function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}
