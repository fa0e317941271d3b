import { labelValueProblem, qualifiedNameProblem } from './names.js';
import type { LabelSelector } from './types.js';

/** One term of a label or field selector. */
export type Requirement = { key: string; operator: 'in' | 'notin' | 'exists' | 'absent'; values: readonly string[] };

export type Labels = Readonly<Record<string, string>>;

export class SelectorError extends Error {}

/** True when labels satisfy a LabelSelector; an empty selector matches everything, an absent one nothing. */
export function matchesLabelSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  if (!selector) return false;
  for (const [key, value] of Object.entries(selector.matchLabels ?? {}))
    if (labelOf(labels, key) !== value) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labelOf(labels, key);
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      default:
        return false;
    }
  });
}

/** A label may be called `constructor`, which every object has by inheritance. */
export function labelOf(labels: Labels | undefined, key: string): string | undefined {
  return labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** Parses `a=b,c!=d,e in (f,g),h,!i`. Throws SelectorError. */
export function parseLabelSelector(text: string): Requirement[] {
  const requirements = readLabelSelector(text);
  for (const { key, values } of requirements) {
    const keyProblem = qualifiedNameProblem(key);
    if (keyProblem) throw refusal('key', key, keyProblem);
    for (const [index, value] of values.entries()) {
      const problem = labelValueProblem(value);
      if (problem) throw refusal(`values[${index}][${key}]`, value, problem);
    }
  }
  return requirements;
}

function refusal(field: string, value: string, problem: string): SelectorError {
  return new SelectorError(
    `unable to parse requirement: ${field}: Invalid value: ${JSON.stringify(value.slice(0, 300))}: ${problem}`,
  );
}

function readLabelSelector(text: string): Requirement[] {
  const terms = text.match(/[^,(]+(\([^)]*\))?[^,]*/g) ?? [];
  return terms
    .map((term) => term.trim())
    .filter((term) => term !== '')
    .map((term) => {
      const set = /^([^\s!=()]+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(term);
      if (set) {
        const values = (set[3] ?? '').split(',').map((value) => value.trim());
        return { key: set[1] ?? '', operator: set[2] === 'in' ? ('in' as const) : ('notin' as const), values };
      }
      const equality = /^([^\s!=()]+)\s*(==|=|!=)\s*([^\s=!()]*)$/.exec(term);
      if (equality) {
        const operator = equality[2] === '!=' ? ('notin' as const) : ('in' as const);
        return { key: equality[1] ?? '', operator, values: [equality[3] ?? ''] };
      }
      const existence = /^(!?)\s*([^\s!=()]+)$/.exec(term);
      if (!existence) throw new SelectorError(`unable to parse requirement: ${JSON.stringify(term)}`);
      return {
        key: existence[2] ?? '',
        operator: existence[1] ? ('absent' as const) : ('exists' as const),
        values: [],
      };
    });
}

/** Parses `metadata.name=x,spec.nodeName!=y`. */
export function parseFieldSelector(text: string): Requirement[] {
  return text
    .split(',')
    .filter((term) => term !== '')
    .map((term) => {
      const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(term);
      if (!match) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
      return { key: match[1] ?? '', operator: match[2] === '!=' ? 'notin' : 'in', values: [match[3] ?? ''] };
    });
}

export function satisfies(requirements: readonly Requirement[], read: (key: string) => string | undefined): boolean {
  return requirements.every((requirement) => holds(requirement, read(requirement.key)));
}

function holds({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
  }
}
