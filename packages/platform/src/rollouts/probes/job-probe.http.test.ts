import { type Pod, pods } from '@slipway/orchestrator/kinds';
import { beforeEach, expect, it } from 'vitest';
import { application, eventually, image, namespace, openShop } from '../testing/open-shop.js';

const shop = openShop(() => ({ stood: ['a'] }));
const { as, start, reaches } = shop;

let job: 'end' | 'break' | 'hang' | 'late' = 'end';
beforeEach(() => {
  job = 'end';
  shop.platform.behave((pod) => (pod.metadata.labels?.['slipway.dev/probe'] ? job : 'run'));
});

const canary = (metric: object = {}) => {
  const provider = { job: { command: ['check', 'it'], timeoutSeconds: 30 } };
  return {
    type: 'canary',
    steps: [{ setWeight: 10 }, { analysis: { metrics: [{ name: 'own', provider, ...metric }] } }],
  };
};
const jobPods = async (): Promise<readonly Pod[]> =>
  (await shop.platform.client.list(pods, { namespace, labelSelector: 'slipway.dev/probe' })).items;
const probesOf = async (id: string) =>
  (await as('vera', 'GET', `${application}/rollouts/${id}/analysis-runs`)).body['runs'];
const appears = () =>
  eventually(async () => {
    const [pod] = await jobPods();
    if (!pod) throw new Error('No pod is there.');
    return pod;
  });

it('a command that ends well is a measurement: in a pod of the new release, which is removed', async () => {
  job = 'hang';
  const id = await start('b', canary());
  const pod = await appears();
  expect(pod.metadata.ownerReferences).toMatchObject([{ kind: 'Deployment', name: 'hello-web-slot-b' }]);
  expect(pod.spec).toMatchObject({
    restartPolicy: 'Never',
    activeDeadlineSeconds: 30,
    automountServiceAccountToken: false,
    containers: [{ image: image('b'), command: ['check', 'it'] }],
  });
  job = 'end';
  await reaches(id, { state: 'healthy' });
  expect(await probesOf(id)).toMatchObject([{ verdict: 'pass', probes: [{ name: 'own', successful: 1, failed: 0 }] }]);
  expect(await jobPods()).toEqual([]);
});

it('one that fails takes the release back, and the verdict says how it ended', async () => {
  job = 'break';
  const id = await start('c', canary());
  await reaches(id, {
    state: 'failed',
    weight: 0,
    error: 'own: A measurement failed; the last one: it ended with code 3',
  });
  await eventually(async () => expect(await jobPods()).toEqual([]));
});

it('one that takes too long has failed', async () => {
  job = 'late';
  const id = await start('d', canary());
  await reaches(id, { state: 'failed', error: 'own: A measurement failed; the last one: it took too long' });
});

it('an abort ends it, and leaves no pod', async () => {
  job = 'hang';
  const id = await start('e', canary());
  await appears();
  expect(await as('dora', 'POST', `${application}/rollouts/${id}/abort`)).toMatchObject({ status: 202 });
  await reaches(id, { state: 'aborted' });
  await eventually(async () => expect(await jobPods()).toEqual([]));
});
