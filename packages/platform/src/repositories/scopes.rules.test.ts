import { describe, expect, it } from 'vitest';
import { grantAccess, parseRepositoryName, parseScopes } from './scopes.rules.js';

describe('parseScopes', () => {
  it.each<[string | string[] | undefined, string]>([
    [undefined, '[]'],
    [
      'repository:acme/shop/hello:pull,push',
      '[{"type":"repository","name":"acme/shop/hello","actions":["pull","push"]}]',
    ],
    ['repository:a/b/c:pull repository:library/busybox:pull', '2'],
    [['repository:a/b/c:pull', 'registry:catalog:*'], '2'],
    ['repository:host:5000/a/b:pull', '[{"type":"repository","name":"host:5000/a/b","actions":["pull"]}]'],
    ['nonsense', '[]'],
    ['repository::pull', '[]'],
  ])('%s', (scope, expected) => {
    const scopes = parseScopes(scope);
    expect(expected.length === 1 ? String(scopes.length) : JSON.stringify(scopes)).toBe(expected);
  });
});

describe('parseRepositoryName', () => {
  it.each([
    ['acme/shop/hello', 'application'],
    ['library/node', 'library'],
    ['library/node-base', 'library'],
    ['library/slipway/api', 'library'],
    ['library/slipway/api/x', undefined],
    ['acme/hello', undefined],
    ['acme/shop/hello/cache', undefined],
    ['../../etc', undefined],
    ['acme/Shop/hello', undefined],
  ])('%s: %s', (name, kind) => expect(parseRepositoryName(name)?.kind).toBe(kind));
});

describe('grantAccess', () => {
  const rights = new Map([
    ['acme/shop/hello', { pull: true, push: true, delete: false }],
    ['acme/shop/seen', { pull: true, push: false, delete: false }],
    ['evil/shop/hello', { pull: false, push: false, delete: false }],
  ]);
  const granted = (scope: string): string =>
    JSON.stringify(grantAccess(parseScopes(scope), rights).map((a) => a.actions));

  it('gives what the role allows and no more', () => {
    expect(granted('repository:acme/shop/hello:pull,push,delete')).toBe('[["pull","push"]]');
    expect(granted('repository:acme/shop/seen:pull,push')).toBe('[["pull"]]');
  });

  it.each([
    'repository:evil/shop/hello:pull',
    'repository:no/such/thing:pull',
    'registry:catalog:*',
    'repository(plugin):acme/shop/hello:pull',
  ])('drops %s without a word', (scope) => expect(granted(scope)).toBe('[]'));
});
