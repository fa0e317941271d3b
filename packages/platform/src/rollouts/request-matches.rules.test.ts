import { describe, expect, it } from 'vitest';
import { isPattern, refuseMatch, toArgoMatch, toRouteMatches } from './request-matches.rules.js';

describe('a cookie', () => {
  const pattern = (value: string, type?: 'Exact' | 'RegularExpression'): RegExp => {
    const [match] = toRouteMatches({ cookies: [{ name: 'beta', type, value }] });
    expect(match?.headers).toMatchObject([{ type: 'RegularExpression', name: 'Cookie' }]);
    // A gateway matches the whole value.
    return new RegExp(`^(${match?.headers?.[0]?.value})$`);
  };

  it.each<[string, boolean]>([
    ['beta=1', true],
    ['a=2; beta=1', true],
    ['beta=1; a=2', true],
    ['a=2;beta=1;b=3', true],
    ['xbeta=1', false],
    ['beta=10', false],
    ['beta=1x; a=2', false],
    ['a=beta=1', false],
    ['Beta=1', false],
    ['beta=', false],
    ['', false],
  ])('beta=1 is in "%s": %s', (header, holds) => expect(pattern('1').test(header)).toBe(holds));

  it('takes a value as it is written and a pattern as a whole', () => {
    expect(pattern('a.b').test('beta=axb')).toBe(false);
    expect(pattern('a|b', 'RegularExpression').test('x=1; beta=b; y=2')).toBe(true);
    expect(pattern('a|b', 'RegularExpression').test('b; y=2')).toBe(false);
  });
});

it('everything that a match names is in one match of the route, and a match of nothing is none', () => {
  const headers = [{ name: 'X-Team', value: 'qa' }];
  expect(toRouteMatches({ headers, queryParams: [{ name: 'ui', value: 'new' }] })).toEqual([
    {
      headers: [{ type: 'Exact', name: 'X-Team', value: 'qa' }],
      queryParams: [{ type: 'Exact', name: 'ui', value: 'new' }],
    },
  ]);
  expect(toRouteMatches({})).toEqual([]);
});

it("Argo's prefix becomes a pattern", () => {
  const { headers } = toArgoMatch([{ headerName: 'X-Beta', headerValue: { prefix: 'y.' } }]);
  expect(headers).toEqual([{ type: 'RegularExpression', name: 'X-Beta', value: 'y\\..*' }]);
});

it.each<[string, Parameters<typeof refuseMatch>[0], string | undefined]>([
  ['nothing', {}, ''],
  ['empty lists', { headers: [], queryParams: [] }, ''],
  ['one header', { headers: [{ name: 'A', value: '1' }] }, undefined],
  ['the same header twice', { headers: ['a', 'A'].map((name) => ({ name, value: '1' })) }, 'headers.1.name'],
  [
    'the header of a cookie',
    { headers: [{ name: 'Cookie', value: '1' }], cookies: [{ name: 'a', value: '1' }] },
    'headers.0.name',
  ],
  ['a parameter twice', { queryParams: ['q', 'q'].map((name) => ({ name, value: '1' })) }, 'queryParams.1.name'],
])('%s', (_, match, path) => expect(refuseMatch(match)[0]?.path.join('.')).toBe(path));

it('knows what is no pattern', () => expect(['a(', 'a+'].map(isPattern)).toEqual([false, true]));
