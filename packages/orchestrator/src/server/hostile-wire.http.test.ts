import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { openRawConnection, type RawConnection, startTestCluster, type TestCluster } from '../testing/index.js';

// Bytes that no client library sends.

let cluster: TestCluster;
const open: RawConnection[] = [];
const configMaps = '/api/v1/namespaces/default/configmaps';
const post = `POST ${configMaps} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;

const connect = async (): Promise<RawConnection> => {
  const connection = await openRawConnection(cluster.connection);
  open.push(connection);
  return connection;
};
/** Writes and gives the code, the reason, and whether the server has ended the connection after it. */
const exchange = async (text: string) => {
  const connection = await connect();
  connection.write(text);
  const answer = await connection.answer();
  const status: { kind?: string; reason?: string; code?: number } = answer?.body.startsWith('{')
    ? JSON.parse(answer.body)
    : {};
  return { connection, answer, status };
};
const refusedAndEnded = async (text: string, code: number, reason: string) => {
  const { connection, answer, status } = await exchange(text);
  expect(answer?.status).toBe(code);
  expect(status).toMatchObject({ kind: 'Status', reason, code });
  await connection.closed;
  // One answer only: what followed was taken for no request.
  expect(connection.received.match(/HTTP\/1\.1 /g)).toHaveLength(1);
};

beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
});
afterEach(async () => {
  for (const connection of open.splice(0)) connection.end();
  expect((await cluster.client.request('GET', '/readyz')).status).toBe(200);
  expect((await cluster.client.request('GET', `${configMaps}/smuggled`)).status).toBe(404);
});
afterAll(() => cluster.stop());

describe('what is not HTTP/1.1 is answered with a Status and the connection ends', () => {
  const smuggled = `${post}Content-Length: 34\r\n\r\n{"metadata":{"name":"smuggled"}}  `;
  const table: [string, string][] = [
    ['garbage', 'hello world\r\n\r\n'],
    ['HTTP/2 without having chosen it', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a length and chunks', `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['two lengths', `${post}Content-Length: 2\r\nContent-Length: 60\r\n\r\n{}${smuggled}`],
    ['a length below zero', `${post}Content-Length: -1\r\n\r\n${smuggled}`],
    ['chunked twice', `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${smuggled}`],
    ['a space before the colon', 'GET /version HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\n'],
    ['lines that end without a return', 'GET /version HTTP/1.1\nHost: x\n\n'],
    ['a NUL in a header', 'GET /version HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n'],
    ['a folded header', `GET /version HTTP/1.1\r\nHost: x\r\nX: a\r\n\0b: c\r\n\r\n`],
    ['an unknown method', `FOO ${configMaps} HTTP/1.1\r\nHost: x\r\n\r\n`],
  ];
  for (const [what, text] of table) test(what, () => refusedAndEnded(text, 400, 'BadRequest'));

  test('a header without end', () =>
    refusedAndEnded(`GET /version HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(400_000)}`, 431, 'BadRequest'));

  test('but never as the answer to a request before it', async () => {
    const { connection, answer } = await exchange(
      `GET ${configMaps}?watch=1&timeoutSeconds=30 HTTP/1.1\r\nHost: x\r\n\r\nhello world\r\n\r\n`,
    );
    expect(answer?.status ?? 200).toBe(200);
    await connection.closed;
    expect(connection.received).not.toContain('BadRequest');
  });
});

test('a long selector fits', async () => {
  const selector = Array.from({ length: 2_000 }, (_, index) => `a${index}%3Db`).join(',');
  const { answer } = await exchange(`GET ${configMaps}?labelSelector=${selector} HTTP/1.1\r\nHost: x\r\n\r\n`);
  expect(answer?.status).toBe(200);
});

test('requests that come together are answered one after the other', async () => {
  const connection = await connect();
  connection.write([1, 2, 3].map((each) => `GET ${configMaps}/absent-${each} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''));
  for (const each of [1, 2, 3]) expect((await connection.answer())?.body).toContain(`absent-${each}`);
});

describe('a body', () => {
  test('that says it is too large is refused before it comes', () =>
    refusedAndEnded(`${post}Content-Length: 1073741824\r\n\r\n{`, 413, 'RequestEntityTooLarge'));

  test('that turns out too large in chunks is refused in the middle', () =>
    refusedAndEnded(
      `${post}Transfer-Encoding: chunked\r\n\r\n${`10000\r\n${' '.repeat(65_536)}\r\n`.repeat(64)}`,
      413,
      'RequestEntityTooLarge',
    ));

  test('that stops half-way makes nothing', async () => {
    const connection = await connect();
    connection.write(`${post}Content-Length: 100\r\n\r\n{"metadata":{"name":"smuggled"}}`);
    connection.socket.end();
    await connection.closed;
  });

  test('that is broken off makes nothing', async () => {
    const connection = await connect();
    connection.write(`${post}Transfer-Encoding: chunked\r\n\r\n20\r\n{"metadata":{"name":"smuggled"}}\r\n`);
    connection.end();
    await connection.closed;
  });

  test('of an encoding that is unknown makes nothing', async () => {
    const connection = await connect();
    const inner = `${post}Content-Length: 32\r\n\r\n{"metadata":{"name":"smuggled"}}`;
    connection.write(`${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${inner}`);
    await connection.closed;
    expect(connection.received).not.toContain('201');
  });

  test('in chunks that are none makes nothing', async () => {
    const connection = await connect();
    connection.write(`${post}Transfer-Encoding: chunked\r\n\r\n20\r\n{"metadata":{"name":"smuggled"}}\r\nnonsense\r\n`);
    await connection.closed;
  });
});

describe('an upgrade', () => {
  const upgrade = (path: string, headers: string) =>
    exchange(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n${headers}\r\n`);

  test('of what is no stream is refused with a Status', async () => {
    const { status } = await upgrade(configMaps, 'Upgrade: websocket\r\n');
    expect(status).toMatchObject({ kind: 'Status', code: 400, reason: 'BadRequest' });
    const nowhere = await upgrade('/version', 'Upgrade: h2c\r\n');
    expect(nowhere.status).toMatchObject({ kind: 'Status', code: 404, reason: 'NotFound' });
  });

  test('to a pod that is not there is refused with a Status', async () => {
    for (const stream of ['exec?command=a', 'attach', 'portforward?ports=80']) {
      const path = `/api/v1/namespaces/default/pods/absent/${stream}`;
      const { status } = await upgrade(path, 'Upgrade: SPDY/3.1\r\n');
      expect(status, stream).toMatchObject({ kind: 'Status', code: 404, reason: 'NotFound' });
    }
  });

  test('to a protocol that nobody speaks is refused', async () => {
    const { status } = await upgrade(
      '/api/v1/namespaces/default/pods/absent/exec?command=a',
      'Upgrade: websocket\r\nSec-WebSocket-Protocol: v9.channel.k8s.io\r\n',
    );
    expect(status).toMatchObject({ kind: 'Status', code: 400, reason: 'BadRequest' });
  });
});

describe('an identity', () => {
  const get = (headers: string) => exchange(`GET /api HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);

  test('that is half said is refused', async () => {
    const { status } = await get('Impersonate-Group: a\r\n');
    expect(status).toMatchObject({ code: 400, reason: 'BadRequest' });
  });

  test('of nonsense lets nobody in', async () => {
    const { certificate: _, key: __, ...nobody } = cluster.connection;
    for (const token of ['e30.e30.e30', 'a.'.repeat(3_000), '..', '\xff']) {
      const connection = await openRawConnection(nobody);
      open.push(connection);
      connection.write(
        Buffer.from(`GET ${configMaps} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`, 'latin1'),
      );
      const answer = await connection.answer();
      expect(answer?.status, token.slice(0, 20)).toBe(401);
      expect(JSON.parse(answer?.body ?? '{}')).toMatchObject({ kind: 'Status', reason: 'Unauthorized', code: 401 });
    }
  });
});
