import { expect, it } from 'vitest';
import { toImageUser, toNamespaceMarks, toPodSecurityLevel, userOfEnvironment, warnOf } from './pod-security.rules.js';

it.each([
  [undefined, 'root'],
  ['', 'root'],
  ['root', 'root'],
  ['root:root', 'root'],
  ['0', 'root'],
  ['00:1000', 'root'],
  ['1000', 'number'],
  ['1000:0', 'number'],
  ['node', 'name'],
  ['1000x', 'name'],
])('reads the user %j of an image as %s', (text, kind) => {
  expect(toImageUser(text).kind).toBe(kind);
});

it('gives every namespace a user that is not root and no other’s', () => {
  const users = [1, 2, 3, 1_000_000].map(userOfEnvironment);
  expect(new Set(users).size).toBe(4);
  expect(users.every((user) => user >= 1_000_000_000 && user < 2 ** 31)).toBe(true);
});

it('takes what is no level as the strictest', () => {
  expect(['baseline', 'restricted', 'privileged', ''].map(toPodSecurityLevel)).toEqual([
    'baseline',
    'restricted',
    'restricted',
    'restricted',
  ]);
});

it('tells who is refused how to ask', () => {
  const { labels, annotations } = toNamespaceMarks('restricted', 1000001000, { tenant: 'acme', project: 'shop' });
  expect(labels).toEqual({ 'pod-security.kubernetes.io/enforce': 'restricted' });
  expect(annotations['slipway.dev/run-as-user']).toBe('1000001000');
  expect(annotations['slipway.dev/pod-security-help']).toContain('tenant=acme project=shop level=baseline');
});

it.each<[string | undefined, 'restricted' | 'baseline', RegExp | null]>([
  ['1000', 'restricted', null],
  ['', 'baseline', null],
  ['', 'restricted', /as root\. Here it runs as a numbered user/],
  ['node', 'restricted', /as "node", which is no number/],
])('of an image of user %j in a namespace held to %s it says %s', (user, level, expected) => {
  const warning = warnOf('web:1', toImageUser(user), level);
  if (expected === null) expect(warning).toBeNull();
  else expect(warning).toMatch(expected);
});
