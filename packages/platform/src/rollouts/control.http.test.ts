import { deployments, httpRoutes, services } from '@slipway/orchestrator/kinds';
import { afterEach, describe, expect, it } from 'vitest';
import { application, eventually, image, namespace, openShop, production } from './testing/open-shop.js';

const freezes = '/tenants/acme/freezes';
const policies = '/tenants/acme/approval-policies';
const hour = 3_600_000;
const always = {
  reason: 'Nobody is there.',
  startsAt: new Date(Date.now() - hour).toISOString(),
  endsAt: new Date(Date.now() + 24 * hour).toISOString(),
};
const canary = { type: 'canary', steps: [{ setWeight: 25 }, { pause: {} }], scaleDownDelaySeconds: 1 };

const shop = openShop(() => ({ vera: 'admin', stood: ['a', 'b'] }));
const { as, ask, read, reaches, ended } = shop;

afterEach(async () => {
  for (const path of [freezes, policies]) {
    const { body } = await as('admin', 'GET', path);
    for (const { name, tenant } of body['items'] as { name: string; tenant: string | null }[])
      await as('admin', 'DELETE', `${tenant === null ? path.replace('/tenants/acme', '') : path}/${name}`);
  }
});

async function begin(letter: string, more: object = {}, who = 'dora'): Promise<string> {
  const started = await ask(letter, more, who);
  expect(started).toMatchObject({ status: 202 });
  return String(started.body['id']);
}

async function transitions(id: string): Promise<string[]> {
  const { body } = await as('dora', 'GET', `${application}/rollouts/${id}/transitions`);
  const items = body['items'] as { from: string; to: string; reason: string; actor: string }[];
  return items.map(({ from, to, reason, actor }) => `${from} → ${to} by ${actor}: ${reason}`);
}

describe('in a freeze', () => {
  it('nothing new is rolled out: the refusal names the freeze, its reason and its end', async () => {
    await as('vera', 'POST', freezes, { name: 'holidays', ...always });
    const { status, body } = await ask('c');
    expect([status, body['code']]).toEqual([409, 'rollout-frozen']);
    expect(body['detail']).toBe(`Freeze holidays until ${always.endsAt}: Nobody is there.`);
    const check = await as('dora', 'GET', `${production}/freezes`);
    expect(check.body).toMatchObject({ frozen: true, canOverride: false, freezes: [{ name: 'holidays' }] });
  });

  it('what it does not select goes on', async () => {
    await as('vera', 'POST', freezes, { name: 'others', ...always, projects: ['office'] });
    await as('vera', 'POST', freezes, { name: 'staging', ...always, environmentKinds: ['staging'] });
    expect((await ask('c')).status).toBe(202);
  });

  it('whoever may, overrides it with a reason; that is in the rollout and in the audit log', async () => {
    await as('vera', 'POST', freezes, { name: 'holidays', ...always });
    expect((await ask('d', {}, 'vera')).body['code']).toBe('rollout-frozen');
    const id = await begin('d', { overrideFreeze: 'A leak is closed.' }, 'vera');
    expect(await ended(id)).toMatchObject({ state: 'healthy', freezeOverride: 'A leak is closed.' });
    const audit = await as('vera', 'GET', '/tenants/acme/audit-events?action=rollout.create');
    expect(JSON.stringify(audit.body['items'])).toContain('A leak is closed.');
  });

  it('who may not, asks; it begins when somebody else approves', async () => {
    await as('vera', 'POST', freezes, { name: 'holidays', ...always });
    const id = await begin('e', { overrideFreeze: 'A leak is closed.' });
    const waiting = await read(id);
    expect(waiting).toMatchObject({ state: 'pending', steps: [{ name: 'approval', state: 'running' }, {}, {}] });
    const { request } = waiting['approval'] as { request: string };
    expect((await as('dora', 'POST', `/requests/${request}/approve`, {})).body['code']).toBe('request-own');
    expect((await as('vera', 'POST', `/requests/${request}/approve`, {})).status).toBe(200);
    expect(await ended(id)).toMatchObject({
      state: 'healthy',
      approval: { state: 'approved', by: 'vera' },
      freezeOverride: 'A leak is closed.',
    });
  });

  it('of the platform, no tenant’s administrator overrides it', async () => {
    await as('admin', 'POST', '/freezes', { name: 'maintenance', ...always });
    const refused = await ask('f', { overrideFreeze: 'I want to.' }, 'vera');
    expect([refused.status, refused.body['code']]).toEqual([409, 'rollout-frozen']);
    expect((await as('vera', 'DELETE', '/freezes/maintenance')).status).toBe(403);
    expect((await as('vera', 'DELETE', `${freezes}/maintenance`)).status).toBe(404);
    expect(await ended(await begin('f', { overrideFreeze: 'It mends the platform.' }, 'admin'))).toMatchObject({
      state: 'healthy',
    });
  });

  it('what stood here comes back, unless the freeze says no; what never stood here does not come as a rollback', async () => {
    await as('vera', 'POST', freezes, { name: 'holidays', ...always });
    const rollback = (body: object) =>
      as('dora', 'POST', `${application}/rollback`, { environment: 'production', ...body });
    const fresh = await as('dora', 'POST', `${application}/releases`, { image: image('0') });
    expect((await rollback({ release: fresh.body['number'] })).body['code']).toBe('rollout-frozen');
    const back = await rollback({});
    expect(back.status).toBe(202);
    expect(await ended(String(back.body['id']))).toMatchObject({ state: 'healthy' });
    await as('vera', 'PATCH', `${freezes}/holidays`, { allowRollback: false });
    expect((await rollback({})).body['code']).toBe('rollout-frozen');
  });

  it('a reason given while none is on is none for those to come', async () => {
    const id = await begin('0', { strategy: canary });
    await reaches(id, { state: 'paused' });
    const asked = await as('dora', 'POST', `${application}/rollouts/${id}/promote`, { overrideFreeze: 'In advance.' });
    expect(asked.status).toBe(202);
    expect(await ended(id)).toMatchObject({ state: 'healthy', freezeOverride: null });
  });

  it('a canary stays where it is and goes on when the freeze is over; it can be aborted, and promoted by who may', async () => {
    const id = await begin('1', { strategy: canary });
    await reaches(id, { state: 'paused', weight: 25 });
    await as('vera', 'POST', freezes, { name: 'holidays', ...always });
    const promote = (who: string, body: object) => as(who, 'POST', `${application}/rollouts/${id}/promote`, body);
    expect((await promote('dora', {})).body['code']).toBe('rollout-frozen');
    expect((await promote('dora', { overrideFreeze: 'I want to.' })).body['code']).toBe('rollout-frozen');
    expect((await promote('vera', { overrideFreeze: 'A leak is closed.' })).status).toBe(202);
    expect(await ended(id)).toMatchObject({ state: 'healthy', freezeOverride: 'A leak is closed.' });

    await as('vera', 'DELETE', `${freezes}/holidays`);
    const timed = {
      ...canary,
      steps: [{ setWeight: 25 }, { pause: { duration: 2 } }, { setWeight: 50 }, { pause: {} }],
    };
    const held = await begin('2', { strategy: timed });
    await reaches(held, { weight: 25, state: 'paused' });
    await as('vera', 'POST', freezes, { name: 'holidays', ...always });
    const message = expect.stringMatching(/^Freeze holidays until/);
    await reaches(held, {
      state: 'paused',
      weight: 25,
      steps: expect.arrayContaining([expect.objectContaining({ message })]),
    });
    await as('vera', 'DELETE', `${freezes}/holidays`);
    await reaches(held, { state: 'paused', weight: 50 });
    await as('vera', 'POST', freezes, { name: 'holidays', ...always });
    await as('dora', 'POST', `${application}/rollouts/${held}/abort`);
    expect(await ended(held)).toMatchObject({ state: 'aborted' });
  });
});

describe('freezes', () => {
  it('are refused with what is wrong, and are nobody else’s', async () => {
    const create = (body: object, who = 'vera') => as(who, 'POST', freezes, body);
    const cron = { name: 'weekends', reason: 'Nobody is there.', cron: '0 16 * * 5', durationSeconds: 3600 };
    expect((await create({ ...cron, cron: '61 * * * *' })).body).toMatchObject({
      code: 'freeze-schedule-invalid',
      detail: '61 * * * * is no cron schedule.',
    });
    expect((await create({ name: 'nothing', reason: 'x' })).status).toBe(422);
    expect((await create(cron, 'dora')).status).toBe(403);
    expect((await create(cron, 'mallory')).status).toBe(404);
    expect((await create(cron)).status).toBe(201);
    expect((await create(cron)).body['code']).toBe('freeze-exists');
    expect((await as('mallory', 'GET', '/tenants/evil/freezes')).body['items']).toEqual([]);
    const bad = { cron: null };
    expect((await as('vera', 'PATCH', `${freezes}/weekends`, bad)).body['code']).toBe('freeze-schedule-invalid');
    const changed = await as('vera', 'PATCH', `${freezes}/weekends`, { timeZone: 'Europe/Berlin' });
    expect(changed.body).toMatchObject({ timeZone: 'Europe/Berlin', version: 2, cron: '0 16 * * 5' });
    const upcoming = await as('dora', 'GET', `${production}/freezes`);
    expect(upcoming.body).toMatchObject({ upcoming: [{ name: 'weekends' }] });
  });
});

describe('where an approval is demanded', () => {
  const policy = { name: 'production', kind: 'release', environmentKinds: ['production'], approvalsNeeded: 1 };

  it('a rollout stands until it is given, and not by who asked', async () => {
    await as('vera', 'POST', policies, policy);
    const id = await begin('3');
    expect(await read(id)).toMatchObject({ state: 'pending', approval: { state: 'pending' } });
    expect((await as('dora', 'POST', `${application}/rollouts/${id}/promote`, {})).status).toBe(409);
    const { request } = (await read(id))['approval'] as { request: string };
    const { body } = await as('vera', 'GET', `/requests/${request}`);
    expect(body).toMatchObject({ kind: 'release', requester: 'dora', canDecide: true });
    expect((await as('mallory', 'POST', `/requests/${request}/approve`, {})).status).toBe(404);
    expect((await as('vera', 'POST', `/requests/${request}/approve`, {})).status).toBe(200);
    expect(await ended(id)).toMatchObject({
      state: 'healthy',
      steps: [{ name: 'approval', state: 'succeeded' }, {}, {}],
    });
    expect(await transitions(id)).toEqual([
      expect.stringMatching(/^null → pending by dora: Release \d+ was asked for\.$/),
      'pending → pending by vera: Approved by vera.',
      'pending → progressing by system:rollouts: Began.',
      'progressing → healthy by system:rollouts: All pods of the release are ready.',
    ]);
  });

  it('a rejection ends it, with who and why', async () => {
    await as('vera', 'POST', policies, policy);
    const id = await begin('4');
    const { request } = (await read(id))['approval'] as { request: string };
    await as('vera', 'POST', `/requests/${request}/reject`, { comment: 'Not today.' });
    expect(await ended(id)).toMatchObject({ state: 'aborted', error: 'Not approved: rejected by vera.' });
    expect((await transitions(id)).at(-1)).toBe('pending → aborted by vera: Not approved: rejected by vera.');
  });

  it('a newer rollout takes the place of one that waits, which then nobody can approve', async () => {
    await as('vera', 'POST', policies, policy);
    const id = await begin('5');
    const { request } = (await read(id))['approval'] as { request: string };
    const newer = await begin('6');
    await reaches(id, { state: 'aborted' });
    expect((await as('vera', 'POST', `/requests/${request}/approve`, {})).body['code']).toBe('request-over');
    const asked = ((await read(newer))['approval'] as { request: string }).request;
    await as('dora', 'POST', `${application}/rollouts/${newer}/abort`);
    expect((await as('vera', 'GET', `/requests/${asked}`)).body).toMatchObject({ state: 'withdrawn' });
    await reaches(newer, { state: 'aborted', approval: { state: 'withdrawn', by: 'dora' } });
  });

  it('what a newer rollout takes the place of goes back first where that one has to wait', async () => {
    const id = await begin('e', { strategy: canary });
    await reaches(id, { state: 'paused', weight: 25 });
    await as('vera', 'POST', policies, policy);
    const newer = await begin('f');
    const error = `Aborted: the release before was put back. Rollout ${newer} took its place.`;
    await reaches(id, { state: 'aborted', weight: 0, error });
    const route = await shop.platform.client.get(httpRoutes, 'hello', namespace);
    expect(route.spec?.rules?.[0]?.backendRefs?.map(({ weight }) => weight).sort()).toEqual([0, 1000]);
    expect(await read(newer)).toMatchObject({ state: 'pending', approval: { state: 'pending' } });
    await as('dora', 'POST', `${application}/rollouts/${newer}/abort`);
    await reaches(newer, { state: 'aborted' });
  });

  it('an experiment goes with its rollout, though what took its place has not begun', async () => {
    const selection = { namespace, labelSelector: 'slipway.dev/experiment' };
    const standing = async () => [
      ...(await shop.platform.client.list(deployments, selection)).items,
      ...(await shop.platform.client.list(services, selection)).items,
    ];
    const experiment = { duration: '1h', templates: [{ name: 'canary', specRef: 'canary' }] };
    const id = await begin('c', { strategy: { type: 'canary', steps: [{ experiment }] } });
    await eventually(async () => expect(await standing()).toHaveLength(2));
    expect((await as('vera', 'POST', policies, policy)).status).toBe(201);
    const newer = await begin('d');
    await reaches(id, { state: 'aborted' });
    expect(await read(newer)).toMatchObject({ state: 'pending', approval: { state: 'pending' } });
    await eventually(async () => expect(await standing()).toEqual([]));
    await as('dora', 'POST', `${application}/rollouts/${newer}/abort`);
    await reaches(newer, { state: 'aborted' });
  });

  it('the way back needs none, and neither does a change of scale', async () => {
    await as('vera', 'POST', policies, policy);
    const back = await as('dora', 'POST', `${application}/rollback`, { environment: 'production' });
    expect(back.body['approval']).toBeNull();
    expect(await ended(String(back.body['id']))).toMatchObject({ state: 'healthy' });
  });
});

describe('a change of scale', () => {
  const scaleTo = async (replicas: number) => {
    const changed = await as('dora', 'PATCH', `${production}/scaling`, { processes: { web: { replicas } } });
    expect(changed).toMatchObject({ status: 200, body: { rollout: null } });
  };
  const podsIn = async (letter: string) =>
    (await shop.platform.client.list(deployments, { namespace })).items
      .filter(({ spec }) => spec.template.spec?.containers[0]?.image === image(letter))
      .map(({ spec }) => spec.replicas);
  const standing = async () => {
    const { release } = (await as('dora', 'GET', `${production}/status`)).body as { release: number };
    const { body } = await as('dora', 'GET', `${application}/releases/${release}`);
    return String(body['image']).slice(-1);
  };

  it('during a canary reaches both releases, and moves neither of them', async () => {
    const stable = await standing();
    const id = await begin('c', { strategy: canary });
    await reaches(id, { state: 'paused', weight: 25 });
    await scaleTo(4);
    await eventually(async () => expect([await podsIn(stable), await podsIn('c')]).toEqual([[4], [1]]));
    expect(await read(id)).toMatchObject({ state: 'paused', weight: 25 });
    const { body } = await as('dora', 'GET', `${application}/rollouts?limit=1`);
    expect(body['items']).toMatchObject([{ id }]);
    await as('dora', 'POST', `${application}/rollouts/${id}/promote`, {});
    expect(await ended(id)).toMatchObject({ state: 'healthy' });
    expect(await podsIn('c')).toEqual([4]);
  });

  it('while a release waits for an approval is of the one that stands: nothing gets past who must consent', async () => {
    const stable = await standing();
    await as('vera', 'POST', policies, {
      name: 'production',
      kind: 'release',
      environmentKinds: ['production'],
      approvalsNeeded: 1,
    });
    const id = await begin('d');
    expect(await read(id)).toMatchObject({ state: 'pending', approval: { state: 'pending' } });
    await scaleTo(3);
    await eventually(async () => expect(await podsIn(stable)).toEqual([3]));
    expect(await podsIn('d')).toEqual([]);
    expect(await read(id)).toMatchObject({ state: 'pending', approval: { state: 'pending' } });
    const { request } = (await read(id))['approval'] as { request: string };
    await as('vera', 'POST', `/requests/${request}/approve`, {});
    expect(await ended(id)).toMatchObject({ state: 'healthy' });
    expect(await podsIn('d')).toEqual([3]);
  });
});

describe('back to a release whose pods still run', () => {
  it('is a weight: one step, in the slot that was left', async () => {
    const before = (await as('dora', 'GET', `${production}/status`)).body['release'];
    const kept = { type: 'blueGreen', scaleDownDelaySeconds: 600 };
    expect(await ended(await begin('8', { strategy: kept }))).toMatchObject({ state: 'healthy' });
    const asked = Date.now();
    const { body } = await as('dora', 'POST', `${application}/rollback`, { environment: 'production' });
    expect(body).toMatchObject({ release: before, steps: [{ name: 'promote' }], strategy: kept });
    await reaches(String(body['id']), { weight: 100 });
    expect(Date.now() - asked).toBeLessThan(5_000);
    expect(await ended(String(body['id']))).toMatchObject({ state: 'healthy' });
  });
});

describe('a promotion to the next environment', () => {
  const promote = (who: string, body: object) => as(who, 'POST', `${production}/promotions`, body);

  it('takes the same release, by its hash, and says before what it changes', async () => {
    await as('admin', 'POST', '/tenants/acme/projects/shop/environments', { name: 'staging', kind: 'staging' });
    await eventually(async () => {
      const { body } = await as('dora', 'GET', '/tenants/acme/projects/shop/environments/staging');
      expect(body).toMatchObject({ state: 'ready' });
    });
    expect((await promote('dora', { from: 'staging' })).body['code']).toBe('promotion-without-release');
    expect((await promote('dora', { from: 'production' })).body['code']).toBe('promotion-to-itself');
    expect((await promote('dora', { from: 'nowhere' })).status).toBe(404);
    const staged = await ended(await begin('9', { environment: 'staging' }));
    expect(staged).toMatchObject({ state: 'healthy', environment: 'staging' });
    const plan = await as('dora', 'GET', `${production}/promotions/plan?from=staging`);
    expect(plan.body).toMatchObject({ release: staged['release'], healthy: true, freeze: null, approvalNeeded: false });
    expect(plan.body['changes']).toContainEqual(expect.objectContaining({ path: 'image', after: image('9') }));
    expect(JSON.stringify(plan.body['changes'])).not.toContain('.staging');
    const promoted = await promote('dora', { from: 'staging' });
    expect([promoted.status, promoted.body['release']]).toEqual([202, staged['release']]);
    expect(await ended(String(promoted.body['id']))).toMatchObject({ state: 'healthy', environment: 'production' });
    expect((await transitions(String(promoted.body['id'])))[0]).toMatch(/ was asked for, from staging\.$/);
  });

  it('is refused where the release never became healthy, but for who may force it', async () => {
    const fresh = await as('dora', 'POST', `${application}/releases`, { image: image('c') });
    const body = { from: 'staging', release: fresh.body['number'] };
    expect((await promote('dora', body)).body['code']).toBe('promotion-not-healthy');
    expect((await promote('dora', { ...body, force: true })).status).toBe(403);
    await as('vera', 'POST', freezes, { name: 'holidays', ...always });
    expect((await promote('vera', { ...body, force: true })).body['code']).toBe('rollout-frozen');
    await as('vera', 'DELETE', `${freezes}/holidays`);
    const forced = await promote('vera', { ...body, force: true });
    expect(await ended(String(forced.body['id']))).toMatchObject({ state: 'healthy' });
  });
});

describe('news of a rollout', () => {
  it('reach who began it, and owners where it goes wrong; nobody hears of what he did himself', async () => {
    const heard = async (who: string) => {
      const { body } = await as(who, 'GET', '/me/notifications');
      return (body['items'] as { type: string; link: string }[]).map(({ type, link }) => `${type} ${link}`);
    };
    const id = await begin('d', { strategy: canary });
    await reaches(id, { state: 'paused' });
    const link = `/t/acme/p/shop/e/production/a/hello/rollouts/${id}`;
    await eventually(async () => expect(await heard('dora')).toContain(`rollout-paused ${link}`));
    await as('vera', 'POST', `${application}/rollouts/${id}/abort`);
    await eventually(async () => expect(await heard('dora')).toContain(`rollout-aborted ${link}`));
    await eventually(async () => expect(await heard('admin')).toContain(`rollout-aborted ${link}`));
    expect((await heard('vera')).filter((line) => line.includes(id))).toEqual([]);
    expect((await heard('admin')).filter((line) => line.includes(id))).toHaveLength(1);
  });
});

describe('a promotion past a pause', () => {
  it('is a right of its own: who only starts rollouts cannot', async () => {
    const permissions = ['tenants:read', 'projects:read', 'rollouts:read', 'rollouts:write'];
    await as('admin', 'POST', '/tenants/acme/roles', { name: 'starter', permissions });
    await as('admin', 'POST', '/tenants/acme/members', { username: 'mallory', role: 'starter' });
    const id = await begin('7', { strategy: canary });
    await reaches(id, { state: 'paused' });
    const steer = (what: string, body?: object) => as('mallory', 'POST', `${application}/rollouts/${id}/${what}`, body);
    expect((await steer('promote', {})).status).toBe(403);
    expect((await steer('resume')).status).toBe(202);
    expect(await read(id)).toMatchObject({ state: 'paused', weight: 25 });
    expect((await steer('abort')).status).toBe(202);
    await reaches(id, { state: 'aborted' });
    expect((await transitions(id)).filter((line) => line.includes('mallory'))).toEqual([
      'paused → restoring by mallory: Aborted.',
    ]);
  });
});
