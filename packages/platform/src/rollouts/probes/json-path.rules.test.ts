import { expect, it } from 'vitest';
import { findAt, refuseJsonPath } from './json-path.rules.js';

const answer = { data: { items: [{ rate: 0.5 }], 'a b': 2 }, ok: true };

it.each<[string, unknown]>([
  ['{$.data.items[0].rate}', 0.5],
  ['$.ok', true],
  ['{$}', answer],
  ["{$.data['a b']}", 2],
  ['$.data["a b"]', 2],
  ['$.data.items[1].rate', undefined],
  ['$.data.constructor', undefined],
  ['$.ok.length', undefined],
])('%s', (path, found) => {
  expect(refuseJsonPath(path)).toBeUndefined();
  expect(findAt(answer, path)).toEqual(found);
});

it.each(['$..a', '$.a[*]', '{$.a[?(@.b)]}', '$.a b', '{$.a', '$.'])('%s is refused', (path) =>
  expect(refuseJsonPath(path)).toBeTruthy(),
);
