import { type ChildProcess, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { gatewayClasses, gateways, httpRoutes, listenerSets, namespaces, secrets } from '../../kinds/index.js';
import { type Stoppable, silentLogger, systemClock } from '../../runtime/index.js';
import { startTestCluster, type TestCluster } from '../../testing/index.js';
import { signItself } from './certificate.js';
import { startGateway } from './controller.js';

const directory = mkdtempSync(join(tmpdir(), 'slipway-gateway-controller-'));
const group = 'gateway.networking.k8s.io/v1';
const parent = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'slipway', namespace: 'slipway-system' };
let cluster: TestCluster;
let process: ChildProcess;
let gateway: Stoppable;
let httpPort: number;
let tlsPort: number;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as AddressInfo;
      probe.close(() => resolve(free));
    });
  });
}

function shownTo(servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: tlsPort, servername, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 50 });

beforeAll(async () => {
  [httpPort, tlsPort] = [await freePort(), await freePort()];
  writeFileSync(
    join(directory, 'haproxy.cfg'),
    `global\n  stats socket ${directory}/admin.sock mode 600 level admin expose-fd listeners\ndefaults\n  mode http\n  timeout client 5s\n  timeout server 5s\n  timeout connect 5s\nfrontend http\n  bind 127.0.0.1:${httpPort}\n`,
  );
  process = spawn('haproxy', ['-W', '-S', `${directory}/master.sock`, '-f', `${directory}/haproxy.cfg`], {
    stdio: 'ignore',
  });
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  await vi.waitUntil(() => existsSync(join(directory, 'admin.sock')), 5000);
  const { client } = cluster;
  for (const name of ['slipway-system', 'shop']) {
    if (await client.find(namespaces, name)) continue;
    await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {} });
  }
  // As an earlier version made them.
  await client.create(gatewayClasses, {
    apiVersion: group,
    kind: 'GatewayClass',
    metadata: { name: 'slipway' },
    spec: { controllerName: 'slipway.dev/gateway' },
  });
  await client.create(gateways, {
    apiVersion: group,
    kind: 'Gateway',
    metadata: { name: 'slipway', namespace: 'slipway-system', labels: { somebodys: 'own' } },
    spec: {
      gatewayClassName: 'slipway',
      listeners: [
        { name: 'http', protocol: 'HTTP', port: httpPort },
        {
          name: 'https',
          protocol: 'HTTPS',
          port: tlsPort,
          tls: { mode: 'Terminate', certificateRefs: [{ name: 'slipway-default' }] },
        },
      ],
    },
  });
  gateway = await startGateway(
    { client, clock: systemClock, log: silentLogger, metrics: new Registry() },
    { directory, bind: '127.0.0.1', httpPort, tlsPort, appsDomain: 'apps.test' },
  );
});

afterAll(async () => {
  await gateway?.stop();
  await cluster?.stop();
  process?.kill('SIGTERM');
  rmSync(directory, { recursive: true, force: true });
});

it('lets ListenerSets of all namespaces in, at a Gateway of before too, and leaves the rest of it as it is', async () => {
  await eventually(async () => {
    const { spec, metadata } = await cluster.client.get(gateways, 'slipway', 'slipway-system');
    expect(spec.allowedListeners).toEqual({ namespaces: { from: 'All' } });
    expect(spec.listeners.map(({ name }) => name)).toEqual(['http', 'https']);
    expect(metadata.labels).toEqual({ somebodys: 'own' });
  });
});

it('serves a ListenerSet with its Secret, tells it and its routes so, and follows both', async () => {
  const { client } = cluster;
  const [first, second] = [await signItself(['shop.test'], Date.now()), await signItself(['shop.test'], Date.now())];
  const serialOf = ({ certificate }: typeof first) => new X509Certificate(certificate).serialNumber;
  await client.create(listenerSets, {
    apiVersion: group,
    kind: 'ListenerSet',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      parentRef: parent,
      listeners: [
        {
          name: 'secure',
          hostname: 'shop.test',
          port: tlsPort,
          protocol: 'HTTPS',
          tls: { mode: 'Terminate', certificateRefs: [{ name: 'own' }] },
          allowedRoutes: { namespaces: { from: 'Same' } },
        },
      ],
    },
  });
  await client.create(httpRoutes, {
    apiVersion: group,
    kind: 'HTTPRoute',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      parentRefs: [parent, { kind: 'ListenerSet', name: 'web', sectionName: 'secure' }],
      hostnames: ['shop.test'],
      rules: [{ backendRefs: [{ name: 'web', port: 80 }] }],
    },
  });
  const conditions = async () => {
    const { status } = await client.get(listenerSets, 'web', 'shop');
    const [listener] = status?.listeners ?? [];
    const said = [...(status?.conditions ?? []), ...(listener?.conditions ?? [])];
    return [...said.map((one) => `${one.type} ${one.status} ${one.reason}`), `${listener?.attachedRoutes} routes`];
  };
  await eventually(async () =>
    expect(await conditions()).toEqual([
      'Accepted True Accepted',
      'Programmed False ListenersNotValid',
      'Accepted True Accepted',
      'Programmed False Invalid',
      'ResolvedRefs False InvalidCertificateRef',
      'Conflicted False NoConflicts',
      '1 routes',
    ]),
  );
  await eventually(async () => {
    const { status } = await client.get(httpRoutes, 'web', 'shop');
    expect(status?.parents.map(({ parentRef, conditions: [one] }) => [parentRef.kind, one?.type, one?.reason])).toEqual(
      [
        ['Gateway', 'Accepted', 'Accepted'],
        ['ListenerSet', 'Accepted', 'Accepted'],
      ],
    );
    const { status: of } = await client.get(gateways, 'slipway', 'slipway-system');
    expect([of?.attachedListenerSets, of?.listeners?.[1]?.attachedRoutes]).toEqual([1, 1]);
  });

  await client.create(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'own', namespace: 'shop' },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': base64(first.certificate), 'tls.key': base64(first.key) },
  });
  await eventually(async () => expect(await shownTo('shop.test')).toBe(serialOf(first)));
  await eventually(async () => expect((await conditions())[1]).toBe('Programmed True Programmed'));

  const data = { 'tls.crt': base64(second.certificate), 'tls.key': base64(second.key) };
  await client.patch(secrets, 'own', 'shop', { data }, { type: 'merge' });
  await eventually(async () => expect(await shownTo('shop.test')).toBe(serialOf(second)));

  await client.patch(secrets, 'own', 'shop', { data: { 'tls.key': base64(first.key) } }, { type: 'merge' });
  await eventually(async () => expect((await conditions())[4]).toBe('ResolvedRefs False InvalidCertificateRef'));
  expect(await shownTo('shop.test')).not.toBe(serialOf(second));

  await client.patch(secrets, 'own', 'shop', { data }, { type: 'merge' });
  await eventually(async () => expect(await shownTo('shop.test')).toBe(serialOf(second)));
  await client.delete(listenerSets, 'web', 'shop');
  await eventually(async () => expect(await shownTo('shop.test')).not.toBe(serialOf(second)));
  await eventually(async () => {
    const { status } = await client.get(httpRoutes, 'web', 'shop');
    expect(status?.parents.map(({ parentRef }) => parentRef.kind)).toEqual(['Gateway']);
  });
});
