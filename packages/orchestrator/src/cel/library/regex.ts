import { RE2JS } from 're2js';
import { CelError } from '../error.js';
import { add, fixed, multiply, perCharacter, perPatternCharacter, scale, sizeAt } from '../estimate.js';
import { type Costs, index, member, type Overload, text } from '../overload.js';
import { ArrayList, type CelValue, sizeOf } from '../value.js';

export const patternCosts: Costs = {
  cost: (args) =>
    Math.ceil((1 + sizeOf(args[0] ?? null)) * perCharacter) * Math.ceil(sizeOf(args[1] ?? null) * perPatternCharacter),
  estimate: (call) => ({
    cost: multiply(scale(add(sizeAt(call, 0), fixed(1)), perCharacter), scale(sizeAt(call, 1), perPatternCharacter)),
    size: { min: 0, max: sizeAt(call, 0).max },
  }),
};

/** Patterns compiled lately. They are text of rules for the most part, so the same ones come again. */
const compiled = new Map<string, RE2JS>();
const maxCompiled = 500;

/** RE2's syntax, and like RE2 linear in the text whatever the pattern. Throws a CelError for a pattern it does not take. */
export function compilePattern(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known) return known;
  const [oldest] = compiled.keys();
  if (compiled.size >= maxCompiled && oldest !== undefined) compiled.delete(oldest);
  try {
    const made = RE2JS.compile(pattern);
    compiled.set(pattern, made);
    return made;
  } catch (error) {
    throw new CelError(error instanceof Error ? error.message : `error parsing regexp: ${pattern}`);
  }
}

export function matches(value: string, pattern: string): boolean {
  return compilePattern(pattern).test(value);
}

function findAll(value: string, pattern: string, limit: number): CelValue {
  if (limit === 0) return new ArrayList([]);
  const found: string[] = [];
  const matcher = compilePattern(pattern).matcher(value);
  while ((limit < 0 || found.length < limit) && matcher.find()) found.push(matcher.group() ?? '');
  return new ArrayList(found);
}

function find(value: string, pattern: string): CelValue {
  const matcher = compilePattern(pattern).matcher(value);
  return matcher.find() ? (matcher.group() ?? '') : '';
}

export const regex: readonly Overload[] = [
  member('string.find(string): string', (a, b) => find(text(a), text(b)), patternCosts),
  member('string.findAll(string): list<string>', (a, b) => findAll(text(a), text(b), -1), patternCosts),
  member('string.findAll(string, int): list<string>', (a, b, c) => findAll(text(a), text(b), index(c)), patternCosts),
];
