import { CelError } from '../error.js';
import { perCharacter, scale, sizeAt, unbounded } from '../estimate.js';
import { type Costs, fn, instance, int, member, type Overload, text, toInt64 } from '../overload.js';
import {
  CelDuration,
  CelTimestamp,
  CelUint,
  type CelValue,
  durationOf,
  floorDivide,
  formatDuration,
  formatTimestamp,
  parseDuration,
  parseTimestamp,
  second,
  sizeOf,
  timestampOf,
} from '../value.js';

const bytes = instance(Uint8Array);
const timestamp = instance(CelTimestamp);
const duration = instance(CelDuration);

const same = (value: CelValue): CelValue => value;

function conversionError(value: string, type: string): CelError {
  return new CelError(`type conversion error from 'string' to '${type}': cannot parse ${JSON.stringify(value)}`);
}

function toInt(value: CelValue): bigint {
  if (typeof value === 'bigint') return value;
  if (value instanceof CelUint) return toInt64(value.value);
  if (value instanceof CelTimestamp) return floorDivide(value.nanos, second);
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || value <= -(2 ** 63) || value >= 2 ** 63) throw new CelError('integer overflow');
    return BigInt(Math.trunc(value));
  }
  const digits = text(value);
  if (!/^[+-]?\d{1,20}$/.test(digits)) throw conversionError(digits, 'int');
  const number = BigInt(digits.replace(/^\+/, ''));
  if (number < -(2n ** 63n) || number >= 2n ** 63n) throw conversionError(digits, 'int');
  return number;
}

function toUint(value: CelValue): CelUint {
  const unsigned = (number: bigint) => {
    if (number < 0n || number >= 2n ** 64n) throw new CelError('unsigned integer overflow');
    return new CelUint(number);
  };
  if (value instanceof CelUint) return value;
  if (typeof value === 'bigint') return unsigned(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new CelError('unsigned integer overflow');
    return unsigned(BigInt(Math.trunc(value)));
  }
  const digits = text(value);
  if (!/^\d{1,20}$/.test(digits)) throw conversionError(digits, 'uint');
  return unsigned(BigInt(digits));
}

function toDouble(value: CelValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof CelUint) return Number(value.value);
  const number = text(value);
  if (/^[+-]?inf(inity)?$/i.test(number)) return number.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(number)) return Number.NaN;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(number)) throw conversionError(number, 'double');
  return Number(number);
}

const trueWords = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const falseWords = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

function toBool(value: CelValue): boolean {
  if (typeof value === 'boolean') return value;
  const word = text(value);
  if (trueWords.includes(word)) return true;
  if (falseWords.includes(word)) return false;
  throw conversionError(word, 'bool');
}

export function toText(value: CelValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return formatDouble(value);
  if (value instanceof CelUint) return String(value.value);
  if (value instanceof CelTimestamp) return formatTimestamp(value);
  if (value instanceof CelDuration) return formatDuration(value);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return decoder.decode(bytes(value));
  } catch (error) {
    if (error instanceof CelError) throw error;
    throw new CelError('invalid UTF-8 in bytes, cannot convert to string');
  }
}

/** As Go's %g writes a double. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 21)
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  return Number.isInteger(value) ? String(BigInt(value)) : String(value);
}

const bytesFromText: Costs = {
  cost: (args) => Math.ceil(sizeOf(args[0] ?? null) * perCharacter),
  estimate: (call) => {
    const { min, max } = sizeAt(call, 0);
    return { cost: scale({ min, max }, perCharacter), size: { min, max: Math.min(max * 4, unbounded) } };
  },
};

const textFromBytes: Costs = {
  cost: (args) => Math.ceil(sizeOf(args[0] ?? null) * perCharacter),
  estimate: (call) => {
    const { min, max } = sizeAt(call, 0);
    return { cost: scale({ min, max }, perCharacter), size: { min: Math.floor(min / 4), max } };
  },
};

const from = (name: string, sources: readonly string[], run: (value: CelValue) => CelValue): Overload[] =>
  sources.map((source) => fn(`${name}(${source}): ${name}`, run));

export const conversions: readonly Overload[] = [
  ...from('int', ['int', 'uint', 'double', 'string', 'timestamp'], toInt),
  ...from('uint', ['uint', 'int', 'double', 'string'], toUint),
  ...from('double', ['double', 'int', 'uint', 'string'], toDouble),
  ...from('bool', ['bool', 'string'], toBool),
  ...from('string', ['string', 'bool', 'int', 'uint', 'double', 'timestamp', 'duration'], toText),
  fn('string(bytes): string', toText, textFromBytes),
  fn('bytes(bytes): bytes', same),
  fn('bytes(string): bytes', (a) => new Uint8Array(Buffer.from(text(a))), bytesFromText),
  fn('timestamp(timestamp): timestamp', same),
  fn('timestamp(string): timestamp', (a) => parseTimestamp(text(a))),
  fn('timestamp(int): timestamp', (a) => timestampOf(int(a) * second)),
  fn('duration(duration): duration', same),
  fn('duration(string): duration', (a) => parseDuration(text(a))),
  fn('duration(int): duration', (a) => durationOf(int(a))),
  ...timeParts(),
  member('duration.getHours(): int', (a) => duration(a).nanos / (3_600n * second)),
  member('duration.getMinutes(): int', (a) => duration(a).nanos / (60n * second)),
  member('duration.getSeconds(): int', (a) => duration(a).nanos / second),
  member('duration.getMilliseconds(): int', (a) => (duration(a).nanos / 1_000_000n) % 1_000n),
];

function timeParts(): Overload[] {
  const parts: readonly (readonly [string, (local: Date) => number])[] = [
    ['getFullYear', (local) => local.getUTCFullYear()],
    ['getMonth', (local) => local.getUTCMonth()],
    ['getDate', (local) => local.getUTCDate()],
    ['getDayOfMonth', (local) => local.getUTCDate() - 1],
    ['getDayOfWeek', (local) => local.getUTCDay()],
    ['getDayOfYear', dayOfYear],
    ['getHours', (local) => local.getUTCHours()],
    ['getMinutes', (local) => local.getUTCMinutes()],
    ['getSeconds', (local) => local.getUTCSeconds()],
    ['getMilliseconds', (local) => local.getUTCMilliseconds()],
  ];
  return parts.flatMap(([name, part]) => [
    member(`timestamp.${name}(): int`, (a) => BigInt(part(localTime(timestamp(a), 'UTC')))),
    member(`timestamp.${name}(string): int`, (a, zone) => BigInt(part(localTime(timestamp(a), text(zone))))),
  ]);
}

function dayOfYear(local: Date): number {
  const today = Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate());
  return Math.round((today - Date.UTC(local.getUTCFullYear(), 0, 1)) / 86_400_000);
}

/** A date whose UTC fields are the zone's. The zone is a name, or an offset such as `-07:00`. */
function localTime(value: CelTimestamp, zone: string): Date {
  const millis = Number(floorDivide(value.nanos, 1_000_000n));
  if (zone === '' || zone === 'UTC') return new Date(millis);
  const offset = /^([+-]?)(\d\d?):(\d\d)$/.exec(zone);
  if (offset) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3]);
    return new Date(millis + (offset[1] === '-' ? -minutes : minutes) * 60_000);
  }
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    }).formatToParts(millis);
    const part = (type: string) => Number(parts.find((each) => each.type === type)?.value);
    const rest = ((millis % 1000) + 1000) % 1000;
    const [year, month, day] = [part('year'), part('month') - 1, part('day')];
    return new Date(Date.UTC(year, month, day, part('hour'), part('minute'), part('second'), rest));
  } catch {
    throw new CelError(`unknown time zone ${zone}`);
  }
}
