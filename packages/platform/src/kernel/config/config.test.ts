import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.js';

const needed = { SLIPWAY_DATABASE_URL: 'postgres://localhost/slipway', SLIPWAY_REDIS_URL: 'redis://localhost' };
const load = (more: Record<string, string>) => loadConfig({ ...needed, ...more });

describe('SLIPWAY_DNS_SERVERS', () => {
  it.each([
    ['', []],
    ['192.0.2.1', ['192.0.2.1']],
    ['192.0.2.1:5353, 2001:db8::1 ,[2001:db8::2]:53', ['192.0.2.1:5353', '2001:db8::1', '[2001:db8::2]:53']],
  ])('takes "%s"', (text, servers) => expect(load({ SLIPWAY_DNS_SERVERS: text }).dnsServers).toEqual(servers));

  it.each(['dns.example.org', '192.0.2', '192.0.2.1:port', '[192.0.2.1'])('refuses %s, by its name', (text) =>
    expect(() => load({ SLIPWAY_DNS_SERVERS: text })).toThrow('SLIPWAY_DNS_SERVERS'),
  );
});
