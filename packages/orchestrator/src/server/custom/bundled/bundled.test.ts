import { describe, expect, test } from 'vitest';
import { objectAt, stringAt } from '../../../kinds/index.js';
import { definitionErrors } from '../definition-rules.js';
import { statusOf } from '../definition-status.js';
import { gatewayDefinitions } from './gateway-api.js';
import { compareBundles } from './install.js';
import { snapshotDefinitions } from './volume-snapshots.js';

const all = [...gatewayDefinitions(), ...snapshotDefinitions()];
const nameOf = (definition: (typeof all)[number]) => stringAt(objectAt(definition, 'metadata'), 'name');

test.each(all.map((each) => [nameOf(each), each] as const))('%s is a definition that the server accepts', (_, each) => {
  const errors = definitionErrors({ ...each, status: statusOf(each, [], '2026-01-01T00:00:00Z') }, undefined);
  expect(errors.map(({ field, message }) => `${field}: ${message}`)).toEqual([]);
});

describe('bundles are compared as versions', () => {
  test.each([
    ['v1.4.0', 'v1.6.3', -1],
    ['v1.10.0', 'v1.6.3', 1],
    ['v1.6.3', 'v1.6.3', 0],
    ['v1.6.3-rc.1', 'v1.6.3', -1],
    ['', 'v1.6.3', 0],
  ])('%s and %s', (a, b, order) => {
    expect(Math.sign(compareBundles(a, b))).toBe(order);
  });
});
