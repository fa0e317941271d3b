import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareElements, elementText, pathText } from './element.js';
import {
  difference,
  emptySet,
  type FieldSet,
  hasPath,
  intersection,
  isEmptySet,
  leaves,
  parseSet,
  pathsOf,
  recursiveDifference,
  setOf,
  sorted,
  union,
} from './field-set.js';

const element = fc.constantFrom('f:a', 'f:b', 'f:__proto__', 'k:{"name":"x"}', 'k:{"name":"y"}', 'v:1', 'v:"1"', 'i:0');
const path = fc.array(element, { minLength: 1, maxLength: 4 });
const paths = fc.array(path, { maxLength: 8 });
const set = paths.map((each) => setOf(...each));
const texts = (fields: FieldSet) => pathsOf(fields).map((each) => each.join('/'));
const members = (fields: FieldSet) => new Set(texts(fields));
const all = (fields: Iterable<string>) => [...fields].sort();

describe('sets of fields', () => {
  it('are equal when they hold the same paths, however they were made', () => {
    fc.assert(
      fc.property(paths, (each) => {
        const one = setOf(...each);
        expect(one).toEqual(setOf(...[...each].reverse()));
        expect(all(members(one))).toEqual(all(new Set(each.map((steps) => steps.join('/')))));
        for (const steps of each) expect(hasPath(one, steps)).toBe(true);
      }),
    );
  });

  it('follow the algebra of sets', () => {
    fc.assert(
      fc.property(set, set, set, (a, b, c) => {
        expect(all(members(union(a, b)))).toEqual(all(new Set([...members(a), ...members(b)])));
        expect(all(members(intersection(a, b)))).toEqual(all([...members(a)].filter((each) => members(b).has(each))));
        expect(all(members(difference(a, b)))).toEqual(all([...members(a)].filter((each) => !members(b).has(each))));
        expect(union(a, b)).toEqual(union(b, a));
        expect(union(a, union(b, c))).toEqual(union(union(a, b), c));
        expect(intersection(a, b)).toEqual(intersection(b, a));
        expect(intersection(a, union(b, c))).toEqual(union(intersection(a, b), intersection(a, c)));
        expect(difference(a, union(b, c))).toEqual(difference(difference(a, b), c));
        expect(union(difference(a, b), intersection(a, b))).toEqual(a);
        expect(isEmptySet(difference(a, a))).toBe(true);
        expect(difference(a, emptySet)).toBe(a);
      }),
    );
  });

  it('lose what is below a path with it, when asked to', () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        const gone = [...members(b)];
        const kept = [...members(a)].filter((each) => !gone.some((top) => each === top || each.startsWith(`${top}/`)));
        expect(all(members(recursiveDifference(a, b)))).toEqual(all(kept));
      }),
    );
  });

  it('have leaves: the paths with nothing below them', () => {
    fc.assert(
      fc.property(set, (a) => {
        const own = [...members(a)];
        const ends = own.filter((each) => !own.some((other) => other.startsWith(`${each}/`)));
        expect(all(members(leaves(a)))).toEqual(all(ends));
      }),
    );
  });

  it('are read as they were written', () => {
    fc.assert(
      fc.property(set, (a) => {
        expect(parseSet(JSON.parse(JSON.stringify(sorted(a))))).toEqual(a);
        const kept = sorted(a);
        expect(sorted(kept)).toBe(kept);
        const keys = Object.keys(kept);
        expect(keys).toEqual([...keys].sort(compareElements));
      }),
    );
  });

  it.each([
    ['keys in another order', { 'k:{"b":1, "a":"x"}': {} }, { 'k:{"a":"x","b":1}': {} }],
    ['a number written at length', { 'v:1.0': {} }, { 'v:1': {} }],
    ['a dot that says nothing', { 'f:a': { '.': {} } }, { 'f:a': {} }],
    ['a dot at the top', { '.': {}, 'f:a': {} }, { 'f:a': {} }],
    ['a form that is not known', { 'x:y': {}, 'f:a': {} }, { 'f:a': {} }],
    ['null for nothing', { 'f:a': null }, { 'f:a': {} }],
  ])('are read with %s', (_, written, read) => {
    expect(parseSet(written)).toEqual(read);
  });

  it.each([
    [['f:a']],
    ['f:a'],
    [{ f: {} }],
    [{ 'k:[1]': {} }],
    [{ 'k:{': {} }],
    [{ 'v:x': {} }],
    [{ 'i:x': {} }],
    [{ 'f:a': 1 }],
  ])('are not read from %j', (written) => {
    expect(() => parseSet(written)).toThrow(SyntaxError);
  });

  it('are kept in order: fields by name, items by their values', () => {
    const items = ['k:{"port":443}', 'k:{"port":80}', 'v:"b"', 'v:"a"', 'v:10', 'v:9', 'f:b', 'f:a'];
    const ordered = ['f:a', 'f:b', 'k:{"port":80}', 'k:{"port":443}', 'v:9', 'v:10', 'v:"a"', 'v:"b"'];
    expect(Object.keys(sorted(setOf(...items.map((each) => [each]))))).toEqual(ordered);
  });

  it('are named in messages as their clients know them', () => {
    expect(elementText('k:{"containerPort":80,"protocol":"TCP"}')).toBe('[containerPort=80,protocol="TCP"]');
    expect(pathText(['f:spec', 'f:finalizers', 'v:"a"'])).toBe('.spec.finalizers[="a"]');
    expect(pathText(['f:list', 'i:3'])).toBe('.list[3]');
  });
});
