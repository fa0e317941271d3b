import { expect, it } from 'vitest';
import { type ConfigContent, changeConfig, findNameTwice, hashedContent, listChanges } from './config.rules.js';

const made = { number: 7, at: new Date('2026-01-01T00:00:00Z') };
const before: ConfigContent = {
  variables: { A: '1', B: '2' },
  secrets: { S: { version: 3, sealed: 'x', updatedAt: '' } },
};
const change = (patch: object) => changeConfig(before, patch, (name, value) => `sealed:${name}:${value}`, made);

it('sets, replaces and removes by merge patch', () => {
  expect(change({ variables: { A: null, B: '3', C: '4' } }).variables).toEqual({ B: '3', C: '4' });
});

it('gives a secret that is set the number of its version, which none had before, and leaves the others alone', () => {
  expect(change({ secrets: { S: 'v', T: 'w' } }).secrets).toMatchObject({
    S: { version: 7, sealed: 'sealed:S:v' },
    T: { version: 7 },
  });
});

it('refuses a name that is both', () => {
  expect(findNameTwice(change({ secrets: { A: 'x' } }))).toBe('A');
  expect(findNameTwice(change({ variables: { A: null }, secrets: { A: 'x' } }))).toBeUndefined();
});

it('never hashes a value of a secret', () => expect(JSON.stringify(hashedContent(before))).not.toContain('x'));

it('makes a secret revealable only when that is said, and keeps it so', () => {
  const first = change({ secrets: { R: { value: 'v', revealable: true }, T: 'w' } });
  expect(first.secrets['R']?.revealable).toBe(true);
  expect(first.secrets['T']?.revealable).toBeUndefined();
  const again = changeConfig(first, { secrets: { R: 'new' } }, (_, value) => value, { ...made, number: 8 });
  expect(again.secrets['R']).toMatchObject({ version: 8, revealable: true });
  const shut = changeConfig(first, { secrets: { R: { value: 'x', revealable: false } } }, (_, value) => value, {
    ...made,
    number: 8,
  });
  expect(shut.secrets['R']?.revealable).toBeUndefined();
});

it('lists what was added, changed and removed; a secret counts as changed by its version', () => {
  const after = change({ variables: { A: null, B: '2', C: '3' }, secrets: { S: 'v', A: 'now a secret' } });
  expect(listChanges(before, after)).toEqual([
    { name: 'A', kind: 'secret', change: 'changed' },
    { name: 'C', kind: 'variable', change: 'added' },
    { name: 'S', kind: 'secret', change: 'changed' },
  ]);
  expect(listChanges(after, before)[1]).toEqual({ name: 'C', kind: 'variable', change: 'removed' });
});
