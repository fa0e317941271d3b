import { describe, expect, it } from 'vitest';
import {
  findDockerPassword,
  toDistinctNamespaceName,
  toDockerConfig,
  toLabels,
  toNamespaceName,
  toServiceName,
} from './environments.rules.js';

const long = 'a'.repeat(40);

describe('namespaces', () => {
  it('join the three names', () => {
    expect(toNamespaceName('acme', 'shop', 'production')).toBe('acme-shop-production');
  });

  it('keep 54 characters, a dash and 8 of the hash when they would be too long', () => {
    const name = toNamespaceName(long, long, 'production');
    expect(name).toHaveLength(63);
    expect(name).toMatch(/^a{40}-a{13}-[0-9a-f]{8}$/);
    expect(name).not.toBe(toNamespaceName(long, long, 'staging'));
  });

  it('stay distinct where the joined names are the same', () => {
    expect(toNamespaceName('a-b', 'c', 'd')).toBe(toNamespaceName('a', 'b-c', 'd'));
    expect(toDistinctNamespaceName('a-b', 'c', 'd')).not.toBe(toDistinctNamespaceName('a', 'b-c', 'd'));
  });
});

describe('names of objects', () => {
  it('give the web process the application’s own Service', () => {
    expect(toServiceName('web', 'web')).toBe('web');
    expect(toServiceName('web', 'worker')).toBe('web-worker');
  });

  it('label what is known of the owner', () => {
    expect(toLabels({ tenant: 'acme', project: 'shop' })).toEqual({
      'app.kubernetes.io/managed-by': 'slipway',
      'slipway.dev/tenant': 'acme',
      'slipway.dev/project': 'shop',
    });
  });
});

describe('the pull secret', () => {
  it('gives back the password of its registry only', () => {
    const encoded = Buffer.from(toDockerConfig('127.0.0.1:7601', 'robot$shop+production', 'pw')).toString('base64');
    expect(findDockerPassword(encoded, '127.0.0.1:7601')).toBe('pw');
    expect(findDockerPassword(encoded, 'other')).toBeUndefined();
    expect(findDockerPassword('no base64 json', 'x')).toBeUndefined();
    expect(findDockerPassword(undefined, 'x')).toBeUndefined();
  });
});
