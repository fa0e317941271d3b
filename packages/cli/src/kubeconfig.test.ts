import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { mergeKubeconfig, toKubeconfig } from './kubeconfig.js';

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
