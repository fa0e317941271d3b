import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Outgoing } from './outgoing.js';
import { isAddressAllowed, parseRanges } from './outgoing.rules.js';

const outside = '93.184.216.34';

it.each([outside, '2606:2800:220:1::1', '8.8.8.8'])('lets %s be called', (address) => {
  expect(isAddressAllowed(address, [])).toBe(true);
});

it.each([
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '192.0.0.192',
  '198.18.0.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fe80::1%eth0',
  'fc00::1',
  'fd00:ec2::254',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  '::127.0.0.1',
  '64:ff9b::a9fe:a9fe',
  '2002:7f00:1::',
  '2001::1',
  '2001:db8::1',
  'not an address',
])('keeps %s closed', (address) => {
  expect(isAddressAllowed(address, [])).toBe(false);
});

it('opens what an administrator allows, and no more', () => {
  const ranges = parseRanges('10.20.0.0/16, 127.0.0.1,fd00::/8');
  expect(['10.20.3.4', '127.0.0.1', '::ffff:10.20.0.1', 'fd12::1'].map((one) => isAddressAllowed(one, ranges))).toEqual(
    [true, true, true, true],
  );
  expect(['10.21.0.1', '127.0.0.2', 'fe80::1'].map((one) => isAddressAllowed(one, ranges))).toEqual([
    false,
    false,
    false,
  ]);
  expect(() => parseRanges('10.0.0.0/x')).toThrow('SLIPWAY_OUTGOING_ALLOW: "10.0.0.0/x"');
});

const names: Record<string, readonly string[]> = {
  'inside.test': ['10.0.0.1'],
  'both.test': [outside, '127.0.0.1'],
  'public.test': [outside],
  'metadata.test': ['169.254.169.254'],
};
const guarded = new Outgoing({ outgoingAllow: [] }, async (hostname) => names[hostname] ?? []);

it.each([
  'http://127.0.0.1/',
  'http://localhost.test@127.0.0.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://0x7f.1/',
  'http://127.1/',
  'http://0/',
  'http://①②⑦.⓪.⓪.①/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[0:0:0:0:0:ffff:7f00:1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://169.254.169.254/latest/meta-data/',
  'http://[fd00:ec2::254]/',
  'http://inside.test/',
  'http://both.test/',
  'http://metadata.test/',
  'http://user:secret@public.test/',
  'ftp://public.test/',
  'file:///etc/passwd',
  'gopher://public.test/',
  'javascript:alert(1)',
  '//public.test/',
  'nonsense',
])('refuses %s', async (url) => {
  await expect(guarded.refuseForbidden(url)).rejects.toMatchObject({ code: 'url-not-allowed' });
  await expect(guarded.fetch(url)).rejects.toMatchObject({ code: 'url-not-allowed' });
});

it('leaves a name without an address to those who will call it, and cannot call it itself', async () => {
  await expect(guarded.refuseForbidden('https://unknown.test/x.git')).resolves.toBeUndefined();
  await expect(guarded.fetch('https://unknown.test/')).rejects.toMatchObject({ code: 'url-not-reached' });
});

let server: Server;
let port: number;
let answered: string[] = [];
let secrets: (string | undefined)[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    answered.push(`${request.method} ${request.headers.host}${request.url}`);
    secrets.push(request.headers.authorization);
    const [, path, rest = ''] = /^\/([a-z-]*)\??(.*)$/.exec(request.url ?? '') ?? [];
    if (path === 'redirect') response.writeHead(302, { location: decodeURIComponent(rest) }).end();
    else if (path === 'endless') {
      const write = () => response.write(Buffer.alloc(65_536), (error) => (error ? undefined : setImmediate(write)));
      write();
    } else if (path === 'silent') response.write('x');
    else response.end('hello');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const open = new Outgoing({ outgoingAllow: parseRanges('127.0.0.1') }, async (hostname) =>
  hostname === 'evil.test' ? ['10.0.0.1'] : ['127.0.0.1'],
);

it('goes to the address that was checked, under the name that was given', async () => {
  answered = [];
  // Answers with the allowed address first, as one who rebinds would.
  let asked = 0;
  const rebinding = new Outgoing({ outgoingAllow: parseRanges('127.0.0.1') }, async () => {
    asked += 1;
    return [asked === 1 ? '127.0.0.1' : '10.0.0.1'];
  });
  const { status, body } = await rebinding.fetch(`http://rebind.test:${port}/`, { method: 'POST', body: 'x' });
  expect([status, body.toString(), asked]).toEqual([200, 'hello', 1]);
  expect(answered).toEqual([`POST rebind.test:${port}/`]);
});

it('checks where a redirect leads, and follows few', async () => {
  const to = (url: string) => `http://start.test:${port}/redirect?${encodeURIComponent(url)}`;
  expect((await open.fetch(to(`http://next.test:${port}/`))).url).toBe(`http://next.test:${port}/`);
  await expect(open.fetch(to('http://evil.test/'))).rejects.toMatchObject({ code: 'url-not-allowed' });
  await expect(open.fetch(to('http://169.254.169.254/'))).rejects.toMatchObject({ code: 'url-not-allowed' });
  await expect(open.fetch(to('file:///etc/passwd'))).rejects.toMatchObject({ code: 'url-not-allowed' });
  await expect(open.fetch(to('/redirect?/redirect?/redirect?/redirect?/'), { mostRedirects: 1 })).rejects.toMatchObject(
    { code: 'url-not-reached' },
  );
  expect((await open.fetch(to('http://evil.test/'), { method: 'POST' })).status).toBe(302);
});

it('gives a secret to the server that was named only', async () => {
  secrets = [];
  const url = `http://start.test:${port}/redirect?${encodeURIComponent(`http://next.test:${port}/`)}`;
  await open.fetch(url, { headers: { authorization: 'Bearer x' } });
  expect(secrets).toEqual(['Bearer x', undefined]);
});

it('ends what is too long or takes too long', async () => {
  await expect(open.fetch(`http://a.test:${port}/endless`, { mostBytes: 1000 })).rejects.toMatchObject({
    code: 'url-not-reached',
  });
  await expect(open.fetch(`http://a.test:${port}/silent`, { timeoutMs: 100 })).rejects.toMatchObject({
    code: 'url-not-reached',
  });
  const never = new Outgoing({ outgoingAllow: [] }, () => new Promise(() => undefined));
  await expect(never.fetch('http://a.test/', { timeoutMs: 50 })).rejects.toMatchObject({ code: 'url-not-reached' });
});
