import { expect, test } from 'vitest';
import { displayWidth, renderFields, renderTable } from './table.js';

test('columns are as wide as their widest cell, and no line ends in a space', () => {
  const rows = [
    { name: 'shop', replicas: 3 },
    { name: 'a-long-name', replicas: undefined },
  ];
  const columns = [
    { header: 'NAME', value: (row: (typeof rows)[number]) => row.name },
    { header: 'REPLICAS', value: (row: (typeof rows)[number]) => row.replicas },
  ];
  expect(renderTable(rows, columns)).toBe(['NAME         REPLICAS', 'shop         3', 'a-long-name  -'].join('\n'));
});

test('Chinese names take two columns a character', () => {
  expect(displayWidth('订单服务')).toBe(8);
  expect(displayWidth('é')).toBe(1);
  const columns = [
    { header: 'NAME', value: (row: string) => row },
    { header: 'X', value: () => 'x' },
  ];
  expect(renderTable(['订单', 'abcd'], columns)).toBe('NAME  X\n订单  x\nabcd  x');
});

test('a value cannot drive the terminal', () => {
  expect(renderFields([['name', 'a\u001b[31mb\nc']])).toBe('name:  a [31mb c');
});

test('yes, no, zero and nothing read differently', () => {
  expect(
    renderFields([
      ['a', true],
      ['b', false],
      ['c', 0],
      ['d', ''],
    ]),
  ).toBe('a:  yes\nb:  no\nc:  0\nd:  -');
});
