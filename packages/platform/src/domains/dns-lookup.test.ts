import { afterAll, beforeAll, expect, it } from 'vitest';
import { Clock } from '../kernel/clock/clock.js';
import { DnsLookup } from './dns-lookup.js';
import { startTinyDns, type TinyDns } from './testing/tiny-dns.js';

let dns: TinyDns;
let lookup: DnsLookup;

beforeAll(async () => {
  dns = await startTinyDns();
  lookup = new DnsLookup({ dnsServers: [dns.address] }, new Clock());
});
afterAll(() => dns.stop());

it('puts the strings of each record together, and keeps records apart', async () => {
  dns.publish('_a.example.dev', [['slipway-', 'domain-', 'verification=x'], 'v=spf1 -all']);
  expect(await lookup.txt('_a.example.dev')).toEqual({ found: ['slipway-domain-verification=x', 'v=spf1 -all'] });
});

it('hears nobody out who publishes without end', async () => {
  dns.publish('_b.example.dev', [Array.from({ length: 20 }, () => 'x'.repeat(200))]);
  expect(await lookup.txt('_b.example.dev')).toEqual({ found: ['x'.repeat(1_024)] });
  dns.publish(
    '_c.example.dev',
    Array.from({ length: 120 }, (_, index) => `${index}`),
  );
  const many = await lookup.txt('_c.example.dev');
  expect('found' in many && many.found.length).toBe(50);
});

it.each([
  ['no-name', undefined],
  ['no-record', []],
  ['server-failure', 'server-failure'],
  ['refused', 'refused'],
  ['timeout', 'silent'],
] as const)('tells %s from all else', async (failed, zone) => {
  if (zone) dns.publish(`_${failed}.example.dev`, zone);
  expect(await lookup.txt(`_${failed}.example.dev`)).toEqual({ failed });
});

it('gives up on what cannot be read', async () => {
  dns.publish('_d.example.dev', 'garbage');
  expect(await lookup.txt('_d.example.dev')).toHaveProperty('failed');
});
