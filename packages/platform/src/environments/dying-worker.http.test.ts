import type { KubeClient } from '@slipway/orchestrator/client';
import { startControllers } from '@slipway/orchestrator/controllers';
import {
  type KubeObject,
  limitRanges,
  namespaces,
  networkPolicies,
  type ResourceType,
  roleBindings,
  secrets,
} from '@slipway/orchestrator/kinds';
import { systemClock } from '@slipway/orchestrator/runtime';
import { startTestCluster, type TestCluster } from '@slipway/orchestrator/testing';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { Database } from '../kernel/database/index.js';
import { NetworkPoliciesModule } from '../network-policies/network-policies.module.js';
import { QuotaRoutesModule } from '../quotas/quota-routes.module.js';
import { type Death, deathsIn, dieAt } from '../testing/dying-worker.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { DeleteEnvironmentProcessor, ProvisionEnvironmentProcessor } from './environments.jobs.js';

type Job = Parameters<ProvisionEnvironmentProcessor['run']>[0];

const context = { id: 'x', attempt: 1, isLastAttempt: false, signal: new AbortController().signal };
const environments = '/tenants/acme/projects/shop/environments';
const kinds: readonly ResourceType<KubeObject>[] = [limitRanges, networkPolicies, roleBindings, secrets];
let cluster: TestCluster;
let kube: KubeClient;
let controllers: { stop(): Promise<unknown> };
let api: TestApi;
let admin: string;
const get = <T>(type: new (...rest: never[]) => T): T => api.app.get(type, { strict: false });
const read = () => get(Database).read;

beforeAll(async () => {
  const databaseUrl = inject('databaseUrl');
  cluster = await startTestCluster({ databaseUrl });
  kube = cluster.client;
  const logger = pino({ level: 'silent' });
  controllers = await startControllers({ client: kube, clock: systemClock, logger, metrics: new Registry() });
  const env = { SLIPWAY_KUBECONFIG: cluster.kubeconfig };
  const modules = [NetworkPoliciesModule, QuotaRoutesModule];
  api = await startTestApi({ databaseUrl, redisUrl: inject('redisUrl'), env, modules });
  // Good for longer than an access token.
  admin = (await api.call(api.admin, 'POST', '/me/tokens', { name: 'test' })).body.token;
  await api.call(admin, 'POST', '/tenants', { name: 'acme' });
  await api.call(admin, 'POST', '/tenants/acme/projects', { name: 'shop' });
});
afterAll(async () => {
  await api?.close();
  await controllers?.stop();
  await cluster?.stop();
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function jobOf(name: string, operation: string): Promise<Job> {
  const messages = await read().outboxMessage.findMany({ where: { name } });
  const job = messages.map(({ payload }) => payload as Job).find((one) => one.operation === operation);
  if (!job) throw new Error('There is no job.');
  return job;
}

async function begin(): Promise<Job> {
  const { status, body } = await api.call(admin, 'POST', environments, { name: 'crash', kind: 'staging' });
  expect(status, JSON.stringify(body)).toBe(201);
  return jobOf('environments.provision', body.operation);
}

async function end(): Promise<Job> {
  const { status, body } = await api.call(admin, 'DELETE', `${environments}/crash`);
  expect(status, JSON.stringify(body)).toBe(202);
  return jobOf('environments.delete', body.operation);
}

/** Runs it with a worker that dies there, and again with one that lives. */
async function dying(death: Death | undefined, run: () => Promise<void>): Promise<void> {
  const worker = dieAt(api, death);
  await run().catch(() => undefined);
  vi.restoreAllMocks();
  if (worker.hasDied()) await run();
}

/** What there is of the environment, in the cluster and in the database. */
async function world() {
  const name = 'acme-shop-crash';
  const found = await kube.find(namespaces, name);
  const lists = await Promise.all(kinds.map((type) => kube.list(type, { namespace: name })));
  const labels = Object.keys(found?.metadata.labels ?? {});
  const where = { username: 'robot$shop+pull-crash' };
  return {
    labels: found?.metadata.deletionTimestamp ? [] : labels.sort(),
    objects: lists.flatMap(({ items }, at) => items.map((item) => `${kinds[at]?.kind}/${item.metadata.name}`)).sort(),
    environments: (await read().environment.findMany({ where: { name: 'crash' } })).map(({ state }) => state),
    robots: await read().robot.count({ where }),
    claims: await read().quotaClaim.count({ where: { resource: 'environments' } }),
    counted: (await read().quotaCounter.findMany({ where: { resource: 'environments' } })).map(({ used }) =>
      Number(used),
    ),
  };
}

describe('a worker that dies', () => {
  it('at any of its calls while it provisions or takes away leaves the same as one that lives', async () => {
    const before = await world();
    const first = await begin();
    const making = dieAt(api);
    await get(ProvisionEnvironmentProcessor).run(first);
    const deaths = deathsIn(making.calls());
    vi.restoreAllMocks();
    const made = await world();
    expect(made).toMatchObject({ environments: ['ready'], robots: 1 });
    const last = await end();
    const taking = dieAt(api);
    await get(DeleteEnvironmentProcessor).run(last, context);
    const endings = deathsIn(taking.calls());
    vi.restoreAllMocks();
    expect(await world()).toEqual(before);
    expect([deaths.length > 12, endings.length > 4]).toEqual([true, true]);

    for (let at = 0; at < Math.max(deaths.length, endings.length); at++) {
      const job = await begin();
      await dying(deaths[at], () => get(ProvisionEnvironmentProcessor).run(job));
      expect(await world(), JSON.stringify(deaths[at])).toEqual(made);
      const deletion = await end();
      await dying(endings[at], () => get(DeleteEnvironmentProcessor).run(deletion, context));
      expect(await world(), `taken away: ${JSON.stringify(endings[at])}`).toEqual(before);
    }
  }, 300_000);
});
