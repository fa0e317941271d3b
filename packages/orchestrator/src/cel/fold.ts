import type { CelNode, FoldNode } from './ast.js';
import { CelError } from './error.js';
import type { Frame } from './frame.js';
import { attempt, bool, declare, type Scope, type Step } from './step.js';
import { ArrayList, CelList, CelMap, type CelValue, EntryMap } from './value.js';

/** What one round costs beside its filter and its body, as the loops upstream expands these macros to. */
const roundCost = {
  all: 3,
  exists: 4,
  existsOne: 1,
  map: 12,
  filter: 12,
  transformList: 12,
  transformMap: 3,
  transformMapEntry: 2,
};

type Collect = (value: CelValue, first: CelValue) => void;

export function planFold(node: FoldNode, scope: Scope, plan: (node: CelNode, scope: Scope) => Step): Step {
  const range = plan(node.range, scope);
  const first = scope.next;
  const second = first + 1;
  const isDouble = node.variables.length > 1;
  // Two slots are taken in any case: the second one holds nothing of use where there is one variable.
  const inner = declare(scope, isDouble ? node.variables : [...node.variables, '']);
  const filter = node.filter && plan(node.filter, inner);
  const body = plan(node.body, inner);
  const cost = roundCost[node.fold];

  /** Runs the body for each element until it answers false. */
  const each = (frame: Frame, round: (key: CelValue) => boolean): void => {
    const value = range(frame);
    for (const [key, element] of isDouble ? pairs(value) : singles(value)) {
      frame.charge(cost);
      frame.slots[first] = key;
      frame.slots[second] = element;
      if (filter && !bool(filter(frame))) continue;
      if (!round(key)) return;
    }
  };

  if (node.fold === 'all' || node.fold === 'exists') {
    const decisive = node.fold === 'exists';
    return (frame) => {
      let failure: CelError | undefined;
      let isDecided = false;
      frame.charge(1);
      each(frame, () => {
        const value = attempt(body, frame);
        if (value instanceof CelError) failure ??= value;
        else isDecided = bool(value) === decisive;
        return !isDecided;
      });
      if (isDecided) return decisive;
      if (failure) throw failure;
      return !decisive;
    };
  }
  if (node.fold === 'existsOne')
    return (frame) => {
      let count = 0;
      frame.charge(2);
      each(frame, () => {
        if (bool(body(frame))) count += 1;
        return true;
      });
      return count === 1;
    };
  if (node.fold === 'map' || node.fold === 'filter' || node.fold === 'transformList') {
    const isFilter = node.fold === 'filter';
    return (frame) => {
      const items: CelValue[] = [];
      frame.charge(11);
      each(frame, (key) => {
        const value = body(frame);
        if (!isFilter) items.push(value);
        else if (bool(value)) items.push(key);
        return true;
      });
      return new ArrayList(items);
    };
  }
  const collectInto = (map: EntryMap): Collect =>
    node.fold === 'transformMap' ? (value, key) => addEntry(map, key, value) : (value) => addAll(map, value);
  return (frame) => {
    const map = new EntryMap();
    const collect = collectInto(map);
    frame.charge(31);
    each(frame, (key) => {
      collect(body(frame), key);
      return true;
    });
    return map;
  };
}

function addEntry(map: EntryMap, key: CelValue, value: CelValue): void {
  if (!map.add(key, value)) throw new CelError(`insert failed: key ${String(key)} already exists`);
}

function addAll(map: EntryMap, entry: CelValue): void {
  if (!(entry instanceof CelMap)) throw new CelError('no such overload');
  for (const key of entry.keys()) addEntry(map, key, entry.get(key) ?? null);
}

function* singles(value: CelValue): Generator<readonly [CelValue, CelValue]> {
  if (value instanceof CelList) for (const element of value) yield [element, null];
  else if (value instanceof CelMap) for (const key of value.keys()) yield [key, null];
  else throw new CelError('no such overload');
}

function* pairs(value: CelValue): Generator<readonly [CelValue, CelValue]> {
  if (value instanceof CelList) {
    let place = 0n;
    for (const element of value) {
      yield [place, element];
      place += 1n;
    }
  } else if (value instanceof CelMap) for (const key of value.keys()) yield [key, value.get(key) ?? null];
  else throw new CelError('no such overload');
}
