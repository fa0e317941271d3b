import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { silentLogger, systemClock } from '../../runtime/index.js';
import { createHaproxy, type Haproxy } from './haproxy.js';
import type { GatewayModel, Rule } from './model.js';
import { startRequestLog } from './request-log.js';
import { observeWaiting } from './waiting.js';

const directory = mkdtempSync(join(tmpdir(), 'slipway-gateway-'));
const servers: Server[] = [];
let process: ChildProcess;
let haproxy: Haproxy;
let port: number;
let agent: Agent | undefined;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createTcpServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as AddressInfo;
      probe.close(() => resolve(free));
    });
  });
}

function answering(body: string): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1', () => {
      servers.push(server);
      resolve(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly location: string | undefined;
  readonly setCookie: string | undefined;
}

function get(host: string, path = '/', headers: Record<string, string> = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    const options = { host: '127.0.0.1', port, path, method, agent, headers: { host, ...length, ...headers } };
    const call = request(options, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: text,
          location: response.headers.location,
          setCookie: response.headers['set-cookie']?.[0],
        }),
      );
    });
    call.on('error', reject);
    call.end(body);
  });
}

const rule = (id: string, host: string, targets: Rule['targets'], more: Partial<Rule> = {}): Rule => ({
  id,
  host,
  path: { type: 'PathPrefix', value: '/' },
  conditions: [],
  targets,
  filters: [],
  mirrors: [],
  ...more,
});

beforeAll(async () => {
  port = await freePort();
  writeFileSync(
    join(directory, 'haproxy.cfg'),
    `global\n  stats socket ${directory}/admin.sock mode 600 level admin expose-fd listeners\ndefaults\n  mode http\n  timeout client 5s\n  timeout server 5s\n  timeout connect 5s\nfrontend http\n  bind 127.0.0.1:${port}\n`,
  );
  process = spawn('haproxy', ['-W', '-S', `${directory}/master.sock`, '-f', `${directory}/haproxy.cfg`], {
    stdio: 'ignore',
  });
  await vi.waitUntil(() => existsSync(join(directory, 'admin.sock')), 5000);
  haproxy = createHaproxy({ directory, bind: '127.0.0.1', httpPort: port }, { clock: systemClock, log: silentLogger });
});

/** A connection opened before a reload may have its next request answered by the process before it. */
function connectAnew(): void {
  agent?.destroy();
  agent = new Agent({ keepAlive: true, maxSockets: 16 });
}
beforeEach(connectAnew);
afterEach(() => agent?.destroy());

afterAll(async () => {
  await haproxy?.stop();
  for (const server of servers) server.close();
  process?.kill('SIGTERM');
  rmSync(directory, { recursive: true, force: true });
});

it('routes by host, wildcard, path, header and query, in the order of precedence', async () => {
  const [a, b, c] = await Promise.all([answering('a'), answering('b'), answering('c')]);
  const to = (backend: string) => [{ backend, weight: 1000 }];
  const model: GatewayModel = {
    backends: [
      { name: 'n_a_80', servers: [a] },
      { name: 'n_b_80', servers: [b] },
      { name: 'n_c_80', servers: [c] },
      { name: 'n_none_80', servers: [] },
    ],
    rules: [
      rule('r1', 'shop.test', to('n_b_80'), { path: { type: 'Exact', value: '/exact' } }),
      rule('r2', 'shop.test', to('n_c_80'), {
        path: { type: 'PathPrefix', value: '/api' },
        conditions: [{ on: 'header', name: 'x-lane', type: 'Exact', value: "it's 5%" }],
      }),
      rule('r3', 'shop.test', to('n_b_80'), {
        path: { type: 'PathPrefix', value: '/api' },
        conditions: [{ on: 'query', name: 'v', type: 'RegularExpression', value: '[0-9]+' }],
      }),
      rule('r4', 'shop.test', to('n_a_80')),
      rule('r5', '*.wild.test', to('n_b_80')),
      rule('r6', 'old.test', [], {
        filters: [{ do: 'redirect', scheme: 'https', hostname: 'new.test', statusCode: 301 }],
      }),
      rule('r7', 'none.test', to('n_none_80')),
      rule('r8', 'broken.test', to('invalid')),
    ],
  };
  expect(await haproxy.apply(model)).toBe('reloaded');
  expect(await haproxy.apply(model)).toBe('unchanged');
  const body = async (...call: Parameters<typeof get>) => (await get(...call)).body;
  expect(await body('shop.test', '/')).toBe('a');
  expect(await body('SHOP.test:8080', '/deep/er')).toBe('a');
  expect(await body('shop.test', '/exact')).toBe('b');
  expect(await body('shop.test', '/exact/not')).toBe('a');
  expect(await body('shop.test', '/api/x')).toBe('a');
  expect(await body('shop.test', '/api/x', { 'x-lane': "it's 5%" })).toBe('c');
  expect(await body('shop.test', '/api?v=12')).toBe('b');
  expect(await body('shop.test', '/apiary?v=12')).toBe('a');
  expect(await body('one.wild.test')).toBe('b');
  expect(await body('one.two.wild.test')).toBe('b');
  expect(await get('old.test', '/p?q=1')).toMatchObject({ status: 301, location: 'https://new.test/p?q=1' });
  expect(await get('none.test')).toMatchObject({ status: 503 });
  expect(await get('broken.test')).toMatchObject({ status: 500 });
  expect(await get('nobody.test', '/x')).toMatchObject({
    status: 404,
    body: 'No application answers at nobody.test/x.\n',
  });
});

it('changes weights, servers and whole routes under load without one failed request', async () => {
  const [a, b, c] = await Promise.all([answering('a'), answering('b'), answering('c')]);
  const model = (weight: number, servers: string[], extra: number): GatewayModel => ({
    backends: [
      { name: 'n_stable_80', servers },
      { name: 'n_canary_80', servers: [c] },
      ...Array.from({ length: extra }, (_, index) => ({ name: `n_x${index}_80`, servers: [a] })),
    ],
    rules: [
      rule('r9', 'load.test', [
        { backend: 'n_stable_80', weight: 1000 - weight },
        { backend: 'n_canary_80', weight },
      ]),
      ...Array.from({ length: extra }, (_, index) =>
        rule(`rx${index}`, `x${index}.test`, [{ backend: `n_x${index}_80`, weight: 1000 }]),
      ),
    ],
  });
  await haproxy.apply(model(0, [a], 0));
  const failures: string[] = [];
  let done = 0;
  let isLoading = true;
  const load = Array.from({ length: 8 }, async () => {
    while (isLoading) {
      const answer = await get('load.test').catch((error: Error) => ({ status: 0, body: error.message }));
      done += 1;
      if (answer.status !== 200) failures.push(`${answer.status} ${answer.body}`);
    }
  });
  expect(await haproxy.apply(model(500, [a, b], 0))).toBe('changed');
  for (let round = 0; round < 5; round += 1) {
    expect(await haproxy.apply(model(100 * round, [b], round))).toBe('changed');
    expect(await haproxy.apply(model(100 * round + 50, [a, b], round + 1))).toBe('reloaded');
  }
  isLoading = false;
  await Promise.all(load);
  expect(failures).toEqual([]);
  expect(done).toBeGreaterThan(200);

  connectAnew();
  expect(await haproxy.apply(model(250, [a], 5))).toBe('changed');
  const bodies = await Promise.all(Array.from({ length: 2000 }, () => get('load.test')));
  expect(bodies.filter((answer) => answer.body === 'c')).toHaveLength(500);
});

it.each([1, 10, 500, 999])(
  'gives a target of weight %i exactly that many of each thousand requests',
  async (weight) => {
    const [a, b] = await Promise.all([answering('a'), answering('b')]);
    await haproxy.apply({
      backends: [
        { name: 'n_ea_80', servers: [a] },
        { name: 'n_eb_80', servers: [b] },
      ],
      rules: [
        rule(`re${weight}`, 'exact.test', [
          { backend: 'n_ea_80', weight },
          { backend: 'n_eb_80', weight: 1000 - weight },
        ]),
      ],
    });
    const bodies = await Promise.all(Array.from({ length: 1000 }, () => get('exact.test')));
    expect(bodies.filter((answer) => answer.body === 'a')).toHaveLength(weight);
  },
);

it.each([
  ['cookie:uid', (user: string) => ({ cookie: `uid=${user}` })],
  ['header:x-user', (user: string) => ({ 'x-user': user })],
  ['gateway', (user: string) => ({ cookie: `slipway-key=${user}` })],
] as const)('keeps a user on the new release as its weight grows: %s', async (key, headers) => {
  const [a, b] = await Promise.all([answering('new'), answering('old')]);
  const users = Array.from({ length: 400 }, (_, index) => `user-${index}`);
  let before = new Set<string>();
  for (const weight of [50, 200, 600, 1000]) {
    await haproxy.apply({
      backends: [
        { name: 'n_sa_80', servers: [a] },
        { name: 'n_sb_80', servers: [b] },
      ],
      rules: [
        rule(
          'rs',
          'sticky.test',
          [
            { backend: 'n_sa_80', weight },
            { backend: 'n_sb_80', weight: 1000 - weight },
          ],
          { stickyBy: { key, seed: 'r1' } },
        ),
      ],
    });
    const asked = async (user: string) => (await get('sticky.test', '/', headers(user))).body === 'new';
    const now = new Set<string>();
    await Promise.all(users.map(async (user) => ((await asked(user)) ? now.add(user) : undefined)));
    for (const user of before) expect(now.has(user)).toBe(true);
    for (const user of [...now].slice(0, 20)) expect(await asked(user)).toBe(true);
    expect(Math.abs(now.size / users.length - weight / 1000)).toBeLessThan(0.08);
    before = now;
  }
});

it('sets the key itself where nobody has one', async () => {
  const a = await answering('a');
  await haproxy.apply({
    backends: [{ name: 'n_ka_80', servers: [a] }],
    rules: [rule('rk', 'key.test', [{ backend: 'n_ka_80', weight: 1000 }], { stickyBy: { key: 'gateway', seed: '' } })],
  });
  const first = await get('key.test');
  expect(first.setCookie).toMatch(/^slipway-key=[0-9a-f-]{36}; Path=\/; Max-Age=31536000; HttpOnly; SameSite=Lax$/);
  const second = await get('key.test', '/', { cookie: first.setCookie?.split(';')[0] ?? '' });
  expect(second.setCookie).toBeUndefined();
});

it('mirrors requests with their bodies; a slow or failing mirror is not the caller’s', async () => {
  const a = await answering('a');
  const seen: string[] = [];
  const mirror = createServer((call, response) => {
    let body = '';
    call.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    call.on('end', () => {
      seen.push(`${call.method} ${call.headers.host} ${call.url} ${call.headers['x-slipway-mirror']} ${body}`);
      setTimeout(() => response.writeHead(500).end('not for the caller'), 5000);
    });
  });
  servers.push(mirror);
  await new Promise<void>((resolve) => {
    mirror.listen(0, '127.0.0.1', resolve);
  });
  const model = (servers: string[]): GatewayModel => ({
    backends: [
      { name: 'n_ma_80', servers: [a] },
      { name: 'n_mirror_80', servers },
    ],
    rules: [
      rule('rm', 'mirror.test', [{ backend: 'n_ma_80', weight: 1000 }], {
        mirrors: [{ backend: 'n_mirror_80', share: 1000 }],
      }),
    ],
  });
  await haproxy.apply(model([`127.0.0.1:${(mirror.address() as AddressInfo).port}`]));
  const began = Date.now();
  expect(await get('mirror.test', '/p?q=1', { 'x-slipway-mirror': 'n_ma_80' })).toMatchObject({
    status: 200,
    body: 'a',
  });
  expect(await get('mirror.test', '/post', {}, 'a body')).toMatchObject({ status: 200, body: 'a' });
  expect(await get('mirror.test', '/large', {}, 'x'.repeat(100_000))).toMatchObject({ status: 200, body: 'a' });
  expect(Date.now() - began).toBeLessThan(4500);
  await vi.waitUntil(() => seen.length === 2, 5000);
  expect([...seen].sort()).toEqual(['GET mirror.test /p?q=1 true ', 'POST mirror.test /post true a body']);
  await haproxy.apply(model([]));
  expect(await get('mirror.test')).toMatchObject({ status: 200, body: 'a' });
});

it('lets requests wait for a server where the route says so, also those whose server has just ended', async () => {
  const [a, b] = await Promise.all([answering('before'), answering('after')]);
  const model = (held: readonly string[], servers: readonly string[]): GatewayModel => ({
    backends: [
      { name: 'shop_held_80', servers: held },
      { name: 'shop_bare_80', servers },
    ],
    rules: [
      rule('rh', 'held.test', [{ backend: 'shop_held_80', weight: 1000 }], { holdSeconds: 10 }),
      rule('ri', 'brief.test', [{ backend: 'shop_bare_80', weight: 1000 }], { holdSeconds: 1 }),
      rule('rj', 'bare.test', [{ backend: 'shop_bare_80', weight: 1000 }]),
    ],
  });
  await haproxy.apply(model([], []));
  const timed = async (...call: Parameters<typeof get>) => {
    const began = performance.now();
    const { status, body } = await get(...call);
    return { status, body, milliseconds: performance.now() - began };
  };
  const nobody = { status: 503, body: 'No pod of this application is ready.\n' };
  const bare = await timed('bare.test');
  expect(bare).toMatchObject(nobody);
  expect(bare.milliseconds).toBeLessThan(500);
  const brief = await timed('brief.test');
  expect(brief).toMatchObject(nobody);
  expect(brief.milliseconds).toBeGreaterThan(950);

  const waiting = Promise.all([
    timed('held.test'),
    timed('held.test', '/post', {}, 'a body'),
    // What a client says of itself holds nothing, and reaches no other backend.
    timed('bare.test', '/', { 'x-slipway-hold': 'shop_held_80|9' }),
  ]);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await haproxy.apply(model([a], []))).toBe('changed');
  const [asked, posted, claimed] = await waiting;
  for (const answer of [asked, posted]) {
    expect(answer).toMatchObject({ status: 200, body: 'before' });
    expect(answer.milliseconds).toBeGreaterThan(450);
  }
  expect(claimed).toMatchObject(nobody);
  expect(claimed.milliseconds).toBeLessThan(500);

  // A reload leaves those that wait to the process before, which must learn of the server as well.
  await haproxy.apply(model([], []));
  const held = timed('held.test');
  await new Promise((resolve) => setTimeout(resolve, 200));
  const more = model([a], []);
  const added = { ...more, backends: [...more.backends, { name: 'shop_more_80', servers: [] }] };
  expect(await haproxy.apply(added)).toBe('reloaded');
  expect(await held).toMatchObject({ status: 200, body: 'before' });
  await haproxy.apply(more);
  connectAnew();

  const leaving = servers.find((server) => `127.0.0.1:${(server.address() as AddressInfo | null)?.port}` === a);
  leaving?.closeAllConnections();
  leaving?.close();
  const caught = Promise.all([timed('held.test'), timed('held.test', '/post', {}, 'a body')]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await haproxy.apply(model([], []));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await haproxy.apply(model([b], []));
  for (const answer of await caught) expect(answer).toMatchObject({ status: 200, body: 'after' });
}, 20_000);

it('keeps series of what each service answered', async () => {
  const metrics = new Registry();
  const log = await startRequestLog(join(directory, 'log.sock'), metrics);
  const a = await answering('a');
  await haproxy.apply({
    backends: [
      { name: 'shop_web_80', servers: [a] },
      { name: 'shop_none_80', servers: [] },
    ],
    rules: [
      rule('rl', 'log.test', [{ backend: 'shop_web_80', weight: 1000 }]),
      rule('rn', 'nolog.test', [{ backend: 'shop_none_80', weight: 1000 }]),
    ],
  });
  for (let index = 0; index < 20; index += 1) await get('log.test');
  await get('nolog.test');
  await get('unknown.test');
  await vi.waitUntil(async () => (await metrics.metrics()).includes('service="none"'), 10_000);
  const text = await metrics.metrics();
  const place = 'namespace="shop",service="web",port="80"';
  expect(text).toContain(`slipway_gateway_requests_total{${place},code="200"} 20`);
  expect(text).toContain('slipway_gateway_requests_total{namespace="shop",service="none",port="80",code="503"} 1');
  expect(text).toContain(`slipway_gateway_request_duration_seconds_count{${place}} 20`);
  log.keep([{ name: 'shop_none_80', servers: [] }]);
  expect(await metrics.metrics()).not.toContain('service="web"');
  await log.stop();
});

it('says who waits and what was answered, and tells apart what ends at a pod that has left', async () => {
  const metrics = new Registry();
  const log = await startRequestLog(join(directory, 'log.sock'), metrics);
  observeWaiting(join(directory, 'admin.sock'), metrics);
  const held: ServerResponse[] = [];
  const slow = createServer((request, response) => {
    if (request.url === '/hang') held.push(response);
    else if (request.url === '/stream') response.write('x');
    else response.end('quick');
  });
  slow.listen(0, '127.0.0.1');
  await once(slow, 'listening');
  const server = `127.0.0.1:${(slow.address() as AddressInfo).port}`;
  const backends = [{ name: 'shop_wait_80', servers: [server] }];
  await haproxy.apply({ backends, rules: [rule('rw', 'wait.test', [{ backend: 'shop_wait_80', weight: 1000 }])] });
  log.keep(backends);
  const place = 'namespace="shop",service="wait",port="80"';
  const shows = (text: string) =>
    vi.waitUntil(async () => (await metrics.metrics()).includes(text), { timeout: 5000, interval: 50 });
  await get('wait.test', '/quick');
  const ask = (path: string) => {
    const asked = request({
      host: '127.0.0.1',
      port,
      method: 'POST',
      path,
      headers: { host: 'wait.test' },
      agent: false,
    });
    asked.on('error', () => undefined);
    asked.end();
    return asked;
  };
  const [leaving, waiting, streaming] = [ask('/hang'), ask('/hang'), ask('/stream')];
  await shows(`slipway_gateway_requests_waiting{${place}} 2`);
  await shows(`slipway_gateway_answers_begun_total{${place}} 2`);
  leaving.destroy();
  await shows(`slipway_gateway_requests_total{${place},code="499"} 1`);
  await shows(`slipway_gateway_requests_waiting{${place}} 1`);
  log.keep([{ name: 'shop_wait_80', servers: [] }]);
  // Which of the two came first is not told.
  for (const response of held) response.socket?.destroy();
  await shows(`slipway_gateway_requests_total{namespace="shop",service="wait",port="80",pod="gone",code="502"} 1`);
  expect(await metrics.metrics()).not.toContain(`slipway_gateway_requests_total{${place},code="502"}`);
  waiting.destroy();
  streaming.destroy();
  log.keep([]);
  expect(await metrics.metrics()).not.toContain('requests_total{namespace="shop",service="wait"');
  await log.stop();
  slow.closeAllConnections();
  slow.close();
});

it('comes back in the same state after a crash, and is changed on by a controller that starts anew', async () => {
  const a = await answering('again');
  await haproxy.apply({
    backends: [{ name: 'n_z_80', servers: [a] }],
    rules: [rule('rz', 'z.test', [{ backend: 'n_z_80', weight: 1000 }])],
  });
  const heir = createHaproxy(
    { directory, bind: '127.0.0.1', httpPort: port },
    { clock: systemClock, log: silentLogger },
  );
  expect(
    await heir.apply({
      backends: [{ name: 'n_z_80', servers: [a] }],
      rules: [rule('rz', 'z.test', [{ backend: 'n_z_80', weight: 1000 }])],
    }),
  ).toBe('unchanged');
  expect(
    await heir.apply({
      backends: [{ name: 'n_z_80', servers: [a] }],
      rules: [rule('rz', 'y.test', [{ backend: 'n_z_80', weight: 1000 }])],
    }),
  ).toBe('changed');
  expect((await get('y.test')).body).toBe('again');
  expect((await get('z.test')).status).toBe(404);
  await heir.stop();
});
