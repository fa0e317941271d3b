import type { RequestMatch } from '../../lib/contract';
import { compact } from '../../lib/typed';
import { isHeaderName, type Problem, type Problems } from './problem';

export const conditionKinds = ['headers', 'cookies', 'queryParams'] as const;
type ConditionKind = (typeof conditionKinds)[number];
export const conditionTypes = ['', 'RegularExpression'] as const;

/** What one request must carry, as it is typed. */
export interface ConditionDraft {
  /** For React alone. */
  readonly key: string;
  readonly on: ConditionKind;
  /** Left unsaid it is `Exact`. */
  readonly type: '' | 'Exact' | 'RegularExpression';
  readonly name: string;
  readonly value: string;
}

/** One way to meet the new release: all of its conditions hold. */
export interface MatchDraft {
  readonly key: string;
  readonly conditions: readonly ConditionDraft[];
}

export const newCondition = (key: string, change: Partial<ConditionDraft> = {}): ConditionDraft => ({
  on: 'headers',
  type: '',
  name: '',
  value: '',
  ...change,
  key,
});

/** What an A/B test begins with. */
export const newMatch = (key: string): MatchDraft => ({
  key,
  conditions: [newCondition('0', { name: 'X-Beta', value: '1' })],
});

export const toMatchDraft = (match: RequestMatch, key: string): MatchDraft => ({
  key,
  conditions: conditionKinds.flatMap((on) =>
    (match[on] ?? []).map(({ type, name, value }, index) =>
      newCondition(`${on}${index}`, { on, type: type ?? '', name, value }),
    ),
  ),
});

export function toMatch({ conditions }: MatchDraft): RequestMatch {
  const listOf = (on: ConditionKind) => {
    const list = conditions
      .filter((condition) => condition.on === on)
      .map(({ type, name, value }) => compact({ name, type: type === '' ? undefined : type, value }));
    return list.length > 0 ? list : undefined;
  };
  return compact({ headers: listOf('headers'), cookies: listOf('cookies'), queryParams: listOf('queryParams') });
}

/** Where the API sees a condition: it stands in a list of its kind. */
export function pathOfCondition({ conditions }: MatchDraft, condition: ConditionDraft): string {
  const ofKind = conditions.filter(({ on }) => on === condition.on);
  return `${condition.on}.${ofKind.indexOf(condition)}`;
}

export function problemsOfMatch(match: MatchDraft, path: string): Problems {
  const found: Record<string, Problem> = {};
  if (match.conditions.length === 0) found[path] = 'required';
  for (const condition of match.conditions) {
    const at = `${path}.${pathOfCondition(match, condition)}`;
    if (condition.name === '') found[`${at}.name`] = 'required';
    else if (condition.on !== 'queryParams' && !isHeaderName(condition.name)) found[`${at}.name`] = 'header';
    else if (condition.value === '') found[`${at}.value`] = 'required';
    else if (condition.on === 'cookies' && !at.endsWith('.0')) found[`${at}.name`] = 'oneCookie';
  }
  return found;
}
