import { CelError } from '../error.js';
import { fn, instance, member, type Overload } from '../overload.js';
import { CelDuration, CelList, CelMap, CelOptional, CelTimestamp, CelUint, type CelValue } from '../value.js';

const optional = instance(CelOptional);

function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === '' || value === 0 || value === 0n) return true;
  if (value instanceof CelList || value instanceof CelMap) return value.size === 0;
  if (value instanceof CelUint) return value.value === 0n;
  if (value instanceof CelDuration) return value.nanos === 0n;
  if (value instanceof CelTimestamp) return false;
  if (value instanceof CelOptional) return value.value === undefined;
  return value instanceof Uint8Array && value.length === 0;
}

export const optionals: readonly Overload[] = [
  fn('optional.of(A): optional<A>', (a) => new CelOptional(a)),
  fn('optional.ofNonZeroValue(A): optional<A>', (a) => (isZero(a) ? CelOptional.none : new CelOptional(a))),
  fn('optional.none(): optional<A>', () => CelOptional.none),
  member('optional<A>.hasValue(): bool', (a) => optional(a).value !== undefined),
  member('optional<A>.value(): A', (a) => {
    const { value } = optional(a);
    if (value === undefined) throw new CelError('optional.none() dereference');
    return value;
  }),
  // The interpreter runs these itself, so that the second is evaluated only where it is needed.
  member('optional<A>.or(optional<A>): optional<A>', () => null),
  member('optional<A>.orValue(A): A', () => null),
];
