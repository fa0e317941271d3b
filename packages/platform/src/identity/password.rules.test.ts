import { describe, expect, it } from 'vitest';
import { findPasswordProblem } from './password.rules.js';

const of = (password: string, minLength = 12) =>
  findPasswordProblem(password, { username: 'mallory', email: 'mal.lory@example.com' }, minLength)?.code;

describe('findPasswordProblem', () => {
  it.each(['correct-horse-battery', 'Tr0ub4dor&3-again', '云端的部署平台真不错啊朋友们', 'kX9#vLq2!mZp'])(
    'takes %s',
    (password) => {
      expect(of(password)).toBeUndefined();
    },
  );

  it.each([
    ['short', 'too-short'],
    ['mallory-is-here', 'has-name'],
    ['MALLORY-is-here', 'has-name'],
    ['mal.lory-again!', 'has-name'],
    ['password1234', 'too-common'],
    ['P@ssw0rd2026!', 'too-common'],
    ['passwordpassword', 'too-common'],
    ['Qwertyuiop123', 'too-common'],
    ['123456789012', 'too-common'],
    ['aaaaaaaaaaaa', 'too-common'],
    ['welcome-admin', 'too-common'],
    ['abababababab', 'too-common'],
  ])('refuses %s: %s', (password, code) => {
    expect(of(password)).toBe(code);
  });

  it('counts characters, not bytes', () => {
    expect(of('密码太短了', 8)).toBe('too-short');
  });
});
