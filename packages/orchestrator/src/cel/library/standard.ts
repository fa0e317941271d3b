import { compare, contains, identityOf, isEqual, listTypeOf, mapKeysOf } from '../equal.js';
import { CelError } from '../error.js';
import { add, type CallSizes, fixed, multiply, perCharacter, scale, sizeAt } from '../estimate.js';
import { type Costs, double, fn, instance, int, list, member, type Overload, text, toInt64 } from '../overload.js';
import {
  ArrayList,
  CelDuration,
  CelList,
  CelMap,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
  durationOf,
  EntryMap,
  JoinedList,
  lengthOf,
  StructValue,
  sizeOf,
  timestampOf,
  typeName,
} from '../value.js';
import { matches, patternCosts } from './regex.js';

const uint = (value: CelValue) => instance(CelUint)(value).value;
const bytes = instance(Uint8Array);
const map = instance(CelMap);
const time = (value: CelValue) => instance(CelTimestamp)(value).nanos;
const span = (value: CelValue) => instance(CelDuration)(value).nanos;

function toUint(value: bigint): CelUint {
  if (value >= 0n && value < 2n ** 64n) return new CelUint(value);
  throw new CelError('unsigned integer overflow');
}

function divisor(value: bigint, operation: string): bigint {
  if (value !== 0n) return value;
  throw new CelError(operation);
}

const comparison: Costs = {
  cost: (args) => Math.ceil(Math.min(sizeOf(args[0] ?? null), sizeOf(args[1] ?? null)) * perCharacter),
  estimate: (call) => {
    const smallest = Math.min(sizeAt(call, 0).max, sizeAt(call, 1).max);
    return { cost: scale({ min: smallest > 0 ? 1 : 0, max: smallest }, perCharacter) };
  },
};

const joined = (call: CallSizes) => add(sizeAt(call, 0), sizeAt(call, 1));
const concatenation: Costs = {
  cost: (args) => Math.ceil((sizeOf(args[0] ?? null) + sizeOf(args[1] ?? null)) * perCharacter),
  estimate: (call) => ({ cost: scale(joined(call), perCharacter), size: joined(call) }),
};

// As upstream has it: while it runs the text counts, before it runs the prefix does.
const affix: Costs = {
  cost: (args) => Math.ceil(sizeOf(args[0] ?? null) * perCharacter),
  estimate: (call) => ({ cost: scale(sizeAt(call, 1), perCharacter) }),
};

const containing: Costs = {
  cost: (args) => Math.ceil(sizeOf(args[0] ?? null) * perCharacter) * Math.ceil(sizeOf(args[1] ?? null) * perCharacter),
  estimate: (call) => ({
    cost: multiply(scale(sizeAt(call, 0), perCharacter), scale(sizeAt(call, 1), perCharacter)),
  }),
};

const free: Costs = { cost: () => 0, estimate: () => ({ cost: fixed(0) }) };

/** Lists of a `set` or a `map` are joined as such: what the second has replaces or follows what the first has. */
function concatenate(a: CelList, b: CelList): CelList {
  const listType = listTypeOf(a) ?? listTypeOf(b);
  if (listType === 'set') return new ArrayList([...a, ...[...b].filter((each) => !contains(a, each))]);
  if (listType !== 'map') return new JoinedList(a, b);
  const keys = mapKeysOf(a) ?? mapKeysOf(b) ?? [];
  const items = new Map<string, CelValue>();
  for (const each of a) items.set(identityOf(each, keys), each);
  for (const each of b) items.set(identityOf(each, keys), each);
  return new ArrayList([...items.values()]);
}

const size = (value: CelValue): bigint => {
  if (typeof value === 'string') return BigInt(lengthOf(value));
  if (value instanceof Uint8Array) return BigInt(value.length);
  if (value instanceof CelList || value instanceof CelMap) return BigInt(value.size);
  throw new CelError('no such overload');
};

const ordered = ['int', 'uint', 'double', 'bool', 'string', 'bytes', 'timestamp', 'duration'];
const crossed = [
  ['int', 'uint'],
  ['int', 'double'],
  ['uint', 'int'],
  ['uint', 'double'],
  ['double', 'int'],
  ['double', 'uint'],
];

function comparisons(): Overload[] {
  const tests: readonly (readonly [string, (order: number) => boolean])[] = [
    ['_<_', (order) => order < 0],
    ['_<=_', (order) => order <= 0],
    ['_>_', (order) => order > 0],
    ['_>=_', (order) => order >= 0],
  ];
  const pairs = [...ordered.map((each) => [each, each]), ...crossed];
  return tests.flatMap(([name, test]) =>
    pairs.map(([left = '', right = '']) =>
      fn(
        `${name}(${left}, ${right}): bool`,
        (a, b) => !isUnordered(a, b) && test(compare(a, b)),
        left === 'string' || left === 'bytes' ? comparison : undefined,
      ),
    ),
  );
}

/** NaN is neither less nor more than anything. */
function isUnordered(a: CelValue, b: CelValue): boolean {
  return (typeof a === 'number' && Number.isNaN(a)) || (typeof b === 'number' && Number.isNaN(b));
}

export const operators: readonly Overload[] = [
  fn('!_(bool): bool', (a) => a === false),
  fn('_&&_(bool, bool): bool', () => null, free),
  fn('_||_(bool, bool): bool', () => null, free),
  fn('_?_:_(bool, A, A): A', () => null, free),
  fn('_==_(A, A): bool', (a, b) => isEqual(a, b), comparison),
  fn('_!=_(A, A): bool', (a, b) => !isEqual(a, b), comparison),
  ...comparisons(),
  fn('_+_(int, int): int', (a, b) => toInt64(int(a) + int(b))),
  fn('_-_(int, int): int', (a, b) => toInt64(int(a) - int(b))),
  fn('_*_(int, int): int', (a, b) => toInt64(int(a) * int(b))),
  fn('_/_(int, int): int', (a, b) => toInt64(int(a) / divisor(int(b), 'division by zero'))),
  fn('_%_(int, int): int', (a, b) => int(a) % divisor(int(b), 'modulus by zero')),
  fn('-_(int): int', (a) => toInt64(-int(a))),
  fn('_+_(uint, uint): uint', (a, b) => toUint(uint(a) + uint(b))),
  fn('_-_(uint, uint): uint', (a, b) => toUint(uint(a) - uint(b))),
  fn('_*_(uint, uint): uint', (a, b) => toUint(uint(a) * uint(b))),
  fn('_/_(uint, uint): uint', (a, b) => toUint(uint(a) / divisor(uint(b), 'division by zero'))),
  fn('_%_(uint, uint): uint', (a, b) => toUint(uint(a) % divisor(uint(b), 'modulus by zero'))),
  fn('_+_(double, double): double', (a, b) => double(a) + double(b)),
  fn('_-_(double, double): double', (a, b) => double(a) - double(b)),
  fn('_*_(double, double): double', (a, b) => double(a) * double(b)),
  fn('_/_(double, double): double', (a, b) => double(a) / double(b)),
  fn('-_(double): double', (a) => -double(a)),
  fn('_+_(string, string): string', (a, b) => text(a) + text(b), concatenation),
  fn('_+_(bytes, bytes): bytes', (a, b) => new Uint8Array(Buffer.concat([bytes(a), bytes(b)])), concatenation),
  fn('_+_(list<A>, list<A>): list<A>', (a, b) => concatenate(list(a), list(b)), {
    cost: () => 1,
    estimate: (call) => ({ cost: fixed(1), size: joined(call) }),
  }),
  fn('_+_(timestamp, duration): timestamp', (a, b) => timestampOf(time(a) + span(b))),
  fn('_+_(duration, timestamp): timestamp', (a, b) => timestampOf(span(a) + time(b))),
  fn('_+_(duration, duration): duration', (a, b) => durationOf(span(a) + span(b))),
  fn('_-_(timestamp, timestamp): duration', (a, b) => durationOf(time(a) - time(b))),
  fn('_-_(timestamp, duration): timestamp', (a, b) => timestampOf(time(a) - span(b))),
  fn('_-_(duration, duration): duration', (a, b) => durationOf(span(a) - span(b))),
  fn('@in(A, list<A>): bool', (a, b) => contains(list(b), a), {
    cost: (args) => sizeOf(args[1] ?? null),
    estimate: (call) => ({ cost: sizeAt(call, 1) }),
  }),
  fn('@in(A, map<A, B>): bool', (a, b) => hasKey(map(b), a)),
  // The interpreter runs these itself; they are here for their types.
  fn('_[_](list<A>, int): A', () => null),
  fn('_[_](map<A, B>, A): B', () => null),
  fn('_[_](optional<list<A>>, int): optional<A>', () => null),
  fn('_[_](optional<map<A, B>>, A): optional<B>', () => null),
  fn('_[?_](list<A>, int): optional<A>', () => null),
  fn('_[?_](map<A, B>, A): optional<B>', () => null),
  fn('_[?_](optional<list<A>>, int): optional<A>', () => null),
  fn('_[?_](optional<map<A, B>>, A): optional<B>', () => null),
];

function hasKey(value: CelMap, key: CelValue): boolean {
  if (value instanceof StructValue || value instanceof EntryMap) return value.get(key) !== undefined;
  return typeof key === 'string' && value.get(key) !== undefined;
}

export const standard: readonly Overload[] = [
  fn('dyn(A): dyn', (a) => a),
  fn('type(A): type', (a) => new CelTypeValue(typeName(a))),
  fn('size(string): int', size),
  fn('size(bytes): int', size),
  fn('size(list<A>): int', size),
  fn('size(map<A, B>): int', size),
  member('string.size(): int', size),
  member('bytes.size(): int', size),
  member('list<A>.size(): int', size),
  member('map<A, B>.size(): int', size),
  member('string.contains(string): bool', (a, b) => text(a).includes(text(b)), containing),
  member('string.startsWith(string): bool', (a, b) => text(a).startsWith(text(b)), affix),
  member('string.endsWith(string): bool', (a, b) => text(a).endsWith(text(b)), affix),
  member('string.matches(string): bool', (a, b) => matches(text(a), text(b)), patternCosts),
  fn('matches(string, string): bool', (a, b) => matches(text(a), text(b)), patternCosts),
];
