import { describe, expect, it } from 'vitest';
import { findReviewedNamespace, mergeLists, toNamespacedPath } from './kubernetes-lists.rules.js';

describe('mergeLists', () => {
  it('puts the items of all namespaces into one list, which nobody can page or watch on from', () => {
    const list = (name: string) => ({
      kind: 'PodList',
      apiVersion: 'v1',
      metadata: { resourceVersion: '7', continue: 'x' },
      items: [name],
    });
    expect(mergeLists([list('a'), list('b')], false)).toEqual({
      kind: 'PodList',
      apiVersion: 'v1',
      metadata: {},
      items: ['a', 'b'],
    });
  });

  it('does so with tables', () => {
    const table = (name: string) => ({ kind: 'Table', columnDefinitions: [{ name: 'Name' }], rows: [name] });
    expect(mergeLists([table('a'), table('b')], true)).toMatchObject({
      columnDefinitions: [{ name: 'Name' }],
      rows: ['a', 'b'],
    });
  });

  it('of nothing is an empty one', () => {
    expect(mergeLists([], true)).toMatchObject({ kind: 'Table', rows: [] });
    expect(mergeLists([], false)).toMatchObject({ kind: 'List', items: [] });
  });
});

describe('toNamespacedPath', () => {
  it.each([
    ['/api/v1/pods?limit=500&labelSelector=a%3Db', '/api/v1/namespaces/ns/pods?labelSelector=a%3Db'],
    ['/apis/apps/v1/deployments', '/apis/apps/v1/namespaces/ns/deployments'],
    ['/api/v1/pods/?continue=x', '/api/v1/namespaces/ns/pods'],
  ])('of %s is %s', (path, namespaced) => expect(toNamespacedPath(path, 'ns')).toBe(namespaced));
});

describe('findReviewedNamespace', () => {
  it.each([
    ['{"spec":{"resourceAttributes":{"namespace":"ns","verb":"get"}}}', 'ns'],
    ['{"spec":{"namespace":"ns"}}', 'ns'],
    ['{"spec":{"resourceAttributes":{"verb":"get"}}}', undefined],
    ['{"spec":{"namespace":7}}', undefined],
    ['k8s\u0000', undefined],
  ])('in %s is %s', (body, namespace) => expect(findReviewedNamespace(Buffer.from(body))).toBe(namespace));

  it('is found in protobuf, as kubectl 1.32 sends it', () => {
    const review =
      'k8s\0\n2\n\x17authorization.k8s.io/v1\x12\x17SelfSubjectAccessReview\x12E\n\x10\n\0\x12\0\x1a\0"\0*\x002\x008\0B\0' +
      '\x12\'\n%\n\x02ns\x12\x06create\x1a\x04apps"\0*\x0bdeployments2\0:\0\x1a\b\b\0\x12\0\x1a\0 \0\x1a\0"\0';
    expect(findReviewedNamespace(Buffer.from(review, 'latin1'))).toBe('ns');
    const rules = 'k8s\0\n1\n\x17authorization.k8s.io/v1\x12\x16SelfSubjectRulesReview\x12\x08\n\0\x12\x04\n\x02ns';
    expect(findReviewedNamespace(Buffer.from(rules, 'latin1'))).toBe('ns');
    expect(findReviewedNamespace(Buffer.from(review.slice(0, 70), 'latin1'))).toBeUndefined();
  });
});
