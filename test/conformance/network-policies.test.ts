import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { createKubectl, kubectlMinor } from '../support/kubectl.js';
import { uniqueName } from '../support/slipway.js';

const [inside, outside] = [uniqueName('inside'), uniqueName('outside')];
const image = inject('image');
const [kubectl, other] = [createKubectl(inside), createKubectl(outside)];

const pod = (name: string, namespace: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { app: name } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'main',
        image,
        command: ['sh', '-c', 'mkdir /tmp/www; echo hello > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www'],
        ports: [{ name: 'http', containerPort: 8080 }],
        readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
      },
    ],
  },
});
const policy = (name: string, spec: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: inside },
  spec,
});
const apply = (...items: object[]) =>
  kubectl.ok(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
const get = (from: typeof kubectl, name: string) =>
  from.try(['exec', name, '--', 'sh', '-c', `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 ${address} 8080`]);
const opens = (from: typeof kubectl, name: string) =>
  eventually(async () => expect((await get(from, name)).stdout).toContain('hello'), 30);
const shuts = (from: typeof kubectl, name: string) =>
  eventually(async () => expect((await get(from, name)).exit).not.toBe(0), 30);
let address: string;

describe.skipIf(kubectlMinor === undefined)('NetworkPolicies', () => {
  beforeAll(async () => {
    for (const name of [inside, outside]) await kubectl.ok(['create', 'namespace', name]);
    await apply(pod('server', inside), pod('friend', inside));
    await other.ok(['apply', '-f', '-'], JSON.stringify(pod('guest', outside)));
    await kubectl.ok(['wait', '--for=condition=Ready', 'pod/server', 'pod/friend', '--timeout=120s']);
    await other.ok(['wait', '--for=condition=Ready', 'pod/guest', '--timeout=120s']);
    address = await kubectl.ok(['get', 'pod', 'server', '-o', 'jsonpath={.status.podIP}']);
  }, 180_000);
  afterAll(async () => {
    for (const name of [inside, outside]) await kubectl.try(['delete', 'namespace', name, '--wait=false']);
  });

  test('leave pods open that none selects', async () => {
    await opens(kubectl, 'friend');
    await opens(other, 'guest');
  });

  test('shut a namespace, while its probes go on', async () => {
    await apply(policy('deny', { podSelector: {}, policyTypes: ['Ingress'] }));
    await shuts(other, 'guest');
    await shuts(kubectl, 'friend');
    await kubectl.ok(['wait', '--for=condition=Ready', 'pod/server', '--timeout=10s']);
  });

  test('add up: each lets in what it names', async () => {
    await apply(
      policy('friends', {
        podSelector: { matchLabels: { app: 'server' } },
        ingress: [{ from: [{ podSelector: { matchLabels: { app: 'friend' } } }], ports: [{ port: 'http' }] }],
      }),
    );
    await opens(kubectl, 'friend');
    await shuts(other, 'guest');
    const from = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': outside } } }];
    await apply(policy('guests', { podSelector: {}, ingress: [{ from }] }));
    await opens(other, 'guest');
  });

  test('hold pods back from going out', async () => {
    await apply(
      policy('stay', { podSelector: { matchLabels: { app: 'friend' } }, policyTypes: ['Egress'], egress: [] }),
    );
    await shuts(kubectl, 'friend');
    await opens(other, 'guest');
  });

  test('open again when they are deleted', async () => {
    await kubectl.ok(['delete', 'networkpolicy', '--all']);
    await opens(kubectl, 'friend');
    await opens(other, 'guest');
  });
});
