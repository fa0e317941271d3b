import { expect, it } from 'vitest';
import { findCredentials, parseImage, pullPolicyOf } from './images.js';

it.each([
  ['nginx', { registry: 'docker.io', repository: 'library/nginx', tag: 'latest' }],
  ['bitnami/redis:7', { registry: 'docker.io', repository: 'bitnami/redis', tag: '7' }],
  ['127.0.0.1:7601/shop/web@sha256:ab', { registry: '127.0.0.1:7601', repository: 'shop/web', digest: 'sha256:ab' }],
  ['localhost/a:1', { registry: 'localhost', repository: 'a', tag: '1' }],
])('reads the image reference %s', (image, expected) => {
  expect(parseImage(image)).toMatchObject(expected);
});

it('pulls `latest` always and other tags when they are missing', () => {
  expect(pullPolicyOf({ name: 'a', image: 'web' })).toBe('Always');
  expect(pullPolicyOf({ name: 'a', image: 'web:1' })).toBe('IfNotPresent');
  expect(pullPolicyOf({ name: 'a', image: 'web@sha256:ab' })).toBe('IfNotPresent');
});

it('prefers the credentials of the longest path and gives none to another registry', () => {
  const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') });
  const config = {
    auths: { 'https://127.0.0.1:7601': auth('all:1'), '127.0.0.1:7601/shop': auth('shop:2:3'), other: auth('o:4') },
  };
  const secret = {
    metadata: { name: 's' },
    data: { '.dockerconfigjson': Buffer.from(JSON.stringify(config)).toString('base64') },
  };
  const found = findCredentials([secret], '127.0.0.1:7601/shop/web:1');
  expect(found.map(({ username, password }) => [username, password])).toEqual([
    ['shop', '2:3'],
    ['all', '1'],
  ]);
  expect(findCredentials([secret], '127.0.0.1:76010/shop/web:1')).toEqual([]);
});
