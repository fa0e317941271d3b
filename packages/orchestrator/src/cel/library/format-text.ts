import { CelError } from '../error.js';
import {
  CelDuration,
  CelList,
  CelMap,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
  formatDuration,
  formatTimestamp,
  typeName,
} from '../value.js';
import { formatDouble } from './conversion.js';

const maxPrecision = 100;
/** Nested values that share parts can be far longer than what made them. */
const maxLength = 1_000_000;

/** `'%s is %d'.format([name, count])`. Clauses: s d f e x X o b, with a precision for f and e. */
export function formatText(pattern: string, args: CelList): string {
  let result = '';
  let end = 0;
  let next = 0;
  const clauses = /%(?:(%)|(?:\.(\d+))?(.)|$)/gsu;
  for (const match of pattern.matchAll(clauses)) {
    result += pattern.slice(end, match.index);
    end = match.index + match[0].length;
    if (match[1]) {
      result += '%';
      continue;
    }
    if (match[3] === undefined) throw new CelError('unexpected end of string');
    if (next >= args.size) throw new CelError(`index ${next} out of range`);
    const precision = match[2] === undefined ? 6 : Number(match[2]);
    if (precision > maxPrecision)
      throw new CelError(`precision ${precision} exceeds the greatest one, ${maxPrecision}`);
    result += formatClause(match[3], precision, args.at(next));
    if (result.length > maxLength) throw new CelError('format: the result is too long');
    next += 1;
  }
  return result + pattern.slice(end);
}

function formatClause(verb: string, precision: number, value: CelValue): string {
  switch (verb) {
    case 's':
      return plain(value, { left: maxLength });
    case 'd':
      return number(value, 10, 'decimal');
    case 'f':
      return special(value) ?? fixedPoint(value, precision);
    case 'e':
      return special(value) ?? scientific(value, precision);
    case 'b':
      return typeof value === 'boolean' ? (value ? '1' : '0') : number(value, 2, 'binary');
    case 'o':
      return number(value, 8, 'octal');
    case 'x':
      return hexadecimal(value);
    case 'X':
      return hexadecimal(value).toUpperCase();
    default:
      throw new CelError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
}

function unfit(kind: string, value: CelValue): CelError {
  return new CelError(`error during formatting: ${kind} clause can not be used on ${typeName(value)}`);
}

function integer(value: CelValue): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return value instanceof CelUint ? value.value : undefined;
}

function number(value: CelValue, base: number, kind: string): string {
  const whole = integer(value);
  if (whole !== undefined) return whole.toString(base);
  if (kind === 'decimal' && typeof value === 'number') return special(value) ?? formatDouble(value);
  throw unfit(kind, value);
}

function hexadecimal(value: CelValue): string {
  if (typeof value === 'string') return Buffer.from(value).toString('hex');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return number(value, 16, 'hex');
}

function special(value: CelValue): string | undefined {
  if (typeof value !== 'number' || Number.isFinite(value)) return undefined;
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}

function double(value: CelValue, kind: string): number {
  const whole = integer(value);
  if (whole !== undefined) return Number(whole);
  if (typeof value === 'number') return value;
  throw unfit(kind, value);
}

function fixedPoint(value: CelValue, precision: number): string {
  return double(value, 'fixed-point').toFixed(precision);
}

function scientific(value: CelValue, precision: number): string {
  const [mantissa = '', exponent = '+0'] = double(value, 'scientific').toExponential(precision).split('e');
  return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}

function plain(value: CelValue, budget: { left: number }): string {
  budget.left -= 1;
  if (budget.left < 0) throw new CelError('format: the result is too long');
  if (typeof value === 'string') {
    budget.left -= value.length;
    return value;
  }
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return special(value) ?? formatDouble(value);
  if (value instanceof CelUint) return String(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (value instanceof CelTimestamp) return formatTimestamp(value);
  if (value instanceof CelDuration) return formatDuration(value);
  if (value instanceof CelTypeValue) return value.type;
  if (value instanceof CelList) return `[${[...value].map((each) => plain(each, budget)).join(', ')}]`;
  if (value instanceof CelMap) {
    const entries = [...value.keys()].map(
      (key) => [plain(key, budget), plain(value.get(key) ?? null, budget)] as const,
    );
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, each]) => `${key}: ${each}`).join(', ')}}`;
  }
  throw new CelError(
    `error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeName(value)}`,
  );
}
