import { deployments, httpRoutes } from '@slipway/orchestrator/kinds';
import { describe, expect, it } from 'vitest';
import { application, namespace, openShop, production, project } from './testing/open-shop.js';

const shop = openShop(() => ({ stood: ['a'], applications: { hello: {}, fresh: {} } }));
const { as } = shop;

interface Plan {
  readonly release: number | null;
  readonly routes: readonly string[];
  readonly objects: readonly { kind: string; name: string; action: string; changes: readonly { path: string }[] }[];
  readonly quota: { readonly hasRoom: boolean; readonly amounts: readonly object[] };
  readonly isRefused: boolean;
}

/** The plan that the answer has, and a proof that asking has changed nothing. */
async function ask(method: string, path: string, body: object, who = 'dora'): Promise<Plan | null> {
  const before = await everything();
  const answer = await as(who, method, path, body);
  expect([200, 201]).toContain(answer.status);
  expect(await everything()).toEqual(before);
  return answer.body['plan'] as Plan | null;
}

/** All that a change of settings could have touched. */
async function everything() {
  const { client } = shop.platform;
  const ofApi = await Promise.all(
    ['scaling', 'config', 'config/versions', 'domains'].map(
      async (name) => (await as('dora', 'GET', `${production}/${name}`)).body,
    ),
  );
  const lists = await Promise.all(
    [`${application}/releases`, `${application}/rollouts`, '/tenants/acme/audit?limit=200'].map(
      async (path) => (await as(path.includes('audit') ? 'admin' : 'dora', 'GET', path)).body['items'],
    ),
  );
  const route = await client.get(httpRoutes, 'hello', namespace);
  return { ofApi, lists, route: route.spec };
}

const actionsOf = (plan: Plan | null) => plan?.objects.map(({ kind, name, action }) => `${action} ${kind}/${name}`);

describe('what a change would do', () => {
  it('of scaling: the pods, and what they are charged for; no traffic moves', async () => {
    const body = { processes: { web: { replicas: 3 } } };
    const plan = await ask('PATCH', `${production}/scaling?dryRun=true`, body);
    expect(actionsOf(plan)).toEqual(['update Deployment/hello-web']);
    expect(plan?.objects[0]?.changes).toEqual([{ path: 'spec.replicas', before: 1, after: 3 }]);
    expect(plan).toMatchObject({ release: 1, routes: [], isRefused: false, consent: { isNeeded: false } });
    expect(plan?.quota.amounts).toContainEqual({ resource: 'pods', before: '1', after: '3', surge: '1' });
    const live = await shop.platform.client.get(deployments, 'hello-web', namespace);
    expect(live.spec.replicas).toBe(1);
  });

  it('of configuration: a release of the same image, without the values of secrets', async () => {
    const body = { variables: { COLOUR: 'blue' }, secrets: { TOKEN: 'hush-hush' } };
    const plan = await ask('PATCH', `${production}/config?dryRun=true`, body);
    expect(plan).toMatchObject({ release: null, previousRelease: 1, isRefused: false });
    expect(plan?.routes.length).toBeGreaterThan(0);
    expect(actionsOf(plan)).toContain('update Deployment/hello-web');
    expect(JSON.stringify(plan)).not.toContain('hush-hush');
    const imported = await as('dora', 'POST', `${production}/config/import?dryRun=true`, { text: 'COLOUR=blue' });
    expect(imported.body).toMatchObject({ config: { version: 0, plan: { release: null } } });
    expect(await ask('PATCH', `${production}/config?dryRun=true&apply=false`, body)).toBeNull();
  });

  it('of domains: the route, and the name that it leads from then on', async () => {
    const plan = await ask('POST', `${production}/domains?dryRun=true`, { hostname: 'plan.shop.test' });
    expect(plan?.routes).toEqual(['plan.shop.test']);
    expect(actionsOf(plan)).toEqual(['update HTTPRoute/hello']);
    expect(await ask('POST', `${production}/domains?dryRun=true`, { hostname: 'plan.acme-goods.com' })).toBeNull();
    const few = await as('dora', 'POST', `${production}/domains?dryRun=true&fields=state`, {
      hostname: 'plan.shop.test',
    });
    expect(few.body).toEqual({ state: 'verified' });
  });

  it('is refused where the change would be, and says why there is no room', async () => {
    const quota = await as('admin', 'PUT', '/tenants/acme/quota', { limits: { pods: '2' } });
    expect(quota.status).toBe(200);
    const plan = await ask('PATCH', `${production}/scaling?dryRun=true`, { processes: { web: { replicas: 9 } } });
    expect(plan).toMatchObject({
      isRefused: true,
      quota: { hasRoom: false, message: expect.stringContaining('pods') },
    });
    const unknown = await as('dora', 'PATCH', `${production}/scaling?dryRun=true`, {
      processes: { none: { replicas: 1 } },
    });
    expect(unknown.body).toMatchObject({ code: 'process-unknown' });
    const wrong = await as('dora', 'PATCH', `${production}/scaling?dryRun=maybe`, { processes: {} });
    expect(wrong.status).toBe(400);
  });

  it('is nothing where nothing is in force, and for nobody who may not change it', async () => {
    const path = `${project}/applications/fresh/environments/production/scaling?dryRun=true`;
    const { body } = await as('dora', 'PATCH', path, { processes: {} });
    expect(body['plan']).toBeNull();
    for (const [method, name] of [
      ['PATCH', 'scaling'],
      ['PATCH', 'config'],
      ['POST', 'domains'],
    ] as const) {
      expect((await as('vera', method, `${production}/${name}?dryRun=true`, {})).status).toBe(403);
      expect((await as('mallory', method, `${production}/${name}?dryRun=true`, {})).status).toBe(404);
    }
  });
});
