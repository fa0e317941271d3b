import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { expect, inject, test } from 'vitest';
import { startTestCluster } from '../../testing/index.js';

test('a server that stops ends watches as if their time was over, and lets what is being answered end', async () => {
  const cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  const { server, ca, certificate, key } = cluster.connection;
  const agent = new Agent({ ca, cert: certificate, key, keepAlive: true });
  const watch = request(`${server}/api/v1/configmaps?watch=true`, { agent });
  const begun = once(watch, 'response');
  watch.end();
  const [stream] = await begun;
  stream.resume();
  const watched = once(stream, 'end');

  const body = JSON.stringify({ metadata: { name: 'late' } });
  const path = '/api/v1/namespaces/default/configmaps';
  const create = request(`${server}${path}`, { agent, method: 'POST', headers: { 'content-length': body.length } });
  const created = once(create, 'response');
  create.write(body.slice(0, 5));
  await once(create, 'socket');
  // The server has the first part of it when it has answered what was asked after it.
  await cluster.client.request('GET', '/version');

  const stopped = cluster.stop();
  await watched;
  expect(stream.complete).toBe(true);
  create.end(body.slice(5));
  const [answer] = await created;
  expect(answer.statusCode).toBe(201);
  answer.resume();
  agent.destroy();
  await stopped;
});
