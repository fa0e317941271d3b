import { httpRoutes, type KubeObject, listenerSets, secrets } from '@slipway/orchestrator/kinds';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually, namespace, openShop, production } from '../rollouts/testing/open-shop.js';
import { makeCertificate } from './testing/certificates.js';

const shop = openShop(() => ({ stood: ['a'] }));
const domains = `${production}/domains`;
const as: typeof shop.as = (...request) => shop.as(...request);
const add = async (hostname: string) =>
  expect(await as('dora', 'POST', domains, { hostname }), hostname).toMatchObject({ status: 201 });
const route = () => shop.platform.client.get(httpRoutes, 'hello', namespace);
const listeners = async () =>
  (await shop.platform.client.find(listenerSets, 'hello', namespace))?.spec.listeners.map(({ hostname, tls }) => [
    hostname,
    tls?.certificateRefs?.[0]?.name,
  ]);
const ours = async (): Promise<readonly KubeObject[]> => {
  const labelSelector = 'slipway.dev/certificate';
  return (await shop.platform.client.list(secrets, { namespace, labelSelector })).items;
};
const upload = async (hostname: string) => {
  const { certificate, privateKey } = await makeCertificate([hostname]);
  const answer = await as('dora', 'PUT', `${domains}/${hostname}/certificate`, { certificate, privateKey });
  expect(answer).toMatchObject({ status: 200 });
  return { certificate, privateKey };
};
const settled = () =>
  eventually(async () => {
    const { body } = await as('vera', 'GET', `${production}/status`);
    expect(body).toMatchObject({ state: 'healthy', rollout: { state: 'healthy' } });
  });

beforeAll(async () => {
  await add('shop.test');
  await add('www.shop.test');
}, 60_000);

describe('a host name', () => {
  it('that is pending is routed nowhere, and in no plan and release', async () => {
    await add('pending.slipway.dev');
    expect((await as('vera', 'GET', `${domains}/pending.slipway.dev`)).body).toMatchObject({ state: 'pending' });
    await eventually(async () => expect((await route()).spec.hostnames).toContain('www.shop.test'));
    expect((await route()).spec.hostnames).not.toContain('pending.slipway.dev');
    const release = await shop.release('b');
    const plan = await as('dora', 'POST', `${production}/plan`, { release });
    expect(plan).toMatchObject({ status: 200 });
    expect(JSON.stringify(plan.body)).not.toContain('pending.slipway.dev');
  });

  it('is routed when it is confirmed, and by no new pods', async () => {
    await settled();
    const before = await as('vera', 'GET', `${production}/pods`);
    const confirm = { reason: 'Ours.' };
    await as('admin', 'POST', `${domains}/pending.slipway.dev/verify`, { confirm });
    await eventually(async () => expect((await route()).spec.hostnames).toContain('pending.slipway.dev'));
    await settled();
    const names = ({ body }: typeof before) =>
      JSON.stringify(body)
        .match(/hello-web-[a-z0-9-]+/g)
        ?.sort();
    expect(names(await as('vera', 'GET', `${production}/pods`))).toEqual(names(before));
  });
});

describe('certificates', () => {
  it('are none at first: then there is no ListenerSet', async () => {
    await settled();
    expect(await listeners()).toBeUndefined();
    expect((await route()).spec.parentRefs).toHaveLength(1);
  });

  it('are served by listeners of the application’s own, from Secrets that are uploaded or named', async () => {
    const { certificate, privateKey } = await upload('shop.test');
    const named = await as('dora', 'PUT', `${domains}/www.shop.test/certificate`, { secret: 'www-tls' });
    expect(named.body['certificate']).toMatchObject({ secret: 'www-tls', uploaded: false, state: 'missing' });
    await eventually(async () =>
      expect(await listeners()).toEqual([
        ['shop.test', expect.stringMatching(/^hello\.tls-/)],
        ['www.shop.test', 'www-tls'],
      ]),
    );
    const set = await shop.platform.client.get(listenerSets, 'hello', namespace);
    expect(set.spec.parentRef).toMatchObject({ kind: 'Gateway', name: 'slipway', namespace: 'slipway-system' });
    expect(set.spec.listeners[0]).toMatchObject({
      port: 7643,
      protocol: 'HTTPS',
      tls: { mode: 'Terminate' },
      allowedRoutes: { namespaces: { from: 'Same' } },
    });
    await eventually(async () =>
      expect((await route()).spec.parentRefs).toEqual([
        expect.objectContaining({ kind: 'Gateway' }),
        expect.objectContaining({ kind: 'ListenerSet', name: 'hello' }),
      ]),
    );
    const [secret] = await ours();
    const decode = (key: string) =>
      Buffer.from(Object(Reflect.get(secret ?? {}, 'data'))[key] ?? '', 'base64').toString();
    expect([decode('tls.crt').trim(), decode('tls.key').trim()]).toEqual([certificate.trim(), privateKey.trim()]);
  });

  it('that are named are read when they are asked for', async () => {
    const { certificate, privateKey } = await makeCertificate(['*.shop.test'], { to: 10 });
    const encode = (text: string) => Buffer.from(text).toString('base64');
    await shop.platform.client.create(secrets, {
      metadata: { name: 'www-tls', namespace },
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': encode(certificate), 'tls.key': encode(privateKey) },
    });
    const { body } = await as('vera', 'GET', `${domains}/www.shop.test`);
    expect(body['certificate']).toMatchObject({ state: 'expiring', subjectNames: ['*.shop.test'] });
    expect(JSON.stringify(body)).not.toContain(encode(privateKey).slice(0, 40));
  });

  it('are renewed in place, told of as drift when changed by hand, and their keys are in no plan', async () => {
    await settled();
    const [before] = await ours();
    const { privateKey } = await upload('shop.test');
    await eventually(async () => {
      const [after] = await ours();
      expect(after?.metadata.uid).toBe(before?.metadata.uid);
      expect(after?.metadata.resourceVersion).not.toBe(before?.metadata.resourceVersion);
    });
    await settled();
    const release = await shop.release('c');
    const secret = privateKey.split('\n')[1] ?? '';
    const plan = await as('dora', 'POST', `${production}/plan`, { release });
    const drift = async () => {
      const { body } = await as('vera', 'GET', `${production}/drift`);
      expect(body['lookedAt']).not.toBeNull();
      return body;
    };
    await as('vera', 'POST', `${production}/drift/look`);
    await eventually(async () => expect(await drift()).toMatchObject({ state: 'none', items: [] }));
    await shop.platform.client.patch(
      secrets,
      before?.metadata.name ?? '',
      namespace,
      { data: { 'tls.key': 'eA==' } },
      { type: 'merge' },
    );
    await eventually(async () => {
      await as('vera', 'POST', `${production}/drift/look`);
      expect(await drift()).toMatchObject({
        state: 'drifted',
        items: [{ kind: 'Secret', isHidden: true, wanted: null }],
      });
    });
    expect(JSON.stringify([plan.body, await drift()])).not.toContain(secret);
    await as('dora', 'POST', `${production}/drift/heal`);
    await eventually(async () => expect(await drift()).toMatchObject({ state: 'none' }));
  });

  const routes = async () => {
    const { items } = await shop.platform.client.list(httpRoutes, { namespace });
    return Object.fromEntries(items.map(({ metadata, spec }) => [metadata.name, spec.hostnames ?? []]));
  };
  const says = (hostname: string, https: string) => as('dora', 'PATCH', `${domains}/${hostname}`, { https });

  it('take who asks without TLS there where that is asked, and nobody where there is none', async () => {
    await settled();
    expect(await says('pending.slipway.dev', 'only')).toMatchObject({
      status: 422,
      body: { code: 'https-without-certificate', errors: [{ path: 'body.https' }] },
    });
    expect(await says('shop.test', 'never')).toMatchObject({ status: 400 });
    expect(await says('nobody.test', 'only')).toMatchObject({ status: 404, body: { code: 'domain-not-found' } });
    expect(await as('vera', 'PATCH', `${domains}/shop.test`, { https: 'only' })).toMatchObject({ status: 403 });
    expect(await says('pending.slipway.dev', 'also')).toMatchObject({ status: 200, body: { https: 'also' } });
    expect(await says('shop.test', 'only')).toMatchObject({ status: 200, body: { https: 'only' } });
    await eventually(async () => {
      const { 'hello.redirect': sent, 'hello.https': over, hello } = await routes();
      expect([sent, over]).toEqual([['shop.test'], ['shop.test']]);
      expect(hello).toContain('www.shop.test');
      expect(hello).not.toContain('shop.test');
    });
    await settled();
    expect(await says('shop.test', 'also')).toMatchObject({ status: 200, body: { https: 'also' } });
    await eventually(async () => {
      expect(Object.keys(await routes())).toEqual(['hello']);
      expect((await routes())['hello']).toContain('shop.test');
    });
  });

  it('that are taken away take this with them', async () => {
    await settled();
    expect(await says('www.shop.test', 'only')).toMatchObject({ status: 200 });
    await eventually(async () => expect(Object.keys(await routes())).toHaveLength(3));
    await settled();
    expect((await as('dora', 'DELETE', `${domains}/www.shop.test/certificate`)).status).toBe(204);
    await eventually(async () => expect(Object.keys(await routes())).toEqual(['hello']));
    expect((await as('vera', 'GET', `${domains}/www.shop.test`)).body).toMatchObject({ https: 'also' });
    const again = await as('dora', 'PUT', `${domains}/www.shop.test/certificate`, { secret: 'www-tls' });
    expect(again).toMatchObject({ status: 200 });
    await settled();
  });

  it('go with what they were for: the Secret, the listener, and at last the ListenerSet', async () => {
    expect((await as('dora', 'DELETE', `${domains}/shop.test`)).status).toBe(204);
    await eventually(async () => {
      expect(await listeners()).toEqual([['www.shop.test', 'www-tls']]);
      expect(await ours()).toEqual([]);
    });
    expect((await as('dora', 'DELETE', `${domains}/www.shop.test/certificate`)).status).toBe(204);
    await eventually(async () => {
      expect(await listeners()).toBeUndefined();
      expect((await route()).spec.parentRefs).toHaveLength(1);
    });
    // What somebody else has made stays.
    expect(await shop.platform.client.find(secrets, 'www-tls', namespace)).toBeDefined();
  });
});
