import { describe, expect, it } from 'vitest';
import { hostnamesAnnotation, toHostnameAdmission, toHostnameList } from './hostname-admission.rules.js';

describe('the list of a namespace', () => {
  it.each<[string, string[], string | null]>([
    ['nothing', [], null],
    ['one name', ['a.dev'], 'a.dev'],
    ['names in a fixed order, each once', ['b.dev', 'a.dev', 'b.dev'], 'a.dev,b.dev'],
  ])('has %s', (_, names, list) => expect(toHostnameList(names)).toBe(list));

  it('stays within what a namespace can carry, and cuts no name in two', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `shop-${String(index).padStart(6, '0')}.example.dev`);
    const list = toHostnameList(names) ?? '';
    expect(list.length).toBeLessThanOrEqual(200_000);
    const all = new Set(names);
    expect(list.split(',').every((name) => all.has(name))).toBe(true);
    expect(list.startsWith('shop-000000.example.dev,')).toBe(true);
  });
});

it('fails closed, and is held against whoever cannot write the lists himself', () => {
  const { policy, binding } = toHostnameAdmission();
  expect(policy.spec).toMatchObject({
    failurePolicy: 'Fail',
    matchConditions: [{ expression: "!authorizer.group('').resource('namespaces').check('patch').allowed()" }],
  });
  expect(JSON.stringify(policy.spec.variables)).toContain(hostnamesAnnotation);
  expect(binding.spec).toMatchObject({
    policyName: policy.metadata.name,
    validationActions: ['Deny'],
    matchResources: { namespaceSelector: { matchExpressions: [{ key: 'slipway.dev/environment' }] } },
  });
});
