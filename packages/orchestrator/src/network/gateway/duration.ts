const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Milliseconds of a Gateway API duration (`1h30m`, `500ms`); undefined where it is none. */
export function parseDurationMs(text: string): number | undefined {
  if (!/^(\d+(h|ms|m|s)){1,4}$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(h|ms|m|s)/g)) total += Number(amount) * (units[unit ?? ''] ?? 0);
  return total;
}
