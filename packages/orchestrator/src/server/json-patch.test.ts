import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../kinds/index.js';
import { ApiError } from './api-error.js';
import { jsonPatch } from './json-patch.js';

const document: JsonObject = { data: { a: '1', 'x/y': '2', 'm~n': '3' }, list: ['p', 'q', 'r'], nothing: null };

function codeOf(target: JsonObject, patch: Json): number {
  try {
    jsonPatch(target, patch);
  } catch (error) {
    if (error instanceof ApiError) return error.code;
    throw error;
  }
  return 200;
}

describe('a JSON patch', () => {
  const add = (path: string, value: Json) => ({ op: 'add', path, value });
  const table: [string, Json, JsonObject][] = [
    [
      'adds and replaces members',
      [add('/data/b', '4'), add('/data/a', '5')],
      { ...document, data: { a: '5', 'x/y': '2', 'm~n': '3', b: '4' } },
    ],
    [
      'inserts into a list',
      [add('/list/1', 'new'), add('/list/-', 'end')],
      { ...document, list: ['p', 'new', 'q', 'r', 'end'] },
    ],
    ['replaces in a list', [{ op: 'replace', path: '/list/2', value: 'z' }], { ...document, list: ['p', 'q', 'z'] }],
    [
      'removes',
      [
        { op: 'remove', path: '/list/0' },
        { op: 'remove', path: '/data' },
      ],
      { list: ['q', 'r'], nothing: null },
    ],
    [
      'reads escapes',
      [
        { op: 'remove', path: '/data/x~1y' },
        { op: 'remove', path: '/data/m~0n' },
      ],
      { ...document, data: { a: '1' } },
    ],
    ['moves within a list', [{ op: 'move', from: '/list/0', path: '/list/2' }], { ...document, list: ['q', 'r', 'p'] }],
    ['moves to where it is', [{ op: 'move', from: '/data', path: '/data' }], document],
    [
      'copies by value',
      [{ op: 'copy', from: '/list', path: '/again' }, add('/again/-', 's')],
      { ...document, again: ['p', 'q', 'r', 's'] },
    ],
    [
      'tests',
      [
        { op: 'test', path: '/data', value: { 'x/y': '2', 'm~n': '3', a: '1' } },
        { op: 'test', path: '/absent', value: null },
      ],
      document,
    ],
    ['replaces the whole', [{ op: 'replace', path: '', value: { data: {} } }], { data: {} }],
  ];
  for (const [what, patch, expected] of table)
    test(what, () => {
      const before = JSON.stringify(document);
      expect(jsonPatch(document, patch)).toEqual(expected);
      expect(JSON.stringify(document)).toBe(before);
    });

  test('that is none is a bad request, one that cannot be applied is refused', () => {
    for (const patch of [
      null,
      {},
      ['x'],
      [{ op: 'add' }],
      [{ op: 'nothing', path: '/a' }],
      [{ op: 'add', path: 'a', value: 1 }],
      [{ op: 'copy', path: '/a' }],
    ])
      expect(codeOf(document, patch as Json), JSON.stringify(patch)).toBe(400);
    for (const path of [
      '/absent/a',
      '/list/4',
      '/list/01',
      '/list/-1',
      '/list/length',
      '/list/1e0',
      '/data/a/b',
      '/__proto__/a',
      '/constructor/prototype/a',
      '/__proto__',
    ])
      expect(codeOf(document, [add(path, 1)]), path).toBe(422);
    for (const path of ['/absent', '/list/3', '/list/-', '/toString', ''])
      expect(codeOf(document, [{ op: 'remove', path }]), path).toBe(422);
    expect(codeOf(document, [{ op: 'test', path: '/list', value: ['p', 'q'] }])).toBe(422);
    expect(codeOf(document, [{ op: 'move', from: '/data', path: '/data/inside' }])).toBe(422);
    expect(codeOf(document, [{ op: 'replace', path: '', value: 5 }])).toBe(422);
    expect('a' in {}).toBe(false);
  });

  test('makes no bomb: of many operations, of copies of copies, of depth, of long lists', () => {
    const begun = performance.now();
    expect(
      codeOf(
        document,
        Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data/a', value: '1' })),
      ),
    ).toBe(413);
    const doublings = Array.from({ length: 64 }, (_, index) => ({
      op: 'copy',
      from: '/data',
      path: `/data/c${index}`,
    }));
    expect(codeOf(document, doublings)).toBe(413);
    const large = Array.from({ length: 9_000 }, () => ({ op: 'copy', from: '/large', path: '/list/-' }));
    expect(codeOf({ ...document, large: 'x'.repeat(1_000_000) }, large)).toBe(413);
    const nesting = Array.from({ length: 3_000 }, () => [
      add('/m', {}),
      { op: 'move', from: '/data', path: '/m/n' },
      { op: 'move', from: '/m', path: '/data' },
    ]);
    expect(codeOf(document, nesting.flat())).toBe(422);
    const pushing = Array.from({ length: 10_000 }, () => add('/list/0', 1));
    expect(codeOf({ list: Array.from({ length: 1_000_000 }, () => 0) }, pushing)).toBe(413);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});
