import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseExact,
  type Quantity,
  subtractQuantities,
} from '../../kinds/quantity.js';
import { CelError } from '../error.js';
import { fixed, perCharacter, traversal } from '../estimate.js';
import { type Costs, fn, instance, int, member, type Overload, text } from '../overload.js';
import { CelOpaque, sizeOf } from '../value.js';

const billion = 1_000_000_000n;

class QuantityValue extends CelOpaque {
  readonly typeName = 'kubernetes.Quantity';
  constructor(readonly quantity: Quantity) {
    super();
  }
  equals(other: CelOpaque): boolean {
    return other instanceof QuantityValue && other.quantity.nano === this.quantity.nano;
  }
  override toString(): string {
    return formatQuantity(this.quantity);
  }
}

const quantity = (value: Parameters<ReturnType<typeof instance<QuantityValue>>>[0]) =>
  instance(QuantityValue)(value).quantity;
const unit: Costs = { cost: () => 1, estimate: () => ({ cost: fixed(1) }) };
const parsing: Costs = { cost: (args) => Math.ceil(sizeOf(args[0] ?? null) * perCharacter), estimate: traversal(0) };

function parse(value: string): Quantity {
  const parsed = parseExact(value);
  if (!parsed)
    throw new CelError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  return parsed;
}

function isInteger({ nano }: Quantity): boolean {
  const whole = nano / billion;
  return nano % billion === 0n && whole >= -(2n ** 63n) && whole < 2n ** 63n;
}

function toInteger(value: Quantity): bigint {
  if (!isInteger(value)) throw new CelError('cannot convert value to integer');
  return value.nano / billion;
}

const ofInt = (value: bigint): Quantity => ({ nano: value * billion, format: 'DecimalSI' });
const name = 'kubernetes.Quantity';

export const quantities: readonly Overload[] = [
  fn(`quantity(string): ${name}`, (a) => new QuantityValue(parse(text(a))), parsing),
  fn('isQuantity(string): bool', (a) => parseExact(text(a)) !== undefined, parsing),
  member(`${name}.sign(): int`, (a) => BigInt(compareQuantities(quantity(a), ofInt(0n))), unit),
  member(`${name}.isInteger(): bool`, (a) => isInteger(quantity(a)), unit),
  member(`${name}.asInteger(): int`, (a) => toInteger(quantity(a)), unit),
  member(`${name}.asApproximateFloat(): double`, (a) => Number(quantity(a).nano) / 1e9, unit),
  member(`${name}.isGreaterThan(${name}): bool`, (a, b) => compareQuantities(quantity(a), quantity(b)) > 0, unit),
  member(`${name}.isLessThan(${name}): bool`, (a, b) => compareQuantities(quantity(a), quantity(b)) < 0, unit),
  member(`${name}.compareTo(${name}): int`, (a, b) => BigInt(compareQuantities(quantity(a), quantity(b))), unit),
  member(`${name}.add(${name}): ${name}`, (a, b) => new QuantityValue(addQuantities(quantity(a), quantity(b))), unit),
  member(`${name}.add(int): ${name}`, (a, b) => new QuantityValue(addQuantities(quantity(a), ofInt(int(b)))), unit),
  member(
    `${name}.sub(${name}): ${name}`,
    (a, b) => new QuantityValue(subtractQuantities(quantity(a), quantity(b))),
    unit,
  ),
  member(
    `${name}.sub(int): ${name}`,
    (a, b) => new QuantityValue(subtractQuantities(quantity(a), ofInt(int(b)))),
    unit,
  ),
];
