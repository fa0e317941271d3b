import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest';
import { openRawConnection, type RawConnection, startTestCluster, type TestCluster } from '../testing/index.js';

// Streams to a pod whose ends leave without a word. The node's agent is the only part that is not the real one.

let cluster: TestCluster;
let agent: Server;
/** What the agent has accepted. */
const streams: Duplex[] = [];
const raw: RawConnection[] = [];
const pod = '/api/v1/namespaces/default/pods/p';

const send = async (method: string, path: string, body: unknown, type = 'application/json') =>
  (await cluster.client.request(method, path, { body, headers: { 'content-type': type } })).status;

async function openStream(path: string): Promise<RawConnection> {
  const connection = await openRawConnection(cluster.connection);
  raw.push(connection);
  connection.write(
    `GET ${pod}/${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n`,
  );
  return connection;
}

beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  const { authority } = cluster.server;
  const { certificate: cert, key } = await authority.keep('node-n', {
    commonName: 'system:node:n',
    organizations: ['system:nodes'],
    hosts: ['127.0.0.1'],
  });
  agent = createServer({ cert, key, ca: authority.certificate });
  agent.on('upgrade', (_request, socket: Duplex) => {
    socket.on('error', () => {});
    streams.push(socket);
    // As the real one: it reads, and ends when the other side does.
    socket.resume();
    socket.on('end', () => socket.end());
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
  });
  agent.listen(0, '127.0.0.1');
  await once(agent, 'listening');
  const { port } = agent.address() as AddressInfo;
  expect(await send('POST', '/api/v1/nodes', { metadata: { name: 'n' } })).toBe(201);
  const status = {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  };
  expect(await send('PATCH', '/api/v1/nodes/n/status', { status }, 'application/merge-patch+json')).toBe(200);
  await vi.waitFor(async () =>
    expect((await cluster.client.request('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status).toBe(
      200,
    ),
  );
  const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] };
  expect(await send('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'p' }, spec })).toBe(201);
});
afterEach(async () => {
  for (const connection of raw.splice(0)) connection.end();
  for (const stream of streams.splice(0)) stream.destroy();
  expect((await cluster.client.request('GET', '/readyz')).status).toBe(200);
});
afterAll(async () => {
  agent.close();
  await cluster.stop();
});

for (const path of ['exec?command=a&stdin=true&stdout=true', 'attach?stdin=true', 'portforward?ports=80']) {
  const name = path.split('?')[0];
  test(`a client of ${name} that vanishes takes its stream at the node along`, async () => {
    const client = await openStream(path);
    await vi.waitFor(() => expect(client.received).toContain('101 Switching'));
    client.socket.write('some bytes');
    await vi.waitFor(() => expect(streams).toHaveLength(1));
    client.socket.destroy();
    await vi.waitFor(() => expect(streams[0]?.destroyed).toBe(true), { timeout: 5_000 });
  });

  test(`a node that vanishes ends the client of its ${name}`, async () => {
    const client = await openStream(path);
    await vi.waitFor(() => expect(client.received).toContain('101 Switching'));
    streams[0]?.destroy();
    await client.closed;
  });
}

test('what the node said last reaches a client that has closed its half', async () => {
  const client = await openStream('exec?command=a&stdout=true');
  await vi.waitFor(() => expect(client.received).toContain('101 Switching'));
  streams[0]?.write('the last ');
  streams[0]?.end('word');
  await client.closed;
  expect(client.received.endsWith('the last word')).toBe(true);
});

test('a node that cannot be reached is told to the client by a Status', async () => {
  const status = { daemonEndpoints: { kubeletEndpoint: { Port: 1 } } };
  expect(await send('PATCH', '/api/v1/nodes/n/status', { status }, 'application/merge-patch+json')).toBe(200);
  const client = await openStream('exec?command=a');
  const answer = await client.answer();
  expect(JSON.parse(answer?.body ?? '{}')).toMatchObject({ kind: 'Status', status: 'Failure' });
  expect(answer?.status).toBeGreaterThanOrEqual(500);
});
