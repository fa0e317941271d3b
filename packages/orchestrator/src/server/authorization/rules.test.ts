import { expect, test } from 'vitest';
import { describeRules, matchesPath, missingRules, type PolicyRule } from './rules.js';

const rule = (verbs: string, apiGroups: string, resources: string, names = ''): PolicyRule => ({
  verbs: verbs.split(' '),
  apiGroups: apiGroups.split(' '),
  resources: resources.split(' '),
  resourceNames: names === '' ? [] : names.split(' '),
  nonResourceURLs: [],
});
const paths = (verbs: string, ...nonResourceURLs: string[]): PolicyRule => ({
  verbs: verbs.split(' '),
  apiGroups: [],
  resources: [],
  resourceNames: [],
  nonResourceURLs,
});

test.each<[string, PolicyRule[], PolicyRule[], string]>([
  ['the same', [rule('get', 'apps', 'deployments')], [rule('get', 'apps', 'deployments')], ''],
  ['spread over rules', [rule('get', 'a', 'x'), rule('list', 'a', 'x')], [rule('get list', 'a', 'x')], ''],
  ['by wildcards', [rule('*', '*', '*')], [rule('get', 'a', 'x/y'), rule('*', '*', '*')], ''],
  [
    'a wildcard for less',
    [rule('get', 'a', 'x')],
    [rule('*', 'a', 'x')],
    '{APIGroups:["a"], Resources:["x"], Verbs:["*"]}',
  ],
  ['subresources of anything', [rule('get', 'a', '*/scale')], [rule('get', 'a', 'x/scale')], ''],
  [
    'not the subresource',
    [rule('get', 'a', 'x')],
    [rule('get', 'a', 'x/y')],
    '{APIGroups:["a"], Resources:["x/y"], Verbs:["get"]}',
  ],
  ['some names of all', [rule('get', 'a', 'x')], [rule('get', 'a', 'x', 'n')], ''],
  [
    'all of some names',
    [rule('get', 'a', 'x', 'n')],
    [rule('get', 'a', 'x', 'n m'), rule('get', 'a', 'x')],
    '{APIGroups:["a"], Resources:["x"], ResourceNames:["m"], Verbs:["get"]}\n{APIGroups:["a"], Resources:["x"], Verbs:["get"]}',
  ],
  ['paths below', [paths('get', '/api/*')], [paths('get', '/api/v1', '/api/*')], ''],
  ['other paths', [paths('get', '/api/*')], [paths('get', '/api')], '{NonResourceURLs:["/api"], Verbs:["get"]}'],
  ['a resource is no path', [rule('*', '*', '*')], [paths('get', '/x')], '{NonResourceURLs:["/x"], Verbs:["get"]}'],
  [
    'verbs of one resource in one line',
    [],
    [rule('get list', 'a', 'x y')],
    '{APIGroups:["a"], Resources:["x"], Verbs:["get" "list"]}\n{APIGroups:["a"], Resources:["y"], Verbs:["get" "list"]}',
  ],
])('what is missing: %s', (_name, owned, wanted, missing) => {
  expect(describeRules(missingRules(owned, wanted))).toBe(missing);
});

test('a pattern covers what begins with it', () => {
  expect(matchesPath(['/a/*'], '/a/b')).toBe(true);
  expect(matchesPath(['/a/*'], '/a')).toBe(false);
  expect(matchesPath(['*'], '/anything')).toBe(true);
});
