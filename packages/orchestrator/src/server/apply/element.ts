import { isJsonObject, type Json } from '../../kinds/index.js';
import type { ListType } from './field-type.js';

/**
 * One step of a path, as it stands in fieldsV1: `f:name` a field, `k:{"name":"a"}` the item of a list with these keys,
 * `v:"a"` the item of a set, `i:0` an index.
 */
export type Element = string;

/** A list's item has no place: it lacks its keys, or is nothing that a set can hold. */
export class ElementError extends Error {}

/** The element of an item of a list that is not atomic. Throws ElementError. */
export function elementOfItem(list: ListType, item: Json): Element {
  const { keys } = list;
  if (keys.length === 0) {
    if (isJsonObject(item)) throw new ElementError("associative list without keys has an element that's a map type");
    if (Array.isArray(item)) throw new ElementError('not supported: associative list with lists as elements');
    if (item === null) throw new ElementError("associative list without keys has an element that's an explicit null");
    return `v:${JSON.stringify(item)}`;
  }
  if (item === null) throw new ElementError('associative list with keys may not have a null element');
  if (!isJsonObject(item)) throw new ElementError('associative list with keys may not have non-map elements');
  let text = '';
  for (const key of keys) {
    const value = item[key.name] ?? (item[key.name] === null ? null : key.default);
    if (value !== undefined) text += `${text && ','}${key.text}${JSON.stringify(value)}`;
  }
  if (text === '') {
    const names = keys.map((key) => JSON.stringify(key.name)).join(' ');
    throw new ElementError(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    );
  }
  return `k:{${text}}`;
}

/** As `elementOfItem`, undefined for an item that has no place. */
export function placeOfItem(list: ListType, item: Json): Element | undefined {
  try {
    return elementOfItem(list, item);
  } catch (error) {
    if (error instanceof ElementError) return undefined;
    throw error;
  }
}

export function fieldElement(name: string): Element {
  return `f:${name}`;
}

/**
 * The one way of writing an element that a client may have written in another; undefined for a form from the future.
 * Throws a SyntaxError.
 */
export function canonicalElement(text: string): Element | undefined {
  if (text.length < 2 || text[1] !== ':') throw new SyntaxError(`${JSON.stringify(text)} is no path element`);
  const rest = text.slice(2);
  switch (text[0]) {
    case 'f':
      return text;
    case 'i':
      if (!/^[+-]?\d+$/.test(rest)) throw new SyntaxError(`${JSON.stringify(text)} is no index`);
      return `i:${Number(rest)}`;
    case 'v':
      return `v:${JSON.stringify(JSON.parse(rest))}`;
    case 'k': {
      const keys: unknown = JSON.parse(rest);
      if (!isJsonObject(keys)) throw new SyntaxError(`${JSON.stringify(text)} holds no keys`);
      const parts = Object.keys(keys).sort();
      return `k:{${parts.map((name) => `${JSON.stringify(name)}:${JSON.stringify(keys[name])}`).join(',')}}`;
    }
    default:
      return undefined;
  }
}

/** As messages write it: `.spec`, `[name="a"]`, `[="a"]`, `[0]`. */
export function elementText(element: Element): string {
  const rest = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${rest}`;
    case 'k': {
      const keys: unknown = JSON.parse(rest);
      const pairs = isJsonObject(keys) ? Object.entries(keys) : [];
      return `[${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
    }
    case 'v':
      return `[=${rest}]`;
    default:
      return `[${rest}]`;
  }
}

export function pathText(path: readonly Element[]): string {
  return path.map(elementText).join('');
}

const ranks: Record<string, number> = { '.': 0, f: 1, k: 2, v: 3, i: 4 };

/** Fields before items; fields by name, items by their keys or values, numbers as numbers. */
export function compareElements(a: Element, b: Element): number {
  if (a === b) return 0;
  const kindOfA = a.charAt(0);
  const kindOfB = b.charAt(0);
  if (kindOfA !== kindOfB) return (ranks[kindOfA] ?? 5) - (ranks[kindOfB] ?? 5);
  if (kindOfA === 'f' || kindOfA === '.') return a < b ? -1 : 1;
  return compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)));
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (isJsonObject(a) && isJsonObject(b)) {
    const entriesOfA = Object.entries(a);
    const entriesOfB = Object.entries(b);
    for (const [index, [name, value]] of entriesOfA.entries()) {
      const other = entriesOfB[index];
      if (!other) return 1;
      const order = name === other[0] ? compareValues(value, other[1]) : name < other[0] ? -1 : 1;
      if (order !== 0) return order;
    }
    return entriesOfA.length - entriesOfB.length;
  }
  const textOfA = typeof a === 'string' ? a : JSON.stringify(a);
  const textOfB = typeof b === 'string' ? b : JSON.stringify(b);
  const rankOfA = typeof a === 'number' ? 0 : typeof a === 'string' ? 1 : 2;
  const rankOfB = typeof b === 'number' ? 0 : typeof b === 'string' ? 1 : 2;
  if (rankOfA !== rankOfB) return rankOfA - rankOfB;
  return textOfA === textOfB ? 0 : textOfA < textOfB ? -1 : 1;
}
