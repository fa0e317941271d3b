import { deployments, httpRoutes, services } from '@slipway/orchestrator/kinds';
import { describe, expect, it } from 'vitest';
import { application, eventually, namespace, openShop } from './testing/open-shop.js';

const shop = openShop(() => ({ stood: ['a'] }));
const { as, start, reaches } = shop;
const command = (id: string, name: string, body?: object) =>
  as('dora', 'POST', `${application}/rollouts/${id}/${name}`, body);

async function weights(): Promise<Record<string, number | undefined>> {
  const route = await shop.platform.client.get(httpRoutes, 'hello', namespace);
  const rule = route.spec.rules?.at(-1);
  return Object.fromEntries(rule?.backendRefs?.map(({ name, weight }) => [name, weight]) ?? []);
}

const selection = { namespace, labelSelector: 'slipway.dev/experiment' };
const templates = [
  { name: 'baseline', specRef: 'stable', weight: 5 },
  { name: 'canary', specRef: 'canary', weight: 2.5 },
];
const canary = (duration: string | number) => ({
  type: 'canary',
  steps: [{ setWeight: 25 }, { experiment: { templates, duration } }],
  scaleDownDelaySeconds: 0,
});

/** Their shares are the templates', the candidate has its own, and the stable release what is left. */
async function isMet(id: string): Promise<void> {
  await eventually(async () => {
    const { 'hello-exp-baseline': baseline, 'hello-exp-canary': next, ...slots } = await weights();
    expect([baseline, next, ...Object.values(slots).sort()]).toEqual([50, 25, 250, 675]);
  });
  await reaches(id, { state: 'progressing', weight: 25, templateWeights: templates });
}

const isOver = () =>
  eventually(async () => {
    const { client } = shop.platform;
    expect(Object.values(await weights()).sort()).toEqual([0, 1000]);
    expect((await client.list(deployments, selection)).items).toEqual([]);
    expect((await client.list(services, selection)).items).toEqual([]);
  });

describe('the pods of an experiment that have a weight', () => {
  it('are met by so many, and by nobody once it is aborted', async () => {
    const id = await start('b', canary('1h'));
    await isMet(id);
    await command(id, 'abort');
    await reaches(id, { state: 'aborted', weight: 0, templateWeights: [] });
    await isOver();
  });

  it('give way to a later release, and to a promotion past all steps', async () => {
    const replaced = await start('c', canary('1h'));
    await isMet(replaced);
    const next = await start('d', canary('1h'));
    await reaches(replaced, { state: 'aborted', templateWeights: [] });
    await isMet(next);
    await command(next, 'promote', { full: true });
    await reaches(next, { state: 'healthy', weight: 100, templateWeights: [] });
    await isOver();
  });

  it('are met by nobody once it has ended by itself', async () => {
    await reaches(await start('e', canary(1)), { state: 'healthy' });
    await isOver();
  });
});
