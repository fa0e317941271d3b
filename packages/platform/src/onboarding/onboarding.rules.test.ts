import { describe, expect, it } from 'vitest';
import { describePlan, rolesOf, tenantPlan } from './onboarding.rules.js';

const parse = (plan: object) => tenantPlan.safeParse({ name: 'acme', purpose: 'Shop', ...plan });

describe('a plan', () => {
  it.each([
    ['аcme'], // Cyrillic а
    ['ａcme'],
    ['acme\u200b'],
    ['../acme'],
    ['acme/..'],
    ['acme%2fx'],
    ['Acme'],
    ['-acme'],
    ['acme\n'],
    ['a'],
    ['a'.repeat(41)],
  ])('has no name like %j', (name) => {
    expect(parse({ name }).success).toBe(false);
    expect(parse({ projects: [{ name }] }).success).toBe(false);
  });

  it('names each project once, and knows no fields but its own', () => {
    expect(parse({ projects: [{ name: 'shop' }, { name: 'shop' }] }).success).toBe(false);
    expect(parse({ state: 'active' }).success).toBe(false);
    expect(parse({ projects: [{ name: 'shop', tenantId: 'x' }] }).success).toBe(false);
    expect(parse({ members: [{ username: 'a', role: 'god' }] }).success).toBe(false);
  });

  it('gives each person one role, the asker the owner’s unless another is named', () => {
    const plan = tenantPlan.parse({ name: 'acme', purpose: 'x', members: [{ username: 'ann', role: 'viewer' }] });
    expect([...rolesOf(plan, 'ann')]).toEqual([['ann', 'owner']]);
    expect([...rolesOf({ ...plan, owner: 'bob' }, 'cleo')]).toEqual([
      ['ann', 'viewer'],
      ['bob', 'owner'],
    ]);
  });

  it('is read by an approver line by line', () => {
    const plan = tenantPlan.parse({
      name: 'acme',
      purpose: 'Shop',
      limits: { pods: 20 },
      projects: [{ name: 'shop', blueprint: 'web-team' }],
    });
    expect(describePlan(plan).changes.map(({ path, after }) => `${path}: ${after}`)).toEqual([
      'name: acme',
      'purpose: Shop',
      'limits.pods: 20',
      'projects.shop: web-team',
    ]);
  });
});
