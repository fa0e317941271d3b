import { CelCostError, CelError } from './error.js';
import type { Frame } from './frame.js';
import type { CelValue } from './value.js';

export type Step = (frame: Frame) => CelValue;

/** Loop variables, each with its slot in the frame, and the next free slot. */
export interface Scope {
  readonly slots: ReadonlyMap<string, number>;
  readonly next: number;
}

export function declare(scope: Scope, names: readonly string[]): Scope {
  const slots = new Map(scope.slots);
  for (const [place, name] of names.entries()) slots.set(name, scope.next + place);
  return { slots, next: scope.next + names.length };
}

export function bool(value: CelValue): boolean {
  if (typeof value === 'boolean') return value;
  throw new CelError('no such overload');
}

/** The step's value, or the error it ended with; running out of budget is not one of those. */
export function attempt(step: Step, frame: Frame): CelValue | CelError {
  try {
    return step(frame);
  } catch (error) {
    if (error instanceof CelError && !(error instanceof CelCostError)) return error;
    throw error;
  }
}
