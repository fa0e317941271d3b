import { afterAll, beforeAll, expect, inject, vi } from 'vitest';
import { type DeliveryPlatform, type DeliveryUrls, startDeliveryPlatform } from './delivery-platform.js';

export const project = '/tenants/acme/projects/shop';
export const application = `${project}/applications/hello`;
export const production = `${application}/environments/production`;
export const namespace = 'acme-shop-production';

/** A letter, or a digit, stands for what a release runs. */
export const image = (letter: string): string => `registry.example.com/hello@sha256:${letter.repeat(64)}`;

type Body = Readonly<Record<string, unknown>>;

export interface Shop {
  /** Not before the first test, or a `beforeAll` below. */
  readonly platform: DeliveryPlatform;
  readonly as: DeliveryPlatform['call'];
  /** Gives the number of a new release. */
  release(letter: string, application?: string): Promise<number>;
  /** What the platform answers to a rollout of a new release to production. */
  ask(letter: string, more?: object, who?: string): ReturnType<DeliveryPlatform['call']>;
  /** Gives the id of a rollout that was accepted; without a strategy, by that of the environment. */
  start(letter: string, strategy?: object): Promise<string>;
  read(rollout: string): Promise<Body>;
  /** The rollout, as soon as it is so. */
  reaches(rollout: string, wanted: object): Promise<Body>;
  ended(rollout: string): Promise<Body>;
}

export interface ShopOptions extends Pick<DeliveryUrls, 'prometheusUrl' | 'outgoingAllow'> {
  /** Vera's role. Default: `viewer`. */
  readonly vera?: string;
  /** What is said of each application, by its name. Default: `hello`, of which nothing is said. */
  readonly applications?: Readonly<Record<string, object>>;
  /** Releases of `hello` that became healthy one after the other. Default: none. */
  readonly stood?: readonly string[];
}

/** Waits for what takes a while: other processes, and jobs. */
export function eventually<T>(look: () => Promise<T> | T, seconds = 40): Promise<T> {
  return vi.waitFor(look, { timeout: seconds * 1000, interval: 100 });
}

/**
 * A platform for the tests of this block: the tenant acme with dora, a developer, and vera; its project shop with an
 * environment, production, that is ready. Mallory has a tenant of her own, evil.
 */
export function openShop(getOptions: () => ShopOptions = () => ({})): Shop {
  let platform: DeliveryPlatform | undefined;
  const opened = (): DeliveryPlatform => {
    if (!platform) throw new Error('The shop is not open yet: ask it in tests, or in a beforeAll below openShop.');
    return platform;
  };
  const as: Shop['as'] = (...request) => opened().call(...request);
  const create = async (user: string, path: string, body: object) =>
    expect(await as(user, 'POST', path, body), path).toMatchObject({ status: 201 });

  const release: Shop['release'] = async (letter, name = 'hello') => {
    const released = await as('dora', 'POST', `${project}/applications/${name}/releases`, { image: image(letter) });
    expect(released).toMatchObject({ status: 201 });
    return Number(released.body['number']);
  };
  const ask: Shop['ask'] = async (letter, more = {}, who = 'dora') => {
    const body = { environment: 'production', release: await release(letter), ...more };
    return as(who, 'POST', `${application}/rollouts`, body);
  };
  const start: Shop['start'] = async (letter, strategy) => {
    const started = await ask(letter, strategy ? { strategy } : {});
    expect(started).toMatchObject({ status: 202 });
    return String(started.body['id']);
  };
  const read: Shop['read'] = async (rollout) => (await as('vera', 'GET', `${application}/rollouts/${rollout}`)).body;
  const until = (rollout: string, check: (body: Body) => void): Promise<Body> =>
    eventually(async () => {
      const body = await read(rollout);
      check(body);
      return body;
    });
  const reaches: Shop['reaches'] = (rollout, wanted) => until(rollout, (body) => expect(body).toMatchObject(wanted));
  const ended: Shop['ended'] = (rollout) =>
    until(rollout, ({ state }) => expect(['healthy', 'failed', 'aborted']).toContain(state));

  beforeAll(async () => {
    const { vera = 'viewer', applications = { hello: {} }, stood = [], ...urls } = getOptions();
    const services = { databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') };
    platform = await startDeliveryPlatform({ ...services, ...urls });
    await create('admin', '/tenants', { name: 'acme' });
    await create('admin', '/tenants', { name: 'evil', owner: 'mallory' });
    await create('admin', '/tenants/acme/members', { username: 'dora', role: 'developer' });
    await create('admin', '/tenants/acme/members', { username: 'vera', role: vera });
    await create('admin', '/tenants/acme/projects', { name: 'shop' });
    for (const [name, more] of Object.entries(applications))
      await create('dora', `${project}/applications`, { name, source: { type: 'push' }, ...more });
    await eventually(async () => {
      const { body } = await as('dora', 'GET', `${project}/environments/production`);
      expect(body).toMatchObject({ state: 'ready' });
    }, 120);
    for (const letter of stood)
      expect(await ended(await start(letter))).toMatchObject({ state: 'healthy', weight: 100 });
  }, 240_000);

  afterAll(async () => {
    await platform?.stop();
  }, 120_000);

  return {
    get platform() {
      return opened();
    },
    as,
    release,
    ask,
    start,
    read,
    reaches,
    ended,
  };
}
