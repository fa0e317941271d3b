import { startControllers } from '@slipway/orchestrator/controllers';
import { namespaces } from '@slipway/orchestrator/kinds';
import { systemClock } from '@slipway/orchestrator/runtime';
import { startTestCluster, type TestCluster } from '@slipway/orchestrator/testing';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { ProvisionEnvironmentProcessor } from '../environments/environments.jobs.js';
import { Database } from '../kernel/database/index.js';
import { createToken, hashToken, newId } from '../kernel/ids/ids.js';
import { JobAbandoned } from '../kernel/jobs/job.js';
import { OperationsService } from '../operations/operations.service.js';
import { DeleteTenantProcessor, deletionSteps } from '../tenants/tenants.jobs.js';
import { type Death, deathsIn, dieAt as dieAtCall } from '../testing/dying-worker.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { setupSteps } from './onboarding.rules.js';
import { SetUpTenantProcessor } from './tenant-setup.jobs.js';
import { TenantSetupSteps } from './tenant-setup.service.js';

const context = { signal: new AbortController().signal };
let cluster: TestCluster;
let controllers: { stop(): Promise<unknown> };
let api: TestApi;
let ann: string;
const get = <T>(type: new (...rest: never[]) => T): T => api.app.get(type, { strict: false });
const database = () => get(Database).read;

beforeAll(async () => {
  const databaseUrl = inject('databaseUrl');
  cluster = await startTestCluster({ databaseUrl });
  const logger = pino({ level: 'silent' });
  const metrics = new Registry();
  controllers = await startControllers({ client: cluster.client, clock: systemClock, logger, metrics });
  const env = { SLIPWAY_KUBECONFIG: cluster.kubeconfig };
  api = await startTestApi({ databaseUrl, redisUrl: inject('redisUrl'), env });
  ann = await api.createUser('ann');
  await api.createUser('bob');
});
afterAll(async () => {
  await api?.close();
  await controllers?.stop();
  await cluster?.stop();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const plan = (name: string, more: object = {}) => ({
  name,
  purpose: 'A shop.',
  members: [{ username: 'bob', role: 'developer' }],
  limits: { pods: 20 },
  projects: [{ name: 'shop' }],
  ...more,
});
/** Somebody with a personal token: no password needs to be hashed for it. */
async function createAsker(username: string): Promise<string> {
  const [id, token] = [newId(), createToken('slp_pat_')];
  await database().user.create({ data: { id, username, displayName: username, issuer: 'test', subject: username } });
  const data = { id: newId(), userId: id, name: 'test', prefix: token.slice(0, 12), hash: hashToken(token) };
  await database().personalToken.create({ data });
  return token;
}

const ask = (name: string, more: object = {}, token = ann) =>
  api.call(token, 'POST', '/requests', { kind: 'tenant', payload: plan(name, more), reason: 'We begin.' });

async function approve(name: string, more: object = {}): Promise<{ request: string; tenantId: string }> {
  const asked = await ask(name, more);
  expect(asked.status, JSON.stringify(asked.body)).toBe(201);
  const approved = await api.call(api.admin, 'POST', `/requests/${asked.body.id}/approve`, {});
  expect(approved.status, JSON.stringify(approved.body)).toBeLessThan(300);
  const { id } = await database().tenant.findUniqueOrThrow({ where: { name } });
  return { request: asked.body.id, tenantId: id };
}

/** What workers do until nothing is left to do: the queues side by side, their retries and their giving up. */
async function work(tenantId: string): Promise<void> {
  const setUp = get(SetUpTenantProcessor);
  for (let round = 0; round < 10; round++) {
    let isOver = false;
    const running = setUp
      .run({ tenantId }, context)
      .then(
        () => undefined,
        (thrown: Error) => thrown,
      )
      .finally(() => {
        isOver = true;
      });
    // A refusal is tried again, as the queue does.
    while (!isOver) await provisionAll(tenantId).catch(() => undefined);
    const error = await running;
    if (!error) return;
    if (error instanceof JobAbandoned) await setUp.giveUp({ tenantId }, error);
  }
  throw new Error('It never came to an end.');
}

async function provisionAll(tenantId: string): Promise<void> {
  for (const { id } of await database().environment.findMany({ where: { tenantId, state: 'provisioning' } })) {
    const where = { name: 'environments.provision', payload: { path: ['environmentId'], equals: id } };
    const message = await database().outboxMessage.findFirstOrThrow({ where });
    const job = message.payload as Parameters<ProvisionEnvironmentProcessor['run']>[0];
    await get(ProvisionEnvironmentProcessor).run(job);
  }
  await new Promise((resolve) => setImmediate(resolve));
}

/** All that there is of a tenant, ids and times left out. */
async function world(name: string) {
  const tenant = await database().tenant.findUnique({ where: { name } });
  const tenantId = tenant?.id ?? '00000000-0000-7000-8000-000000000000';
  const bindings = await database().roleBinding.findMany({
    where: { tenantId },
    include: { user: { select: { username: true } }, group: { select: { name: true } } },
  });
  const environments = await database().environment.findMany({ where: { tenantId }, orderBy: { name: 'asc' } });
  const { items } = await cluster.client.list(namespaces, { labelSelector: `slipway.dev/tenant=${name}` });
  const group = await database().group.findUnique({ where: { name: `tenant-${name}` }, include: { members: true } });
  return {
    state: tenant?.state,
    bindings: bindings.map((row) => `${row.user?.username ?? row.group?.name} ${row.role}`.replace(name, '*')).sort(),
    group: group?.members.length,
    limits: (await database().quotaLimit.findMany({ where: { tenantId } })).map(
      (row) => `${row.resource} ${row.amount}`,
    ),
    projects: (await database().project.findMany({ where: { tenantId } })).map((row) => row.name),
    environments: environments.map((row) => `${row.name} ${row.state}`),
    namespaces: items
      .filter((item) => !item.metadata.deletionTimestamp)
      .map((item) => item.metadata.name?.replace(name, '*'))
      .sort(),
  };
}

const whole = {
  state: 'active',
  bindings: ['ann owner', 'bob developer', 'tenant-* viewer'],
  group: 2,
  limits: ['pods 20'],
  projects: ['shop'],
  environments: ['production ready'],
  namespaces: ['*-shop-production'],
};
const nothing = {
  state: undefined,
  bindings: [],
  group: undefined,
  limits: [],
  projects: [],
  environments: [],
  namespaces: [],
};

/** As if the worker died at the `at`-th note of one of the saga's steps. */
function dieAt(at: number): void {
  const operations = get(OperationsService);
  const original = operations.step.bind(operations);
  let notes = 0;
  vi.spyOn(operations, 'step').mockImplementation(async (...step) => {
    if (isOfSaga(step[1])) notes += 1;
    if (notes === at && isOfSaga(step[1])) throw new Error('The worker was killed.');
    await original(...step);
  });
}

const isOfSaga = (step: string): boolean => [...setupSteps, ...deletionSteps].some((name) => name === step);

describe('a request for a tenant', () => {
  it('can be made by anybody who is signed in, and keeps the name while it waits', async () => {
    expect((await ask('waiting')).status).toBe(201);
    const bob = await api.login('bob');
    expect((await ask('waiting', {}, bob)).body.code).toBe('tenant-name-reserved-or-taken');
    expect((await api.call(api.admin, 'POST', '/tenants', { name: 'waiting' })).body.code).toBe('tenant-name-taken');
  });

  it('of twenty for one name at once is one alone, and none beside a tenant that is made', async () => {
    const askers = await Promise.all(Array.from({ length: 20 }, (_, index) => createAsker(`asker-${index}`)));
    const asked = await Promise.all(askers.map((token) => ask('raced', {}, token)));
    expect(asked.filter(({ status }) => status === 201)).toHaveLength(1);
    const refused = asked.filter(({ status }) => status !== 201);
    expect(new Set(refused.map(({ status, body }) => `${status} ${body.code}`))).toEqual(
      new Set(['409 tenant-name-reserved-or-taken']),
    );
    const where = { kind: 'tenant', subject: 'tenants/raced', state: 'pending' };
    expect(await database().request.count({ where })).toBe(1);

    const make = () => api.call(api.admin, 'POST', '/tenants', { name: 'raced-too' });
    const mixed = await Promise.all(askers.flatMap((token) => [ask('raced-too', {}, token), make()]));
    expect(mixed.filter(({ status }) => status === 201)).toHaveLength(1);
    expect((await ask('acme-not-there-yet')).status).toBe(201);
    await make();
    expect((await ask('raced-too')).body.code).toBe('tenant-name-reserved-or-taken');
  });

  it.each([['kube-system'], ['slipway'], ['default']])('is refused for the reserved name %s', async (name) => {
    expect((await ask(name)).body.code).toBe('tenant-name-reserved-or-taken');
  });

  it.each([['../etc'], ['аcme'], ['ac me'], ['ACME']])('is refused for the name %j', async (name) => {
    expect((await ask(name)).status).toBe(422);
  });

  it('is refused with a NUL byte in its name', async () => {
    expect((await ask('acme\u0000')).status).toBe(400);
  });

  it('is refused for blueprints that there are not, and its approval for unknown users', async () => {
    expect((await ask('nope', { projects: [{ name: 'shop', blueprint: 'x' }] })).body.code).toBe('blueprint-unknown');
    const asked = await ask('nope', { members: [{ username: 'nobody', role: 'viewer' }] });
    const approved = await api.call(api.admin, 'POST', `/requests/${asked.body.id}/approve`, {});
    expect(approved.body.code).toBe('tenant-plan-unknown-user');
    await api.call(ann, 'POST', `/requests/${asked.body.id}/withdraw`, {});
  });
});

describe('setting a tenant up', () => {
  it('makes all that was approved, and tells its asker each step', async () => {
    const { request, tenantId } = await approve('acme', { projects: [{ name: 'shop', blueprint: 'web-team' }] });
    const before = await api.call(ann, 'GET', `/requests/${request}/setup`);
    expect(before.body.steps.map((step: { name: string }) => step.name)).toEqual([...setupSteps]);
    expect((await api.call(ann, 'GET', '/tenants/acme')).status).toBe(404);
    await work(tenantId);
    expect(await world('acme')).toEqual({
      ...whole,
      environments: ['development ready', 'production ready', 'staging ready'],
      namespaces: ['*-shop-development', '*-shop-production', '*-shop-staging'],
    });
    const after = await api.call(ann, 'GET', `/requests/${request}/setup`);
    expect(after.body).toMatchObject({ state: 'succeeded', progress: 100, tenant: 'acme' });
    expect((await api.call(await api.login('bob'), 'GET', `/requests/${request}/setup`)).body.code).toBe(
      'setup-not-found',
    );
    expect((await api.call(ann, 'GET', '/tenants/acme')).body).toMatchObject({ state: 'active', myRole: 'owner' });
  });

  it('ends the same wherever the worker is killed', async () => {
    // Each step is done when the worker dies, and not noted yet.
    for (let at = 2; at <= setupSteps.length * 2; at += 2) {
      const name = `kill-${at}`;
      const { tenantId } = await approve(name);
      dieAt(at);
      await work(tenantId);
      vi.restoreAllMocks();
      expect(await world(name), `killed at note ${at}`).toEqual(whole);
    }
  }, 120_000);

  it('ends the same at whichever call the worker is killed', async () => {
    const counts = async (tenantId: string) => ({
      claims: await database().quotaClaim.count({ where: { tenantId } }),
      bindings: await database().roleBinding.count({ where: { tenantId } }),
      created: await database().event.count({ where: { tenantId, type: 'tenant.created' } }),
    });
    let deaths: Death[] = [];
    let once: Awaited<ReturnType<typeof counts>> | undefined;
    for (let at = -1; at < deaths.length; at++) {
      const name = `made-${at + 1}`;
      const { tenantId } = await approve(name);
      const worker = dieAtCall(api, deaths[at]);
      const ofNamespaces = new Set<number>();
      const { namespaces } = get(TenantSetupSteps).steps;
      const wait = namespaces.make.bind(namespaces);
      // What provisions the environments dies in a test of its own.
      vi.spyOn(namespaces, 'make').mockImplementation(async (setup, signal) => {
        const first = worker.calls().length;
        await provisionAll(tenantId);
        for (let call = first; call < worker.calls().length; call++) ofNamespaces.add(call + 1);
        await wait(setup, signal);
      });
      await get(SetUpTenantProcessor)
        .run({ tenantId }, context)
        .catch(() => undefined);
      vi.restoreAllMocks();
      // The first, that nobody killed, tells where the others can die.
      if (at < 0) deaths = deathsIn(worker.calls()).filter(({ call }) => !ofNamespaces.has(call));
      else await work(tenantId);
      const died = JSON.stringify(deaths[at]);
      expect(await world(name), died).toEqual(whole);
      const { claims, bindings, created } = await counts(tenantId);
      once ??= { claims, bindings, created };
      expect({ claims, bindings }, died).toEqual({ claims: once.claims, bindings: once.bindings });
      expect(created, died).toBeGreaterThan(0);
      const where = { subject: `tenants/${name}` };
      expect(await database().operation.findFirst({ where }), died).toMatchObject({ state: 'succeeded' });
    }
    expect(deaths.length).toBeGreaterThan(12);
  }, 300_000);

  it('takes everything back when a step is refused, and the request says why', async () => {
    for (const step of ['tenant', 'roles', 'projects', 'namespaces', 'open'] as const) {
      const name = `refused-${step}`;
      const { request, tenantId } = await approve(name);
      const steps = get(TenantSetupSteps).steps;
      const refused = vi.spyOn(steps[step], 'make').mockRejectedValue(new JobAbandoned('There is no room.'));
      await work(tenantId);
      refused.mockRestore();
      expect(await world(name), step).toEqual(nothing);
      const { body } = await api.call(ann, 'GET', `/requests/${request}`);
      expect(JSON.stringify(body)).toContain('There is no room.');
      const setup = await api.call(ann, 'GET', `/requests/${request}/setup`);
      expect(setup.body).toMatchObject({ state: 'failed', isReversing: true, error: 'There is no room.' });
      expect((await ask(name)).status, 'the name is free again').toBe(201);
    }
  }, 120_000);

  it('goes on taking back after a worker was killed at that', async () => {
    for (const at of [2, 5].map((notes) => setupSteps.length * 2 + notes)) {
      const name = `back-${at}`;
      const { tenantId } = await approve(name);
      const refused = vi.spyOn(get(TenantSetupSteps).steps.open, 'make').mockRejectedValue(new JobAbandoned('No.'));
      dieAt(at);
      await work(tenantId);
      vi.restoreAllMocks();
      refused.mockRestore();
      expect(await world(name)).toEqual(nothing);
    }
  }, 120_000);

  it('takes everything back at whichever call the worker is killed', async () => {
    let deaths: Death[] = [];
    const setUp = get(SetUpTenantProcessor);
    for (let at = -1; at < deaths.length; at++) {
      const name = `taken-${at + 1}`;
      const { tenantId } = await approve(name);
      const { namespaces } = get(TenantSetupSteps).steps;
      const refused = new JobAbandoned('No.');
      vi.spyOn(namespaces, 'make').mockImplementation(async () => {
        await provisionAll(tenantId);
        throw refused;
      });
      await expect(setUp.run({ tenantId }, context)).rejects.toBe(refused);
      vi.restoreAllMocks();
      const turn = async () => {
        const row = await database().tenantSetup.findUnique({ where: { tenantId } });
        if (row && !row.isReversing) await setUp.giveUp({ tenantId }, refused);
        await setUp.run({ tenantId }, context);
      };
      const worker = dieAtCall(api, deaths[at]);
      await turn().catch(() => undefined);
      vi.restoreAllMocks();
      if (at < 0) deaths = deathsIn(worker.calls());
      else await turn();
      const died = JSON.stringify(deaths[at]);
      expect(await world(name), died).toEqual(nothing);
      const where = { subject: `tenants/${name}` };
      expect(await database().operation.findFirst({ where }), died).toMatchObject({ state: 'failed' });
      expect((await ask(name)).status, died).toBe(201);
    }
    expect(deaths.length).toBeGreaterThan(8);
  }, 300_000);

  it('turns round by itself at what a rule refuses', async () => {
    const { tenantId } = await approve('greedy', { limits: { projects: 0 } });
    await work(tenantId);
    expect(await world('greedy')).toEqual(nothing);
  });
});

describe('deleting a tenant', () => {
  it('ends the same wherever the worker is killed', async () => {
    for (let at = 2; at <= deletionSteps.length * 2; at += 2) {
      const name = `gone-${at}`;
      const { tenantId } = await approve(name);
      await work(tenantId);
      const { body } = await api.call(api.admin, 'DELETE', `/tenants/${name}?confirm=${name}`);
      const job = { tenantId, tenant: name, operation: body.operation };
      dieAt(at);
      await expect(get(DeleteTenantProcessor).run(job, context)).rejects.toThrow('killed');
      vi.restoreAllMocks();
      await get(DeleteTenantProcessor).run(job, context);
      expect(await world(name), `killed at note ${at}`).toEqual(nothing);
      const { body: operation } = await api.call(api.admin, 'GET', `/operations/${body.operation}`);
      expect(operation.state).toBe('succeeded');
    }
  }, 120_000);

  it('ends the same at whichever call the worker is killed', async () => {
    let deaths: Death[] = [];
    for (let at = -1; at < deaths.length; at++) {
      const name = `call-${at + 1}`;
      const { tenantId } = await approve(name);
      await work(tenantId);
      const { body } = await api.call(api.admin, 'DELETE', `/tenants/${name}?confirm=${name}`);
      const job = { tenantId, tenant: name, operation: body.operation };
      const worker = dieAtCall(api, deaths[at]);
      await get(DeleteTenantProcessor)
        .run(job, context)
        .catch(() => undefined);
      vi.restoreAllMocks();
      // The first, that nobody killed, tells where the others can die.
      if (at < 0) deaths = deathsIn(worker.calls());
      else await get(DeleteTenantProcessor).run(job, context);
      const { body: operation } = await api.call(api.admin, 'GET', `/operations/${body.operation}`);
      const left = {
        claims: await database().quotaClaim.count({ where: { tenantId } }),
        counters: await database().quotaCounter.count({ where: { tenantId } }),
      };
      const died = JSON.stringify(deaths[at]);
      expect({ ...(await world(name)), ...left }, died).toEqual({ ...nothing, claims: 0, counters: 0 });
      expect(operation.state, died).toBe('succeeded');
    }
    expect(deaths.length).toBeGreaterThan(10);
  }, 300_000);
});
