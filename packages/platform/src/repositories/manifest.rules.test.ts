import { describe, expect, it } from 'vitest';
import { findManifestPush, findManifestRemoval, listBlobs, listChildren } from './manifest.rules.js';

const digest = (text: string) => `sha256:${text.repeat(64).slice(0, 64)}`;

describe('a removal of a manifest', () => {
  const path = `/v2/acme/shop/web/manifests/${digest('a')}`;
  it.each([
    ['DELETE', path, { repository: 'acme/shop/web', digest: digest('a') }],
    ['DELETE', `${path}?n=1`, { repository: 'acme/shop/web', digest: digest('a') }],
    ['DELETE', '/v2/acme/shop/web/manifests/1.0', undefined],
    ['PUT', path, undefined],
  ])('%s %s is %j', (method, url, removal) => {
    expect(findManifestRemoval(method, url)).toEqual(removal);
  });
});

describe('an index', () => {
  it('names its manifests, whatever else is written there', () => {
    const manifests = [{ digest: digest('a') }, { digest: 'latest' }, null, 7];
    expect(listChildren(Buffer.from(JSON.stringify({ manifests })))).toEqual([digest('a')]);
    expect(listChildren(Buffer.from('nothing'))).toEqual([]);
  });
});

describe('a push of a manifest', () => {
  it.each([
    ['PUT', '/v2/acme/shop/web/manifests/1.0', 'acme/shop/web'],
    ['PUT', `/v2/acme/shop/web/manifests/${digest('a')}`, 'acme/shop/web'],
    ['GET', '/v2/acme/shop/web/manifests/1.0', undefined],
    ['PUT', '/v2/acme/shop/web/blobs/uploads/1', undefined],
    ['PUT', '/v2/manifests/1.0', undefined],
  ])('%s %s is of %s', (method, path, name) => {
    expect(findManifestPush(method, path)?.repository).toBe(name);
  });

  it('names each blob once, and nothing that is none', () => {
    const [config, layer] = [digest('a'), digest('b')];
    const layers = [
      { digest: layer, size: 7 },
      { digest: layer, size: 7 },
      { digest: 'x', size: 1 },
      { digest: config, size: -1 },
    ];
    const body = Buffer.from(JSON.stringify({ config: { digest: config, size: 2 }, layers }));
    expect([...listBlobs(body)]).toEqual([
      [config, 2],
      [layer, 7],
    ]);
    expect(listBlobs(Buffer.from('no json')).size).toBe(0);
    expect(listBlobs(Buffer.from('{"manifests":[]}')).size).toBe(0);
  });
});
