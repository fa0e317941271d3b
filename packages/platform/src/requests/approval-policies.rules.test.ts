import { describe, expect, it } from 'vitest';
import { findPolicy, holds, type PolicyCondition, type PolicyRow, refusePolicy } from './approval-policies.rules.js';
import { isApprover, type Standing } from './approvers.rules.js';

const facts = { cpu: '4', limits: { memory: '8Gi', pods: 20 }, role: 'developer', isUrgent: true, grantSeconds: null };

it.each<[PolicyCondition, boolean]>([
  [{ path: 'cpu', atMost: '4' }, true],
  [{ path: 'cpu', atMost: '4000m' }, true],
  [{ path: 'cpu', atMost: '3999m' }, false],
  [{ path: 'cpu', equals: '4000m' }, true],
  [{ path: 'limits.memory', atMost: '8192Mi' }, true],
  [{ path: 'limits.memory', atMost: '8G' }, false],
  [{ path: 'limits.pods', atLeast: 20, atMost: 20 }, true],
  [{ path: 'limits.pods', atLeast: 21 }, false],
  [{ path: 'role', equals: 'developer' }, true],
  [{ path: 'role', oneOf: ['viewer', 'developer'] }, true],
  [{ path: 'role', oneOf: ['viewer'] }, false],
  [{ path: 'role', atMost: '4' }, false],
  [{ path: 'isUrgent', equals: true }, true],
  [{ path: 'isUrgent', equals: 'true' }, false],
  [{ path: 'nothing', atMost: '4' }, false],
  [{ path: 'limits.memory.more', atMost: '4' }, false],
  [{ path: 'constructor', equals: 'x' }, false],
  [{ path: 'grantSeconds', atMost: 3600 }, false],
])('%j is %s', (condition, wanted) => expect(holds(condition, facts)).toBe(wanted));

describe('which policy rules', () => {
  const policy = (id: string, change: Partial<PolicyRow> = {}): PolicyRow => ({
    id,
    tenantId: null,
    kind: 'access',
    priority: 100,
    conditions: [],
    environmentKinds: [],
    approvalsNeeded: 1,
    approverScope: 'tenant',
    approverPermission: 'requests:approve',
    approverRoles: [],
    approverGroups: [],
    approverUsers: [],
    expiresAfterSeconds: 60,
    maxGrantSeconds: null,
    createdAt: new Date(0),
    ...change,
  });
  const question = {
    kind: 'access',
    tenantId: 't',
    environmentKind: null,
    payload: { role: 'viewer' },
    grantSeconds: null,
  };
  const viewers = { conditions: [{ path: 'role', equals: 'viewer' }] };

  it.each<[string, PolicyRow[], 'platform' | 'tenant', string | undefined]>([
    ['none', [], 'tenant', undefined],
    ['of another kind: none', [policy('p', { kind: 'quota' })], 'tenant', undefined],
    ['of another tenant: none', [policy('p', { tenantId: 'other' })], 'tenant', undefined],
    ['the lowest priority', [policy('p'), policy('q', { priority: 1 })], 'tenant', 'q'],
    ['the older of equals', [policy('p', { createdAt: new Date(1) }), policy('q')], 'tenant', 'q'],
    ['the platform’s before the tenant’s', [policy('p', { tenantId: 't', priority: 0 }), policy('q')], 'tenant', 'q'],
    [
      'the tenant’s where the platform’s does not match',
      [policy('p', { tenantId: 't' }), policy('q', { environmentKinds: ['production'] })],
      'tenant',
      'p',
    ],
    ['never the tenant’s for what the platform decides', [policy('p', { tenantId: 't' })], 'platform', undefined],
    [
      'one whose conditions hold',
      [policy('p', { conditions: [{ path: 'role', equals: 'admin' }] }), policy('q', viewers)],
      'tenant',
      'q',
    ],
  ])('%s', (_, policies, decidedBy, wanted) => {
    expect(findPolicy(policies, question, decidedBy)?.id).toBe(wanted);
    expect(findPolicy([...policies].reverse(), question, decidedBy)?.id).toBe(wanted);
  });

  it('looks at the kind of the environment', () => {
    const policies = [policy('p', { environmentKinds: ['production'] })];
    expect(findPolicy(policies, { ...question, environmentKind: 'production' }, 'tenant')?.id).toBe('p');
    expect(findPolicy(policies, { ...question, environmentKind: 'staging' }, 'tenant')).toBeUndefined();
  });

  it('cannot be one that nobody could decide, nor a tenant’s about what the platform decides', () => {
    expect(refusePolicy(policy('p', { approverPermission: null }), 'platform', 'tenant')).toBe(
      'approval-policy-without-approvers',
    );
    expect(
      refusePolicy(policy('p', { approverPermission: null, approvalsNeeded: 0 }), 'platform', 'tenant'),
    ).toBeUndefined();
    expect(refusePolicy(policy('p'), 'tenant', 'platform')).toBe('approval-policy-not-for-tenants');
  });
});

describe('who is an approver', () => {
  const holding = (roles: string[], ...permissions: string[]) => ({ roles, permissions: new Set(permissions) });
  const standing = (change: Partial<Standing> = {}): Standing => ({
    userId: 'u',
    username: 'ada',
    groups: [],
    platform: holding([]),
    tenants: new Map(),
    projects: new Map(),
    ...change,
  });
  const request = {
    tenantId: 't',
    projectId: 'p',
    approverScope: 'tenant',
    approverPermission: null,
    approverRoles: [],
    approverGroups: [],
    approverUsers: [],
  } as const;
  const permitted = { ...request, approverPermission: 'requests:approve' };
  const may = holding(['admin'], 'requests:approve');

  it.each<[string, Standing, Parameters<typeof isApprover>[1], boolean]>([
    ['nobody by nothing', standing({ tenants: new Map([['t', may]]) }), request, false],
    ['by name', standing(), { ...request, approverUsers: ['ada'] }, true],
    ['by group', standing({ groups: ['sec'] }), { ...request, approverGroups: ['sec'] }, true],
    ['by permission in the tenant', standing({ tenants: new Map([['t', may]]) }), permitted, true],
    ['by permission on the platform', standing({ platform: may }), permitted, true],
    ['not by permission in another tenant', standing({ tenants: new Map([['x', may]]) }), permitted, false],
    ['not by permission in a project alone', standing({ projects: new Map([['p', may]]) }), permitted, false],
    [
      'by permission in the project',
      standing({ projects: new Map([['p', may]]) }),
      { ...permitted, approverScope: 'project' },
      true,
    ],
    [
      'by permission in its tenant',
      standing({ tenants: new Map([['t', may]]) }),
      { ...permitted, approverScope: 'project' },
      true,
    ],
    [
      'not by the tenant’s permission for the platform',
      standing({ tenants: new Map([['t', may]]) }),
      { ...permitted, approverScope: 'platform' },
      false,
    ],
    [
      'by role in the tenant',
      standing({ tenants: new Map([['t', may]]) }),
      { ...request, approverRoles: ['admin'] },
      true,
    ],
    [
      'not by a role of the platform in the tenant',
      standing({ platform: may }),
      { ...request, approverRoles: ['admin'] },
      false,
    ],
  ])('%s', (_, who, what, wanted) => expect(isApprover(who, what)).toBe(wanted));
});
