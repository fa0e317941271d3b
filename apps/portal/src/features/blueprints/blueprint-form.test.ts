import { describe, expect, test } from 'vitest';
import { BadLine, readConfig, readEnvironments, readGroups } from './blueprint-form';

describe('a blueprint as it is typed', () => {
  test('an environment a line; empty lines do not count', () => {
    expect(readEnvironments('staging staging\n\n production: production ')).toEqual([
      { name: 'staging', kind: 'staging', limits: {}, config: {} },
      { name: 'production', kind: 'production', limits: {}, config: {} },
    ]);
  });

  test('a group and its role a line', () => {
    expect(readGroups('web developer')).toEqual([{ group: 'web', role: 'developer' }]);
    expect(readGroups('')).toEqual([]);
  });

  test.each(['staging', 'staging test', 'staging staging more'])('“%s” is named by its line', (line) => {
    expect(() => readEnvironments(`production production\n${line}`)).toThrow(new BadLine(2));
  });

  test('a variable a line, its value as it stands', () => {
    expect(readConfig('LOG_LEVEL=info\n\n URL=http://a/?b=c d\nEMPTY=')).toEqual({
      LOG_LEVEL: 'info',
      URL: 'http://a/?b=c d',
      EMPTY: '',
    });
    expect(() => readConfig('A=1\nno equals sign')).toThrow(new BadLine(2));
    expect(() => readConfig('1A=1')).toThrow(new BadLine(1));
  });
});
