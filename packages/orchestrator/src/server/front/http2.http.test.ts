import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { Agent, get } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { JsonObject } from '../../kinds/index.js';
import { startTestCluster, type TestCluster } from '../../testing/index.js';

let cluster: TestCluster;
const open: ClientHttp2Session[] = [];
beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
});
afterAll(() => cluster.stop());
afterEach(() => {
  for (const each of open.splice(0)) each.destroy();
});

const tls = () => {
  const { ca, certificate, key } = cluster.connection;
  return { ca, cert: certificate, key };
};

function dial(options: object = tls()): ClientHttp2Session {
  const session = connect(cluster.connection.server, options);
  session.on('error', () => {});
  open.push(session);
  return session;
}

interface Answer {
  status: number;
  headers: JsonObject;
  text: string;
}

async function ask(session: ClientHttp2Session, path: string, method = 'GET', body?: object): Promise<Answer> {
  const stream = session.request({ ':path': path, ':method': method, 'content-type': 'application/json' });
  if (body) stream.end(JSON.stringify(body));
  const [headers] = (await once(stream, 'response')) as [JsonObject & { ':status': number }];
  return { status: headers[':status'], headers, text: await textOf(stream) };
}

async function textOf(stream: ClientHttp2Stream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { key: name } });
const configMaps = '/api/v1/namespaces/default/configmaps';

test('a client that offers both speaks HTTP/2, one that offers nothing HTTP/1.1', async () => {
  const { hostname, port } = new URL(cluster.connection.server);
  const chosenOf = async (ALPNProtocols: string[]) => {
    const socket = connectTls({ ...tls(), host: hostname, port: Number(port), ALPNProtocols });
    await once(socket, 'secureConnect');
    const { alpnProtocol } = socket;
    socket.destroy();
    return alpnProtocol;
  };
  expect(await chosenOf(['h2', 'http/1.1'])).toBe('h2');
  expect(await chosenOf(['http/1.1'])).toBe('http/1.1');
  const agent = new Agent(tls());
  const [answer] = await once(get(`${cluster.connection.server}/version`, { agent }), 'response');
  expect(answer.httpVersion).toBe('1.1');
  answer.resume();
  agent.destroy();
});

test('many requests at once on one connection are each answered', async () => {
  const session = dial();
  const names = Array.from({ length: 300 }, (_, index) => `many-${index}`);
  const made = await Promise.all(names.map((name) => ask(session, configMaps, 'POST', configMap(name))));
  expect(new Set(made.map((each) => each.status))).toEqual(new Set([201]));
  const read = await Promise.all(names.map((name) => ask(session, `${configMaps}/${name}`)));
  expect(read.map((each) => JSON.parse(each.text).data.key)).toEqual(names);
  for (const name of ['connection', 'keep-alive', 'transfer-encoding'])
    expect(read[0]?.headers).not.toHaveProperty(name);
});

test('the certificate of the connection says who asks, for every stream of it', async () => {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  const session = dial();
  for (let round = 0; round < 3; round++) {
    const { text } = await ask(session, path, 'POST', review);
    expect(JSON.parse(text).status.userInfo.username).toBe('slipway-admin');
  }
  const stranger = dial({ ca: cluster.connection.ca });
  expect((await ask(stranger, configMaps)).status).toBe(403);
});

test('a watch streams beside other requests and ends when the client leaves it', async () => {
  const session = dial();
  const watch = session.request({ ':path': `${configMaps}?watch=true&fieldSelector=metadata.name=seen` });
  const [headers] = (await once(watch, 'response')) as [JsonObject];
  expect(headers[':status']).toBe(200);
  let text = '';
  watch.on('data', (chunk) => {
    text += String(chunk);
  });
  await ask(session, configMaps, 'POST', configMap('seen'));
  await expect.poll(() => text.split('\n').filter(Boolean).length).toBe(1);
  await ask(session, `${configMaps}/seen`, 'DELETE');
  await expect
    .poll(() =>
      text
        .split('\n')
        .filter(Boolean)
        .map((each) => JSON.parse(each).type),
    )
    .toEqual(['ADDED', 'DELETED']);
  watch.close();
  await once(watch, 'close');
  expect((await ask(session, `${configMaps}/seen`)).status).toBe(404);
});

test('a list of many megabytes arrives whole, packed and unpacked', async () => {
  const session = dial();
  const filler = 'x'.repeat(20_000);
  const names = Array.from({ length: 200 }, (_, index) => `large-${index}`);
  await Promise.all(names.map((name) => ask(session, configMaps, 'POST', { ...configMap(name), data: { filler } })));
  const { text, headers } = await ask(session, `${configMaps}?limit=5000`);
  expect(JSON.parse(text).items.length).toBeGreaterThanOrEqual(200);
  expect(headers['content-encoding']).toBeUndefined();
  const stream = session.request({ ':path': configMaps, 'accept-encoding': 'gzip' });
  const [packed] = (await once(stream, 'response')) as [JsonObject];
  expect(packed['content-encoding']).toBe('gzip');
  await textOf(stream);
});

test('a refused body leaves the connection to the other streams', async () => {
  const session = dial();
  const stream = session.request({ ':path': configMaps, ':method': 'POST', 'content-type': 'application/json' });
  stream.on('error', () => {});
  stream.end(Buffer.alloc(4 * 1024 * 1024, 'x'));
  const [headers] = (await once(stream, 'response')) as [JsonObject];
  expect(headers[':status']).toBe(413);
  expect((await ask(session, '/version')).status).toBe(200);
});

test('a server that stops says so, lets answers end and ends the rest', async () => {
  const own = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  const { ca, certificate, key } = own.connection;
  const session = connect(own.connection.server, { ca, cert: certificate, key });
  open.push(session);
  session.on('error', () => {});
  expect((await ask(session, '/version')).status).toBe(200);
  const watch = session.request({ ':path': `${configMaps}?watch=true` });
  watch.on('error', () => {});
  await once(watch, 'response');
  watch.resume();
  const told = once(session, 'goaway');
  const ended = once(watch, 'close');
  await Promise.all([own.stop(), told, ended]);
});
