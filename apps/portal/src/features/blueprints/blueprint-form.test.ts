import { describe, expect, test } from 'vitest';
import { BadLine, readEnvironments, readGroups } from './blueprint-form';

describe('a blueprint as it is typed', () => {
  test('an environment a line; empty lines do not count', () => {
    expect(readEnvironments('staging staging\n\n production: production ')).toEqual([
      { name: 'staging', kind: 'staging', limits: {} },
      { name: 'production', kind: 'production', limits: {} },
    ]);
  });

  test('a group and its role a line', () => {
    expect(readGroups('web developer')).toEqual([{ group: 'web', role: 'developer' }]);
    expect(readGroups('')).toEqual([]);
  });

  test.each(['staging', 'staging test', 'staging staging more'])('“%s” is named by its line', (line) => {
    expect(() => readEnvironments(`production production\n${line}`)).toThrow(new BadLine(2));
  });
});
