import { describe, expect, it } from 'vitest';
import { Grants } from '../kernel/access/grants.js';
import {
  allPermissions,
  levelOf,
  permissionsOfPlatformRole,
  permissionsOfRole,
  permissionsOfRoleOnProject,
  roles,
} from '../kernel/access/permissions.js';
import { lacking, ofPlatformOnly, rolesWith, wouldLoseLastOwner } from './access.rules.js';
import { explain, type KnownBinding } from './explain.rules.js';

const now = new Date('2026-11-21T12:00:00Z');
const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000);

describe('the built-in roles', () => {
  it('each hold all that the next smaller one holds', () => {
    const pairs = roles.slice(1).map((role, index) => [roles[index] ?? 'owner', role] as const);
    for (const [greater, smaller] of pairs) {
      expect(lacking(permissionsOfRole[smaller], permissionsOfRole[greater]), `${greater} ⊇ ${smaller}`).toEqual([]);
    }
  });

  it('of a tenant hold nothing of the platform, and of a project nothing of the tenant', () => {
    for (const role of roles) {
      expect(ofPlatformOnly([...permissionsOfRole[role]])).toEqual([]);
      expect([...permissionsOfRoleOnProject[role]].filter((permission) => levelOf(permission) !== 'project')).toEqual(
        [],
      );
    }
  });

  it('give the verbs that stand alone to nobody below', () => {
    const smallest = (permission: Parameters<typeof rolesWith>[0]) =>
      rolesWith(permission, { tenantId: 't', projectId: null })[0];
    expect(smallest('pods:exec')).toBe('operator');
    expect(smallest('rollouts:write')).toBe('operator');
    expect(smallest('rollouts:promote')).toBe('operator');
    expect(smallest('rollouts:rollback')).toBe('operator');
    expect(smallest('secrets:read')).toBe('admin');
    expect(smallest('requests:approve')).toBe('admin');
    expect(smallest('owners:write')).toBe('owner');
    const deletions = allPermissions.filter((name) => name.endsWith(':delete') && levelOf(name) !== 'platform');
    for (const deletion of deletions) expect(smallest(deletion)).toBe('admin');
  });

  it('keep secrets and logs from auditors, and every change', () => {
    const held = [...permissionsOfPlatformRole.auditor];
    expect(held.filter((name) => !name.endsWith(':read'))).toEqual(['audit:read-all', 'audit:export']);
    expect(held).not.toContain('secrets:read');
    expect(held).not.toContain('logs:read');
  });
});

describe('wouldLoseLastOwner', () => {
  const [ann, bob] = [{ id: 'ann' }, { id: 'bob' }];
  it.each([
    ['the only owner leaves', [ann], [ann], true],
    ['one of two owners leaves', [ann, bob], [ann], false],
    ['both leave at once', [ann, bob], [ann, bob], true],
    ['somebody else leaves', [ann], [bob], false],
    ['nobody was an owner', [], [bob], false],
  ])('%s', (_, owners, leaving, expected) => {
    expect(wouldLoseLastOwner(owners, leaving)).toBe(expected);
  });
});

describe('grants', () => {
  const grant = {
    tenantId: 't',
    projectId: null,
    projectName: null,
    role: 'viewer',
    custom: null,
    expiresAt: null,
  };

  it('end at their time, without being read again', () => {
    const grants = new Grants([grant, { ...grant, role: 'admin', expiresAt: at(5) }], 0);
    expect(grants.rightsIn('t', now).role).toBe('admin');
    expect(grants.rightsIn('t', at(4)).permissions.has('members:write')).toBe(true);
    expect(grants.rightsIn('t', at(5)).permissions.has('members:write')).toBe(false);
    expect(grants.rightsIn('t', at(5)).role).toBe('viewer');
  });

  it('of a custom role hold in a tenant only what can be given there', () => {
    const custom = ['users:write', 'roles:read', 'pods:exec', 'no:such'];
    const inTenant = new Grants([{ ...grant, role: 'mine', custom }], 0).rightsIn('t', now);
    expect([...inTenant.permissions]).toEqual(['roles:read', 'pods:exec']);
    const inProject = { ...grant, role: 'mine', custom, projectId: 'p', projectName: 'shop' };
    const rights = new Grants([inProject], 0).rightsIn('t', now);
    expect([...(rights.projects.get('p') ?? [])]).toEqual(['pods:exec']);
    expect(rights.permissions.size).toBe(0);
  });

  it('of a role that is not known hold nothing', () => {
    expect(new Grants([{ ...grant, role: 'emperor' }], 0).rightsIn('t', now).permissions.size).toBe(0);
    const onPlatform = { ...grant, tenantId: null, role: 'owner' };
    expect(new Grants([onPlatform], 0).onPlatform(now).size).toBe(0);
  });
});

describe('explain', () => {
  const binding: KnownBinding = {
    id: 'b',
    tenantId: 't',
    projectId: null,
    role: 'viewer',
    custom: null,
    group: null,
    project: null,
    expiresAt: null,
    createdBy: 'ann',
  };
  const tenant = { tenantId: 't', projectId: null };
  const shop = { tenantId: 't', projectId: 'shop' };

  it.each([
    ['a role that holds it', 'pods:read', tenant, [binding], 'allowed'],
    ['a role in the tenant, asked of a project', 'pods:read', shop, [binding], 'allowed'],
    ['a role of the platform', 'pods:read', shop, [{ ...binding, tenantId: null, role: 'auditor' }], 'allowed'],
    ['a role that lacks it', 'pods:exec', tenant, [binding], 'role-lacks-it'],
    ['a role that has ended', 'pods:exec', tenant, [{ ...binding, role: 'admin', expiresAt: at(0) }], 'role-ended'],
    ['a role in another project', 'pods:read', shop, [{ ...binding, projectId: 'other' }], 'project-not-covered'],
    [
      'a role in a project, asked of the tenant',
      'pods:read',
      tenant,
      [{ ...binding, projectId: 'shop' }],
      'project-not-covered',
    ],
    ['a role in another tenant', 'pods:read', tenant, [{ ...binding, tenantId: 'u' }], 'no-role'],
    ['what the platform alone gives', 'users:write', tenant, [{ ...binding, role: 'owner' }], 'platform-only'],
    ['nothing at all', 'pods:read', tenant, [], 'no-role'],
  ] as const)('%s → %5$s', (_, permission, place, bindings, verdict) => {
    expect(explain(permission, place, bindings, now).verdict).toBe(verdict);
  });

  it('names the smallest role that would be enough', () => {
    expect(explain('pods:exec', tenant, [binding], now).wouldSuffice[0]).toBe('operator');
    expect(explain('quotas:write', shop, [binding], now).wouldSuffice).toEqual([]);
    expect(explain('users:write', tenant, [binding], now).wouldSuffice).toEqual(['admin']);
  });
});
