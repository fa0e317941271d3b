/** The moments a schedule names, as sets of numbers; `every` where a field was `*` or `?`. */
export interface Schedule {
  minutes: ReadonlySet<number>;
  hours: ReadonlySet<number>;
  daysOfMonth: ReadonlySet<number>;
  months: ReadonlySet<number>;
  /** 0: Sunday. */
  daysOfWeek: ReadonlySet<number>;
  everyDayOfMonth: boolean;
  everyDayOfWeek: boolean;
  /** `@every 90s`: instead of the sets. */
  intervalSeconds?: number;
}

export class ScheduleError extends Error {}

interface Bounds {
  least: number;
  most: number;
  names?: readonly string[];
}

const monthNames = ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const fields: readonly Bounds[] = [
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31 },
  { least: 1, most: 12, names: monthNames },
  { least: 0, most: 6, names: dayNames },
];
const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Reads the five fields of cron, or a descriptor (`@daily`, `@every 1h`). Throws ScheduleError. */
export function parseSchedule(text: string): Schedule {
  if (text === '') throw new ScheduleError('empty spec string');
  let rest = text;
  if (/^(CRON_)?TZ=/.test(text)) {
    const space = text.indexOf(' ');
    if (space < 0) throw new ScheduleError(`provided bad location ${text.slice(text.indexOf('=') + 1)}`);
    rest = text.slice(space).trim();
  }
  if (rest.startsWith('@')) return parseDescriptor(rest);
  const parts = rest.split(/\s+/).filter((each) => each !== '');
  if (parts.length !== 5)
    throw new ScheduleError(`expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`);
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = fields.map((bounds, index) =>
    parseField(parts[index] ?? '', bounds),
  );
  const none = { values: new Set<number>(), isEvery: false };
  return {
    minutes: (minutes ?? none).values,
    hours: (hours ?? none).values,
    daysOfMonth: (daysOfMonth ?? none).values,
    months: (months ?? none).values,
    daysOfWeek: (daysOfWeek ?? none).values,
    everyDayOfMonth: daysOfMonth?.isEvery === true,
    everyDayOfWeek: daysOfWeek?.isEvery === true,
  };
}

function parseDescriptor(text: string): Schedule {
  const known = descriptors[text];
  if (known !== undefined) return parseSchedule(known);
  if (!text.startsWith('@every ')) throw new ScheduleError(`unrecognized descriptor: ${text}`);
  const seconds = durationSeconds(text.slice('@every '.length));
  if (seconds === undefined)
    throw new ScheduleError(
      `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(text.slice('@every '.length))}`,
    );
  const empty = new Set<number>();
  return {
    minutes: empty,
    hours: empty,
    daysOfMonth: empty,
    months: empty,
    daysOfWeek: empty,
    everyDayOfMonth: true,
    everyDayOfWeek: true,
    intervalSeconds: Math.max(1, Math.floor(seconds)),
  };
}

const units: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

function durationSeconds(text: string): number | undefined {
  if (!/^(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(amount) * (units[unit ?? 's'] ?? 0);
  return sum;
}

function parseField(text: string, bounds: Bounds): { values: Set<number>; isEvery: boolean } {
  const values = new Set<number>();
  let isEvery = false;
  for (const part of text.split(',').filter((each) => each !== '')) isEvery = addRange(part, bounds, values) || isEvery;
  return { values, isEvery };
}

/** Adds what a part names; true where it was a star without a step. */
function addRange(part: string, bounds: Bounds, values: Set<number>): boolean {
  const [range = '', stepText, ...more] = part.split('/');
  const [low = '', high, ...tooMany] = range.split('-');
  const isStar = low === '*' || low === '?';
  let first = bounds.least;
  let last = bounds.most;
  if (!isStar) {
    first = numberOf(low, bounds);
    if (tooMany.length > 0) throw new ScheduleError(`too many hyphens: ${part}`);
    last = high === undefined ? first : numberOf(high, bounds);
  }
  let step = 1;
  if (more.length > 0) throw new ScheduleError(`too many slashes: ${part}`);
  if (stepText !== undefined) {
    step = parseNumber(stepText);
    if (!isStar && high === undefined) last = bounds.most;
  }
  if (first < bounds.least)
    throw new ScheduleError(`beginning of range (${first}) below minimum (${bounds.least}): ${part}`);
  if (last > bounds.most) throw new ScheduleError(`end of range (${last}) above maximum (${bounds.most}): ${part}`);
  if (first > last) throw new ScheduleError(`beginning of range (${first}) beyond end of range (${last}): ${part}`);
  if (step === 0) throw new ScheduleError(`step of range should be a positive number: ${part}`);
  for (let value = first; value <= last; value += step) values.add(value);
  return isStar && step === 1;
}

function numberOf(text: string, { names }: Bounds): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  return named >= 0 && text !== '' ? named : parseNumber(text);
}

function parseNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new ScheduleError(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  const value = Number(text);
  if (value < 0) throw new ScheduleError(`negative number (${value}) not allowed: ${text}`);
  return value;
}

/** What is wrong with a schedule, or undefined. */
export function scheduleProblem(text: string): string | undefined {
  try {
    parseSchedule(text);
    return undefined;
  } catch (error) {
    if (error instanceof ScheduleError) return error.message;
    throw error;
  }
}
