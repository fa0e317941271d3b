import { describe, expect, it } from 'vitest';
import { PullSampler } from './pull-sampler.js';

const digest = `sha256:${'a'.repeat(64)}`;
const pull = { actor: 'alice', repository: 'acme/shop/web', digest, tag: undefined };

describe('pulls', () => {
  it('are noted once an hour of each actor, repository and digest', () => {
    let now = 0;
    const sampler = new PullSampler(() => now);
    expect(sampler.take(pull)).toEqual({ digest });
    expect(sampler.take(pull)).toBeUndefined();
    expect(sampler.take({ ...pull, actor: 'bob' })).toEqual({ digest });
    expect(sampler.take({ ...pull, repository: 'acme/shop/api' })).toEqual({ digest });
    now = 3_600_000;
    expect(sampler.take(pull)).toEqual({ digest });
  });

  it('say the tag that the digest was asked for by', () => {
    const sampler = new PullSampler(() => 0);
    sampler.resolve({ ...pull, tag: '1.0' });
    expect(sampler.take(pull)).toEqual({ digest, tag: '1.0' });
    expect(sampler.take({ ...pull, actor: 'bob', tag: '2.0' })).toEqual({ digest, tag: '2.0' });
  });
});
