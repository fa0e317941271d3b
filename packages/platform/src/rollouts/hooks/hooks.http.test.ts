import { deployments, pods } from '@slipway/orchestrator/kinds';
import { beforeEach, expect, it } from 'vitest';
import { application, eventually, image, namespace, openShop } from '../testing/open-shop.js';

const hooks = { before: { command: 'migrate', timeoutSeconds: 60 } };
const shop = openShop(() => ({ applications: { hello: { hooks } } }));
const { as, start, reaches } = shop;

let hook: 'end' | 'break' | 'hang' = 'end';
beforeEach(() => {
  hook = 'end';
  shop.platform.behave((pod) => (pod.metadata.labels?.['slipway.dev/hook'] ? hook : 'run'));
});

const hookPods = async () =>
  (await shop.platform.client.list(pods, { namespace, labelSelector: 'slipway.dev/hook' })).items.filter(
    ({ metadata }) => !metadata.deletionTimestamp,
  );
const shown = async () =>
  (await shop.platform.client.list(deployments, { namespace })).items.map(({ spec }) =>
    spec.template.spec?.containers[0]?.image?.at(-1),
  );

it('what is to be done is said of the application', async () =>
  expect(await as('dora', 'GET', application)).toMatchObject({ status: 200, body: { hooks } }));

it('what is to be done before runs once with the image and the config of the release, before any pod of it', async () => {
  hook = 'hang';
  const id = await start('a');
  const [pod] = await eventually(async () => {
    const items = await hookPods();
    expect(items).toHaveLength(1);
    return items;
  });
  expect(pod?.metadata.name).toBe(`hook-before-${id}`);
  expect(pod?.spec).toMatchObject({
    restartPolicy: 'Never',
    activeDeadlineSeconds: 60,
    automountServiceAccountToken: false,
    containers: [{ image: image('a'), command: ['/bin/sh', '-c', 'migrate'], envFrom: [{}, {}] }],
  });
  expect(await shown()).toEqual([]);
  await reaches(id, { state: 'pending', steps: [{ name: 'hook before', state: 'running' }, {}, {}] });
  hook = 'end';
  await reaches(id, { state: 'healthy', steps: [{ name: 'hook before', state: 'succeeded' }, {}, {}] });
  await eventually(async () => expect(await hookPods()).toEqual([]));
});

it('when it fails the rollout ends, and nothing of the release was there', async () => {
  hook = 'break';
  const id = await start('b');
  await reaches(id, { state: 'failed', error: expect.stringContaining('Before the rollout: it exited with code 3.') });
  expect(await shown()).toEqual(['a']);
  await eventually(async () => expect(await hookPods()).toEqual([]));
});

it('an abort ends it, and a pod that is taken away is not run a second time', async () => {
  hook = 'hang';
  const id = await start('b');
  await eventually(async () => expect(await hookPods()).toHaveLength(1));
  await as('dora', 'POST', `${application}/rollouts/${id}/abort`);
  await reaches(id, { state: 'aborted' });
  await eventually(async () => expect(await hookPods()).toEqual([]));

  const gone = await start('b');
  await reaches(gone, { steps: [{ name: 'hook before', state: 'running' }, {}, {}] });
  await eventually(async () => expect(await hookPods()).toHaveLength(1));
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await shop.platform.client.delete(pods, `hook-before-${gone}`, namespace, { gracePeriodSeconds: 0 });
  await reaches(gone, { state: 'failed', error: 'Before the rollout: its pod is gone before it was done.' });
});

it.each([[{ type: 'rolling' }], [{ type: 'blueGreen' }]])(
  'a probe that is not answered takes a release back, with %o',
  async (strategy) => {
    const after = { probe: { path: '/healthz' }, timeoutSeconds: 2 };
    expect((await as('dora', 'PATCH', application, { hooks: { before: null, after } })).body).toMatchObject({
      hooks: { after },
    });
    const id = await start('c', strategy);
    const { steps } = await reaches(id, { state: 'failed', weight: 0 });
    expect(steps).toContainEqual(
      expect.objectContaining({
        name: 'hook after',
        state: 'failed',
        message: expect.stringContaining('GET /healthz'),
      }),
    );
    expect(steps).toContainEqual(expect.objectContaining({ name: 'restore', state: 'succeeded' }));
    expect(await shown()).toEqual(['a']);
  },
);

it('a command after must succeed; going back asks for nothing', async () => {
  await as('dora', 'PATCH', application, { hooks: { after: { command: ['check', 'it'] } } });
  const id = await start('d');
  await reaches(id, { state: 'healthy' });
  const release = (await as('dora', 'GET', `${application}/releases?limit=1`)).body['items'];
  expect(release).toMatchObject([{ hooks: { after: { command: ['check', 'it'] } } }]);
  hook = 'break';
  const back = await as('dora', 'POST', `${application}/rollback`, { environment: 'production' });
  await reaches(String(back.body['id']), { state: 'healthy' });
  expect(await shown()).toEqual(['a']);
});

it.each<[string, object]>([
  ['a path that leads elsewhere', { after: { probe: { path: '/../../../secrets' } } }],
  ['a path in other letters', { after: { probe: { path: '/%2e%2e/secrets' } } }],
  ['a command and a probe', { after: { command: 'x', probe: { path: '/' } } }],
  ['a day', { before: { command: 'x', timeoutSeconds: 86400 } }],
  ['nothing to do', { before: {} }],
])('refuses %s', async (_, hooks) => expect((await as('dora', 'PATCH', application, { hooks })).status).toBe(400));
