import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { deployments, httpRoutes, type Pod, pods, services } from '@slipway/orchestrator/kinds';
import { startTestCluster, type TestCluster } from '@slipway/orchestrator/testing';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { ProvisionEnvironmentProcessor } from '../environments/environments.jobs.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import { type Death, deathsIn, dieAt } from '../testing/dying-worker.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { AdvanceRolloutProcessor } from './advance-rollout.jobs.js';
import { NotifyOfRolloutProcessor } from './notify-of-rollout.jobs.js';
import { RetireReleaseProcessor } from './retire-release.jobs.js';
import { RolloutLoops } from './rollout-loops.js';
import { RolloutsModule } from './rollouts.module.js';

const application = '/tenants/acme/projects/shop/applications/hello';
const namespace = 'acme-shop-production';
const context = { id: 'x', attempt: 1, isLastAttempt: false, signal: new AbortController().signal };
const image = (serial: number): string => `registry.example.com/hello@sha256:${serial.toString(16).padStart(64, '0')}`;

/** Deaths of a strategy, but those at its end. */
const most = 5;

let cluster: TestCluster;
let api: TestApi;
let admin: string;
let serial = 0;
/** The image whose pods crash. */
let crashing = '';
const get = <T>(type: new (...rest: never[]) => T): T => api.app.get(type, { strict: false });
const read = () => get(Database).read;

beforeAll(async () => {
  const databaseUrl = inject('databaseUrl');
  cluster = await startTestCluster({ databaseUrl });
  const env = { SLIPWAY_KUBECONFIG: cluster.kubeconfig, SLIPWAY_OUTGOING_ALLOW: '127.0.0.1/32' };
  api = await startTestApi({ databaseUrl, redisUrl: inject('redisUrl'), env, modules: [RolloutsModule] });
  admin = (await api.call(api.admin, 'POST', '/me/tokens', { name: 'test' })).body.token;
  await call('POST', '/tenants', { name: 'acme' });
  await call('POST', '/tenants/acme/projects', { name: 'shop' });
  const jobs = await read().outboxMessage.findMany({ where: { name: 'environments.provision' } });
  for (const { payload } of jobs)
    await get(ProvisionEnvironmentProcessor).run(payload as Parameters<ProvisionEnvironmentProcessor['run']>[0]);
  const processes = { web: { replicas: 2 }, worker: { command: 'work' } };
  await call('POST', '/tenants/acme/projects/shop/applications', {
    name: 'hello',
    source: { type: 'push' },
    processes,
  });
  await live(await begin({ type: 'rolling' }), never);
}, 60_000);
afterAll(async () => {
  await api?.close();
  await cluster?.stop();
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function call(method: string, path: string, body?: object) {
  const { status, body: answer } = await api.call(admin, method, path, body);
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
  return answer;
}

async function begin(strategy: object): Promise<string> {
  serial += 1;
  const { number } = await call('POST', `${application}/releases`, { image: image(serial) });
  return (await call('POST', `${application}/rollouts`, { environment: 'production', release: number, strategy })).id;
}

/** The nodes and the controllers: what a Deployment asks for is there at once, unless its image crashes. */
async function settle(): Promise<void> {
  const { client } = cluster;
  const { items } = await client.list(deployments, { namespace });
  const crashed = items.filter(({ spec }) => spec.template.spec?.containers[0]?.image === crashing);
  for (const item of items) {
    const replicas = crashed.includes(item) ? 0 : item.spec.replicas;
    const { generation, name = '' } = item.metadata;
    if (item.status?.observedGeneration === generation && item.status?.availableReplicas === replicas) continue;
    const ready = { updatedReplicas: replicas, availableReplicas: replicas, readyReplicas: replicas };
    const status = { observedGeneration: generation, replicas, ...ready };
    await client.patch(deployments, name, namespace, { status }, { type: 'merge', subresource: 'status' });
  }
  const there = (await client.list(pods, { namespace })).items.map(({ metadata }) => metadata.name ?? '');
  for (const { metadata, spec } of crashed) {
    const name = metadata.name ?? '';
    if (there.includes(name)) continue;
    const meant = { ...spec.template.spec, containers: spec.template.spec?.containers ?? [] };
    const pod = { metadata: { name, namespace, labels: spec.template.metadata?.labels }, spec: meant };
    await client.create(pods, { apiVersion: 'v1', kind: 'Pod', ...pod } as Pod);
    const state = { waiting: { reason: 'CrashLoopBackOff' } };
    const lastState = { terminated: { exitCode: 7 } };
    const told = { name: 'web', image: crashing, imageID: '', restartCount: 3, ready: false, state, lastState };
    const status = { phase: 'Running', containerStatuses: [told] };
    await client.patch(pods, name, namespace, { status }, { type: 'merge', subresource: 'status' });
  }
  for (const name of there.filter((each) => !crashed.some(({ metadata }) => metadata.name === each)))
    await client.delete(pods, name, namespace, { gracePeriodSeconds: 0 });
}

/** What people do while the rollout is in such a state: asked once. */
type Act = (id: string) => Promise<void>;
const never: Act = async () => undefined;
const ask =
  (verb: string, ...states: readonly string[]): Act =>
  async (id) => {
    const row = await read().rollout.findUniqueOrThrow({ where: { id } });
    const isFree = !row.abortRequestedAt && !row.isRestoring && String(row.commands) === '';
    if (states.includes(row.state) && isFree) await call('POST', `${application}/rollouts/${id}/${verb}`, {});
  };

/** Once the pods of an experiment are there. */
const whileExperimenting =
  (act: Act): Act =>
  async (id) => {
    if ((await listExperiments()).length > 0) await act(id);
  };

async function listExperiments(): Promise<readonly string[]> {
  const selection = { namespace, labelSelector: 'slipway.dev/experiment' };
  const found = [
    ...(await cluster.client.list(deployments, selection)).items,
    ...(await cluster.client.list(services, selection)).items,
  ];
  return found.map(({ metadata }) => metadata.name ?? '');
}

/** Time goes by only where the worker waits for it; meanwhile the cluster and people do their part. */
class Time extends Clock {
  private at = Date.now();

  constructor(private readonly meanwhile: () => Promise<void>) {
    super();
  }

  override now(): Date {
    return new Date(this.at);
  }

  override async sleep(milliseconds: number): Promise<void> {
    this.at += milliseconds;
    await this.meanwhile();
  }
}

/** Sleeps, while the cluster does its part. */
class RealTime extends Clock {
  constructor(private readonly meanwhile: () => Promise<void>) {
    super();
  }

  override async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    await this.meanwhile();
    await super.sleep(milliseconds, signal);
  }
}

/** A worker that has just started, with a clock of its own. */
function startWorker(clock: Clock): AdvanceRolloutProcessor {
  const worker: AdvanceRolloutProcessor = Object.create(AdvanceRolloutProcessor.prototype);
  return Object.assign(worker, get(AdvanceRolloutProcessor), { clock, loops: new RolloutLoops(clock) });
}

/** From the first job of a rollout to its last. */
async function live(id: string, act: Act, aside = (work: () => Promise<void>) => work()): Promise<void> {
  const others = async (): Promise<void> => {
    await settle();
    await act(id);
  };
  const time = new Time(() => aside(others));
  await startWorker(time).run({ rolloutId: id }, context);
  const [retire] = await listJobs('rollouts.retire', id);
  if (retire) await get(RetireReleaseProcessor).run({ rolloutId: id });
}

async function listJobs(name: string, rolloutId: string) {
  return read().outboxMessage.findMany({ where: { name, payload: { path: ['rolloutId'], equals: rolloutId } } });
}

/** Somebody answers every request, after every call of the worker. */
async function requireAnswers(): Promise<void> {
  const route = await cluster.client.find(httpRoutes, 'hello', namespace);
  const { items } = await cluster.client.list(deployments, { namespace });
  const backends = route?.spec.rules?.at(-1)?.backendRefs ?? [];
  const weights = backends.map(({ weight = 0 }) => weight);
  expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(1000);
  for (const [at, slot] of ['a', 'b'].entries()) {
    const web = items.find(
      ({ metadata: { labels = {} } }) => labels['slipway.dev/slot'] === slot && labels['slipway.dev/process'] === 'web',
    );
    if (weights[at]) expect(web?.status?.readyReplicas, `slot ${slot} at ${weights[at]}`).toBeGreaterThan(0);
  }
}

/** What there is in the end, told by roles: the slots change places from one rollout to the next. */
async function world(id: string) {
  const row = await read().rollout.findUniqueOrThrow({ where: { id } });
  const { applicationId, environmentId } = row;
  const placement = await read().placement.findFirstOrThrow({ where: { applicationId, environmentId } });
  const release = (other: string | null) => (other === row.releaseId ? 'next' : 'previous');
  const next = (await read().release.findUniqueOrThrow({ where: { id: row.releaseId } })).image;
  const shown = (await cluster.client.list(deployments, { namespace })).items.map(
    ({ metadata: { labels = {} }, spec }) => {
      const slot = labels['slipway.dev/slot'] === placement.slot ? 'stable' : labels['slipway.dev/slot'] && 'free';
      const which = spec.template.spec?.containers[0]?.image === next ? 'next' : 'previous';
      return `${labels['slipway.dev/process']} ${slot}: ${which} ×${spec.replicas}`;
    },
  );
  const route = await cluster.client.get(httpRoutes, 'hello', namespace);
  const service = await cluster.client.get(services, 'hello', namespace);
  const rules = route.spec.rules?.map(({ backendRefs, ...rule }) => ({
    ...rule,
    to: backendRefs?.map(({ name, weight }) => `${name.endsWith(placement.slot) ? 'stable' : 'free'} ${weight}`).sort(),
  }));
  const untimed = (text: string | null) => text?.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, 'then') ?? null;
  const transitions = await read().rolloutTransition.findMany({
    where: { rolloutId: id },
    orderBy: [{ at: 'asc' }, { id: 'asc' }],
  });
  const news = await listJobs('rollouts.notify', id);
  const operation = await read().operation.findUniqueOrThrow({ where: { id: row.operationId ?? '' } });
  return {
    state: row.state,
    error: row.error,
    isRestoring: row.isRestoring,
    candidate: row.candidate,
    steps: (row.steps as { name: string; state: string }[]).map(({ name, state }) => `${name}: ${state}`),
    transitions: transitions.map(
      ({ from, to, reason, actor }) =>
        `${from} → ${to} by ${actor}: ${untimed(reason)?.replace(/Release \d+/, 'Release')}`,
    ),
    operation: operation.state,
    stands: release(placement.releaseId),
    shown: shown.sort(),
    rules,
    names: (await cluster.client.list(httpRoutes, { namespace })).items.map(({ metadata }) => metadata.name),
    experiments: await listExperiments(),
    service: service.spec?.selector?.['slipway.dev/slot'] === placement.slot ? 'stable' : 'free',
    news: news.map(({ payload }) => String(Reflect.get(Object(payload), 'type'))).sort(),
    retirements: (await listJobs('rollouts.retire', id)).length,
  };
}

const timed = { type: 'canary', steps: [{ setWeight: 25 }, { pause: { duration: 5 } }, { setWeight: 50 }] };
const blueGreen = { type: 'blueGreen', autoPromotionSeconds: 5 };
const abTest = { type: 'abTest', match: [{ headers: [{ name: 'x-beta', value: '1' }] }] };
const experiment = {
  type: 'canary',
  steps: [
    { setWeight: 25 },
    {
      experiment: {
        duration: 3,
        templates: [
          { name: 'baseline', specRef: 'stable' },
          { name: 'canary', specRef: 'canary' },
        ],
      },
    },
    { setWeight: 50 },
  ],
};
const weighted = {
  ...experiment,
  steps: [
    { setWeight: 25 },
    {
      experiment: {
        duration: 3,
        templates: [
          { name: 'baseline', specRef: 'stable', weight: 10 },
          { name: 'canary', specRef: 'canary', weight: 5 },
        ],
      },
    },
    { setWeight: 50 },
  ],
};
const mirror = { type: 'mirror', percentage: 30, duration: 5 };

describe('a worker that dies at any of its calls leaves to the next one what ends like an undisturbed run', () => {
  it.each<[string, object, Act, string]>([
    ['rolling', { type: 'rolling' }, never, 'healthy'],
    ['rolling, aborted', { type: 'rolling' }, ask('abort', 'progressing'), 'aborted'],
    ['recreate', { type: 'recreate' }, never, 'healthy'],
    ['recreate, aborted', { type: 'recreate' }, ask('abort', 'progressing'), 'aborted'],
    ['blue/green', blueGreen, never, 'healthy'],
    ['blue/green, aborted', blueGreen, ask('abort', 'paused'), 'aborted'],
    ['canary', timed, never, 'healthy'],
    ['canary, promoted fully', timed, ask('promote', 'paused'), 'healthy'],
    ['canary, aborted', timed, ask('abort', 'paused'), 'aborted'],
    ['canary that crashes', timed, never, 'failed'],
    ['A/B', abTest, ask('promote', 'paused'), 'healthy'],
    ['A/B, aborted', abTest, ask('abort', 'paused'), 'aborted'],
    ['experiment', experiment, never, 'healthy'],
    ['experiment with weights', weighted, never, 'healthy'],
    ['experiment with weights, aborted', weighted, whileExperimenting(ask('abort', 'progressing')), 'aborted'],
    ['experiment with weights, promoted fully', weighted, whileExperimenting(ask('promote', 'progressing')), 'healthy'],
    ['experiment, aborted', experiment, whileExperimenting(ask('abort', 'progressing')), 'aborted'],
    ['experiment, promoted fully', experiment, whileExperimenting(ask('promote', 'progressing')), 'healthy'],
    ['mirror', mirror, never, 'healthy'],
    ['mirror, aborted', mirror, ask('abort', 'paused'), 'aborted'],
  ])(
    '%s',
    async (name, strategy, act, end) => {
      const start = async () => {
        crashing = end === 'failed' ? image(serial + 1) : '';
        return begin(strategy);
      };
      const first = await start();
      const whole = dieAt(api, undefined, requireAnswers);
      await live(first, act, whole.aside);
      vi.restoreAllMocks();
      const wanted = await world(first);
      expect(wanted.state).toBe(end);
      expect(wanted.experiments).toEqual([]);
      const deaths = choose(deathsIn(whole.calls()), name.length);
      let died = 0;
      for (const death of deaths) {
        const id = await start();
        const worker = dieAt(api, death, requireAnswers);
        await live(id, act, worker.aside).catch(() => undefined);
        vi.restoreAllMocks();
        // A life may be shorter than the first: how often a worker looks is a matter of time.
        died += Number(worker.hasDied());
        await live(id, act);
        expect(await world(id), tell(death, whole.calls())).toEqual(wanted);
      }
      expect(died).toBeGreaterThan(1);
    },
    60_000,
  );
});

/** So many of them as there is time for, spread over the whole life; all at its end, where nothing comes after. */
function choose(deaths: readonly Death[], offset: number): readonly Death[] {
  const stride = Math.ceil(deaths.length / most);
  return deaths.filter((_, at) => at % stride === offset % stride || at >= deaths.length - 4);
}

const tell = ({ call, when }: Death, calls: readonly string[]): string =>
  `It died ${when} call ${call}, ${calls[call - 1]}.`;

describe('of two operators who press opposite buttons at once', () => {
  it('exactly one gets his way; the other is told what became of it', async () => {
    const strategy = { type: 'canary', steps: [{ setWeight: 50 }, { pause: {} }], scaleDownDelaySeconds: 1 };
    crashing = '';
    const outcomes = new Set<string>();
    for (let race = 0; race < 8; race += 1) {
      const id = await begin(strategy);
      const press = (verb: string, body?: object) =>
        api.call(admin, 'POST', `${application}/rollouts/${id}/${verb}`, body);
      let pressed: Promise<readonly { status: number; body: { code: string; detail: string } }[]> | undefined;
      await live(id, async () => {
        const { state } = await read().rollout.findUniqueOrThrow({ where: { id } });
        if (state !== 'paused') return;
        const buttons = [() => press('abort'), () => press('promote', { full: true })];
        pressed ??= Promise.all((race % 2 ? buttons.reverse() : buttons).map((button) => button())).then((answers) =>
          race % 2 ? answers.reverse() : answers,
        );
        // The worker goes on meanwhile in half of the races.
        if (race % 4 < 2) await pressed;
      });
      const [abort, promote] = (await pressed) ?? [];
      const { state, commands, isRestoring } = await read().rollout.findUniqueOrThrow({ where: { id } });
      expect([isRestoring, commands]).toEqual([false, []]);
      // An abort that was accepted is never overtaken; a promotion that no worker has carried out gives way to it.
      expect(state).toBe(abort?.status === 202 ? 'aborted' : 'healthy');
      for (const refused of [abort, promote].filter((answer) => answer?.status !== 202)) {
        expect([refused?.status, refused?.body.code]).toEqual([409, 'rollout-over']);
        expect(refused?.body.detail).toMatch(/being taken back|aborted|healthy/);
      }
      outcomes.add(state);
      expect(await world(id)).toMatchObject({ stands: state === 'healthy' ? 'next' : 'previous', service: 'stable' });
    }
    expect(outcomes).toContain('aborted');
  }, 120_000);
});

it('two workers at one rollout do the same as one', async () => {
  crashing = '';
  const alone = await begin(timed);
  await live(alone, never);
  const wanted = await world(alone);
  const id = await begin(timed);
  await Promise.all([live(id, never), live(id, never)]);
  expect(await world(id)).toEqual(wanted);
});

it('two workers at one rollout take each measurement once', async () => {
  crashing = '';
  let asked = 0;
  const server = createServer(async (_, response) => {
    asked += 1;
    // Long enough for the other worker to look meanwhile.
    await delay(300);
    response.end('1');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const web = { url: `http://127.0.0.1:${port}/rate` };
  const metric = { name: 'rate', provider: { web }, interval: 1, count: 3, successCondition: 'result == 1' };
  const id = await begin({ type: 'canary', steps: [{ setWeight: 10 }, { analysis: { metrics: [metric] } }] });
  // On time that goes by: measurements have a clock of their own.
  const work = () => startWorker(new RealTime(settle)).run({ rolloutId: id }, context);
  await Promise.all([work(), work()]);
  server.close();
  const { state, analyses } = await read().rollout.findUniqueOrThrow({ where: { id } });
  expect(state).toBe('healthy');
  expect(analyses).toMatchObject([{ probes: [{ successful: 3, errors: 0, verdict: 'pass' }] }]);
  expect(asked).toBe(3);
}, 60_000);

it('a strategy that is edited during a rollout is the next one’s', async () => {
  crashing = '';
  const id = await begin(timed);
  await live(id, async () => {
    const strategy = { type: 'recreate' };
    await call('PUT', `${application}/environments/production/strategy`, { strategy });
  });
  expect(await world(id)).toMatchObject({
    state: 'healthy',
    steps: expect.arrayContaining(['setWeight 25 %: succeeded']),
  });
  await call('PUT', `${application}/environments/production/strategy`, { strategy: { type: 'rolling' } });
});

it('a freeze that began while a rollout waited for its worker holds it before it begins', async () => {
  crashing = '';
  const id = await begin({ type: 'rolling' });
  const [startsAt, endsAt] = [-1, 1].map((hours) => new Date(Date.now() + hours * 3_600_000).toISOString());
  await call('POST', '/tenants/acme/freezes', { name: 'late', reason: 'Nobody is there.', startsAt, endsAt });
  let held: unknown;
  await live(id, async () => {
    if (held) return;
    held = await call('GET', `${application}/rollouts/${id}`);
    await call('DELETE', '/tenants/acme/freezes/late');
  });
  expect(held).toMatchObject({
    state: 'pending',
    steps: [{ message: expect.stringMatching(/^Freeze late until/) }, {}, {}],
  });
  expect(await world(id)).toMatchObject({ state: 'healthy', operation: 'succeeded' });
});

it('an abort waits for no turn among the tenant’s other rollouts', async () => {
  const id = await begin(timed);
  await call('POST', `${application}/rollouts/${id}/abort`);
  const jobs = await listJobs('rollouts.advance', id);
  expect(jobs.map(({ share }) => share === '')).toEqual([false, true]);
  await live(id, never);
  expect(await world(id)).toMatchObject({ state: 'aborted', operation: 'cancelled' });
});

it('an owner by a group hears of what went wrong', async () => {
  crashing = '';
  const id = await begin({ type: 'rolling' });
  await live(id, never);
  const { id: tenantId } = await read().tenant.findUniqueOrThrow({ where: { name: 'acme' } });
  const [userId, groupId, bindingId] = [newId(), newId(), newId()];
  await read().user.create({
    data: { id: userId, username: 'olga', displayName: 'olga', issuer: 'test', subject: 'olga' },
  });
  await read().group.create({ data: { id: groupId, name: 'ops', displayName: 'ops', source: 'direct' } });
  await read().groupMember.create({ data: { groupId, userId } });
  await read().roleBinding.create({ data: { id: bindingId, tenantId, groupId, role: 'owner', createdBy: 'test' } });
  const news = {
    rolloutId: id,
    type: 'rollout-failed',
    actor: 'system:rollouts',
    reason: 'It crashed.',
    step: 0,
  } as const;
  await get(NotifyOfRolloutProcessor).run(news);
  expect((await read().notification.findMany({ where: { userId } })).map(({ type }) => type)).toEqual([
    'rollout-failed',
  ]);
});
