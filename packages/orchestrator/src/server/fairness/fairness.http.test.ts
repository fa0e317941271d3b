import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../../testing/index.js';

let cluster: TestCluster;
const sessions: ClientHttp2Session[] = [];
beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
});
afterAll(async () => {
  for (const each of sessions) each.destroy();
  await cluster.stop();
});

async function dial(user: string, groups: readonly string[]): Promise<ClientHttp2Session> {
  const { ca, server, certificate, key } = await cluster.server.connectionFor(user, groups);
  const session = connect(server, { ca, cert: certificate, key });
  sessions.push(session);
  return session;
}

async function ask(session: ClientHttp2Session, path: string, method = 'GET', body?: object) {
  const stream = session.request({ ':path': path, ':method': method, 'content-type': 'application/json' });
  if (body) stream.end(JSON.stringify(body));
  const [headers] = await once(stream, 'response');
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return { status: Number(headers[':status']), headers, text };
}

const send = async (path: string, body: object) => {
  const answer = await cluster.client.request('POST', path, { body });
  return (await answer.json()) as { metadata: { uid: string } };
};
const flowcontrol = '/apis/flowcontrol.apiserver.k8s.io/v1';
const configMaps = '/api/v1/namespaces/default/configmaps';

test('the flows and levels that every cluster has are there', async () => {
  const namesAt = async (plural: string) => {
    const answer = await cluster.client.request('GET', `${flowcontrol}/${plural}`);
    const { items } = (await answer.json()) as { items: { metadata: { name: string } }[] };
    return items.map((each) => each.metadata.name);
  };
  expect(await namesAt('prioritylevelconfigurations')).toEqual(
    expect.arrayContaining(['exempt', 'catch-all', 'system', 'node-high', 'leader-election', 'workload-low']),
  );
  expect(await namesAt('flowschemas')).toEqual(
    expect.arrayContaining(['exempt', 'probes', 'system-leader-election', 'global-default', 'catch-all']),
  );
});

test('a client that floods is sent away, while another of the same level is served, and headers say which level', async () => {
  await send('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'crowd' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'crowd' }],
  });
  const level = await send(`${flowcontrol}/prioritylevelconfigurations`, {
    metadata: { name: 'narrow' },
    spec: {
      type: 'Limited',
      limited: {
        nominalConcurrencyShares: 1,
        borrowingLimitPercent: 0,
        limitResponse: { type: 'Queue', queuing: { queues: 64, handSize: 2, queueLengthLimit: 5 } },
      },
    },
  });
  const flow = await send(`${flowcontrol}/flowschemas`, {
    metadata: { name: 'crowd' },
    spec: {
      matchingPrecedence: 50,
      distinguisherMethod: { type: 'ByUser' },
      priorityLevelConfiguration: { name: 'narrow' },
      rules: [
        {
          subjects: [{ kind: 'Group', group: { name: 'crowd' } }],
          resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }],
        },
      ],
    },
  });
  const flooder = await dial('flooder', ['crowd']);
  const calm = await dial('calm', ['crowd']);
  await ask(calm, '/version');
  const create = (session: ClientHttp2Session, name: string) =>
    ask(session, configMaps, 'POST', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
  const flood = Array.from({ length: 200 }, (_, index) => create(flooder, `flood-${index}`));
  const others = [0, 1, 2].map((index) => create(calm, `calm-${index}`));
  const answers = await Promise.all(flood);
  for (const { status, headers } of await Promise.all(others)) {
    expect(status).toBe(201);
    expect(headers['x-kubernetes-pf-flowschema-uid']).toBe(flow.metadata.uid);
    expect(headers['x-kubernetes-pf-prioritylevel-uid']).toBe(level.metadata.uid);
  }
  const served = answers.filter((each) => each.status === 201);
  const refused = answers.filter((each) => each.status === 429);
  expect(served.length).toBeGreaterThan(0);
  expect(refused.length).toBeGreaterThan(0);
  expect(served.length + refused.length).toBe(200);
  expect(refused[0]?.headers['retry-after']).toBe('1');
  expect(JSON.parse(refused[0]?.text ?? '')).toMatchObject({ kind: 'Status', reason: 'TooManyRequests', code: 429 });
  const metrics = await (await cluster.client.request('GET', '/metrics')).text();
  expect(metrics).toContain(
    `apiserver_flowcontrol_rejected_requests_total{flow_schema="crowd",priority_level="narrow",reason="queue-full"} ${refused.length}`,
  );
  expect(metrics).toContain('apiserver_flowcontrol_current_executing_requests{priority_level="narrow"} 0');
});
