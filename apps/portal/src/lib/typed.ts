/** Between what the API holds and what stands in a field. */

export const toText = (value: number | string | undefined): string => (value === undefined ? '' : String(value));

/** Undefined where nothing is typed. */
export const toWord = (typed: string): string | undefined => (typed.trim() === '' ? undefined : typed.trim());
export const toNumber = (typed: string): number | undefined => (typed.trim() === '' ? undefined : Number(typed));

/** Digits alone are seconds. */
export const toDuration = (typed: string): number | string | undefined =>
  /^\d+$/.test(typed.trim()) ? Number(typed) : toWord(typed);
export const isDuration = (typed: string): boolean => typed.trim() === '' || /^\d{1,9}[smh]?$/.test(typed.trim());

/** Leaves out what is undefined, as the API's answers do. */
export function compact<T extends object>(value: T): T {
  for (const key of Object.keys(value)) if (Reflect.get(value, key) === undefined) Reflect.deleteProperty(value, key);
  return value;
}

/** Digits alone, within these limits. */
export const isWhole = (typed: string, least: number, most: number): boolean =>
  /^\d+$/.test(typed.trim()) && Number(typed) >= least && Number(typed) <= most;
