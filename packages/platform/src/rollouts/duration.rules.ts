const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** Argo's durations: seconds as a number or in digits, or digits with `s`, `m` or `h`. Undefined where it is none. */
export function parseSeconds(duration: number | string): number | undefined {
  const [, digits, unit = 's'] = /^(\d{1,9})([smh])?$/.exec(String(duration)) ?? [];
  return digits === undefined ? undefined : Number(digits) * (unitSeconds[unit] ?? 1);
}
