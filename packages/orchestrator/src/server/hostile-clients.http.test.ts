import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { openRawConnection, type RawConnection, startTestCluster, type TestCluster } from '../testing/index.js';

// Clients that are slow, silent, many, or gone.

let cluster: TestCluster;
const raw: RawConnection[] = [];
const sessions: ClientHttp2Session[] = [];
const configMaps = '/api/v1/namespaces/default/configmaps';

const open = async (): Promise<RawConnection> => {
  const connection = await openRawConnection(cluster.connection);
  raw.push(connection);
  return connection;
};
const openSession = async (): Promise<ClientHttp2Session> => {
  const { server, ca, certificate: cert, key } = cluster.connection;
  const session = connect(server, { ca, cert, key });
  session.on('error', () => {});
  sessions.push(session);
  await once(session, 'connect');
  return session;
};
const create = async (name: string, data: Record<string, string> = {}) =>
  (await cluster.client.request('POST', configMaps, { body: { metadata: { name }, data } })).status;
const watchesOpen = async () => {
  const text = await (await cluster.client.request('GET', '/metrics')).text();
  const lines = text
    .split('\n')
    .filter((line) => /^apiserver_(longrunning_requests|registered_watchers)\b.*configmaps/.test(line));
  return lines.reduce((sum, line) => Math.max(sum, Number(line.split(' ').at(-1))), 0);
};
const residentMegabytes = () => {
  globalThis.gc?.();
  return process.memoryUsage().rss / 1e6;
};

beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
});
afterEach(async () => {
  for (const connection of raw.splice(0)) connection.end();
  for (const session of sessions.splice(0)) session.destroy();
  expect((await cluster.client.request('GET', '/readyz')).status).toBe(200);
});
afterAll(() => cluster.stop());

describe('a slow client', () => {
  test('that sends its header or body byte by byte keeps nobody waiting', async () => {
    const slow = await Promise.all(Array.from({ length: 50 }, open));
    for (const [index, connection] of slow.entries()) {
      connection.write(`POST ${configMaps} HTTP/1.1\r\nHost: x\r\n`);
      if (index % 2 === 0) connection.write('Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"meta');
    }
    const begun = performance.now();
    expect(await create('quick')).toBe(201);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  test('that never reads a long list holds little of it in memory', async () => {
    const value = 'x'.repeat(100_000);
    for (let index = 0; index < 100; index++) expect(await create(`long-${index}`, { value })).toBe(201);
    const before = residentMegabytes();
    const readers = await Promise.all(Array.from({ length: 20 }, open));
    for (const { socket, write } of readers) {
      socket.pause();
      write(`GET ${configMaps} HTTP/1.1\r\nHost: x\r\n\r\n`);
    }
    // 20 lists of 10 MB: they would be 200 MB.
    expect(await create('meanwhile')).toBe(201);
    expect(residentMegabytes() - before).toBeLessThan(100);
    const [first] = readers;
    first?.socket.resume();
    await vi.waitFor(() => expect(first?.received.length).toBeGreaterThan(10_000_000), { timeout: 20_000 });
  });
});

describe('a watch', () => {
  const watchRequest = `GET ${configMaps}?watch=1&resourceVersion=0 HTTP/1.1\r\nHost: x\r\n\r\n`;

  test('whose client closes its half has gone, and costs nothing more', async () => {
    const before = await watchesOpen();
    const clients = await Promise.all(Array.from({ length: 20 }, open));
    for (const client of clients) client.write(watchRequest);
    await vi.waitFor(async () => expect(await watchesOpen()).toBe(before + 20), { timeout: 10_000 });
    for (const [index, client] of clients.entries())
      if (index % 2 === 0) client.socket.end();
      else client.socket.destroy();
    await vi.waitFor(async () => expect(await watchesOpen()).toBe(before), { timeout: 10_000 });
  });

  test('that falls behind is dropped when the log has forgotten what waits for it', { timeout: 120_000 }, async () => {
    const { socket, write, closed } = await open();
    socket.pause();
    write(watchRequest);
    await vi.waitFor(async () => expect(await watchesOpen()).toBeGreaterThan(0));
    // 150 MB of changes: the log holds less than half of it.
    const patch = { headers: { 'content-type': 'application/merge-patch+json' } };
    for (let turn = 0; turn < 150; turn++) {
      const body = { data: { value: `${turn}`.padEnd(1_000_000, 'x') } };
      await cluster.client.request('PATCH', `${configMaps}/long-0`, { body, ...patch });
    }
    await vi.waitFor(async () => expect(await watchesOpen()).toBe(0), { timeout: 5_000 });
    socket.resume();
    await closed;
  });

  test('that is idle is cheap: ten thousand of them, and one event reaches every one', {
    timeout: 240_000,
  }, async () => {
    const each = 500;
    const connections = 20;
    const before = residentMegabytes();
    const streams: ClientHttp2Stream[] = [];
    let answered = 0;
    let told = 0;
    for (let index = 0; index < connections; index++) {
      const session = await openSession();
      for (let number = 0; number < each; number++) {
        const stream = session.request({ ':path': `/api/v1/namespaces/idle/configmaps?watch=1` });
        stream.on('error', () => {});
        stream.on('response', (headers) => {
          if (headers[':status'] === 200) answered++;
        });
        // An event may come in two parts.
        let heard = '';
        stream.setEncoding('utf8').on('data', (text: string) => {
          heard += text;
          if (!heard.endsWith('\n')) return;
          if (heard.includes('"name":"told"')) told++;
          heard = '';
        });
        streams.push(stream);
      }
      await vi.waitFor(() => expect(answered).toBe((index + 1) * each), { timeout: 30_000 });
    }
    const bytes = ((residentMegabytes() - before) * 1e6) / streams.length;
    await cluster.client.request('POST', '/api/v1/namespaces', { body: { metadata: { name: 'idle' } } });
    const body = { metadata: { name: 'told' } };
    expect((await cluster.client.request('POST', '/api/v1/namespaces/idle/configmaps', { body })).status).toBe(201);
    await vi.waitFor(() => expect(told).toBe(streams.length), { timeout: 60_000 });
    console.log(`${streams.length} idle watches: ${Math.round(bytes / 1024)} KB each, both ends together`);
    // Both ends are in this process.
    expect(bytes).toBeLessThan(100 * 1024);
  });
});
