import { CelError } from '../error.js';
import { add, multiply, perCharacter, type Range, scale, sizeAt, traversal } from '../estimate.js';
import { type Costs, characters, fn, index, list, member, type Overload, text } from '../overload.js';
import { ArrayList, type CelValue, lengthOf, sizeOf } from '../value.js';
import { formatText } from './format-text.js';

/** A result longer than this could be built cheaply from short parts; no object holds it. */
const maxResult = 10_000_000;

const walked: Costs = {
  cost: (args) => Math.ceil(sizeOf(args[0] ?? null) * perCharacter),
  estimate: (call) => ({ cost: scale(sizeAt(call, 0), perCharacter), size: sizeAt(call, 0) }),
};

const found: Costs = { ...walked, estimate: traversal(0) };

function slice(value: string | readonly string[], start: number, end?: number): string {
  return typeof value === 'string' ? value.slice(start, end) : value.slice(start, end).join('');
}

function charAt(value: string, place: number): string {
  const all = characters(value);
  if (place < 0 || place > all.length) throw new CelError(`index out of range: ${place}`);
  return all[place] ?? '';
}

function indexOf(value: string, part: string, from: number): bigint {
  const all = characters(value);
  if (part === '') return BigInt(from);
  if (from < 0 || from > all.length) throw new CelError(`index out of range: ${from}`);
  const found = value.indexOf(part, slice(all, 0, from).length);
  return found < 0 ? -1n : BigInt(lengthOf(value.slice(0, found)));
}

function lastIndexOf(value: string, part: string, from?: number): bigint {
  const all = characters(value);
  const start = from ?? all.length;
  if (part === '') return BigInt(start);
  if (start < 0 || start > all.length) throw new CelError(`index out of range: ${start}`);
  const found = value.lastIndexOf(part, slice(all, 0, start).length);
  return found < 0 ? -1n : BigInt(lengthOf(value.slice(0, found)));
}

function substring(value: string, start: number, end?: number): string {
  const all = characters(value);
  const stop = end ?? all.length;
  if (start < 0 || start > all.length) throw new CelError(`index out of range: ${start}`);
  if (stop < 0 || stop > all.length) throw new CelError(`index out of range: ${stop}`);
  if (start > stop) throw new CelError(`invalid substring range. start: ${start}, end: ${stop}`);
  return slice(all, start, stop);
}

function replace(value: string, part: string, by: string, limit: number): string {
  if (limit === 0) return value;
  const pieces = part === '' ? ['', ...value, ''] : value.split(part);
  const count = limit < 0 ? pieces.length - 1 : Math.min(limit, pieces.length - 1);
  if (value.length + count * by.length > maxResult) throw new CelError('replace: the result is too long');
  if (part === '') {
    const shown = pieces.slice(1, -1);
    return shown.map((each, place) => (place < count ? by + each : each)).join('') + (count > shown.length ? by : '');
  }
  return (
    pieces.slice(0, count + 1).join(by) +
    pieces
      .slice(count + 1)
      .map((each) => part + each)
      .join('')
  );
}

function split(value: string, separator: string, limit: number): CelValue {
  if (limit === 0) return new ArrayList([]);
  if (limit === 1) return new ArrayList([value]);
  const parts = separator === '' ? [...value] : value.split(separator);
  if (limit < 0 || parts.length <= limit) return new ArrayList(parts);
  return new ArrayList([...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)]);
}

function join(values: CelValue, separator: string): string {
  return [...list(values)].map(text).join(separator);
}

function ascii(value: string, pattern: RegExp, change: (letter: string) => string): string {
  return value.replace(pattern, change);
}

/** Strips what Go counts as white space. */
function trim(value: string): string {
  return value.replace(/^[\s\u0085]+|[\s\u0085]+$/g, '').replace(/^\ufeff+|\ufeff+$/g, '');
}

const joining: Costs = {
  cost: (_args, result) => Math.ceil(sizeOf(result) * 2 * perCharacter),
  estimate: (call) => {
    const count = sizeAt(call, 0);
    const separators: Range = { min: Math.max(count.min - 1, 0), max: Math.max(count.max - 1, 0) };
    const items = multiply(count, call.element?.size ?? { min: 0, max: 0 });
    const size = call.sizes.length > 1 ? add(items, multiply(sizeAt(call, 1), separators)) : items;
    return { cost: scale(size, perCharacter), size };
  },
};

const splitting: Costs = {
  cost: (args) => Math.ceil(sizeOf(args[0] ?? null) * 2 * perCharacter),
  estimate: (call) => ({
    cost: scale(sizeAt(call, 0), 2 * perCharacter),
    size: { min: 0, max: call.literal(2) ?? sizeAt(call, 0).max },
  }),
};

const replacing: Costs = {
  cost: splitting.cost,
  estimate: (call) => {
    const [whole, part, by] = [sizeAt(call, 0), sizeAt(call, 1), sizeAt(call, 2)];
    const most =
      part.min === 0
        ? (whole.max + 1) * by.max + whole.max
        : by.max <= part.min
          ? whole.max
          : Math.ceil(whole.max / part.min) * by.max;
    const least =
      part.max === 0
        ? (whole.min + 1) * by.min + whole.min
        : part.max <= by.min
          ? whole.min
          : Math.ceil(whole.min / part.max) * by.min;
    return { cost: scale(whole, 2 * perCharacter), size: scale({ min: least, max: most }, 1) };
  },
};

const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

function quote(value: string): string {
  return `"${value.replace(/[\x07\b\f\n\r\t\v\\"]/g, (each) => escapes[each] ?? each)}"`;
}

export const strings: readonly Overload[] = [
  member('string.charAt(int): string', (a, b) => charAt(text(a), index(b))),
  member('string.indexOf(string): int', (a, b) => indexOf(text(a), text(b), 0), found),
  member('string.indexOf(string, int): int', (a, b, c) => indexOf(text(a), text(b), index(c)), found),
  member('string.lastIndexOf(string): int', (a, b) => lastIndexOf(text(a), text(b)), found),
  member('string.lastIndexOf(string, int): int', (a, b, c) => lastIndexOf(text(a), text(b), index(c)), found),
  member('string.lowerAscii(): string', (a) => ascii(text(a), /[A-Z]+/g, (each) => each.toLowerCase()), walked),
  member('string.upperAscii(): string', (a) => ascii(text(a), /[a-z]+/g, (each) => each.toUpperCase()), walked),
  member('string.replace(string, string): string', (a, b, c) => replace(text(a), text(b), text(c), -1), replacing),
  member(
    'string.replace(string, string, int): string',
    (a, b, c, d) => replace(text(a), text(b), text(c), index(d)),
    replacing,
  ),
  member('string.split(string): list<string>', (a, b) => split(text(a), text(b), -1), splitting),
  member('string.split(string, int): list<string>', (a, b, c) => split(text(a), text(b), index(c)), splitting),
  member('string.substring(int): string', (a, b) => substring(text(a), index(b)), walked),
  member('string.substring(int, int): string', (a, b, c) => substring(text(a), index(b), index(c)), walked),
  member('string.trim(): string', (a) => trim(text(a)), walked),
  member('string.reverse(): string', (a) => [...text(a)].reverse().join(''), walked),
  member('list<string>.join(): string', (a) => join(a, ''), joining),
  member('list<string>.join(string): string', (a, b) => join(a, text(b)), joining),
  fn('strings.quote(string): string', (a) => quote(text(a)), walked),
  member('string.format(list<dyn>): string', (a, b) => formatText(text(a), list(b)), {
    cost: (args, result) => Math.ceil((sizeOf(args[0] ?? null) + sizeOf(result)) * perCharacter),
    estimate: traversal(0),
  }),
];
