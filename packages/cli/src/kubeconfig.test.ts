import { expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  cacheFileOf,
  isFresh,
  mergeKubeconfig,
  parseCredential,
  toExecCredential,
  toKubeconfig,
  withServer,
} from './kubeconfig.js';

const ours = toKubeconfig({
  name: 'slipway-embedded',
  server: 'https://s/k8s/clusters/embedded',
  username: 'ada',
  token: 't2',
  namespace: 'acme-demo',
});

test('over plain http, where kubectl sends no token, the address carries it', () => {
  const plain = toKubeconfig({
    name: 'a',
    server: 'http://s/k8s/clusters/embedded',
    username: 'ada',
    token: 'slp_pat_x',
  });
  expect(plain.clusters[0]?.cluster.server).toBe('http://ada:slp_pat_x@s/k8s/clusters/embedded');
  expect(ours.clusters[0]?.cluster.server).toBe('https://s/k8s/clusters/embedded');
});

test('an empty file becomes ours', () => {
  expect(parse(mergeKubeconfig('', ours))).toMatchObject({ kind: 'Config', 'current-context': 'slipway-embedded' });
});

test("other people's entries stay, ours of the same name are replaced", () => {
  const present = `
apiVersion: v1
kind: Config
preferences: { colors: true }
clusters: [{ name: other, cluster: { server: https://o } }, { name: slipway-embedded, cluster: { server: http://old } }]
users: [{ name: slipway-ada, user: { token: t1 } }]
contexts: []
current-context: other
`;
  expect(parse(mergeKubeconfig(present, ours))).toMatchObject({
    preferences: { colors: true },
    clusters: [{ name: 'other' }, { name: 'slipway-embedded', cluster: { server: 'https://s/k8s/clusters/embedded' } }],
    users: [{ name: 'slipway-ada', user: { token: 't2' } }],
    contexts: [{ context: { namespace: 'acme-demo' } }],
    'current-context': 'slipway-embedded',
  });
});

test('a file that is no kubeconfig is refused', () => {
  expect(() => mergeKubeconfig('- a', ours)).toThrow(expect.objectContaining({ code: 'kubeconfig-invalid' }));
});

const found = {
  apiVersion: 'v1' as const,
  kind: 'Config' as const,
  clusters: [{ name: 'slipway-embedded', cluster: { server: 'http://inside:7601/k8s/clusters/embedded' } }],
  users: [
    {
      name: 'slipway-acme-ada',
      user: {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: 'slipway',
          args: ['kubeconfig', 'credential', '--server', 'http://inside:7601', '--tenant', 'acme'],
          installHint: '',
          interactiveMode: 'Never' as const,
          provideClusterInfo: false,
        },
      },
    },
  ],
  contexts: ['shop/production', 'shop/staging'].map((name) => ({
    name: `acme/${name}`,
    context: { cluster: 'slipway-embedded', user: 'slipway-acme-ada' },
  })),
  'current-context': 'acme/shop/production',
};

test('the kubeconfig of a tenant leads to the server as this login reaches it', () => {
  const config = withServer(found, { server: 'https://outside', execApi: 'v1beta1', authority: 'Q0E=' });
  expect(config.clusters[0]?.cluster).toEqual({
    server: 'https://outside/k8s/clusters/embedded',
    'certificate-authority-data': 'Q0E=',
  });
  expect(JSON.stringify(config.users)).toContain('client.authentication.k8s.io/v1beta1');
  expect(JSON.stringify(config.users)).toContain('https://outside');
  expect(JSON.stringify(config)).not.toContain('inside');
  expect(config['current-context']).toBe('acme/shop/production');
  const staging = withServer(found, { server: 'https://outside', execApi: 'v1', environment: 'staging' });
  expect(staging['current-context']).toBe('acme/shop/staging');
});

test('a credential speaks the version that kubectl asks for', () => {
  const credential = { token: 't', expiresAt: '2026-11-21T12:00:00.123Z' };
  const asked = JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1beta1', kind: 'ExecCredential' });
  expect(toExecCredential(credential, asked)).toEqual({
    apiVersion: 'client.authentication.k8s.io/v1beta1',
    kind: 'ExecCredential',
    status: { token: 't', expirationTimestamp: '2026-11-21T12:00:00Z' },
  });
  expect(toExecCredential(credential, undefined)).toMatchObject({ apiVersion: 'client.authentication.k8s.io/v1' });
  expect(toExecCredential(credential, 'no json')).toMatchObject({ apiVersion: 'client.authentication.k8s.io/v1' });
});

test('a kept token is used until shortly before its end, by the same login only', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  expect(isFresh({ token: 't', expiresAt: '2026-11-21T12:06:00Z' }, now)).toBe(true);
  expect(isFresh({ token: 't', expiresAt: '2026-11-21T12:04:00Z' }, now)).toBe(false);
  expect(parseCredential('{"token":"t"}')).toBeUndefined();
  expect(parseCredential('{')).toBeUndefined();
  const file = (login: string, tenant?: string) => cacheFileOf('/c/config.yaml', { server: 's', tenant, login });
  expect(file('a')).toMatch(/^\/c\/kube-tokens\/[0-9a-f]{32}\.json$/);
  expect(new Set([file('a'), file('b'), file('a', 'acme')]).size).toBe(3);
});
