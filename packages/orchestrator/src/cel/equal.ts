import { CelError } from './error.js';
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
  JsonList,
  typeName,
} from './value.js';

/** Values that share parts can be far larger as trees than in memory: comparing them ends here. */
const maxWork = 2_000_000;

interface Work {
  left: number;
}

/** Numbers are equal across their types; values of other types are not. */
export function isEqual(a: CelValue, b: CelValue, work: Work = { left: maxWork }): boolean {
  if (a === b) return true;
  work.left -= 1;
  if (work.left < 0) throw new CelError('the values are too large to be compared');
  const x = numeric(a);
  const y = x === undefined ? undefined : numeric(b);
  // biome-ignore lint/suspicious/noDoubleEquals: bigint and number compare exactly with ==
  if (x !== undefined && y !== undefined) return x == y;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
  if (a instanceof CelList) return b instanceof CelList && isSameList(a, b, work);
  if (a instanceof CelMap) return b instanceof CelMap && isSameMap(a, b, work);
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.nanos === b.nanos;
  if (a instanceof CelDuration) return b instanceof CelDuration && a.nanos === b.nanos;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof CelTypeValue) return b instanceof CelTypeValue && a.type === b.type;
  if (a instanceof CelOptional) return b instanceof CelOptional && isSameOptional(a, b, work);
  return a instanceof CelOpaque && b instanceof CelOpaque && a.typeName === b.typeName && a.equals(b);
}

function numeric(value: CelValue): bigint | number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  return value instanceof CelUint ? value.value : undefined;
}

function isSameOptional(a: CelOptional, b: CelOptional, work: Work): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value;
  return isEqual(a.value, b.value, work);
}

function isSameList(a: CelList, b: CelList, work: Work): boolean {
  if (a.size !== b.size) return false;
  const listType = listTypeOf(a) ?? listTypeOf(b);
  if (listType === 'set') return [...a].every((each) => contains(b, each, work));
  if (listType === 'map') {
    const keys = mapKeysOf(a) ?? mapKeysOf(b) ?? [];
    const others = new Map([...b].map((each) => [identityOf(each, keys), each]));
    return [...a].every((each) => {
      const other = others.get(identityOf(each, keys));
      return other !== undefined && isEqual(each, other, work);
    });
  }
  const others = b[Symbol.iterator]();
  for (const each of a) if (!isEqual(each, others.next().value ?? null, work)) return false;
  return true;
}

function isSameMap(a: CelMap, b: CelMap, work: Work): boolean {
  if (a.size !== b.size) return false;
  for (const key of a.keys()) {
    const value = a.get(key);
    const other = b.get(key);
    if (value === undefined || other === undefined || !isEqual(value, other, work)) return false;
  }
  return true;
}

export function contains(list: CelList, value: CelValue, work?: Work): boolean {
  for (const each of list) if (isEqual(each, value, work)) return true;
  return false;
}

export function listTypeOf(list: CelList): string | undefined {
  return list instanceof JsonList ? list.type?.schema?.listType : undefined;
}

export function mapKeysOf(list: CelList): readonly string[] | undefined {
  return list instanceof JsonList ? list.type?.schema?.listMapKeys : undefined;
}

/** What makes an element of a `map` list the same as another. */
export function identityOf(element: CelValue, keys: readonly string[]): string {
  if (!(element instanceof CelMap)) return '';
  return JSON.stringify(keys.map((key) => describe(element.get(key))));
}

function describe(value: CelValue | undefined): string {
  return value === undefined ? 'unset' : `${typeof value}:${String(value)}`;
}

/** Less than 0, 0 or more than 0; an error for values that have no order between them. */
export function compare(a: CelValue, b: CelValue): number {
  const x = comparable(a);
  const y = comparable(b);
  if (typeof x === 'string' && typeof y === 'string') return compareText(x, y);
  const areNumbers = typeof x !== 'string' && typeof y !== 'string' && x !== undefined && y !== undefined;
  const isSameKind = (numeric(a) !== undefined && numeric(b) !== undefined) || typeName(a) === typeName(b);
  if (areNumbers && isSameKind) return x < y ? -1 : x > y ? 1 : 0;
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  throw new CelError('no such overload');
}

function comparable(value: CelValue): string | bigint | number | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof CelTimestamp || value instanceof CelDuration) return value.nanos;
  return numeric(value);
}

/** By code points, as bytes of UTF-8 would be ordered. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x === y) continue;
    const isSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;
    if (isSurrogate(x) !== isSurrogate(y)) return isSurrogate(x) ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}
