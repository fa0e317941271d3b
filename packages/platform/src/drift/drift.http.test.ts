import {
  configMaps,
  deployments,
  horizontalPodAutoscalers,
  httpRoutes,
  secrets,
  services,
} from '@slipway/orchestrator/kinds';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  application,
  eventually,
  image,
  namespace,
  openShop,
  production,
  project,
} from '../rollouts/testing/open-shop.js';

const shop = openShop();
const drift = `${production}/drift`;
type Body = Readonly<Record<string, unknown>>;

/** Looks, and gives what was found. */
async function look(): Promise<Body> {
  const { body: before, status } = await shop.as('vera', 'POST', `${drift}/look`);
  expect(status).toBe(202);
  return looked(before);
}
const looked = (before: Body): Promise<Body> =>
  eventually(async () => {
    const { body } = await shop.as('vera', 'GET', drift);
    expect(body['lookedAt']).not.toBe(before['lookedAt']);
    return body;
  });
const heal = async (who = 'dora') => {
  const { body, status } = await shop.as(who, 'POST', `${drift}/heal`);
  expect(status).toBe(202);
  return looked(body);
};
const patch = (name: string, change: object) =>
  shop.platform.client.patch(deployments, name, namespace, change, { type: 'strategic' });
const deployment = () => shop.platform.client.get(deployments, 'hello-web', namespace);
const none = { state: 'none', open: 0, items: [] };

beforeAll(async () => {
  await shop.as('dora', 'PATCH', `${production}/config`, { variables: { COLOUR: 'red' }, secrets: { KEY: 'hush' } });
  expect(await shop.ended(await shop.start('a'))).toMatchObject({ state: 'healthy' });
}, 60_000);

describe('drift', () => {
  it('is none where nobody changed anything, whatever the cluster wrote into the objects', async () => {
    expect(await look()).toMatchObject({ ...none, policy: 'show', policyFrom: 'environment' });
  });

  it('is shown by its field, with what was wanted and found, and told of once', async () => {
    await patch('hello-web', {
      spec: {
        replicas: 3,
        template: { spec: { containers: [{ name: 'web', env: [{ name: 'DEBUG', value: 'yes' }] }] } },
      },
    });
    const matches = [{ path: { type: 'PathPrefix', value: '/' } }];
    const rules = [{ matches, backendRefs: [{ name: 'hello-slot-b', port: 80, weight: 1 }] }];
    await shop.platform.client.patch(httpRoutes, 'hello', namespace, { spec: { rules } }, { type: 'merge' });
    await shop.platform.client.delete(services, 'hello', namespace);
    const found = await look();
    expect(found).toMatchObject({ state: 'drifted' });
    expect(found['items']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'Service', name: 'hello', path: '', change: 'deleted' }),
        expect.objectContaining({ kind: 'Deployment', path: 'spec.replicas', wanted: 1, found: 3, accepted: null }),
        expect.objectContaining({ path: 'spec.template.spec.containers[web].env[DEBUG]', change: 'added' }),
        expect.objectContaining({
          kind: 'HTTPRoute',
          path: 'spec.rules[0].backendRefs[hello-slot-a]',
          change: 'removed',
        }),
      ]),
    );
    expect((await look())['items']).toEqual(found['items']);
    expect((await shop.as('vera', 'GET', `${production}/status`)).body).toMatchObject({ drift: found['open'] });
    const { body } = await shop.as('admin', 'GET', '/me/notifications?limit=100');
    const told = (body['items'] as { type: string }[]).filter(({ type }) => type === 'drift-found');
    expect(told).toHaveLength(1);
  }, 60_000);

  it('is put back as asked, field by field and object by object', async () => {
    expect(await heal()).toMatchObject(none);
    const { spec } = await deployment();
    expect(spec).toMatchObject({ replicas: 1 });
    expect(JSON.stringify(spec)).not.toContain('DEBUG');
    await shop.platform.client.get(services, 'hello', namespace);
    expect(await look()).toMatchObject(none);
    const { body } = await shop.as('admin', 'GET', '/audit-events?action=drift.heal');
    expect(body['items']).toMatchObject([{ actor: 'system:drift', after: { askedBy: 'dora' } }]);
  }, 60_000);

  it('that was accepted with a reason stays until it changes again', async () => {
    await patch('hello-web', { spec: { replicas: 2 } });
    await look();
    expect((await shop.as('vera', 'POST', `${drift}/accept`, { reason: 'a sale' })).status).toBe(403);
    const item = { kind: 'Deployment', name: 'hello-web', path: 'spec.paused' };
    expect((await shop.as('dora', 'POST', `${drift}/accept`, { reason: 'a sale', items: [item] })).status).toBe(404);
    const accepted = await shop.as('dora', 'POST', `${drift}/accept`, { reason: 'a sale' });
    expect(accepted.body).toMatchObject({
      state: 'accepted',
      open: 0,
      items: [{ accepted: { by: 'dora', reason: 'a sale' } }],
    });
    await patch('hello-web', { spec: { template: { spec: { containers: [{ name: 'web', image: image('e') }] } } } });
    expect(await look()).toMatchObject({ state: 'drifted', open: 1 });
    expect(await heal()).toMatchObject({ state: 'accepted', open: 0 });
    const { spec } = await deployment();
    expect([spec.replicas, spec.template.spec?.containers[0]?.image]).toEqual([2, image('a')]);
    await patch('hello-web', { spec: { replicas: 4 } });
    expect(await look()).toMatchObject({ state: 'drifted', items: [{ found: 4, accepted: null }] });
    await heal();
  }, 60_000);

  it('is none of what an autoscaler does', async () => {
    const metadata = { name: 'hello', namespace };
    await shop.platform.client.create(horizontalPodAutoscalers, {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata,
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'hello-web' }, maxReplicas: 5 },
    });
    await patch('hello-web', { spec: { replicas: 4 } });
    expect(await look()).toMatchObject(none);
    await shop.platform.client.delete(horizontalPodAutoscalers, 'hello', namespace);
    await patch('hello-web', { spec: { replicas: 1 } });
  });

  it('is none of what the platform scales, and none while a rollout is at work', async () => {
    const scaled = await shop.as('dora', 'PATCH', `${production}/scaling`, { processes: { web: { replicas: 2 } } });
    await shop.ended(String(scaled.body['rollout']));
    await eventually(async () => expect(await look()).toMatchObject(none));
    const paused = await shop.start('b', { type: 'canary', steps: [{ setWeight: 10 }, { pause: {} }] });
    await shop.reaches(paused, { state: 'paused' });
    expect(await look()).toMatchObject({ state: 'rolling-out', items: [] });
    await shop.as('dora', 'POST', `${application}/rollouts/${paused}/abort`);
    expect(await shop.ended(paused)).toMatchObject({ state: 'aborted' });
    await eventually(async () => expect(await look()).toMatchObject(none));
  }, 60_000);

  it('is put back by itself where that is the policy, and shows nobody a secret', async () => {
    const policy = `${project}/environments/production/drift-policy`;
    expect((await shop.as('dora', 'PUT', policy, { policy: 'heal' })).status).toBe(403);
    expect((await shop.as('admin', 'PUT', policy, { policy: 'heal' })).body).toMatchObject({ policy: 'heal' });
    expect((await shop.as('dora', 'PUT', `${drift}/policy`, { policy: 'show' })).body).toMatchObject({
      policyFrom: 'application',
    });
    const { items } = await shop.platform.client.list(secrets, {
      namespace,
      labelSelector: 'slipway.dev/application=hello',
    });
    for (const { metadata } of items) await shop.platform.client.delete(secrets, metadata.name ?? '', namespace);
    const configs = await shop.platform.client.list(configMaps, {
      namespace,
      labelSelector: 'slipway.dev/application=hello',
    });
    const [config] = configs.items;
    await shop.platform.client.delete(configMaps, config?.metadata.name ?? '', namespace);
    const shown = await look();
    expect(shown).toMatchObject({ state: 'drifted', open: 2 });
    expect(JSON.stringify(shown)).not.toContain('hush');
    expect((await shop.as('dora', 'PUT', `${drift}/policy`, { policy: null })).body).toMatchObject({ policy: 'heal' });
    expect(await look()).toMatchObject(none);
    const [secret] = (
      await shop.platform.client.list(secrets, { namespace, labelSelector: 'slipway.dev/application=hello' })
    ).items;
    expect(secret?.data).toEqual({ KEY: Buffer.from('hush').toString('base64') });
    const { body } = await shop.as('admin', 'GET', '/audit-events?action=drift.heal&limit=1');
    expect(JSON.stringify(body['items'])).not.toContain('askedBy');
  }, 60_000);

  it('of a tenant is a stranger to others', async () => {
    const all: [string, string, object?][] = [
      ['GET', drift],
      ['POST', `${drift}/look`],
      ['POST', `${drift}/heal`],
      ['POST', `${drift}/accept`, { reason: 'mine now' }],
      ['PUT', `${drift}/policy`, { policy: 'heal' }],
    ];
    for (const [method, path, body] of all) {
      expect(await shop.as('mallory', method, path, body), `${method} ${path}`).toMatchObject({ status: 404 });
      const isRead = method === 'GET' || path.endsWith('look');
      if (!isRead) expect(await shop.as('vera', method, path, body), path).toMatchObject({ status: 403 });
    }
  });
});
