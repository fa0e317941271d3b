import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../kinds/index.js';
import { ApiError } from './api-error.js';
import { duplicateRule, parseBody } from './body.js';
import { jsonPatch } from './json-patch.js';
import { countKeys, duplicateFields, measureJson } from './json-text.js';
import { mergePatch } from './patch.js';
import { protobufMediaType } from './protobuf.js';

const json = 'application/json';
const yaml = 'application/yaml';
const bytes = (text: string) => Buffer.from(text);
const pod = { kind: 'Pod', version: 'v1' };

function problemsOf(text: string, mediaType = json): string[] {
  const warnings: string[] = [];
  parseBody(bytes(text), mediaType, duplicateRule(pod, { fieldValidation: 'Warn', warnings }));
  return warnings;
}

/** Whatever comes in, a refusal is a Status that puts it down to the client. */
function parsesOrRefuses(body: Buffer, mediaType: string): void {
  try {
    parseBody(body, mediaType, () => {});
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    expect(error.code).toBeGreaterThanOrEqual(400);
    expect(error.code).toBeLessThan(500);
  }
}

describe('bodies', () => {
  test('a key that comes twice is told by its path', () => {
    expect(problemsOf('{"spec":{"a":1,"b":[{"c":1,"c":2}],"a":2}}')).toEqual([
      'duplicate field "spec.b[0].c"',
      'duplicate field "spec.a"',
    ]);
    expect(problemsOf('{"a":{"a":":"},"b":"\\"a\\":1,{["}')).toEqual([]);
    expect(problemsOf('a: 1\nb: 2\na: 3\n', yaml)).toEqual([
      'yaml: unmarshal errors: line 3: key "a" already set in map',
    ]);
  });

  test('Strict refuses such a key, Ignore takes the last', () => {
    const strict = duplicateRule(pod, { fieldValidation: 'Strict', warnings: [] });
    expect(() => parseBody(bytes('{"a":1,"a":2}'), json, strict)).toThrow(
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: duplicate field "a"',
    );
    expect(duplicateRule(pod, { fieldValidation: 'Ignore', warnings: [] })).toBeUndefined();
    expect(parseBody(bytes('{"a":1,"a":2}'), json)).toEqual({ a: 2 });
  });

  test('bombs are refused: depth, aliases, an alias of itself', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const laughs = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...'bcdefghi'.split('').map((each, at) => `${each}: &${each} [${Array(9).fill(`*${'abcdefgh'[at]}`)}]`),
    ];
    for (const [text, type] of [
      [deep, json],
      [deep, yaml],
      [laughs.join('\n'), yaml],
      ['a: &a [*a]', yaml],
      ['&a {b: *a}', yaml],
    ] as const)
      expect(() => parseBody(bytes(text), type), type).toThrow(ApiError);
  });

  test('any bytes are an object or a refusal', () => {
    const prefix = Buffer.from([0x6b, 0x38, 0x73, 0]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(json, yaml, protobufMediaType), (raw, type) => {
        parsesOrRefuses(Buffer.from(raw), type);
        parsesOrRefuses(Buffer.concat([prefix, raw]), protobufMediaType);
      }),
      { numRuns: 500 },
    );
  });

  test('any message of protobuf that says it is a Deployment is one or is refused', () => {
    const field = (number: number, content: Buffer) => {
      expect(content.length).toBeLessThan(16_000);
      return Buffer.concat([Buffer.from([number * 8 + 2, (content.length & 127) | 128, content.length >> 7]), content]);
    };
    const type = Buffer.concat([field(1, bytes('apps/v1')), field(2, bytes('Deployment'))]);
    const magic = Buffer.from([0x6b, 0x38, 0x73, 0]);
    const part = fc.letrec<{ message: Buffer }>((tie) => ({
      message: fc
        .array(
          fc.oneof(
            { maxDepth: 6 },
            fc
              .tuple(fc.integer({ min: 1, max: 15 }), fc.uint8Array({ maxLength: 8 }))
              .map(([n, b]) => field(n, Buffer.from(b))),
            fc.tuple(fc.integer({ min: 1, max: 15 }), tie('message')).map(([n, b]) => field(n, b)),
          ),
          { maxLength: 4 },
        )
        .map((parts) => Buffer.concat(parts)),
    })).message;
    fc.assert(
      fc.property(part, (raw) => {
        parsesOrRefuses(Buffer.concat([magic, field(1, type), field(2, raw)]), protobufMediaType);
      }),
      { numRuns: 500 },
    );
  });

  test('text of any JSON has as many keys as are counted, and no duplicates', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(measureJson(bytes(text)).keys).toBe(countKeys(JSON.parse(text) as Json));
        expect(duplicateFields(text)).toEqual([]);
      }),
    );
  });

  test('any patch of any object is applied or refused, and a merge patch applied twice changes nothing more', () => {
    const object = fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 3 }));
    const operation = fc.record({
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'other'),
      path: fc.oneof(
        fc.string({ maxLength: 6 }),
        fc.string({ maxLength: 4 }).map((each) => `/${each}`),
      ),
      from: fc.string({ maxLength: 4 }).map((each) => `/${each}`),
      value: fc.jsonValue({ maxDepth: 2 }),
    });
    fc.assert(
      fc.property(object, object, fc.array(operation, { maxLength: 4 }), (target, patch, operations) => {
        const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
        const once = mergePatch(plain(target), plain(patch));
        expect(mergePatch(plain(once), plain(patch))).toEqual(once);
        try {
          jsonPatch(plain(target), plain(operations));
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError);
        }
      }),
    );
  });
});
