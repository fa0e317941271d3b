import { describe, expect, it } from 'vitest';
import {
  applyPatch,
  type Comparison,
  displayNameOf,
  mailOf,
  parseBody,
  parseFilter,
  textCondition,
  toWhere,
  userBody,
} from './scim.rules.js';

const user = {
  userName: 'ada@example.com',
  displayName: 'Ada',
  active: true,
  emails: [{ value: 'ada@example.com', type: 'work', primary: true }],
};
const patched = (...Operations: object[]) => parseBody(userBody, applyPatch(user, { Operations }));

describe('applyPatch', () => {
  it.each([
    ['Okta’s', { op: 'replace', value: { active: false } }],
    ['Entra’s', { op: 'Replace', path: 'active', value: 'False' }],
    ['Entra’s newer', { op: 'replace', path: 'active', value: false }],
    ['another case of the name', { op: 'replace', path: 'Active', value: false }],
    [
      'a path with its schema',
      { op: 'replace', path: 'urn:ietf:params:scim:schemas:core:2.0:User:active', value: 'false' },
    ],
  ])('takes %s way to deactivate', (_, operation) => expect(patched(operation).active).toBe(false));

  it('takes dotted names without a path, and filters in a path', () => {
    const named = patched({ op: 'Replace', value: { 'name.givenName': 'Ada', 'name.familyName': 'Lovelace' } });
    expect(displayNameOf({ ...named, displayName: undefined })).toBe('Ada Lovelace');
    const mailed = patched({ op: 'Add', path: 'emails[type eq "work"].value', value: 'a@x.example' });
    expect(mailOf(mailed)).toBe('a@x.example');
  });

  it.each([
    ['no operation', { op: 'frobnicate', path: 'active', value: 1 }],
    ['removing nothing', { op: 'remove' }],
    ['the prototype by path', { op: 'replace', path: '__proto__.polluted', value: 'x' }],
    ['the prototype by value', { op: 'add', value: JSON.parse('{"__proto__":{"polluted":"x"}}') }],
    ['the constructor', { op: 'add', path: 'constructor.prototype.polluted', value: 'x' }],
  ])('refuses %s', (_, operation) => {
    expect(() => applyPatch(user, { Operations: [operation] })).toThrow();
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('leaves the resource that it was given alone', () => {
    patched({ op: 'replace', path: 'displayName', value: 'Other' });
    expect(user.displayName).toBe('Ada');
  });
});

describe('toWhere', () => {
  const compare = new Map<string, Comparison<object>>([
    ['username', (op, value) => ({ username: textCondition(op, value) })],
    ['emails.value', (op, value) => ({ email: textCondition(op, value) })],
  ]);
  const where = (filter: string) => {
    const tree = parseFilter(filter);
    return tree && toWhere(tree, compare);
  };
  const mode = 'insensitive';

  it.each([
    ['userName eq "ada"', { username: { equals: 'ada', mode } }],
    ['username sw "a"', { username: { startsWith: 'a', mode } }],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName co "d"', { username: { contains: 'd', mode } }],
    ['userName eq "a" or userName pr', { OR: [{ username: { equals: 'a', mode } }, { username: { not: null } }] }],
    ['not (userName eq "a")', { NOT: { username: { equals: 'a', mode } } }],
    ['emails[type eq "work" and value eq "x"]', { AND: [{}, { email: { equals: 'x', mode } }] }],
  ])('reads %s', (filter, expected) => expect(where(filter)).toEqual(expected));

  it.each(['userName eq', 'password eq "x"', 'userName gt "x"', '((((', 'userName eq "a" and'])(
    'refuses %s',
    (filter) => {
      expect(() => where(filter)).toThrow();
    },
  );

  it('takes signs of patterns literally', () => {
    expect(where('userName eq "a_b%"')).toEqual({ username: { equals: 'a\\_b\\%', mode } });
  });
});
