import { checkCel } from './checker.js';
import { estimateCost } from './cost.js';
import type { CelEnvironment } from './environment.js';
import { CelError } from './error.js';
import type { Range } from './estimate.js';
import { Frame } from './frame.js';
import { Planner } from './interpreter.js';
import { parseCel } from './parser.js';
import { type CelType, formatType, types } from './type.js';
import type { CelValue } from './value.js';

/** What one expression may cost. */
export const perCallCostLimit = 1_000_000;
/** What all rules about one object may cost together. */
export const perRequestCostLimit = 10_000_000;

/** What is left for the expressions of one request; evaluating takes from it. */
export interface CelBudget {
  remaining: number;
}

export const requestBudget = (): CelBudget => ({ remaining: perRequestCostLimit });

export interface CelProgram {
  readonly expression: string;
  /** As upstream writes types: `bool`, `list(string)`. */
  readonly resultType: string;
  readonly type: CelType;
  /** From the bounds of the variables' types; 2^64 is "no bound". */
  readonly estimatedCost: Range;
  /** The declared variables it reads. */
  readonly variables: ReadonlySet<string>;
  /**
   * Variables are CEL values, or JSON that is read as the declared type. Throws a CelError and nothing else; a CelCostError
   * where the expression costs more than one may, or more than the budget has left.
   */
  evaluate(variables: Readonly<Record<string, unknown>>, budget?: CelBudget): CelValue;
}

/** Throws a CelCompileError whose message is in the words and the form of upstream. */
export function compileCel(expression: string, environment: CelEnvironment): CelProgram {
  const root = parseCel(expression);
  const checked = checkCel(expression, root, environment);
  const step = new Planner(checked).plan(root, { slots: new Map(), next: 0 });
  const type = checked.types.get(root) ?? types.dyn;
  let estimated: Range | undefined;
  return {
    expression,
    resultType: formatType(type),
    type,
    variables: checked.variables,
    get estimatedCost() {
      estimated ??= estimateCost(root, checked, environment.variables);
      return estimated;
    },
    evaluate: (variables, budget) => {
      const limit = Math.min(perCallCostLimit, budget?.remaining ?? perCallCostLimit);
      const frame = new Frame(variables, environment.variables, limit);
      try {
        return step(frame);
      } catch (error) {
        if (error instanceof CelError) throw error;
        // Too deep a value for the stack, or too long a text: the data's fault, not the program's.
        throw new CelError(`internal error: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        if (budget) budget.remaining -= Math.min(frame.cost, budget.remaining);
      }
    },
  };
}
