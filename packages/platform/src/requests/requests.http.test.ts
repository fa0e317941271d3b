import { Injectable, Module } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type Transaction } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import { createUserActor, systemCaller } from '../kernel/tenancy/caller.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { RequestDecisions } from './request-decisions.service.js';
import { type DecidedRequest, Decides, type RequestHandler } from './request-handler.js';
import { NotifyOfRequestProcessor, PassRequestProcessor } from './requests.jobs.js';
import { RequestsService } from './requests.service.js';

/** Counts its effects, so that a test sees each of them. */
@Decides('release')
@Injectable()
class CountedRequests implements RequestHandler<{ thing: string }> {
  readonly payload = z.strictObject({ thing: z.string() });
  readonly decidedBy = 'platform';
  readonly grantSeconds = { max: 3600 };
  describe = ({ thing }: { thing: string }) => ({
    title: thing,
    changes: [{ path: thing, before: null, after: 'yes' }],
  });
  async granted(tx: Transaction, { id }: DecidedRequest<{ thing: string }>) {
    await tx.$executeRaw`INSERT INTO effects VALUES (${id}::uuid, 'granted')`;
  }
  async ended(tx: Transaction, { id }: DecidedRequest<{ thing: string }>) {
    await tx.$executeRaw`INSERT INTO effects VALUES (${id}::uuid, 'ended')`;
  }
}

@Module({ providers: [CountedRequests] })
class CountedModule {}

let api: TestApi;
let database: Database;
let requests: RequestsService;
let decisions: RequestDecisions;
const tokens = new Map<string, string>();
const people = ['owner', 'second', 'member', 'newcomer', 'stranger'] as const;
const as = (name: string) => tokens.get(name);

const callerOf = (id: string, username: string) => ({
  actor: createUserActor({ id, username, platformRoles: [] }),
  requestId: newId(),
  source: null,
});

async function addUsers(count: number, prefix: string, isAdmin: boolean) {
  const users = Array.from({ length: count }, (_, index) => ({ id: newId(), username: `${prefix}-${index}` }));
  await database.read.user.createMany({
    data: users.map((user) => ({ ...user, displayName: user.username, issuer: 'test', subject: user.id })),
  });
  if (isAdmin) {
    const role = { role: 'admin', createdBy: 'test' };
    await database.read.roleBinding.createMany({ data: users.map(({ id }) => ({ id: newId(), userId: id, ...role })) });
  }
  return users.map(({ id, username }) => callerOf(id, username));
}

async function effectsOf(id: string): Promise<string[]> {
  const rows = await database.read.$queryRaw<{ what: string }[]>`SELECT what FROM effects WHERE id = ${id}::uuid`;
  return rows.map(({ what }) => what).sort();
}

const ask = (token: string | undefined, body: object) =>
  api.call(token, 'POST', '/requests', { reason: 'because', ...body });
const access = (tenant: string, role = 'developer') => ({ kind: 'access', payload: { tenant, role } });

/** Lets `hours` go by for `work` alone. */
async function later<T>(hours: number, work: () => Promise<T>): Promise<T> {
  const clock = api.app.get(Clock);
  const original = clock.now.bind(clock);
  clock.now = () => new Date(original().getTime() + hours * 3_600_000);
  try {
    return await work();
  } finally {
    clock.now = original;
  }
}

beforeAll(async () => {
  api = await startTestApi({
    databaseUrl: inject('databaseUrl'),
    redisUrl: inject('redisUrl'),
    modules: [CountedModule],
    env: { SLIPWAY_SMTP_URL: 'smtp://127.0.0.1:1' },
  });
  database = api.app.get(Database);
  requests = api.app.get(RequestsService, { strict: false });
  decisions = api.app.get(RequestDecisions, { strict: false });
  await database.read.$executeRaw`CREATE TABLE effects (id uuid, what text)`;
  for (const name of people) tokens.set(name, await api.createUser(name));
  await api.call(api.admin, 'POST', '/tenants', { name: 'acme', owner: 'owner' });
  await api.call(api.admin, 'POST', '/tenants', { name: 'beta', owner: 'stranger' });
  await api.call(api.admin, 'POST', '/tenants/acme/projects', { name: 'shop' });
  await api.call(as('owner'), 'POST', '/tenants/acme/members', { username: 'second', role: 'admin' });
  await api.call(as('owner'), 'POST', '/tenants/acme/members', { username: 'member', role: 'operator' });
});
afterAll(() => api?.close());

describe('asking for access', () => {
  let id: string;
  it('waits for the tenant’s approvers, who see what changes', async () => {
    const asked = await ask(as('newcomer'), access('acme'));
    expect(asked.status).toBe(201);
    expect(asked.body).toMatchObject({ state: 'pending', isMine: true, canDecide: false, approvalsNeeded: null });
    id = asked.body.id;
    const seen = await api.call(as('owner'), 'GET', `/requests/${id}`);
    expect(seen.body).toMatchObject({
      tenant: 'acme',
      canDecide: true,
      approvalsNeeded: 1,
      changes: [{ path: 'role in acme', before: null, after: 'developer' }],
      url: `http://portal.test/requests/${id}`,
    });
    const inbox = await api.call(as('owner'), 'GET', '/requests?view=to-decide&kind=access');
    expect(inbox.body.items.map((item: { id: string }) => item.id)).toEqual([id]);
  });

  it('tells nobody whether there is such a tenant', async () => {
    const real = await api.call(as('newcomer'), 'GET', `/requests/${id}`);
    const unreal = await ask(as('newcomer'), access('nowhere'));
    expect(unreal.status).toBe(201);
    const strip = (body: object) =>
      JSON.parse(JSON.stringify(body).replaceAll('nowhere', 'acme'), (key, value) =>
        ['id', 'createdAt', 'updatedAt', 'url'].includes(key) ? undefined : value,
      );
    expect(strip(unreal.body)).toEqual(strip(real.body));
    expect((await api.call(as('stranger'), 'GET', `/requests/${unreal.body.id}`)).status).toBe(404);
    expect((await api.call(as('newcomer'), 'POST', `/requests/${unreal.body.id}/withdraw`, {})).body.state).toBe(
      'withdrawn',
    );
  });

  it('is not seen or decided by strangers, by the asker, or by members who may not', async () => {
    expect((await api.call(as('stranger'), 'GET', `/requests/${id}`)).status).toBe(404);
    expect((await api.call(as('stranger'), 'POST', `/requests/${id}/approve`, {})).status).toBe(404);
    expect((await api.call(as('stranger'), 'GET', '/requests')).body.items).toEqual([]);
    expect((await api.call(as('newcomer'), 'POST', `/requests/${id}/approve`, {})).body.code).toBe('request-own');
    expect((await api.call(as('member'), 'POST', `/requests/${id}/approve`, {})).body.code).toBe('request-not-yours');
    expect((await api.call(as('owner'), 'POST', `/requests/${id}/withdraw`, {})).body.code).toBe('request-not-yours');
  });

  it('is refused while the same waits', async () => {
    expect((await ask(as('newcomer'), access('acme', 'viewer'))).body.code).toBe('request-already-pending');
  });

  it('gives the role at once when it is approved, and takes it when it ends', async () => {
    expect((await api.call(as('newcomer'), 'GET', '/tenants/acme')).status).toBe(404);
    const approved = await api.call(as('owner'), 'POST', `/requests/${id}/approve`, { comment: 'welcome' });
    expect(approved.body).toMatchObject({
      state: 'approved',
      decisions: [{ verb: 'approve', actor: 'owner', comment: 'welcome' }],
    });
    expect((await api.call(as('newcomer'), 'GET', '/tenants/acme')).body.myRole).toBe('developer');
    expect((await api.call(as('member'), 'POST', `/requests/${id}/end`, {})).body.code).toBe('request-not-yours');
    expect((await api.call(as('newcomer'), 'POST', `/requests/${id}/end`, {})).body.state).toBe('ended');
    expect((await api.call(as('newcomer'), 'GET', '/tenants/acme')).status).toBe(404);
  });

  it('never makes owners, and refuses what no kind takes', async () => {
    expect((await ask(as('newcomer'), access('acme', 'owner'))).body.code).toBe('request-payload-invalid');
    expect((await ask(as('newcomer'), { kind: 'release', payload: { thing: 'x' } })).body.code).toBe(
      'request-kind-unknown',
    );
    expect((await ask(as('newcomer'), { kind: 'quota', payload: {} })).body.code).toBe('request-kind-unknown');
    expect((await ask(as('newcomer'), { kind: 'nothing', payload: {} })).status).toBe(400);
  });
});

describe('policies', () => {
  const policy = (token: string | undefined, path: string, body: object) =>
    api.call(token, 'POST', `${path}/approval-policies`, body);
  afterEach(async () => {
    await database.read.approvalPolicy.deleteMany({});
  });

  it('grant at once what they say, and for no longer than they say', async () => {
    const made = await policy(as('owner'), '/tenants/acme', {
      name: 'viewers',
      kind: 'access',
      conditions: [{ path: 'role', equals: 'viewer' }],
      approvalsNeeded: 0,
      maxGrantSeconds: 3600,
    });
    expect(made.status).toBe(201);
    const { body } = await ask(as('newcomer'), access('acme', 'viewer'));
    expect(body.state).toBe('approved');
    expect((await api.call(as('newcomer'), 'GET', '/tenants/acme')).body.myRole).toBe('viewer');
    const processor = api.app.get(PassRequestProcessor, { strict: false });
    await processor.run({ requestId: body.id });
    expect((await api.call(as('newcomer'), 'GET', `/requests/${body.id}`)).body.state).toBe('approved');
    await later(2, () => processor.run({ requestId: body.id }));
    expect((await api.call(as('newcomer'), 'GET', `/requests/${body.id}`)).body.state).toBe('ended');
    expect((await api.call(as('newcomer'), 'GET', '/tenants/acme')).status).toBe(404);
  });

  it('of a tenant say nothing about what the platform decides, and give way to the platform’s', async () => {
    const release = { name: 'mine', kind: 'release', approvalsNeeded: 0 };
    expect((await policy(as('owner'), '/tenants/acme', release)).body.code).toBe('approval-policy-not-for-tenants');
    expect((await policy(as('member'), '/tenants/acme', release)).status).toBe(403);
    expect((await policy(as('owner'), '', release)).status).toBe(403);
    await policy(as('owner'), '/tenants/acme', { name: 'free', kind: 'access', approvalsNeeded: 0 });
    await policy(api.admin, '', {
      name: 'two',
      kind: 'access',
      approvalsNeeded: 2,
      approvers: { scope: 'tenant', permission: 'requests:approve' },
    });
    const { body } = await ask(as('newcomer'), access('acme'));
    expect(body.state).toBe('pending');
    expect((await api.call(as('owner'), 'POST', `/requests/${body.id}/approve`, {})).body).toMatchObject({
      state: 'pending',
      approvals: 1,
    });
    expect((await api.call(as('owner'), 'POST', `/requests/${body.id}/approve`, {})).body.code).toBe(
      'request-decided-by-you',
    );
    // A right that is taken away in between counts no more.
    await api.call(as('owner'), 'PATCH', '/tenants/acme/members/second', { role: 'viewer' });
    expect((await api.call(as('second'), 'POST', `/requests/${body.id}/approve`, {})).body.code).toBe(
      'request-not-yours',
    );
    await api.call(as('owner'), 'PATCH', '/tenants/acme/members/second', { role: 'admin' });
    expect((await api.call(as('second'), 'POST', `/requests/${body.id}/reject`, {})).body.state).toBe('rejected');
  });

  it('need somebody who could decide, keep what is not said, and have a version', async () => {
    const nobody = { name: 'nobody', kind: 'access', approvers: {} };
    expect((await policy(api.admin, '', nobody)).body.code).toBe('approval-policy-without-approvers');
    await policy(api.admin, '', { name: 'one', kind: 'access', approvalsNeeded: 3, environmentKinds: ['production'] });
    expect((await policy(api.admin, '', { name: 'one', kind: 'exec' })).body.code).toBe('approval-policy-exists');
    const changed = await api.call(api.admin, 'PATCH', '/approval-policies/one', { priority: 5 });
    expect(changed.body).toMatchObject({
      priority: 5,
      approvalsNeeded: 3,
      environmentKinds: ['production'],
      version: 2,
    });
    expect(
      (await api.call(api.admin, 'DELETE', '/approval-policies/one', undefined, { 'if-match': '"1"' })).status,
    ).toBe(412);
    expect((await api.call(api.admin, 'DELETE', '/approval-policies/one')).status).toBe(204);
    expect((await api.call(api.admin, 'GET', '/approval-policies/one')).status).toBe(404);
  });
});

describe('delegation', () => {
  it('lets another decide, by the right of whom he stands for at that moment', async () => {
    const { body } = await ask(as('newcomer'), access('acme'));
    const endsAt = new Date(Date.now() + 3_600_000).toISOString();
    const approve = () => api.call(as('stranger'), 'POST', `/requests/${body.id}/approve`, {});
    expect((await approve()).status).toBe(404);
    const none = await api.call(as('owner'), 'POST', '/me/delegations', { to: 'stranger', endsAt, kinds: ['exec'] });
    expect((await approve()).status).toBe(404);
    await api.call(as('stranger'), 'DELETE', `/me/delegations/${none.body.id}`);
    const given = await api.call(as('owner'), 'POST', '/me/delegations', { to: 'stranger', endsAt });
    expect(given.status).toBe(201);
    expect((await api.call(as('stranger'), 'GET', '/requests?view=to-decide')).body.items).toHaveLength(1);
    expect((await approve()).body.decisions).toMatchObject([{ actor: 'stranger', onBehalfOf: 'owner' }]);
    await api.call(as('newcomer'), 'POST', `/requests/${body.id}/end`, {});
    expect((await api.call(as('member'), 'DELETE', `/me/delegations/${given.body.id}`)).status).toBe(404);
    expect((await api.call(as('owner'), 'DELETE', `/me/delegations/${given.body.id}`)).status).toBe(204);
  });

  it('is to another who exists, and for a time', async () => {
    const endsAt = new Date(Date.now() + 3_600_000).toISOString();
    for (const body of [
      { to: 'owner', endsAt },
      { to: 'nobody', endsAt },
      { to: 'second', endsAt: '2020-01-01T00:00:00Z' },
    ]) {
      expect((await api.call(as('owner'), 'POST', '/me/delegations', body)).body.code).toBe('delegation-invalid');
    }
  });

  it('never lets anybody decide his own through another', async () => {
    const { body } = await ask(as('second'), access('acme', 'operator'));
    const endsAt = new Date(Date.now() + 3_600_000).toISOString();
    const { body: given } = await api.call(as('second'), 'POST', '/me/delegations', { to: 'stranger', endsAt });
    expect((await api.call(as('stranger'), 'POST', `/requests/${body.id}/approve`, {})).status).toBe(404);
    await api.call(as('second'), 'POST', `/requests/${body.id}/withdraw`, {});
    await api.call(as('second'), 'DELETE', `/me/delegations/${given.id}`);
  });
});

describe('break-glass', () => {
  const exec = { kind: 'exec', payload: { tenant: 'acme', project: 'shop', environment: 'live' } };
  const place = {
    kind: 'exec' as const,
    environmentKind: 'production',
    subject: 'tenants/acme/projects/shop/environments/live',
    payload: exec.payload,
  };
  let tenant: { id: string; name: string };
  beforeEach(async () => {
    const row = await database.read.tenant.findUniqueOrThrow({ where: { name: 'acme' }, include: { projects: true } });
    tenant = row;
    await database.read.environment.deleteMany({});
    await database.read.environment.create({
      data: {
        id: newId(),
        tenantId: row.id,
        projectId: row.projects[0]?.id ?? '',
        name: 'live',
        kind: 'production',
        namespace: 'acme-shop-live',
      },
    });
    await api.call(api.admin, 'POST', '/approval-policies', {
      name: 'exec',
      kind: 'exec',
      environmentKinds: ['production'],
    });
  });
  afterEach(async () => {
    await database.read.approvalPolicy.deleteMany({});
  });

  it('lets whoever may in at once, for a short time, and waits for the verdict of another', async () => {
    const second = await database.read.user.findUniqueOrThrow({ where: { username: 'second' } });
    const { actor } = callerOf(second.id, 'second');
    await expect(requests.requireGrant(actor, { ...place, tenant })).rejects.toMatchObject({ code: 'request-needed' });
    await requests.requireGrant(actor, { ...place, tenant, environmentKind: 'staging' });
    expect((await ask(as('member'), { ...exec, breakGlass: true })).body.code).toBe('break-glass-refused');
    expect((await ask(as('stranger'), { ...exec, breakGlass: true })).status).toBe(404);
    expect((await ask(as('second'), { ...exec, breakGlass: true, grantSeconds: 86_400 })).body.code).toBe(
      'request-time-limited',
    );
    const { body } = await ask(as('second'), { ...exec, breakGlass: true, grantSeconds: 1800 });
    expect(body).toMatchObject({ state: 'approved', isBreakGlass: true, review: 'due' });
    await requests.requireGrant(actor, { ...place, tenant });
    await later(1, async () => {
      await expect(requests.requireGrant(actor, { ...place, tenant })).rejects.toMatchObject({
        code: 'request-needed',
      });
      await decisions.pass(systemCaller('requests', 'x'), body.id);
    });
    const verdict = { verdict: 'unjustified', comment: 'nothing was broken' };
    expect((await api.call(as('second'), 'POST', `/requests/${body.id}/review`, verdict)).body.code).toBe(
      'request-own',
    );
    expect((await api.call(as('owner'), 'POST', `/requests/${body.id}/review`, verdict)).body.code).toBe(
      'request-not-yours',
    );
    const inbox = await api.call(api.admin, 'GET', '/requests?view=to-review');
    expect(inbox.body.items.map((item: { id: string }) => item.id)).toEqual([body.id]);
    const reviewed = await api.call(api.admin, 'POST', `/requests/${body.id}/review`, verdict);
    expect(reviewed.body).toMatchObject({ state: 'ended', review: 'unjustified' });
    expect((await api.call(api.admin, 'POST', `/requests/${body.id}/review`, verdict)).body.code).toBe(
      'request-review-not-due',
    );
  });

  it('is not needed by who has an ordinary grant', async () => {
    const asked = await ask(as('member'), exec);
    expect(asked.body).toMatchObject({ state: 'pending', grantSeconds: 3600 });
    await api.call(api.admin, 'POST', `/requests/${asked.body.id}/approve`, {});
    const member = await database.read.user.findUniqueOrThrow({ where: { username: 'member' } });
    const grant = await requests.findGrant(callerOf(member.id, 'member').actor, 'exec', place.subject);
    expect(grant).toMatchObject({ id: asked.body.id });
  });
});

describe('in a race', () => {
  it('of many approvers exactly one gives the last approval, and the effect is made once', async () => {
    const [asker] = await addUsers(1, 'asker', false);
    if (!asker) throw new Error('no asker');
    const approvers = await addUsers(10, 'approver', true);
    for (const needed of [1, 3]) {
      await database.read.approvalPolicy.deleteMany({});
      const terms = { kind: 'release', approvalsNeeded: needed, approverPermission: 'requests:approve' };
      await database.read.approvalPolicy.create({ data: { id: newId(), name: `race-${needed}`, ...terms } });
      const asked = { kind: 'release' as const, subject: `race-${needed}`, payload: { thing: 'x' }, reason: 'r' };
      const { id } = await database.transaction((tx) => requests.ask(tx, asker, asked));
      const all = [...approvers, ...approvers, asker];
      const results = await Promise.allSettled(all.map((caller) => decisions.approve(caller, id)));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(needed);
      expect(await effectsOf(id)).toEqual(['granted']);
      const votes = await database.read.requestDecision.findMany({ where: { requestId: id, verb: 'approve' } });
      expect(new Set(votes.map(({ actorId }) => actorId)).size).toBe(needed);
      expect(votes.map(({ actorId }) => actorId)).not.toContain(asker.actor.id);
      // Ended by many at once: once.
      await Promise.allSettled(approvers.map((caller) => decisions.end(caller, id)));
      expect(await effectsOf(id)).toEqual(['ended', 'granted']);
    }
    await database.read.approvalPolicy.deleteMany({});
  });

  it('approval, rejection and withdrawal leave one state, and the effect only with the approval', async () => {
    const [asker] = await addUsers(1, 'torn', false);
    const [yes, no] = await addUsers(2, 'judge', true);
    if (!asker || !yes || !no) throw new Error('nobody');
    for (let round = 0; round < 5; round++) {
      const asked = { kind: 'release' as const, subject: `torn-${round}`, payload: { thing: 'x' }, reason: 'r' };
      const { id } = await database.transaction((tx) => requests.ask(tx, asker, asked));
      const results = await Promise.allSettled([
        decisions.approve(yes, id),
        decisions.reject(no, id),
        decisions.withdraw(asker, id),
        later(0, () => decisions.pass(systemCaller('requests', 'x'), id)),
      ]);
      expect(results.slice(0, 3).filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const { state } = await database.read.request.findUniqueOrThrow({ where: { id } });
      expect(await effectsOf(id)).toEqual(state === 'approved' ? ['granted'] : []);
    }
  });
});

describe('time and news', () => {
  it('expire what nobody decides, and tell the asker', async () => {
    const { body } = await ask(as('newcomer'), access('acme'));
    const { id } = body;
    await database.read.user.update({
      where: { username: 'owner' },
      data: { email: 'owner@example.test', locale: 'zh' },
    });
    const notify = api.app.get(NotifyOfRequestProcessor, { strict: false });
    await notify.run({ requestId: id, type: 'request-asked' });
    await notify.run({ requestId: id, type: 'request-asked' });
    const told = await api.call(as('owner'), 'GET', '/me/notifications');
    expect(told.body.items.filter((item: { link: string }) => item.link === `/requests/${id}`)).toHaveLength(1);
    expect(told.body.items[0]).toMatchObject({
      type: 'request-asked',
      readAt: null,
      data: { requester: 'newcomer', tenant: 'acme' },
    });
    const mails = await database.read.outboxMessage.findMany({ where: { name: 'mail.send' } });
    expect(mails.map(({ payload }) => payload)).toEqual([
      expect.objectContaining({
        to: 'owner@example.test',
        subject: 'newcomer 请您审批：developer in acme',
        action: { label: '在 Slipway 中打开', url: `http://portal.test/requests/${id}` },
      }),
    ]);
    for (const name of ['newcomer', 'member', 'stranger']) {
      expect((await api.call(as(name), 'GET', '/me/notifications')).body.items).toEqual([]);
    }
    await later(15 * 24, async () => {
      await expect(decisions.approve(callerOf(newId(), 'x'), id)).rejects.toMatchObject({ code: 'request-not-found' });
      await api.app.get(PassRequestProcessor, { strict: false }).run({ requestId: id });
    });
    expect((await api.call(as('newcomer'), 'GET', `/requests/${id}`)).body.state).toBe('expired');
    expect((await api.call(as('owner'), 'POST', `/requests/${id}/approve`, {})).body.code).toBe('request-over');
    await notify.run({ requestId: id, type: 'request-expired' });
    const heard = await api.call(as('newcomer'), 'GET', '/me/notifications?unread=true');
    expect(heard.body).toMatchObject({ unreadCount: 1, items: [{ type: 'request-expired' }] });
    await api.call(as('newcomer'), 'POST', '/me/notifications/read', {});
    expect((await api.call(as('newcomer'), 'GET', '/me/notifications')).body.unreadCount).toBe(0);
  });

  it('tell live whom it concerns, and nobody else', async () => {
    const follow = async (name: string) => {
      const controller = new AbortController();
      const answer = await fetch(`${api.url}/api/v1/me/events`, {
        headers: { authorization: `Bearer ${as(name)}` },
        signal: controller.signal,
      });
      const reader = answer.body?.getReader();
      if (!reader) throw new Error('no stream');
      let heard = '';
      const reading = (async () => {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          heard += Buffer.from(value).toString();
        }
      })().catch(() => undefined);
      const end = () => {
        controller.abort();
        return reading;
      };
      return { heard: () => heard, end };
    };
    const [owner, stranger] = [await follow('owner'), await follow('stranger')];
    await expect.poll(() => stranger.heard()).toContain('connected');
    const { body } = await ask(as('newcomer'), access('acme'));
    await expect.poll(owner.heard, { timeout: 8_000 }).toContain(`requests/${body.id}`);
    expect(stranger.heard()).not.toContain(body.id);
    await Promise.all([owner.end(), stranger.end()]);
    const commented = await api.call(as('owner'), 'POST', `/requests/${body.id}/comments`, { comment: 'why?' });
    expect(commented.body.decisions).toMatchObject([{ verb: 'comment', comment: 'why?' }]);
    await api.call(as('newcomer'), 'POST', `/requests/${body.id}/withdraw`, {});
  });

  it('are written into the audit log', async () => {
    const { body } = await api.call(api.admin, 'GET', '/audit-events?action=request.approve&limit=5');
    expect(body.items.length).toBeGreaterThan(0);
  });
});
