import { describe, expect, it } from 'vitest';
import { createToken, isWellFormedToken } from '../kernel/ids/ids.js';
import { hashPassword, toUsername, verifyPassword } from './identity.rules.js';

describe('passwords', () => {
  it('are verified by their hash alone, which differs each time', async () => {
    const hash = await hashPassword('correct horse');
    expect(hash).not.toBe(await hashPassword('correct horse'));
    expect(await verifyPassword('correct horse', hash)).toBe(true);
    expect(await verifyPassword('wrong', hash)).toBe(false);
  });

  it.each([null, undefined, '', 'plain.text'])('never match the hash %j', async (hash) => {
    expect(await verifyPassword('', hash)).toBe(false);
  });
});

describe('tokens', () => {
  it('carry a checksum that a changed character breaks', () => {
    const token = createToken('slp_pat_');
    expect(token).toMatch(/^slp_pat_[0-9A-Za-z]{43}[0-9A-Za-z]{6}$/);
    expect(isWellFormedToken(token, 'slp_pat_')).toBe(true);
    expect(isWellFormedToken(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`, 'slp_pat_')).toBe(false);
    expect(isWellFormedToken(token, 'slp_robot_')).toBe(false);
  });
});

describe('toUsername', () => {
  it.each([
    ['alice', 'alice'],
    ['Alice@Example.com', 'alice-example.com'],
    ['王小明', 'user'],
    ['--x--', 'x'],
  ])('%s → %s', (preferred, expected) => expect(toUsername(preferred)).toBe(expected));
});
