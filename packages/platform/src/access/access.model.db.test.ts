import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Access, noteAccessChange } from '../kernel/access/access.js';
import {
  allPermissions,
  levelOf,
  type Permission,
  permissionsOfPlatformRole,
  permissionsOfRole,
  permissionsOfRoleOnProject,
  platformRoles,
  roles,
} from '../kernel/access/permissions.js';
import { isAllowed } from '../kernel/access/policy.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import { createUserActor } from '../kernel/tenancy/caller.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';

/** Stands still until it is moved. */
class FakeClock extends Clock {
  private time = Date.UTC(2026, 10, 21);
  override now(): Date {
    return new Date(this.time);
  }
  move(minutes: number): void {
    this.time += minutes * 60_000;
  }
}

const custom: readonly Permission[] = ['tenants:read', 'pods:exec', 'audit:read', 'quotas:write'];
const tenantRoles = [...roles, 'inspector'];
const people = 4;
const groups = 2;

/** What the model knows: who holds which role where until when, and who is in which group. */
interface Bound {
  readonly id: string;
  readonly subject: { readonly user: number } | { readonly group: number };
  readonly tenant: number | null;
  readonly project: number | null;
  readonly role: string;
  readonly until: number | null;
}

const subject = fc.oneof(fc.record({ user: fc.nat(people - 1) }), fc.record({ group: fc.nat(groups - 1) }));
const minutes = fc.option(fc.integer({ min: 1, max: 30 }), { nil: null });
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('bind' as const),
      subject,
      tenant: fc.nat(1),
      project: fc.option(fc.nat(1), { nil: null }),
      role: fc.constantFrom(...tenantRoles),
      minutes,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('appoint' as const),
      subject,
      role: fc.constantFrom(...platformRoles),
      minutes,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unbind' as const), nth: fc.nat(20) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('join' as const), user: fc.nat(people - 1), group: fc.nat(groups - 1) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('leave' as const), user: fc.nat(people - 1), group: fc.nat(groups - 1) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 20 }) }) },
);

let api: TestApi;
let database: Database;
const clock = new FakeClock();
const world = {
  users: [] as string[],
  groups: [] as string[],
  tenants: [] as { id: string; projects: string[] }[],
  role: '',
};

beforeAll(async () => {
  api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') });
  database = api.app.get(Database);
  for (let index = 0; index < people; index++) {
    const id = newId();
    const username = `person-${index}`;
    await database.read.user.create({
      data: { id, username, displayName: username, issuer: 'test', subject: username },
    });
    world.users.push(id);
  }
  for (let index = 0; index < groups; index++) {
    const id = newId();
    await database.read.group.create({ data: { id, name: `group-${index}`, displayName: '', source: 'scim' } });
    world.groups.push(id);
  }
  for (const name of ['one', 'two']) {
    const id = newId();
    await database.read.tenant.create({ data: { id, name, displayName: name } });
    const projects = ['left', 'right'].map((project) => ({
      id: newId(),
      tenantId: id,
      name: project,
      displayName: '',
    }));
    await database.read.project.createMany({ data: projects });
    world.tenants.push({ id, projects: projects.map((project) => project.id) });
  }
  world.role = newId();
  const data = { id: world.role, name: 'inspector', displayName: '', permissions: [...custom], createdBy: 'test' };
  await database.read.customRole.create({ data });
}, 60_000);
afterAll(() => api?.close());

class Model {
  bindings: Bound[] = [];
  readonly memberships = new Set<string>();

  holds(user: number, tenant: number, project: number | null, now: number): ReadonlySet<Permission> {
    const held = this.bindings.filter(
      (one) =>
        (one.until === null || one.until > now) &&
        ('user' in one.subject ? one.subject.user === user : this.memberships.has(`${user}-${one.subject.group}`)) &&
        (one.tenant === null || (one.tenant === tenant && (one.project === null || one.project === project))),
    );
    return new Set(held.flatMap((one) => [...permissionsOf(one)]));
  }

  sees(user: number, tenant: number, now: number): boolean {
    const places = [null, 0, 1].map((project) => this.holds(user, tenant, project, now));
    return places.some((held) => held.size > 0);
  }
}

function permissionsOf({ tenant, project, role }: Bound): Iterable<Permission> {
  const platform = platformRoles.find((one) => one === role);
  if (tenant === null) return platform ? permissionsOfPlatformRole[platform] : [];
  const builtIn = roles.find((one) => one === role);
  if (builtIn) return project === null ? permissionsOfRole[builtIn] : permissionsOfRoleOnProject[builtIn];
  return custom.filter((permission) => project === null || levelOf(permission) === 'project');
}

describe('who may do what', () => {
  it('is the same as in a small model of it, whatever is bound, joined, left, waited for and taken away', async () => {
    // Two processes of the platform, each with what it keeps in memory.
    const processes = [new Access(database, clock), new Access(database, clock)];
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
          const model = new Model();
          await database.transaction(async (tx) => {
            await tx.roleBinding.deleteMany({});
            await tx.groupMember.deleteMany({});
            await noteAccessChange(tx);
          });
          for (const one of steps) {
            await apply(model, one);
            for (const access of processes) {
              // A notice takes its way through PostgreSQL: a moment, and never the time that things are kept.
              await expect.poll(() => differences(access, model), { interval: 5, timeout: 2_000 }).toEqual([]);
            }
          }
        }),
        { numRuns: 15, endOnFailure: true },
      );
    } finally {
      for (const access of processes) await access.beforeApplicationShutdown();
    }
  }, 120_000);
});

async function apply(model: Model, one: typeof step extends fc.Arbitrary<infer T> ? T : never): Promise<void> {
  const now = clock.now().getTime();
  await database.transaction(async (tx) => {
    if (one.do === 'bind' || one.do === 'appoint') {
      const { tenant, project } = one.do === 'bind' ? one : { tenant: null, project: null };
      const until = one.minutes === null ? null : now + one.minutes * 60_000;
      const place = tenant === null ? undefined : world.tenants[tenant];
      const id = newId();
      await tx.roleBinding.create({
        data: {
          id,
          tenantId: place?.id ?? null,
          projectId: project === null ? null : (place?.projects[project] ?? null),
          userId: 'user' in one.subject ? (world.users[one.subject.user] ?? null) : null,
          groupId: 'group' in one.subject ? (world.groups[one.subject.group] ?? null) : null,
          role: one.role,
          roleId: one.role === 'inspector' ? world.role : null,
          expiresAt: until === null ? null : new Date(until),
          createdBy: 'test',
        },
      });
      model.bindings.push({ id, subject: one.subject, tenant, project, role: one.role, until });
    } else if (one.do === 'unbind') {
      const doomed = model.bindings[one.nth % Math.max(1, model.bindings.length)];
      if (doomed) await tx.roleBinding.delete({ where: { id: doomed.id } });
      model.bindings = model.bindings.filter((binding) => binding !== doomed);
    } else if (one.do === 'join' || one.do === 'leave') {
      const key = { groupId: world.groups[one.group] ?? '', userId: world.users[one.user] ?? '' };
      await tx.groupMember.deleteMany({ where: key });
      model.memberships.delete(`${one.user}-${one.group}`);
      if (one.do === 'join') {
        await tx.groupMember.create({ data: key });
        model.memberships.add(`${one.user}-${one.group}`);
      }
    } else clock.move(one.minutes);
    await noteAccessChange(tx);
  });
}

/** Where the platform and the model disagree: about tenants that are seen, and about every permission in every place. */
async function differences(access: Access, model: Model): Promise<string[]> {
  const now = clock.now().getTime();
  const found: string[] = [];
  for (const [user, id] of world.users.entries()) {
    const actor = createUserActor({ id, username: `person-${user}`, platformRoles: await access.platformRolesOf(id) });
    const reach = await access.reach(actor, 'tenants:read');
    for (const [tenant, { id: tenantId, projects }] of world.tenants.entries()) {
      const scope = await access.findTenantScope(actor, tenantId);
      if ((scope !== undefined) !== model.sees(user, tenant, now))
        found.push(`${user} sees ${tenant}: ${scope !== undefined}`);
      const whole = model.holds(user, tenant, null, now).has('tenants:read');
      const isReached = reach === 'everywhere' || reach.tenants.includes(tenantId);
      if (isReached !== whole) found.push(`${user} reaches ${tenant}: ${isReached}`);
      if (!scope) continue;
      for (const project of [null, 0, 1]) {
        const held = model.holds(user, tenant, project, now);
        const projectId = project === null ? undefined : projects[project];
        const wrong = allPermissions.filter((name) => isAllowed(actor, scope, name, projectId) !== held.has(name));
        if (wrong.length > 0) found.push(`${user} in ${tenant}/${project}: ${wrong.join(' ')}`);
      }
    }
  }
  return found;
}
