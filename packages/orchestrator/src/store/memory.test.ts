import { expect, test } from 'vitest';
import { CompactedError } from './errors.js';
import { Memory } from './memory.js';
import { StoredObject, StoreEvent } from './stored-object.js';

function apply(memory: Memory, count: number, bytes: Buffer): void {
  for (let index = 0; index < count; index++) {
    const revision = memory.revision + 1;
    const object = new StoredObject('things', 'a', `name-${revision % 100}`, revision, bytes);
    memory.apply(new StoreEvent('MODIFIED', object, memory.get('things', 'a', object.name), 0));
  }
}

test('the log in memory is bounded by the number of its changes, whether anybody compacts or not', () => {
  const memory = new Memory();
  apply(memory, 120_000, Buffer.from('{}'));
  expect(memory.compacted).toBe(20_000);
  expect(memory.since('things', 20_000)).toHaveLength(100_000);
  expect(() => memory.since('things', 19_999)).toThrow(CompactedError);
  expect(() => memory.list('things', 19_999)).toThrow(CompactedError);
});

test('the log in memory is bounded by its bytes', () => {
  const memory = new Memory();
  apply(memory, 200, Buffer.alloc(1024 * 1024));
  expect(memory.compacted).toBe(200 - 64);
  expect(memory.since('things', memory.compacted)).toHaveLength(64);
});

test('what may be forgotten is what is old or beyond the number to keep', () => {
  const memory = new Memory();
  for (let revision = 1; revision <= 100; revision++)
    memory.apply(
      new StoreEvent(
        'ADDED',
        new StoredObject('things', 'a', `n${revision}`, revision, Buffer.from('{}')),
        undefined,
        revision * 10,
      ),
    );
  expect(memory.compactable(0, 1_000)).toBe(0);
  expect(memory.compactable(0, 30)).toBe(70);
  expect(memory.compactable(500, 1_000)).toBe(49);
  expect(memory.compactable(900, 30)).toBe(89);
  memory.compact(89);
  expect(memory.compacted).toBe(89);
  expect(memory.list('things')).toHaveLength(100);
  expect(memory.list('things', 89)).toHaveLength(89);
});
