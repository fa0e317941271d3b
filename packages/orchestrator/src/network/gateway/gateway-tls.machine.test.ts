import { type ChildProcess, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, get as getPlain, type Server } from 'node:http';
import { request } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { Gateway, HTTPRoute, ListenerSet, Secret } from '../../kinds/index.js';
import { silentLogger, systemClock } from '../../runtime/index.js';
import { ensureDefaultCertificate, signItself } from './certificate.js';
import { createCertificateCheck } from './certificate-check.js';
import { createPairReader } from './certificate-pair.js';
import { type Compiled, compile, type Observed } from './compile.js';
import { createHaproxy, type Haproxy } from './haproxy.js';
import { toListenerSetStatus } from './status.js';

const directory = mkdtempSync(join(tmpdir(), 'slipway-gateway-tls-'));
const check = createCertificateCheck(directory);
const pair = createPairReader();
const secrets = new Map<string, Secret>();
let listenerSets: ListenerSet[] = [];
let process: ChildProcess;
let haproxy: Haproxy;
let application: Server;
let httpPort: number;
let tlsPort: number;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createTcpServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as AddressInfo;
      probe.close(() => resolve(free));
    });
  });
}

const gateway = (): Gateway => ({
  metadata: { name: 'slipway', namespace: 'slipway-system' },
  spec: {
    gatewayClassName: 'slipway',
    allowedListeners: { namespaces: { from: 'All' } },
    listeners: [
      { name: 'http', port: httpPort, protocol: 'HTTP' },
      { name: 'https', port: tlsPort, protocol: 'HTTPS' },
    ],
  },
});
const route: HTTPRoute = {
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    parentRefs: [{ name: 'slipway', namespace: 'slipway-system' }],
    rules: [{ backendRefs: [{ name: 'web', port: 80 }] }],
  },
};
let routes: HTTPRoute[] = [route];
const observe = (): Observed => ({
  gateways: [gateway()],
  routes,
  listenerSets,
  ports: { http: httpPort, tls: tlsPort },
  reservedHosts: ['apps.test', '*.apps.test'],
  namespaceLabels: () => undefined,
  tlsSecret: (namespace, name) => secrets.get(`${namespace}/${name}`),
  pair,
  refusal: (file) => check.refusal(file),
  service: () => ({ metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } }),
  endpointSlices: () => [
    {
      addressType: 'IPv4',
      metadata: { name: 'web', namespace: 'shop' },
      ports: [{ port: (application.address() as AddressInfo).port }],
      endpoints: [{ addresses: ['127.0.0.1'] }],
    },
  ],
});

/** What the controller does with what it sees. */
async function follow(): Promise<{ outcome: string; compiled: Compiled }> {
  const observed = observe();
  const first = compile(observed);
  const compiled = (await check.look(first.listeners.certificates)) ? compile(observed) : first;
  check.keep(compiled.listeners.files);
  return { outcome: await haproxy.apply(compiled.model), compiled };
}

type Made = Awaited<ReturnType<typeof signItself>>;

function put(name: string, { certificate, key }: Made, namespace = 'shop'): void {
  const data = {
    'tls.crt': Buffer.from(certificate).toString('base64'),
    'tls.key': Buffer.from(key).toString('base64'),
  };
  secrets.set(`${namespace}/${name}`, { metadata: { name, namespace }, type: 'kubernetes.io/tls', data });
}

/** Listeners by the Secrets that they name. */
function setOf(hosts: Record<string, string>, namespace = 'shop', day = 1): ListenerSet {
  return {
    metadata: { name: 'web', namespace, creationTimestamp: `2026-01-0${day}T00:00:00Z` },
    spec: {
      parentRef: { name: 'slipway', namespace: 'slipway-system' },
      listeners: Object.entries(hosts).map(([hostname, name], index) => ({
        name: `l${index}`,
        hostname,
        port: tlsPort,
        protocol: 'HTTPS',
        tls: { mode: 'Terminate', certificateRefs: [{ name }] },
      })),
    },
  };
}

const make = (name: string) => signItself([name], Date.now());
const serialOf = ({ certificate }: Made) => new X509Certificate(certificate).serialNumber;

/** The serial number of the certificate that is shown to who asks for this name. */
function shownTo(servername: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: tlsPort, servername, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

/** Over a connection of its own. */
function get(servername: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port: tlsPort,
        servername,
        rejectUnauthorized: false,
        agent: false,
        headers: { host: servername, ...headers },
      },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    call.on('error', reject);
    call.end();
  });
}

const fileNames = () => readdirSync(join(directory, 'certificates')).sort();
let byDefault: string;

beforeAll(async () => {
  httpPort = await freePort();
  tlsPort = await freePort();
  application = createServer((call, response) => response.end(String(call.headers['x-forwarded-proto'])));
  await new Promise<void>((resolve) => {
    application.listen(0, '127.0.0.1', resolve);
  });
  writeFileSync(
    join(directory, 'haproxy.cfg'),
    `global\n  stats socket ${directory}/admin.sock mode 600 level admin expose-fd listeners\ndefaults\n  mode http\n  timeout client 5s\n  timeout server 5s\n  timeout connect 5s\nfrontend http\n  bind 127.0.0.1:${httpPort}\n`,
  );
  process = spawn('haproxy', ['-W', '-S', `${directory}/master.sock`, '-f', `${directory}/haproxy.cfg`], {
    stdio: 'ignore',
  });
  await vi.waitUntil(() => existsSync(join(directory, 'admin.sock')), 5000);
  await ensureDefaultCertificate(directory, 'apps.test', Date.now());
  haproxy = createHaproxy(
    { directory, bind: '127.0.0.1', httpPort, tlsPort },
    { clock: systemClock, log: silentLogger },
  );
  expect((await follow()).outcome).toBe('reloaded');
  byDefault = await shownTo('anything.apps.test');
});

beforeEach(async () => {
  secrets.clear();
  listenerSets = [];
  routes = [route];
  await follow();
  expect(fileNames()).toEqual(['default.pem', 'list']);
});

afterAll(async () => {
  await haproxy?.stop();
  application?.close();
  process?.kill('SIGTERM');
  rmSync(directory, { recursive: true, force: true });
});

it('shows each host name the certificate of its listener, whatever names stand in it, and everybody else the default one', async () => {
  const [own, wild, stranger] = [await make('shop.test'), await make('*.shop.test'), await make('stranger.test')];
  put('own', own);
  put('wild', wild);
  put('stranger', stranger);
  listenerSets = [setOf({ 'shop.test': 'own', '*.shop.test': 'wild', 'exact.shop.test': 'stranger' })];
  expect((await follow()).outcome).toBe('changed');
  expect((await follow()).outcome).toBe('unchanged');
  expect(await shownTo('shop.test')).toBe(serialOf(own));
  expect(await shownTo('a.shop.test')).toBe(serialOf(wild));
  expect(await shownTo('exact.shop.test')).toBe(serialOf(stranger));
  for (const name of ['stranger.test', 'a.b.shop.test', 'web.apps.test', undefined])
    expect(await shownTo(name)).toBe(byDefault);
  expect(await get('shop.test')).toEqual({ status: 200, body: 'https' });
  expect(await get('shop.test', { 'x-forwarded-proto': 'http' })).toEqual({ status: 200, body: 'https' });
  const plain = await fetch(`http://127.0.0.1:${httpPort}/`, { headers: { 'x-forwarded-proto': 'https' } });
  expect(await plain.text()).toBe('http');
});

it('sends who asks without TLS to the same address with it, where a name is for TLS alone', async () => {
  put('own', await make('shop.test'));
  listenerSets = [setOf({ 'shop.test': 'own' })];
  const ofShop = (name: string, parentRefs: HTTPRoute['spec']['parentRefs'], rules: HTTPRoute['spec']['rules']) => ({
    metadata: { name, namespace: 'shop' },
    spec: { parentRefs, hostnames: ['shop.test'], rules },
  });
  const of = (sectionName: string) => ({ name: 'slipway', namespace: 'slipway-system', sectionName });
  const requestRedirect = { scheme: 'https' as const, port: tlsPort, statusCode: 301 as const };
  const set = { group: 'gateway.networking.k8s.io', kind: 'ListenerSet', name: 'web' };
  const backendRefs = [{ name: 'web', port: 80 }];
  const matches = [{ headers: [{ name: 'X-Beta', value: '1' }] }];
  routes = [
    route,
    ofShop('web.redirect', [of('http')], [{ filters: [{ type: 'RequestRedirect', requestRedirect }] }]),
    ofShop('web.https', [of('https'), set], [{ matches, backendRefs }, { backendRefs }]),
  ];
  await follow();
  const ask = (host: string, headers = {}) =>
    new Promise<{ status?: number; location?: string }>((resolve, reject) => {
      const path = '/a%20b/c?d=e&f=%2F';
      getPlain({ host: '127.0.0.1', port: httpPort, path, headers: { host, ...headers } }, (response) => {
        response.resume();
        resolve({ status: response.statusCode, location: response.headers.location });
      }).on('error', reject);
    });
  const sent = { status: 301, location: `https://shop.test:${tlsPort}/a%20b/c?d=e&f=%2F` };
  expect(await ask('shop.test')).toEqual(sent);
  expect(await ask('shop.test', { 'X-Beta': '1' })).toEqual(sent);
  expect(await get('shop.test')).toEqual({ status: 200, body: 'https' });
  expect(await get('shop.test', { 'X-Beta': '1' })).toEqual({ status: 200, body: 'https' });
  expect(await ask('other.test')).toEqual({ status: 200, location: undefined });
});

it('keeps keys from everybody else on the machine, and only while they are used', async () => {
  put('own', await make('shop.test'));
  listenerSets = [setOf({ 'shop.test': 'own' })];
  await follow();
  expect(statSync(join(directory, 'certificates')).mode & 0o777).toBe(0o700);
  const names = fileNames();
  expect(names).toHaveLength(3);
  for (const name of names) expect(statSync(join(directory, 'certificates', name)).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory)).not.toContain('certificates.check');
  expect(readFileSync(join(directory, 'haproxy.cfg'), 'utf8')).not.toContain('PRIVATE KEY');
});

it('speaks HTTP/2 to who can', async () => {
  put('own', await make('shop.test'));
  listenerSets = [setOf({ 'shop.test': 'own' })];
  await follow();
  const spoken = (ALPNProtocols: string[]) =>
    new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: tlsPort, servername: 'shop.test', ALPNProtocols };
      const socket = connect({ ...options, rejectUnauthorized: false }, () => {
        resolve(socket.alpnProtocol);
        socket.destroy();
      });
      socket.on('error', reject);
    });
  expect(await spoken(['h2', 'http/1.1'])).toBe('h2');
  expect(await spoken(['http/1.1'])).toBe('http/1.1');
});

it('takes up renewed certificates while requests go on, and none fails', async () => {
  let made = await make('shop.test');
  put('own', made);
  listenerSets = [setOf({ 'shop.test': 'own' })];
  await follow();
  const failures: string[] = [];
  let done = 0;
  let isLoading = true;
  const load = Array.from({ length: 4 }, async () => {
    while (isLoading) {
      const answer = await get('shop.test').catch((error: Error) => ({ status: 0, body: error.message }));
      done += 1;
      if (answer.status !== 200) failures.push(`${answer.status} ${answer.body}`);
    }
  });
  for (let round = 0; round < 5; round += 1) {
    made = await make('shop.test');
    put('own', made);
    const began = Date.now();
    expect((await follow()).outcome).toBe('changed');
    expect(await shownTo('shop.test')).toBe(serialOf(made));
    expect(Date.now() - began).toBeLessThan(3000);
  }
  // A host name more and one less need no reload either.
  put('more', await make('more.test'));
  listenerSets = [setOf({ 'shop.test': 'own', 'more.test': 'more' })];
  expect((await follow()).outcome).toBe('changed');
  isLoading = false;
  await Promise.all(load);
  expect(failures).toEqual([]);
  expect(done).toBeGreaterThan(20);
  expect(fileNames()).toHaveLength(4);
});

it('says what is wrong with a broken Secret, serves the others and the plain door, and takes it up when it is mended', async () => {
  const [own, weak, late] = [await make('shop.test'), await signWeakly(), await make('broken.test')];
  put('own', own);
  put('broken', { certificate: late.certificate, key: own.key });
  put('weak', weak);
  listenerSets = [setOf({ 'broken.test': 'broken', 'weak.test': 'weak', 'gone.test': 'gone', 'shop.test': 'own' })];
  const messages = async () => {
    const { compiled } = await follow();
    return compiled.listeners.sets.flatMap((judged) =>
      toListenerSetStatus(judged, () => 0, 'now').listeners?.map(({ conditions }) => conditions[2]?.message),
    );
  };
  expect(await messages()).toEqual([
    'Secret broken: The key in tls.key does not fit the first certificate in tls.crt.',
    expect.stringMatching(/^Secret weak: HAProxy does not take it/),
    'There is no Secret gone of type kubernetes.io/tls in the namespace shop.',
    'All references are resolved.',
  ]);
  expect(await shownTo('shop.test')).toBe(serialOf(own));
  for (const name of ['broken.test', 'weak.test', 'gone.test']) expect(await shownTo(name)).toBe(byDefault);
  expect((await fetch(`http://127.0.0.1:${httpPort}/`)).status).toBe(200);
  put('broken', late);
  put('gone', late);
  put('weak', late);
  expect(new Set(await messages()).size).toBe(1);
  expect(await shownTo('weak.test')).toBe(serialOf(late));
});

/** OpenSSL's defaults refuse such a key, which Node reads. */
function signWeakly(): Promise<Made> {
  const publicExponent = new Uint8Array([1, 0, 1]);
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 1024, publicExponent };
  return signItself(['weak.test'], Date.now(), algorithm);
}

it('shows the default certificate again when the Secret or the ListenerSet is deleted', async () => {
  put('own', await make('shop.test'));
  listenerSets = [setOf({ 'shop.test': 'own' })];
  await follow();
  expect(await shownTo('shop.test')).not.toBe(byDefault);
  secrets.clear();
  expect((await follow()).outcome).toBe('changed');
  expect(await shownTo('shop.test')).toBe(byDefault);
  put('own', await make('shop.test'));
  await follow();
  expect(await shownTo('shop.test')).not.toBe(byDefault);
  listenerSets = [];
  await follow();
  expect(await shownTo('shop.test')).toBe(byDefault);
});

it('never shows a host name the certificate of another namespace that came later', async () => {
  const [own, other] = [await make('shop.test'), await make('shop.test')];
  put('own', own);
  put('own', other, 'bank');
  listenerSets = [setOf({ 'shop.test': 'own', '*.apps.test': 'own' }, 'bank', 2), setOf({ 'shop.test': 'own' })];
  await follow();
  expect(await shownTo('shop.test')).toBe(serialOf(own));
  expect(await shownTo('web.apps.test')).toBe(byDefault);
  listenerSets = listenerSets.slice(0, 1);
  await follow();
  expect(await shownTo('shop.test')).toBe(serialOf(other));
});

it('comes back with its certificates after a reload, and a controller that starts anew knows them', async () => {
  const own = await make('shop.test');
  put('own', own);
  listenerSets = [setOf({ 'shop.test': 'own' })];
  const { compiled } = await follow();
  const parts = { clock: systemClock, log: silentLogger };
  const heir = createHaproxy({ directory, bind: '127.0.0.1', httpPort, tlsPort }, parts);
  expect(await heir.apply(compiled.model)).toBe('unchanged');
  const backends = [...compiled.model.backends, { name: 'n_more_80', servers: [] }];
  expect(await heir.apply({ ...compiled.model, backends })).toBe('reloaded');
  expect(await shownTo('shop.test')).toBe(serialOf(own));
  await heir.stop();
});
