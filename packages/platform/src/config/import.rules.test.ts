import { expect, it } from 'vitest';
import type { ConfigContent } from './config.rules.js';
import { planImport } from './import.rules.js';

const before: ConfigContent = {
  variables: { SAME: '1', OTHER: '1', SOON_SECRET: 'x' },
  secrets: { TOKEN: { version: 1, sealed: 's', updatedAt: '' } },
};
const plan = (text: string, ...secrets: string[]) => planImport(before, text, secrets);
const line = (text: string, ...secrets: string[]) =>
  plan(text, ...secrets).names.map(({ name, kind, change }) => `${name} ${kind} ${change}`);

it('tells what is added, changed and unchanged, and leaves the rest alone', () => {
  const { patch } = plan('# first\nSAME=1\r\nexport OTHER="2 3"\nNEW=\'a\nb\' # two lines\nEMPTY=\n');
  expect(patch).toEqual({ variables: { OTHER: '2 3', NEW: 'a\nb', EMPTY: '' }, secrets: {} });
  expect(line('SAME=1\nOTHER=2\nNEW=3')).toEqual([
    'NEW variable added',
    'OTHER variable changed',
    'SAME variable unchanged',
  ]);
});

it('keeps a secret a secret, and makes one of what is named', () => {
  const { patch } = plan('TOKEN=new\nSOON_SECRET=y\nFRESH=z', 'SOON_SECRET', 'FRESH');
  expect(patch).toEqual({ variables: { SOON_SECRET: null }, secrets: { TOKEN: 'new', SOON_SECRET: 'y', FRESH: 'z' } });
  expect(line('TOKEN=new\nFRESH=z', 'FRESH')).toEqual(['FRESH secret added', 'TOKEN secret changed']);
});

it('refuses what is no name, what is too long, and a secret that is not there', () => {
  expect(line(`1X=2\nLONG=${'x'.repeat(32_769)}`, 'GONE')).toEqual([
    '1X variable refused',
    'GONE secret refused',
    'LONG variable refused',
  ]);
  expect(plan('1X=2', 'GONE').patch).toEqual({ variables: {}, secrets: {} });
});

it('refuses a text that sets nothing', () => {
  for (const text of ['', 'no line of it', '# only a remark'])
    expect(() => plan(text)).toThrow(expect.objectContaining({ code: 'config-import-empty' }));
});
