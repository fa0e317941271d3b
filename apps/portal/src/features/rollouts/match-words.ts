import type { RequestMatch } from '../../lib/contract';

/** What a request must carry, as it is told. */
export interface Condition {
  readonly on: 'headers' | 'cookies' | 'queryParams';
  readonly type: 'Exact' | 'RegularExpression';
  readonly name: string;
  readonly value: string;
}

const kinds = ['headers', 'cookies', 'queryParams'] as const;

/** All of them must hold. */
export const conditionsOf = (match: RequestMatch): readonly Condition[] =>
  kinds.flatMap((on) =>
    (match[on] ?? []).map(({ type = 'Exact', name, value }): Condition => ({ on, type, name, value })),
  );
