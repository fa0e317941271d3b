import { expect, it } from 'vitest';
import { type ConfigContent, changeConfig, hashedContent, refuseConfig } from './config.rules.js';

const now = new Date('2026-01-01T00:00:00Z');
const before: ConfigContent = {
  variables: { A: '1', B: '2' },
  secrets: { S: { version: 3, sealed: 'x', updatedAt: '' } },
};
const change = (patch: object) => changeConfig(before, patch, (name, value) => `sealed:${name}:${value}`, now);

it('sets, replaces and removes by merge patch', () => {
  expect(change({ variables: { A: null, B: '3', C: '4' } }).variables).toEqual({ B: '3', C: '4' });
});

it('gives a secret that is set its next version, and leaves the others alone', () => {
  expect(change({ secrets: { S: 'v', T: 'w' } }).secrets).toMatchObject({
    S: { version: 4, sealed: 'sealed:S:v' },
    T: { version: 1 },
  });
});

it('refuses a name that is both', () => {
  expect(refuseConfig(change({ secrets: { A: 'x' } }))).toBe('config-name-twice');
  expect(refuseConfig(change({ variables: { A: null }, secrets: { A: 'x' } }))).toBeUndefined();
});

it('never hashes a value of a secret', () => expect(JSON.stringify(hashedContent(before))).not.toContain('x'));

it('makes a secret revealable only when that is said, and keeps it so', () => {
  const made = change({ secrets: { R: { value: 'v', revealable: true }, T: 'w' } });
  expect(made.secrets['R']?.revealable).toBe(true);
  expect(made.secrets['T']?.revealable).toBeUndefined();
  const again = changeConfig(made, { secrets: { R: 'new' } }, (_, value) => value, now);
  expect(again.secrets['R']).toMatchObject({ version: 2, revealable: true });
  const shut = changeConfig(made, { secrets: { R: { value: 'x', revealable: false } } }, (_, value) => value, now);
  expect(shut.secrets['R']?.revealable).toBeUndefined();
});
