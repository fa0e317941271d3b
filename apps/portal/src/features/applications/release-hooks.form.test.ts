import { describe, expect, test } from 'vitest';
import type { ReleaseHooks } from '../../lib/contract';
import { hooksSchema, toHooks, toHooksForm } from './release-hooks.form';

describe('the hooks of a release as they are typed', () => {
  test.each<[string, ReleaseHooks]>([
    ['none', { before: null, after: null }],
    ['a line for the shell', { before: { command: 'npm run migrate && echo done' }, after: null }],
    [
      'a list, a process and a time',
      { before: null, after: { command: ['./check', '--fast'], process: 'worker', timeoutSeconds: 30 } },
    ],
    ['a probe', { before: null, after: { probe: { path: '/healthz', expectedStatus: 204 }, timeoutSeconds: 10 } }],
  ])('%s comes out as it went in', (_, hooks) => {
    expect(toHooks(toHooksForm(hooks))).toEqual(hooks);
  });

  test('what its kind needs must be there', () => {
    const paths = (hooks: object) =>
      hooksSchema.safeParse({ ...toHooksForm({}), ...hooks }).error?.issues.map(({ path }) => path.join('.'));
    expect(paths({ before: 'command', after: 'probe' })).toEqual(['beforeCommand', 'afterPath']);
    expect(paths({ after: 'command', afterCommand: 'x', afterTimeout: 'soon' })).toEqual(['afterTimeout']);
    expect(paths({})).toBeUndefined();
  });
});
