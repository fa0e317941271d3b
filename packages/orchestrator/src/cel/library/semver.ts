import { CelError } from '../error.js';
import { fn, instance, member, type Overload, text } from '../overload.js';
import { bool } from '../step.js';
import { CelOpaque, type CelValue } from '../value.js';

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly prerelease: readonly string[];
}

class SemverValue extends CelOpaque {
  readonly typeName = 'kubernetes.Semver';
  constructor(readonly version: Version) {
    super();
  }
  equals(other: CelOpaque): boolean {
    return other instanceof SemverValue && compareVersions(this.version, other.version) === 0;
  }
}

const pattern =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/;

function parse(value: string): Version | undefined {
  const match = pattern.exec(value);
  if (!match) return undefined;
  const numbers = [BigInt(match[1] ?? 0), BigInt(match[2] ?? 0), BigInt(match[3] ?? 0)] as const;
  if (numbers.some((each) => each >= 2n ** 63n)) return undefined;
  return { numbers, prerelease: match[4]?.split('.') ?? [] };
}

/** `v1.02` → `1.2.0`. A short version cannot carry a pre-release or build part. */
function normalize(value: string): string {
  const [first = '', second, ...rest] = value.replace(/^v/, '').split('.');
  const third = rest.length > 0 ? rest.join('.') : undefined;
  const given = [first, second, third].filter((each) => each !== undefined);
  if (given.length < 3 && /[+-]/.test(given[given.length - 1] ?? '')) return '';
  const numbers = given.map((each) => (each.length > 1 ? each.replace(/^0+(?=\d)/, '') : each));
  while (numbers.length < 3) numbers.push('0');
  return numbers.join('.');
}

function compareVersions(a: Version, b: Version): number {
  for (const [place, own] of a.numbers.entries()) {
    const other = b.numbers[place] ?? 0n;
    if (own !== other) return own < other ? -1 : 1;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0)
    return Math.sign(b.prerelease.length - a.prerelease.length);
  for (const [place, own] of a.prerelease.entries()) {
    const other = b.prerelease[place];
    if (other === undefined) return 1;
    const order = compareParts(own, other);
    if (order !== 0) return order;
  }
  return a.prerelease.length < b.prerelease.length ? -1 : 0;
}

function compareParts(a: string, b: string): number {
  const [isA, isB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isA !== isB) return isA ? -1 : 1;
  if (isA && isB) return BigInt(a) === BigInt(b) ? 0 : BigInt(a) < BigInt(b) ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}

function read(value: CelValue, isLoose: boolean): Version | undefined {
  return parse(isLoose ? normalize(text(value)) : text(value));
}

function make(value: CelValue, isLoose: boolean): CelValue {
  const version = read(value, isLoose);
  if (!version) throw new CelError(`Invalid semantic version ${JSON.stringify(text(value))}`);
  return new SemverValue(version);
}

const version = (value: CelValue) => instance(SemverValue)(value).version;
const order = (a: CelValue, b: CelValue) => compareVersions(version(a), version(b));
const name = 'kubernetes.Semver';

export const semver: readonly Overload[] = [
  fn(`semver(string): ${name}`, (a) => make(a, false)),
  fn(`semver(string, bool): ${name}`, (a, b) => make(a, bool(b))),
  fn('isSemver(string): bool', (a) => read(a, false) !== undefined),
  fn('isSemver(string, bool): bool', (a, b) => read(a, bool(b)) !== undefined),
  member(`${name}.major(): int`, (a) => version(a).numbers[0]),
  member(`${name}.minor(): int`, (a) => version(a).numbers[1]),
  member(`${name}.patch(): int`, (a) => version(a).numbers[2]),
  member(`${name}.isGreaterThan(${name}): bool`, (a, b) => order(a, b) > 0),
  member(`${name}.isLessThan(${name}): bool`, (a, b) => order(a, b) < 0),
  member(`${name}.compareTo(${name}): int`, (a, b) => BigInt(order(a, b))),
];
