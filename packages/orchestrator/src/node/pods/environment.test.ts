import { describe, expect, it } from 'vitest';
import type { Container, Pod } from '../../kinds/index.js';
import { expand, PodConfigError, type PodSources, resolveEnvironment } from './environment.js';

const pod: Pod = {
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', labels: { app: 'web' } },
  spec: { containers: [] },
};
const facts = { podIp: '100.64.0.2', hostIp: '127.0.0.1', nodeName: 'n1', allocatable: { cpu: '2', memory: '4Gi' } };
const sources: PodSources = {
  configMap: async (name) => (name === 'cm' ? { metadata: { name }, data: { A: '1', B: '2' } } : undefined),
  secret: async (name) =>
    name === 'sec' ? { metadata: { name }, data: { P: Buffer.from('pw').toString('base64') } } : undefined,
};
const resolve = async (container: Partial<Container>) =>
  Object.fromEntries(await resolveEnvironment(pod, { name: 'main', ...container }, sources, facts, { BASE: 'x' }));

describe('the environment of a container', () => {
  it('takes later sources over earlier ones and keeps prefixes', async () => {
    const envFrom = [{ configMapRef: { name: 'cm' } }, { secretRef: { name: 'sec' }, prefix: 'S_' }];
    expect(await resolve({ envFrom, env: [{ name: 'A', value: 'own' }] })).toEqual({
      BASE: 'x',
      A: 'own',
      B: '2',
      S_P: 'pw',
    });
  });

  it('expands what was defined before, and leaves the rest as written', async () => {
    const env = [
      { name: 'HOST', value: 'db' },
      { name: 'URL', value: 'pg://$(HOST)/$(NAME)?$$(HOST)' },
    ];
    expect((await resolve({ env })).URL).toBe('pg://db/$(NAME)?$(HOST)');
  });

  it('tells the downward API', async () => {
    const field = (fieldPath: string) => ({ name: fieldPath, valueFrom: { fieldRef: { fieldPath } } });
    const env = [field('status.podIP'), field("metadata.labels['app']"), field('spec.nodeName')];
    const cpu = { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } };
    expect(await resolve({ env: [...env, cpu] })).toMatchObject({
      'status.podIP': '100.64.0.2',
      "metadata.labels['app']": 'web',
      'spec.nodeName': 'n1',
      CPU: '2000',
    });
  });

  it('refuses a missing object and a missing key unless they are optional', async () => {
    await expect(resolve({ envFrom: [{ configMapRef: { name: 'no' } }] })).rejects.toThrow(PodConfigError);
    const ref = (optional?: boolean) => [
      { name: 'X', valueFrom: { secretKeyRef: { name: 'sec', key: 'no', optional } } },
    ];
    await expect(resolve({ env: ref() })).rejects.toThrow("couldn't find key no in Secret shop/sec");
    expect(await resolve({ env: ref(true) })).toEqual({ BASE: 'x' });
  });
});

it('expands in commands', () => {
  expect(expand('echo $(A) $$ $(B) $C', new Map([['A', '1']]))).toBe('echo 1 $ $(B) $C');
});
