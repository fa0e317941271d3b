import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MirroredEnvironment, planMirror, toClusterResource } from './mirror.rules.js';

const environment = (id: string, projectId: string, pods: bigint, surge = 0n): MirroredEnvironment => ({
  id,
  projectId,
  used: new Map([['pods', pods]]),
  surge: new Map(surge ? [['pods', surge]] : []),
});
const tenant = (limit: bigint, used: bigint) => ({
  level: 'tenant' as const,
  scopeId: 'T',
  resource: 'pods',
  limit,
  used,
});
const read = (plan: ReturnType<typeof planMirror>) =>
  Object.fromEntries([...plan].map(([id, hard]) => [id, hard.get('pods')]));

describe('the quotas of namespaces', () => {
  it('have what is used and an equal share of what is free', () => {
    const plan = planMirror([environment('a', 'P', 4n), environment('b', 'P', 0n)], [tenant(10n, 4n)]);
    expect(read(plan)).toEqual({ a: 7n, b: 3n });
  });

  it('keep to the lowest of the levels', () => {
    const limits = [
      tenant(100n, 4n),
      { level: 'environment' as const, scopeId: 'b', resource: 'pods', limit: 2n, used: 0n },
    ];
    expect(read(planMirror([environment('a', 'P', 4n), environment('b', 'P', 0n)], limits))).toEqual({ a: 52n, b: 2n });
  });

  it('have room for a rollout that goes on', () => {
    expect(read(planMirror([environment('a', 'P', 4n, 1n)], [tenant(4n, 4n)]))).toEqual({ a: 5n });
  });

  it('give nothing new where too much is used', () => {
    expect(read(planMirror([environment('a', 'P', 6n), environment('b', 'P', 0n)], [tenant(4n, 6n)]))).toEqual({
      a: 6n,
      b: 0n,
    });
  });

  it('never sum above a limit', () => {
    const amounts = fc.array(fc.bigInt({ min: 0n, max: 50n }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(amounts, fc.bigInt({ min: 0n, max: 500n }), (uses, limit) => {
        const used = uses.reduce((sum, each) => sum + each, 0n);
        const environments = uses.map((each, index) => environment(`e${index}`, `p${index % 2}`, each));
        const hard = [...planMirror(environments, [tenant(limit, used)]).values()];
        const sum = hard.reduce((total, each) => total + (each.get('pods') ?? 0n), 0n);
        expect(sum <= limit || sum === used).toBe(true);
      }),
    );
  });

  it('name what a cluster can count, and nothing else', () => {
    const names = ['pods', 'requests.cpu', 'count/jobs.batch', 'routes', 'build-minutes', 'projects'].map(
      toClusterResource,
    );
    const routes = 'count/httproutes.gateway.networking.k8s.io';
    expect(names).toEqual(['pods', 'requests.cpu', 'count/jobs.batch', routes, undefined, undefined]);
  });
});
