import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { systemCaller } from '../kernel/tenancy/caller.js';
import { createUserWithToken, startTestApi, type TestApi } from '../testing/test-api.js';
import { RequestDecisions } from './request-decisions.service.js';

let api: TestApi;
const tokens = new Map<string, string>();
const as = (name: string) => tokens.get(name);
const people = ['owner', 'second', 'third', 'newcomer', 'outsider'] as const;
const soon = () => new Date(Date.now() + 3_600_000).toISOString();

const post = (name: string, path: string, body: object = {}) => api.call(as(name), 'POST', path, body);
const approve = (name: string, id: string) => post(name, `/requests/${id}/approve`);
async function ask(): Promise<string> {
  const payload = { tenant: 'acme', role: 'developer' };
  const { status, body } = await post('newcomer', '/requests', { kind: 'access', payload, reason: 'because' });
  expect(status, JSON.stringify(body)).toBe(201);
  return body.id;
}
const stateOf = async (id: string) => (await api.call(as('newcomer'), 'GET', `/requests/${id}`)).body.state;

/** Lets every clock of this process be wrong by so much, for `work` alone. */
async function skewed<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  const clock = api.app.get(Clock);
  const original = clock.now.bind(clock);
  clock.now = () => new Date(original().getTime() + milliseconds);
  try {
    return await work();
  } finally {
    clock.now = original;
  }
}

const twoWeeks = 14 * 86_400_000;
const pass = (id: string) => api.app.get(RequestDecisions, { strict: false }).pass(systemCaller('requests', 'x'), id);

beforeAll(async () => {
  api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') });
  for (const name of people) tokens.set(name, await createUserWithToken(api, name));
  await api.call(api.admin, 'POST', '/tenants', { name: 'acme', owner: 'owner' });
  for (const username of ['second', 'third']) await post('owner', '/tenants/acme/members', { username, role: 'admin' });
}, 180_000);
afterAll(() => api?.close());
afterEach(async () => {
  const { read } = api.app.get(Database);
  await read.delegation.deleteMany({});
  await read.request.deleteMany({});
  await read.approvalPolicy.deleteMany({});
  await read.roleBinding.deleteMany({ where: { user: { username: 'newcomer' } } });
});

const delegate = async (from: string, to: string) => {
  const { status } = await post(from, '/me/delegations', { to, endsAt: soon() });
  expect(status).toBe(201);
};

describe('delegations', () => {
  it('in a circle give nobody a second voice', async () => {
    await api.call(api.admin, 'POST', '/approval-policies', {
      name: 'three',
      kind: 'access',
      approvalsNeeded: 3,
      approvers: { scope: 'tenant', permission: 'requests:approve' },
    });
    for (const [from, to] of [
      ['owner', 'second'],
      ['second', 'third'],
      ['third', 'owner'],
    ] as const)
      await delegate(from, to);
    const id = await ask();
    expect((await approve('owner', id)).body).toMatchObject({ state: 'pending', approvals: 1 });
    expect((await approve('owner', id)).body.code).toBe('request-decided-by-you');
    expect((await approve('second', id)).body).toMatchObject({ state: 'pending', approvals: 2 });
    expect((await approve('owner', id)).body.code).toBe('request-decided-by-you');
    expect((await approve('third', id)).body.state).toBe('approved');
    const decisions = (await api.call(as('owner'), 'GET', `/requests/${id}`)).body.decisions;
    const voters = decisions.filter(({ verb }: { verb: string }) => verb === 'approve');
    expect(new Set(voters.map(({ actor }: { actor: string }) => actor)).size).toBe(3);
  });

  it('are not handed on: who stands for somebody cannot send another', async () => {
    await delegate('owner', 'outsider');
    const id = await ask();
    tokens.set('far', await createUserWithToken(api, 'far'));
    const handedOn = await post('outsider', '/me/delegations', { to: 'far', endsAt: soon() });
    expect(handedOn.status).toBe(201);
    expect((await approve('far', id)).status).toBe(404);
    expect((await approve('outsider', id)).body.state).toBe('approved');
  });

  it('hold no more than whom they come from: a role that is lost meanwhile is lost for both', async () => {
    await delegate('second', 'outsider');
    const id = await ask();
    expect((await api.call(as('outsider'), 'GET', `/requests/${id}`)).body.canDecide).toBe(true);
    await api.call(as('owner'), 'PATCH', '/tenants/acme/members/second', { role: 'viewer' });
    expect((await approve('outsider', id)).status).toBe(404);
    expect((await approve('second', id)).body.code).toBe('request-not-yours');
    await api.call(as('owner'), 'PATCH', '/tenants/acme/members/second', { role: 'admin' });
    expect((await approve('outsider', id)).body.state).toBe('approved');
  });
});

describe('an approver', () => {
  it('who has the request open and loses the role before the click, decides nothing', async () => {
    const id = await ask();
    const opened = await api.call(as('third'), 'GET', `/requests/${id}`);
    expect(opened.body.canDecide).toBe(true);
    const [removed, decided] = await Promise.all([
      api.call(as('owner'), 'DELETE', '/tenants/acme/members/third'),
      approve('third', id),
    ]);
    expect(removed.status).toBe(204);
    // Whichever of the two came first: either the vote counted while the role held, or it did not count at all.
    const { read } = api.app.get(Database);
    const votes = await read.requestDecision.count({ where: { requestId: id, verb: 'approve' } });
    expect(await stateOf(id)).toBe(votes > 0 ? 'approved' : 'pending');
    if (decided.status === 200) expect(votes).toBe(1);
    expect((await post('third', `/requests/${id}/reject`)).status).toBe(404);
    await post('owner', '/tenants/acme/members', { username: 'third', role: 'admin' });
  });

  it('who is disabled meanwhile is not told from a stranger', async () => {
    tokens.set('gone', await createUserWithToken(api, 'gone'));
    await post('owner', '/tenants/acme/members', { username: 'gone', role: 'admin' });
    await delegate('gone', 'outsider');
    const id = await ask();
    await api.call(api.admin, 'PATCH', '/users/gone', { isDisabled: true });
    expect((await approve('gone', id)).status).toBe(401);
    expect((await approve('outsider', id)).status).toBe(404);
    expect(await stateOf(id)).toBe('pending');
  });
});

describe('time', () => {
  it('that runs out in the very moment of the approval leaves one outcome', async () => {
    for (let round = 0; round < 6; round++) {
      const id = await ask();
      const { expiresAt } = await api.app.get(Database).read.request.findUniqueOrThrow({ where: { id } });
      const atTheEnd = expiresAt.getTime() - Date.now() + (round % 3) - 1;
      await skewed(atTheEnd, () =>
        Promise.allSettled(
          round % 2 ? [pass(id), approve('owner', id)] : [approve('owner', id), pass(id), approve('second', id)],
        ),
      );
      const state = await stateOf(id);
      const bound = await api.call(as('owner'), 'GET', '/tenants/acme/members/newcomer');
      expect(['pending', 'approved', 'expired']).toContain(state);
      expect(bound.status).toBe(state === 'approved' ? 200 : 404);
      if (state === 'pending') await skewed(twoWeeks + 1_000, () => pass(id));
      await api.app.get(Database).read.roleBinding.deleteMany({ where: { user: { username: 'newcomer' } } });
      await api.app.get(Database).read.request.deleteMany({ where: { id } });
    }
  });

  it('is the api’s own: what has run out is refused, also when no worker has looked yet', async () => {
    const id = await ask();
    const late = await skewed(twoWeeks + 1_000, () => approve('owner', id));
    expect(late.status).not.toBe(200);
    expect((await api.call(as('owner'), 'GET', '/tenants/acme/members/newcomer')).status).toBe(404);
  });

  it('that a worker’s clock thinks is not yet leaves the request, and says when to look again', async () => {
    const id = await ask();
    const again = await skewed(-300_000, () => pass(id));
    expect(again?.getTime()).toBeGreaterThan(Date.now());
    expect(await stateOf(id)).toBe('pending');
  });

  it('that a worker’s clock thinks has come ends it once; the approver with the slower clock is told so', async () => {
    const id = await ask();
    await skewed(twoWeeks + 1_000, () => pass(id));
    expect(await stateOf(id)).toBe('expired');
    expect((await approve('owner', id)).body.code).toBe('request-over');
    expect(await skewed(2 * twoWeeks, () => pass(id))).toBeUndefined();
  });
});
