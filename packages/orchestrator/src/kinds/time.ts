const plain = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/** A time that cannot be read; its message is the API's. */
export class TimeError extends Error {}

type Part = readonly [layout: string, pattern: RegExp, range?: readonly [least: number, most: number, name: string]];

const seconds = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d{2}/, [1, 12, 'month']],
  ['-', /^-/],
  ['02', /^\d{2}/, [1, 31, 'day']],
  ['T', /^T/],
  ['15', /^\d{2}/, [0, 23, 'hour']],
  [':', /^:/],
  ['04', /^\d{2}/, [0, 59, 'minute']],
  [':', /^:/],
  ['05', /^\d{2}/, [0, 59, 'second']],
] as const satisfies readonly Part[];
const zone: Part = ['Z07:00', /^(?:Z|[+-]\d{2}:\d{2})/];
const layouts = {
  time: { text: '2006-01-02T15:04:05Z07:00', parts: [...seconds, ['', /^(?:[.,]\d+)?/], zone] satisfies Part[] },
  micro: {
    text: '2006-01-02T15:04:05.000000Z07:00',
    parts: [...seconds, ['.000000', /^\.\d{6}/], zone] satisfies Part[],
  },
};

/**
 * The form in which the API keeps a time: UTC, to the second, or to the microsecond (which it must then be written with).
 * Throws TimeError.
 */
export function canonicalTime(text: string, isMicro: boolean): string {
  if (!isMicro && plain.test(text) && isRealTime(text)) return text;
  const { text: layout, parts } = isMicro ? layouts.micro : layouts.time;
  const found: string[] = [];
  let rest = text;
  let outOfRange: string | undefined;
  for (const [name, pattern, range] of parts) {
    const part = pattern.exec(rest)?.[0];
    if (part === undefined)
      throw new TimeError(
        `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(name)}`,
      );
    if (range && (Number(part) < range[0] || Number(part) > range[1])) outOfRange ??= range[2];
    if (outOfRange !== undefined)
      throw new TimeError(`parsing time ${JSON.stringify(text)}: ${outOfRange} out of range`);
    found.push(part);
    rest = rest.slice(part.length);
  }
  if (rest !== '') throw new TimeError(`parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`);
  const local = found.slice(0, 11).join('');
  if (!isRealTime(`${local}Z`)) throw new TimeError(`parsing time ${JSON.stringify(text)}: day out of range`);
  const [fraction = '', offset = 'Z'] = found.slice(11);
  const whole = offset === 'Z' ? local : inUtc(local, offset);
  if (whole === undefined) throw new TimeError(`parsing time ${JSON.stringify(text)}: time zone offset out of range`);
  return isMicro ? `${whole}${fraction}Z` : `${whole}Z`;
}

/** Date accepts 31 February and makes it March. */
function isRealTime(utc: string): boolean {
  const time = Date.parse(utc);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(utc.slice(0, 19));
}

function inUtc(local: string, offset: string): string | undefined {
  const time = Date.parse(`${local}${offset}`);
  if (Number.isNaN(time)) return undefined;
  const utc = new Date(time).toISOString();
  return /^\d{4}-/.test(utc) ? utc.slice(0, 19) : undefined;
}
