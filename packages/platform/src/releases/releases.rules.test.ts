import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, contentHash, diffReleases, type ReleaseContent, releaseHash } from './releases.rules.js';

const content: ReleaseContent = {
  image: 'registry/acme/shop/hello@sha256:aaa',
  processes: { web: { port: 8080 } },
  config: { production: { version: 1, hash: 'sha256:c1', secrets: { TOKEN: 1 } } },
  routes: { production: ['hello.example.com'] },
  scaling: {},
};

describe('canonicalJson', () => {
  it('does not depend on the order of keys', () => {
    expect(canonicalJson({ b: 1, a: [{ d: undefined, c: null }] })).toBe('{"a":[{"c":null}],"b":1}');
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).reverse());
        expect(contentHash(reversed)).toBe(contentHash(object));
      }),
    );
  });

  it('keeps what JSON keeps', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('releaseHash', () => {
  it('is that of the content, not of the number of the config', () => {
    const renumbered = { ...content, config: { production: { version: 9, hash: 'sha256:c1', secrets: { TOKEN: 1 } } } };
    expect(releaseHash(renumbered)).toBe(releaseHash(content));
  });

  it.each<[string, Partial<ReleaseContent>]>([
    ['image', { image: 'registry/acme/shop/hello@sha256:bbb' }],
    ['process', { processes: { web: { port: 9090 } } }],
    ['variable', { config: { production: { version: 1, hash: 'sha256:c2', secrets: { TOKEN: 1 } } } }],
    ['secret', { config: { production: { version: 1, hash: 'sha256:c1', secrets: { TOKEN: 2 } } } }],
    ['route', { routes: { production: [] } }],
    ['scaling', { scaling: { production: { web: { replicas: 2 } } } }],
  ])('changes with its %s', (_, change) =>
    expect(releaseHash({ ...content, ...change })).not.toBe(releaseHash(content)),
  );
});

describe('diffReleases', () => {
  it('names each leaf that differs', () => {
    const after: ReleaseContent = {
      ...content,
      image: 'registry/acme/shop/hello@sha256:bbb',
      config: { production: { version: 2, hash: 'sha256:c2', secrets: { TOKEN: 2, KEY: 1 } } },
    };
    expect(diffReleases(content, after).map((c) => `${c.path}: ${c.before} -> ${c.after}`)).toEqual([
      'config.production.hash: sha256:c1 -> sha256:c2',
      'config.production.secrets.KEY: null -> 1',
      'config.production.secrets.TOKEN: 1 -> 2',
      'config.production.version: 1 -> 2',
      'image: registry/acme/shop/hello@sha256:aaa -> registry/acme/shop/hello@sha256:bbb',
    ]);
  });

  it('finds nothing between equals', () => expect(diffReleases(content, { ...content })).toEqual([]));
});
