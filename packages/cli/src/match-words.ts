import type { Schemas } from '@slipway/sdk';

const kinds = { headers: 'header', cookies: 'cookie', queryParams: 'query parameter' } as const;

/** All that a request must carry. */
export const describeMatch = (match: Schemas['RequestMatch']): string =>
  (['headers', 'cookies', 'queryParams'] as const)
    .flatMap((on) =>
      (match[on] ?? []).map(({ name, type, value }) => {
        const verb = type === 'RegularExpression' ? 'matches' : 'is';
        return `${kinds[on]} ${name} ${verb} ${JSON.stringify(value)}`;
      }),
    )
    .join(' and ');

/** Who meets the new release of an A/B test; nothing of another strategy. */
export const toMatchFields = (strategy: Schemas['Strategy']): readonly (readonly [string, string])[] =>
  strategy.type === 'abTest'
    ? strategy.match.map((match, index) => [index === 0 ? 'who meets it' : 'or', describeMatch(match)] as const)
    : [];
