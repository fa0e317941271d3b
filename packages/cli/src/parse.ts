import { InvalidArgumentError } from 'commander';
import { usageError } from './errors.js';

/** `KEY=value` pairs of `config set`; the value may hold `=` and may be empty. */
export function parseAssignments(words: readonly string[]): Record<string, string> {
  const assigned: Record<string, string> = {};
  for (const word of words) {
    const at = word.indexOf('=');
    if (at <= 0) throw usageError(`'${word}' is not an assignment.`, 'Write KEY=value.');
    const key = word.slice(0, at);
    assertVariableName(key);
    if (key in assigned) throw usageError(`'${key}' is given twice.`);
    assigned[key] = word.slice(at + 1);
  }
  return assigned;
}

export function assertVariableName(name: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw usageError(`'${name}' is not a variable's name.`, 'Use letters, digits and _, not starting with a digit.');
}

/** `cpu=4 memory=16Gi` of `quota`. */
export function parseAmounts(words: readonly string[]): readonly (readonly [string, string])[] {
  return words.map((word) => {
    const [, resource, amount] = /^([^=\s]+)=(\S+)$/.exec(word) ?? [];
    if (!resource || !amount) throw usageError(`'${word}' is no amount.`, 'Write cpu=4 or memory=16Gi, for example.');
    return [resource, amount] as const;
  });
}

/** `web=3 worker=0` of `scale`. */
export function parseScale(words: readonly string[]): Record<string, number> {
  const scale: Record<string, number> = {};
  for (const word of words) {
    const match = /^([a-z](?:[a-z0-9-]*[a-z0-9])?)=(\d{1,4})$/.exec(word);
    if (!match?.[1] || !match[2])
      throw usageError(`'${word}' is not a number of replicas.`, 'Write process=number, for example web=3.');
    if (match[1] in scale) throw usageError(`'${match[1]}' is given twice.`);
    scale[match[1]] = Number(match[2]);
  }
  return scale;
}

/** `tenant`, `tenant/project` or `tenant/project/environment`. */
export function parseScope(text: string): { tenant: string; project?: string; environment?: string } {
  const parts = text.split('/');
  if (parts.length > 3 || parts.some((part) => !isName(part)))
    throw usageError(`'${text}' is not a scope.`, 'Write tenant, tenant/project or tenant/project/environment.');
  const [tenant = '', project, environment] = parts;
  return { tenant, project, environment };
}

/** A DNS label, as every name is. */
export function isName(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
}

/** Release and build numbers; `v3` and `#3` are read as 3. */
export function parseNumber(text: string): number {
  const match = /^[v#]?(\d{1,9})$/.exec(text);
  if (!match || Number(match[1]) < 1) throw new InvalidArgumentError('A number from 1 is expected.');
  return Number(match[1]);
}

export function parseCount(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('A whole number is expected.');
  return Number(text);
}

/** With or without a fraction and a percent sign. */
export function parsePercent(text: string): number {
  if (!/^\d{1,3}(\.\d{1,3})?%?$/.test(text)) throw new InvalidArgumentError('A percentage is expected, such as 2.5.');
  return Number.parseFloat(text);
}

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** `90s`, `30m`, `2h`, `7d` or `1h30m` as seconds. */
export function parseDuration(text: string): number {
  if (!/^(\d{1,6}[smhd])+$/.test(text))
    throw new InvalidArgumentError('A duration is expected, such as 30m, 2h or 7d.');
  const parts = [...text.matchAll(/(\d+)([smhd])/g)];
  return parts.reduce((sum, [, count = '0', unit = 's']) => sum + Number(count) * (secondsOf[unit] ?? 1), 0);
}

/** `cpu<=4`, `memory>=1Gi`, `role=viewer` or `role=viewer|operator` of an approval policy. */
export function parseCondition(text: string): {
  path: string;
  equals?: string;
  oneOf?: string[];
  atMost?: string;
  atLeast?: string;
} {
  const [, path, operator, value] = /^([A-Za-z][A-Za-z0-9_.-]*)(<=|>=|=)(.+)$/.exec(text) ?? [];
  if (!path || !value)
    throw usageError(`'${text}' is not a condition.`, 'Write path<=amount, path>=amount, path=value or path=a|b.');
  if (operator === '<=') return { path, atMost: value };
  if (operator === '>=') return { path, atLeast: value };
  return value.includes('|') ? { path, oneOf: value.split('|') } : { path, equals: value };
}
