/** A least and a greatest cost or length; `Number.MAX_VALUE`-like sums stay at `unbounded`. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Upstream counts in unsigned 64-bit integers that stop at their greatest value; so do these. */
export const unbounded = 2 ** 64;
export const unknownSize: Range = { min: 0, max: unbounded };
export const perCharacter = 0.1;
export const perPatternCharacter = 0.25;

const bound = (value: number) => Math.min(value, unbounded);

export const fixed = (value: number): Range => ({ min: value, max: value });
export const add = (a: Range, b: Range): Range => ({ min: bound(a.min + b.min), max: bound(a.max + b.max) });
export const multiply = (a: Range, b: Range): Range => ({ min: bound(a.min * b.min), max: bound(a.max * b.max) });
export const union = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) });
export const scale = (a: Range, factor: number): Range => ({
  min: bound(Math.ceil(a.min * factor)),
  max: bound(Math.ceil(a.max * factor)),
});
export const sum = (ranges: readonly Range[]): Range => ranges.reduce(add, fixed(0));

export interface CallEstimate {
  readonly cost: Range;
  readonly size?: Range;
}

/** The lengths of a call's operands, the receiver first. */
export interface CallSizes {
  readonly sizes: readonly Range[];
  /** The elements of the first operand where it is a list: their length, and whether they are text. */
  readonly element: { readonly size: Range; readonly isText: boolean } | undefined;
  /** The value of an operand that is an int literal. */
  readonly literal: (index: number) => number | undefined;
}

export function sizeAt(call: CallSizes, index: number): Range {
  return call.sizes[index] ?? unknownSize;
}

/** One traversal of the operand at an index. */
export const traversal =
  (index: number, factor = 1) =>
  (call: CallSizes): CallEstimate => ({ cost: scale(sizeAt(call, index), perCharacter * factor) });
