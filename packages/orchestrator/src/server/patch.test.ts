import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cloneJson, DecodeError, decodeObject, isJsonObject, type JsonObject, schemaOf } from '../kinds/index.js';
import { ApiError } from './api-error.js';
import { mergePatch, strategicMergePatch } from './patch.js';

const pod = schemaOf('io.k8s.api.core.v1.Pod');
const names = fc.constantFrom('a', 'b', 'c');
const container = fc.record({ name: names, image: names }, { requiredKeys: ['name'] });
const target = fc.record({
  metadata: fc.record({ labels: fc.dictionary(names, names), finalizers: fc.uniqueArray(names) }),
  spec: fc.record({
    containers: fc.uniqueArray(container, { selector: ({ name }) => name, minLength: 1 }),
    nodeSelector: fc.dictionary(names, names),
  }),
});

/** Patches that are nearly right: the fields and directives of real ones, in any combination. */
const keys = fc.constantFrom(
  'metadata',
  'spec',
  'labels',
  'finalizers',
  'containers',
  'name',
  'image',
  'nodeSelector',
  '$patch',
  '$retainKeys',
  '$setElementOrder/containers',
  '$setElementOrder/finalizers',
  '$deleteFromPrimitiveList/finalizers',
);
const anyPatch = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<unknown>(null, 'a', 'b', 'delete', 'replace', 'merge', 0, true),
    fc.dictionary(keys, tie('tree'), { maxKeys: 4 }),
    fc.array(tie('tree'), { maxLength: 3 }),
  ),
})).tree;
const plain = (value: unknown): JsonObject => {
  const copy: unknown = JSON.parse(JSON.stringify(value));
  return isJsonObject(copy as JsonObject) ? (copy as JsonObject) : {};
};

describe('strategic merge', () => {
  const object = {
    metadata: { finalizers: ['a', 'b'] },
    spec: {
      containers: [
        { name: 'a', image: '1' },
        { name: 'b', image: '2' },
      ],
    },
  };
  const rows: [string, JsonObject, JsonObject][] = [
    [
      'changes the item of its key',
      { spec: { containers: [{ name: 'b', image: '3' }] } },
      {
        ...object,
        spec: {
          containers: [
            { name: 'a', image: '1' },
            { name: 'b', image: '3' },
          ],
        },
      },
    ],
    [
      'deletes an item',
      { spec: { containers: [{ name: 'a', $patch: 'delete' }] } },
      { ...object, spec: { containers: [{ name: 'b', image: '2' }] } },
    ],
    [
      'replaces a list',
      { spec: { containers: [{ $patch: 'replace' }, { name: 'c' }] } },
      { ...object, spec: { containers: [{ name: 'c' }] } },
    ],
    [
      'orders a list',
      { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } },
      {
        ...object,
        spec: {
          containers: [
            { name: 'b', image: '2' },
            { name: 'a', image: '1' },
          ],
        },
      },
    ],
    [
      'takes from a list of texts',
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } },
      { ...object, metadata: { finalizers: ['b'] } },
    ],
  ];
  test.each(rows)('%s', (_, patch, wanted) => {
    expect(strategicMergePatch(pod, cloneJson(object), patch)).toEqual(wanted);
  });

  test('of anything makes an object or a refusal, and leaves the one before as it was', () => {
    fc.assert(
      fc.property(target, anyPatch, (before, patch) => {
        const old = plain(before);
        const kept = cloneJson(old);
        try {
          const made = strategicMergePatch(pod, old, plain(patch));
          expect(isJsonObject(made)).toBe(true);
          // What it made is judged as if a client had sent it.
          if (isJsonObject(made)) decodeObject(pod, made, []);
        } catch (error) {
          if (!(error instanceof DecodeError)) expect(error).toBeInstanceOf(ApiError);
          if (error instanceof ApiError) expect([400, 422]).toContain(error.code);
        }
        expect(old).toEqual(kept);
      }),
      { numRuns: 2_000 },
    );
  });

  test('without directives, applied twice, changes nothing more', () => {
    fc.assert(
      fc.property(target, target, (before, patch) => {
        const once = strategicMergePatch(pod, plain(before), plain(patch));
        expect(strategicMergePatch(pod, cloneJson(once), plain(patch))).toEqual(once);
      }),
    );
  });
});

describe('a merge patch', () => {
  test('never lets a key change what an object is', () => {
    const made = mergePatch({ a: 1 }, JSON.parse('{"__proto__":{"b":2},"constructor":{"c":3}}'));
    expect(Reflect.get({}, 'b')).toBeUndefined();
    expect(isJsonObject(made) && made.a).toBe(1);
  });
});
