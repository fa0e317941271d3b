import type { Json } from '../kinds/json.js';
import { CelCostError, CelError } from './error.js';
import type { CelType } from './type.js';
import { type CelValue, fromJson, isCelValue } from './value.js';

/** One evaluation: its variables, its loop variables and what it has cost so far. */
export class Frame {
  readonly slots: CelValue[] = [];
  readonly #known = new Map<string, CelValue>();
  cost = 0;

  constructor(
    readonly variables: Readonly<Record<string, unknown>>,
    readonly declared: ReadonlyMap<string, CelType>,
    readonly limit: number,
  ) {}

  charge(cost: number): void {
    this.cost += cost;
    if (this.cost > this.limit) throw new CelCostError();
  }

  variable(name: string): CelValue {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const raw = Object.hasOwn(this.variables, name) ? this.variables[name] : undefined;
    if (raw === undefined) throw new CelError(`no such attribute(s): ${name}`);
    const value = toValue(raw, this.declared.get(name));
    this.#known.set(name, value);
    return value;
  }
}

/** A value as it is; anything else is taken for JSON of the declared type. */
export function toValue(raw: unknown, type: CelType | undefined): CelValue {
  if (typeof raw !== 'number' && typeof raw !== 'string' && isCelValue(raw)) return raw;
  if (isJson(raw)) return fromJson(raw, type);
  throw new CelError(`unsupported value of type ${typeof raw}`);
}

function isJson(raw: unknown): raw is Json {
  return typeof raw === 'number' || typeof raw === 'string' || typeof raw === 'object';
}
