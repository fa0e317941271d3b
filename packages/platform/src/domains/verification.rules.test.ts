import { describe, expect, it } from 'vitest';
import {
  challengeValue,
  isUnownable,
  judge,
  parentsOf,
  placesOf,
  planNextCheck,
  type TxtAnswer,
  tokenOf,
} from './verification.rules.js';

const seed = Buffer.alloc(32, 7).toString('base64url');
const other = Buffer.alloc(32, 8).toString('base64url');
const host = 'shop.example.dev';
const good = challengeValue(tokenOf(seed, host));

it('a token is the same for the same tenant and name, and another for all others', () => {
  expect(tokenOf(seed, host)).toBe(tokenOf(seed, host));
  expect(new Set([tokenOf(seed, host), tokenOf(other, host), tokenOf(seed, 'example.dev')]).size).toBe(3);
});

it.each([
  ['a.test', true],
  ['shop.example.com', true],
  ['example.org', true],
  ['shop.localhost', true],
  ['notexample.com', false],
  ['example.com.cn', false],
  ['shop.slipway.dev', false],
])('%s can be owned by nobody: %s', (hostname, expected) => expect(isUnownable(hostname)).toBe(expected));

it('a proof may stand at each name above, down to two labels', () => {
  expect(parentsOf('a.b.example.dev')).toEqual(['b.example.dev', 'example.dev']);
  expect(placesOf('example.dev')).toEqual(['example.dev']);
  expect(placesOf(`${'x.'.repeat(60)}dev`)).toHaveLength(7);
});

describe('judge', () => {
  const at = (answer: TxtAnswer, parent: TxtAnswer = { failed: 'no-name' }) => {
    const answers = [
      { place: host, answer },
      { place: 'example.dev', answer: parent },
    ];
    return judge(seed, host, answers);
  };

  it.each<[string, TxtAnswer, TxtAnswer | undefined]>([
    ['alone', { found: [good] }, undefined],
    ['among others', { found: ['v=spf1 -all', ` ${good} `] }, undefined],
    ['above, by the token of the name', { failed: 'no-name' }, { found: [good] }],
    [
      'above, by the token of the name above',
      { failed: 'timeout' },
      { found: [challengeValue(tokenOf(seed, 'example.dev'))] },
    ],
  ])('takes the record %s', (_, own, parent) => expect(at(own, parent).isProven).toBe(true));

  it.each<[string, TxtAnswer, RegExp]>([
    ['no name', { failed: 'no-name' }, /NXDOMAIN/],
    ['no record', { failed: 'no-record' }, /has no TXT record/],
    ['no answer', { failed: 'timeout' }, /no answer .* in time/],
    ['a failing server', { failed: 'server-failure' }, /SERVFAIL/],
    ['a refusal', { failed: 'refused' }, /refused/],
    ['another record', { found: ['something else'] }, /a TXT record, but not the one .*"something else"/],
    ["another tenant's token", { found: [challengeValue(tokenOf(other, host))] }, /not the one/],
    ['the token alone', { found: [tokenOf(seed, host)] }, /not the one/],
    [
      'records without end',
      { found: Array.from({ length: 40 }, () => 'x'.repeat(999)) },
      /40 TXT records.*and 37 more/,
    ],
    ['what is no text', { found: ['\u001b[31m\n\u202e'] }, /"\?\[31m\?\?"/],
  ])('says clearly that there is %s', (_, answer, message) => {
    const verdict = at(answer);
    expect(verdict).toMatchObject({ isProven: false, message: expect.stringMatching(message) });
    expect(verdict.message.length).toBeLessThan(600);
  });

  it('tells of what was wrong above rather than of nothing at the name itself', () => {
    expect(at({ failed: 'no-name' }, { failed: 'server-failure' }).message).toContain(
      'SERVFAIL for _slipway-challenge.example',
    );
  });
});

it('looks after 1, 2, 4 … minutes, never less than once an hour, and rests after 14 days', () => {
  const asked = new Date('2026-01-01T00:00:00Z');
  const minutes = (count: number) => ((planNextCheck(asked, asked, count)?.getTime() ?? 0) - asked.getTime()) / 60_000;
  expect([0, 1, 2, 5, 6, 500].map(minutes)).toEqual([1, 2, 4, 32, 60, 60]);
  expect(planNextCheck(new Date('2026-01-14T22:59:00Z'), asked, 300)).not.toBeNull();
  expect(planNextCheck(new Date('2026-01-14T23:01:00Z'), asked, 300)).toBeNull();
});
