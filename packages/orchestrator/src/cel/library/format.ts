import {
  label1035Problem,
  labelProblem,
  labelValueProblem,
  qualifiedNameProblem,
  subdomainProblem,
} from '../../kinds/names.js';
import { CelError } from '../error.js';
import { add, fixed, multiply, perCharacter, perPatternCharacter, scale, sizeAt } from '../estimate.js';
import { type Costs, fn, instance, member, type Overload, text } from '../overload.js';
import { ArrayList, CelOpaque, CelOptional, parseTimestamp, sizeOf } from '../value.js';
import { parseUrl } from './url.js';

type Problem = (value: string) => string | undefined;

class FormatValue extends CelOpaque {
  readonly typeName = 'kubernetes.NamedFormat';
  constructor(
    readonly name: string,
    readonly problem: Problem,
  ) {
    super();
  }
  equals(other: CelOpaque): boolean {
    return other instanceof FormatValue && other.name === this.name;
  }
}

/** A prefix may end in a dash: something will follow it. */
const prefix =
  (problem: Problem): Problem =>
  (value) =>
    problem(value.length > 1 && value.endsWith('-') ? `${value.slice(0, -1)}a` : value);

const check =
  (pattern: RegExp, message: string): Problem =>
  (value) =>
    pattern.test(value) ? undefined : message;

function datetimeProblem(value: string): string | undefined {
  try {
    parseTimestamp(value);
    return undefined;
  } catch (error) {
    if (error instanceof CelError) return 'invalid datetime';
    throw error;
  }
}

function base64Problem(value: string): string | undefined {
  const isBase64 = value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value !== '';
  return isBase64 ? undefined : 'invalid base64';
}

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

const formats: Readonly<Record<string, Problem>> = {
  dns1123Label: labelProblem,
  dns1123Subdomain: subdomainProblem,
  dns1035Label: label1035Problem,
  qualifiedName: qualifiedNameProblem,
  dns1123LabelPrefix: prefix(labelProblem),
  dns1123SubdomainPrefix: prefix(subdomainProblem),
  dns1035LabelPrefix: prefix(label1035Problem),
  labelValue: labelValueProblem,
  uri: (value) => (parseUrl(value) ? undefined : `parse ${JSON.stringify(value)}: invalid URI for request`),
  uuid: check(uuid, 'does not match the UUID format'),
  byte: base64Problem,
  date: (value) => datetimeProblem(`${value}T00:00:00Z`) && 'invalid date',
  datetime: datetimeProblem,
};

const values = new Map(Object.entries(formats).map(([name, problem]) => [name, new FormatValue(name, problem)]));
const type = 'kubernetes.NamedFormat';
/** What a format's pattern is reckoned to be long. */
const patternSize = 60;

const validating: Costs = {
  cost: (args) =>
    Math.ceil((1 + sizeOf(args[1] ?? null)) * perCharacter) * Math.ceil(patternSize * perPatternCharacter),
  estimate: (call) => ({
    cost: multiply(scale(add(sizeAt(call, 1), fixed(1)), perCharacter), scale(fixed(patternSize), perPatternCharacter)),
  }),
};

export const namedFormats: readonly Overload[] = [
  ...[...values].map(([name, value]) => fn(`format.${name}(): ${type}`, () => value)),
  fn(`format.named(string): optional<${type}>`, (a) => {
    const found = values.get(text(a));
    return found ? new CelOptional(found) : CelOptional.none;
  }),
  member(
    `${type}.validate(string): optional<list<string>>`,
    (a, b) => {
      const problem = instance(FormatValue)(a).problem(text(b));
      return problem === undefined ? CelOptional.none : new CelOptional(new ArrayList([problem]));
    },
    validating,
  ),
];
