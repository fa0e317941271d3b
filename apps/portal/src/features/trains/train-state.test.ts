import { expect, it } from 'vitest';
import { stagesOf } from './train-state';

const car = (application: string, ...after: string[]) => ({ application, after });
const names = (cars: readonly ReturnType<typeof car>[]) =>
  stagesOf(cars).map((stage) => stage.map(({ application }) => application).join(' '));

it('puts cars side by side that go at once, and each after all that it waits for', () => {
  expect(names([car('web', 'catalog', 'mail'), car('catalog'), car('mail', 'catalog'), car('blog')])).toEqual([
    'catalog blog',
    'mail',
    'web',
  ]);
});

it('shows a circle as one group', () => {
  expect(names([car('a', 'b'), car('b', 'a')])).toEqual(['a b']);
});
