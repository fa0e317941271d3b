import { expect, it } from 'vitest';
import { RefusalSampler } from './refusal-sampler.js';

it('notes twenty of an actor in a minute, and tells with the next how many it left out', () => {
  let now = 0;
  const sampler = new RefusalSampler(() => now);
  const taken = (count: number, actor: string) =>
    Array.from({ length: count }, () => sampler.take(actor)).filter((sample) => sample !== undefined).length;
  expect(taken(500, 'eve')).toBe(20);
  expect(taken(3, 'olga')).toBe(3);
  now = 60_000;
  expect(sampler.take('eve')).toEqual({ unrecorded: 480 });
  expect(sampler.take('eve')).toEqual({ unrecorded: 0 });
  expect(sampler.take('olga')).toEqual({ unrecorded: 0 });
});

it('keeps so many actors at most', () => {
  const sampler = new RefusalSampler(() => 0);
  for (let number = 0; number < 10_001; number += 1) sampler.take(`actor-${number}`);
  expect(Reflect.get(sampler, 'windows').size).toBe(10_000);
});
