import { expect, test } from 'vitest';
import { parseDotenv, toChanges, toEntries, toPatch } from './config-edits';

const config = {
  version: 3,
  variables: { LEVEL: 'info', PORT: '80' },
  secrets: { TOKEN: { version: 2, updatedAt: '2026-01-01T00:00:00Z', revealable: false } },
};

test('an untouched edit changes nothing', () => {
  expect(toPatch(config, toEntries(config))).toEqual({ variables: {}, secrets: {} });
});

test('a changed value, a removed name and a new secret become a merge patch; secrets stay hidden in what is shown', () => {
  const entries = toEntries(config).map((entry) => {
    if (entry.name === 'LEVEL') return { ...entry, value: 'debug' };
    return entry.name === 'PORT' ? { ...entry, isRemoved: true } : { ...entry, value: 'hunter2' };
  });
  const patch = toPatch(config, entries);
  expect(patch).toEqual({ variables: { LEVEL: 'debug', PORT: null }, secrets: { TOKEN: 'hunter2' } });
  const changes = toChanges(config, patch);
  expect(changes[0]).toEqual({ path: 'LEVEL', before: 'info', after: 'debug' });
  expect(JSON.stringify(changes)).not.toContain('hunter2');
});

test('lines of a .env file are read', () => {
  const text = '# a comment\nexport A=1\nB="two words"\n\nC=\n2BAD=x';
  expect(parseDotenv(text)).toEqual([
    { name: 'A', value: '1' },
    { name: 'B', value: 'two words' },
    { name: 'C', value: '' },
  ]);
});
