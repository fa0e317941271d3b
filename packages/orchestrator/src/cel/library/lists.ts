import { compare, contains, isEqual } from '../equal.js';
import { CelError } from '../error.js';
import { add, fixed, multiply, perCharacter, scale, sizeAt } from '../estimate.js';
import { type Costs, double, fn, instance, int, list, member, type Overload, toInt64 } from '../overload.js';
import { CelDuration, CelList, CelMap, CelUint, type CelValue, durationOf, type CelList as List } from '../value.js';

/** The work of walking a value as a tree; stops counting where no budget could pay for it. */
function treeCost(value: CelValue, budget = { left: 10_000_000 }): number {
  budget.left -= 1;
  if (budget.left < 0) throw new CelError('the value is too large to be walked');
  if (typeof value === 'string') return Math.floor(Buffer.byteLength(value) * perCharacter);
  if (value instanceof Uint8Array) return Math.floor(value.length * perCharacter);
  let cost = 0;
  if (value instanceof CelList) for (const each of value) cost += treeCost(each, budget);
  else if (value instanceof CelMap)
    for (const key of value.keys()) cost += treeCost(key, budget) + treeCost(value.get(key) ?? null, budget);
  else return 1;
  return cost;
}

const walked: Costs = {
  cost: (args) => treeCost(args[0] ?? null),
  estimate: (call) => {
    const element = call.element?.isText ? add(fixed(1), scale(call.element.size, perCharacter)) : fixed(1);
    return { cost: multiply(sizeAt(call, 0), element) };
  },
};

function isSorted(values: List): boolean {
  let last: CelValue | undefined;
  for (const each of values) {
    if (last !== undefined && compare(last, each) > 0) return false;
    last = each;
  }
  return true;
}

function best(values: List, name: string, isBetter: (order: number) => boolean): CelValue {
  if (values.size === 0) throw new CelError(`${name} called on empty list`);
  let result = values.at(0);
  for (const each of values) if (isBetter(compare(each, result))) result = each;
  return result;
}

function indexOf(values: List, wanted: CelValue): bigint {
  let place = 0n;
  for (const each of values) {
    if (isEqual(each, wanted)) return place;
    place += 1n;
  }
  return -1n;
}

function lastIndexOf(values: List, wanted: CelValue): bigint {
  let place = 0n;
  let found = -1n;
  for (const each of values) {
    if (isEqual(each, wanted)) found = place;
    place += 1n;
  }
  return found;
}

const comparable = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'];

export const lists: readonly Overload[] = [
  ...comparable.flatMap((each) => [
    member(`list<${each}>.isSorted(): bool`, (a) => isSorted(list(a)), walked),
    member(`list<${each}>.min(): ${each}`, (a) => best(list(a), 'min', (order) => order < 0), walked),
    member(`list<${each}>.max(): ${each}`, (a) => best(list(a), 'max', (order) => order > 0), walked),
  ]),
  member(
    'list<int>.sum(): int',
    (a) => [...list(a)].reduce((total: bigint, each) => toInt64(total + int(each)), 0n),
    walked,
  ),
  member(
    'list<uint>.sum(): uint',
    (a) => {
      const total = [...list(a)].reduce((sum: bigint, each) => sum + instance(CelUint)(each).value, 0n);
      if (total >= 2n ** 64n) throw new CelError('unsigned integer overflow');
      return new CelUint(total);
    },
    walked,
  ),
  member(
    'list<double>.sum(): double',
    (a) => [...list(a)].reduce((total: number, each) => total + double(each), 0),
    walked,
  ),
  member(
    'list<duration>.sum(): duration',
    (a) => durationOf([...list(a)].reduce((total: bigint, each) => total + instance(CelDuration)(each).nanos, 0n)),
    walked,
  ),
  member('list<A>.indexOf(A): int', (a, b) => indexOf(list(a), b), walked),
  member('list<A>.lastIndexOf(A): int', (a, b) => lastIndexOf(list(a), b), walked),
];

const product: Costs = {
  cost: (args) => 1 + (args[0] instanceof CelList ? args[0].size : 1) * (args[1] instanceof CelList ? args[1].size : 1),
  estimate: (call) => ({ cost: add(fixed(1), multiply(sizeAt(call, 0), sizeAt(call, 1))) }),
};

const isInside = (part: List, whole: List) => [...part].every((each) => contains(whole, each));

export const sets: readonly Overload[] = [
  fn('sets.contains(list<A>, list<A>): bool', (a, b) => isInside(list(b), list(a)), product),
  fn(
    'sets.equivalent(list<A>, list<A>): bool',
    (a, b) => isInside(list(a), list(b)) && isInside(list(b), list(a)),
    product,
  ),
  fn(
    'sets.intersects(list<A>, list<A>): bool',
    (a, b) => [...list(a)].some((each) => contains(list(b), each)),
    product,
  ),
];
