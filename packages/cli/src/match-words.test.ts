import { expect, it } from 'vitest';
import { describeMatch, toMatchFields } from './match-words.js';

const match = {
  headers: [
    { name: 'X-Team', type: 'RegularExpression' as const, value: 'qa|support' },
    { name: 'X-Beta', value: '1' },
  ],
  queryParams: [{ name: 'ui', value: 'new' }],
};

it('says in words what a request must carry', () => {
  expect(describeMatch(match)).toBe(
    'header X-Team matches "qa|support" and header X-Beta is "1" and query parameter ui is "new"',
  );
});

it('names each way to meet the new release of an A/B test, and none of another strategy', () => {
  expect(toMatchFields({ type: 'abTest', match: [match, { cookies: [{ name: 'beta', value: '1' }] }] })).toEqual([
    ['who meets it', describeMatch(match)],
    ['or', 'cookie beta is "1"'],
  ]);
  expect(toMatchFields({ type: 'rolling' })).toEqual([]);
});
