import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { AccessTokens } from '../identity/access-tokens.service.js';
import { CredentialCache } from '../identity/credential-cache.service.js';
import { IdentityAuthenticator } from '../identity/identity-authenticator.service.js';
import { SessionsService } from '../identity/sessions.service.js';
import { Access, noteAccessChange } from '../kernel/access/access.js';
import {
  allPermissions,
  levelOf,
  type Permission,
  permissionsOfPlatformRole,
  permissionsOfRole,
  permissionsOfRoleOnProject,
  platformRoles,
  robotPermissions,
  roles,
} from '../kernel/access/permissions.js';
import { isAllowed } from '../kernel/access/policy.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { createToken, hashToken, newId } from '../kernel/ids/ids.js';
import { type Actor, createUserActor } from '../kernel/tenancy/caller.js';
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

/** Where tokens are good: their ranges, and which of the addresses that are tried lie in them, told by hand. */
const addresses = ['10.1.2.3', '192.0.2.7', '2001:db8::7'] as const;
const ranges: readonly { readonly of: readonly string[]; readonly hold: readonly string[] }[] = [
  { of: [], hold: addresses },
  { of: ['10.0.0.0/8'], hold: ['10.1.2.3'] },
  { of: ['192.0.2.7', '2001:db8::/32'], hold: ['192.0.2.7', '2001:db8::7'] },
  { of: ['10.1.2.4/32'], hold: [] },
];
const scopes: readonly (readonly Permission[])[] = [
  [],
  ['tenants:read'],
  ['projects:read', 'pods:exec', 'quotas:write'],
  ['tenants:read', 'users:read', 'builds:write', 'repositories:read'],
];

/** What the model knows: who holds which role where until when, and who is in which group. */
interface Bound {
  readonly id: string;
  readonly subject: { readonly user: number } | { readonly group: number };
  readonly tenant: number | null;
  readonly project: number | null;
  readonly role: string;
  readonly until: number | null;
}

/** A token that somebody holds: a user's, narrowed perhaps, or a robot's with what it may do. */
interface Held {
  readonly id: string;
  readonly token: string;
  readonly of:
    | { readonly user: number }
    | { readonly robot: { readonly tenant: number; readonly project: number | null } };
  readonly scopes: readonly Permission[];
  /** The only tenant where a user's token works. */
  readonly only: number | null;
  readonly hold: readonly string[];
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
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('token' as const),
      user: fc.nat(people - 1),
      only: fc.option(fc.nat(1), { nil: null }),
      scopes: fc.constantFrom(...scopes),
      range: fc.constantFrom(...ranges),
      minutes,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('robot' as const),
      tenant: fc.nat(1),
      project: fc.option(fc.nat(1), { nil: null }),
      permissions: fc.subarray([...robotPermissions], { minLength: 1 }),
      range: fc.constantFrom(...ranges),
      minutes,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('revoke' as const), nth: fc.nat(10) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disable' as const), user: fc.nat(people - 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('enable' as const), user: fc.nat(people - 1) }) },
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

/** Tokens that were taken away: none of them lets anybody in again. */
let gone: Held[] = [];

class Model {
  bindings: Bound[] = [];
  readonly memberships = new Set<string>();
  readonly disabled = new Set<number>();
  tokens: Held[] = [];

  /** Whether a token lets its bearer in from there. */
  admits({ of, hold, until }: Held, address: string, now: number): boolean {
    const isOfDisabled = 'user' in of && this.disabled.has(of.user);
    return !isOfDisabled && hold.includes(address) && (until === null || until > now);
  }

  /** What a token's bearer may do with it. */
  holdsBy(token: Held, tenant: number, project: number | null, now: number): ReadonlySet<Permission> {
    const { of, scopes, only } = token;
    if ('robot' in of) {
      const { robot } = of;
      const isThere = robot.tenant === tenant && (robot.project === null || robot.project === project);
      return new Set(isThere ? scopes : []);
    }
    if (only !== null && only !== tenant) return new Set();
    const held = this.holds(of.user, tenant, project, now);
    return scopes.length === 0 ? held : new Set([...held].filter((permission) => scopes.includes(permission)));
  }

  /** Scopes narrow what may be done, and not which tenants are there. */
  seesBy({ of, only }: Held, tenant: number, now: number): boolean {
    if ('robot' in of) return of.robot.tenant === tenant;
    return (only === null || only === tenant) && this.sees(of.user, tenant, now);
  }

  holds(user: number, tenant: number, project: number | null, now: number): ReadonlySet<Permission> {
    if (this.disabled.has(user)) return new Set();
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

/** A process of the platform, with what it keeps in memory. */
interface Process {
  readonly access: Access;
  readonly credentials: CredentialCache;
  readonly authenticator: IdentityAuthenticator;
}

function startProcess(): Process {
  const access = new Access(database, clock);
  const credentials = new CredentialCache(database, clock);
  const [accessTokens, sessions] = [api.app.get(AccessTokens), api.app.get(SessionsService)];
  const authenticator = new IdentityAuthenticator(database, accessTokens, sessions, credentials, access, clock);
  return { access, credentials, authenticator };
}

describe('who may do what', () => {
  it('is the same as in a small model of it, whatever is bound, joined, left, waited for and taken away, by session, token and robot', async () => {
    const processes = [startProcess(), startProcess()];
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 16 }), async (steps) => {
          const model = new Model();
          gone = [];
          await database.transaction(async (tx) => {
            await tx.roleBinding.deleteMany({});
            await tx.groupMember.deleteMany({});
            await tx.personalToken.deleteMany({ where: { userId: { in: world.users } } });
            await tx.robot.deleteMany({});
            await tx.user.updateMany({ where: { id: { in: world.users } }, data: { disabledAt: null } });
            await noteAccessChange(tx);
          });
          for (const one of steps) {
            await apply(model, one);
            for (const process of processes) {
              // A notice takes its way through PostgreSQL: a moment, and never the time that things are kept.
              const find = async () => [
                ...(await differences(process.access, model)),
                ...(await differencesByTokens(process, model)),
              ];
              await expect.poll(find, { interval: 5, timeout: 2_000 }).toEqual([]);
            }
          }
        }),
        { numRuns: 20, endOnFailure: true },
      );
    } finally {
      for (const { access, credentials } of processes) {
        await access.beforeApplicationShutdown();
        await credentials.beforeApplicationShutdown();
      }
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
    } else if (one.do === 'token' || one.do === 'robot') {
      const until = one.minutes === null ? null : now + one.minutes * 60_000;
      const id = newId();
      const token = createToken(one.do === 'token' ? 'slp_pat_' : 'slp_robot_');
      const expiresAt = until === null ? null : new Date(until);
      const row = { id, hash: hashToken(token), ranges: [...one.range.of], expiresAt };
      const held = { id, token, hold: one.range.hold, until };
      if (one.do === 'token') {
        const tenantId = one.only === null ? null : (world.tenants[one.only]?.id ?? null);
        const userId = world.users[one.user] ?? '';
        const data = { ...row, userId, name: id, prefix: '', scopes: [...one.scopes], tenantId };
        await tx.personalToken.create({ data });
        model.tokens.push({ ...held, of: { user: one.user }, scopes: one.scopes, only: one.only });
      } else {
        const place = world.tenants[one.tenant];
        const projectId = one.project === null ? null : (place?.projects[one.project] ?? null);
        const data = { ...row, tenantId: place?.id ?? '', projectId, username: id, permissions: one.permissions };
        await tx.robot.create({ data });
        const robot = { tenant: one.tenant, project: one.project };
        model.tokens.push({ ...held, of: { robot }, scopes: one.permissions, only: null });
      }
    } else if (one.do === 'revoke') {
      const doomed = model.tokens[one.nth % Math.max(1, model.tokens.length)];
      if (doomed) {
        await tx.personalToken.deleteMany({ where: { id: doomed.id } });
        await tx.robot.deleteMany({ where: { id: doomed.id } });
        gone.push(doomed);
      }
      model.tokens = model.tokens.filter((token) => token !== doomed);
    } else if (one.do === 'disable' || one.do === 'enable') {
      const disabledAt = one.do === 'disable' ? clock.now() : null;
      await tx.user.update({ where: { id: world.users[one.user] ?? '' }, data: { disabledAt } });
      if (disabledAt) model.disabled.add(one.user);
      else model.disabled.delete(one.user);
    } else clock.move(one.minutes);
    await noteAccessChange(tx);
  });
}

/** Where the platform and the model disagree about people. */
async function differences(access: Access, model: Model): Promise<string[]> {
  const now = clock.now().getTime();
  const found: string[] = [];
  for (const [user, id] of world.users.entries()) {
    const actor = createUserActor({ id, username: `person-${user}`, platformRoles: await access.platformRolesOf(id) });
    const expected: Expected = {
      name: `${user}`,
      sees: (tenant) => model.sees(user, tenant, now),
      holds: (tenant, project) => model.holds(user, tenant, project, now),
    };
    found.push(...(await compare(access, actor, expected)));
  }
  return found;
}

/** The same of tokens, from every address; and of those that were taken away. */
async function differencesByTokens({ access, authenticator }: Process, model: Model): Promise<string[]> {
  const now = clock.now().getTime();
  const found: string[] = [];
  const addressesAndNone = [...addresses, null];
  for (const token of [...model.tokens, ...gone]) {
    const isGone = gone.includes(token);
    for (const address of addressesAndNone) {
      const name = `${JSON.stringify(token.of)} by ${token.scopes.join(' ')} from ${address}`;
      const actor = await authenticator.authenticateBearer(token.token, { door: 'rest', address });
      // An address that is not known lies in no range.
      const from = address ?? (token.hold.length === addresses.length ? addresses[0] : '');
      const isAdmitted = !isGone && model.admits(token, from, now);
      if ((actor !== undefined) !== isAdmitted) found.push(`${name} is let in: ${actor !== undefined}`);
      if (!actor || !isAdmitted) continue;
      const expected: Expected = {
        name,
        sees: (tenant) => model.seesBy(token, tenant, now),
        holds: (tenant, project) => model.holdsBy(token, tenant, project, now),
      };
      found.push(...(await compare(access, actor, expected)));
    }
  }
  return found;
}

interface Expected {
  readonly name: string;
  readonly sees: (tenant: number) => boolean;
  readonly holds: (tenant: number, project: number | null) => ReadonlySet<Permission>;
}

/** About tenants that are seen, and about every permission in every place. */
async function compare(access: Access, actor: Actor, { name, sees, holds }: Expected): Promise<string[]> {
  const found: string[] = [];
  const reach = await access.reach(actor, 'tenants:read');
  for (const [tenant, { id: tenantId, projects }] of world.tenants.entries()) {
    const scope = await access.findTenantScope(actor, tenantId);
    if ((scope !== undefined) !== sees(tenant)) found.push(`${name} sees ${tenant}: ${scope !== undefined}`);
    const isReached = reach === 'everywhere' || reach.tenants.includes(tenantId);
    if (isReached !== holds(tenant, null).has('tenants:read')) found.push(`${name} reaches ${tenant}: ${isReached}`);
    if (!scope) continue;
    for (const project of [null, 0, 1]) {
      const held = holds(tenant, project);
      const projectId = project === null ? undefined : projects[project];
      const wrong = allPermissions.filter((one) => isAllowed(actor, scope, one, projectId) !== held.has(one));
      if (wrong.length > 0) found.push(`${name} in ${tenant}/${project}: ${wrong.join(' ')}`);
    }
  }
  return found;
}
