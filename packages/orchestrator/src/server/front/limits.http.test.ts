import { once } from 'node:events';
import { Agent, type RequestOptions, request } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../../testing/index.js';

let cluster: TestCluster;
let agent: Agent;
beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  const { ca, certificate, key } = cluster.connection;
  agent = new Agent({ ca, cert: certificate, key, keepAlive: true, maxSockets: 1 });
});
afterAll(async () => {
  agent.destroy();
  await cluster.stop();
});

const configMaps = '/api/v1/namespaces/default/configmaps';

async function ask(path: string, options: RequestOptions, send: (sent: ReturnType<typeof request>) => void) {
  const sent = request(`${cluster.connection.server}${path}`, { agent, ...options });
  sent.on('error', () => {});
  const answered = once(sent, 'response');
  send(sent);
  const [response] = await answered;
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, body: JSON.parse(text) };
}

test('a request that takes longer than it wants to is told so', async () => {
  const { status, body } = await ask(`${configMaps}?timeout=200ms`, { method: 'POST' }, (sent) => sent.write('{'));
  expect(status).toBe(504);
  expect(body).toMatchObject({
    kind: 'Status',
    reason: 'Timeout',
    code: 504,
    message: 'Timeout: request did not complete within the allotted timeout',
  });
});

test('a watch is not cut by the time limit of a request', async () => {
  const sent = request(`${cluster.connection.server}${configMaps}?watch=true&timeout=100ms&timeoutSeconds=1`, {
    ...cluster.connection,
    cert: cluster.connection.certificate,
  });
  const answered = once(sent, 'response');
  sent.end();
  const [response] = await answered;
  expect(response.statusCode).toBe(200);
  const began = performance.now();
  for await (const _chunk of response);
  expect(performance.now() - began).toBeGreaterThan(500);
});

test('a time that is none is refused', async () => {
  const { status, body } = await ask(`${configMaps}?timeout=soon`, {}, (sent) => sent.end());
  expect(status).toBe(400);
  expect(body.message).toBe('invalid timeout specified in the request URL - time: invalid duration "soon"');
});

test.each([
  ['announced', { 'content-length': 4 * 1024 * 1024 }],
  ['in pieces', { 'transfer-encoding': 'chunked' }],
])('a body that is too large, %s, is refused and the client hears it', async (_how, headers) => {
  const { status, body } = await ask(configMaps, { method: 'POST', headers }, (sent) => {
    for (let piece = 0; piece < 64; piece++) sent.write(Buffer.alloc(64 * 1024, 'x'));
    sent.end();
  });
  expect(status).toBe(413);
  expect(body).toMatchObject({
    reason: 'RequestEntityTooLarge',
    message: 'Request entity too large: limit is 3145728',
  });
  expect((await ask(`${configMaps}?limit=1`, {}, (sent) => sent.end())).status).toBe(200);
});

test('a client that leaves in the middle of a body disturbs nobody', async () => {
  const { hostname, port } = new URL(cluster.connection.server);
  const { ca, certificate, key } = cluster.connection;
  const socket = connectTls({ host: hostname, port: Number(port), ca, cert: certificate, key });
  await once(socket, 'secureConnect');
  socket.write(`POST ${configMaps} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"kind"`);
  socket.destroy();
  expect((await ask(`${configMaps}?limit=1`, {}, (sent) => sent.end())).status).toBe(200);
});
