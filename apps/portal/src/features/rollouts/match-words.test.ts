import { expect, test } from 'vitest';
import { conditionsOf } from './match-words';

test('all that a request must carry is told, in the order in which people look: headers, cookies, parameters', () => {
  expect(
    conditionsOf({
      queryParams: [{ name: 'ui', value: 'new' }],
      cookies: [{ name: 'beta', type: 'Exact', value: '1' }],
      headers: [
        { name: 'X-Team', type: 'RegularExpression', value: 'qa|support' },
        { name: 'X-Beta', value: '1' },
      ],
    }),
  ).toEqual([
    { on: 'headers', type: 'RegularExpression', name: 'X-Team', value: 'qa|support' },
    { on: 'headers', type: 'Exact', name: 'X-Beta', value: '1' },
    { on: 'cookies', type: 'Exact', name: 'beta', value: '1' },
    { on: 'queryParams', type: 'Exact', name: 'ui', value: 'new' },
  ]);
  expect(conditionsOf({})).toEqual([]);
});
