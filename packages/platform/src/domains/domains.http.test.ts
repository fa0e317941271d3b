import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { Clock } from '../kernel/clock/clock.js';
import { Crypto } from '../kernel/crypto/crypto.js';
import { Database } from '../kernel/database/index.js';
import { Log } from '../kernel/log/log.js';
import { NotificationsService } from '../notifications/notifications.service.js';
import { otherModules as modules } from '../testing/other-modules.js';
import { type Answer, createUserWithToken, startTestApi, type TestApi } from '../testing/test-api.js';
import { CertificateWatch } from './certificate-watch.service.js';
import { DomainAnswers } from './domain-answers.service.js';
import { DomainLoop } from './domain-loop.service.js';
import { DomainNews } from './domain-news.service.js';
import { DomainVerification } from './domain-verification.service.js';
import { certificateContext } from './routed-domains.js';
import { makeCertificate } from './testing/certificates.js';
import { startTinyDns, type TinyDns } from './testing/tiny-dns.js';

const minute = 60_000;
const day = 24 * 60 * minute;
let api: TestApi;
let dns: TinyDns;
let dora: string;
let vera: string;
let mallory: string;

const place = (tenant: string, application = 'web') =>
  `/tenants/${tenant}/projects/shop/applications/${application}/environments/production/domains`;
const mine = place('acme');
const theirs = place('evil');
const add = (hostname: string, token = dora, path = mine) => api.call(token, 'POST', path, { hostname });
const verify = (hostname: string, token = dora, path = mine, body: object = {}) =>
  api.call(token, 'POST', `${path}/${hostname}/verify`, body);
const read = async (hostname: string) => (await api.call(vera, 'GET', `${mine}/${hostname}`)).body;
const publish = ({ body }: Answer, at?: string) => dns.publish(at ?? body.challenge.name, [body.challenge.value]);

beforeAll(async () => {
  dns = await startTinyDns();
  const services = { databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') };
  const env = { SLIPWAY_RATE_LIMIT_CLIENT: '1000000', SLIPWAY_DNS_SERVERS: dns.address };
  api = await startTestApi({ ...services, modules, env });
  [dora, vera, mallory] = (await Promise.all(
    ['dora', 'vera', 'mallory'].map((username) => createUserWithToken(api, username)),
  )) as [string, string, string];
  const make = async (path: string, body: object) => {
    const answer = await api.call(api.admin, 'POST', path, body);
    if (answer.status > 299) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  };
  for (const tenant of ['acme', 'evil']) {
    await make('/tenants', { name: tenant });
    await make(`/tenants/${tenant}/projects`, { name: 'shop' });
    for (const name of ['web', 'other'])
      await make(`/tenants/${tenant}/projects/shop/applications`, { name, source: { type: 'push' } });
  }
  await make('/tenants/acme/members', { username: 'dora', role: 'developer' });
  await make('/tenants/acme/members', { username: 'vera', role: 'viewer' });
  await make('/tenants/evil/members', { username: 'mallory', role: 'owner' });
}, 120_000);
afterAll(async () => {
  await api?.close();
  await dns?.stop();
});
afterEach(() => void vi.restoreAllMocks());

describe('a host name', () => {
  it('begins pending, with what to publish, and is verified when that is found', async () => {
    const added = await add('one.shop.dev');
    expect(added).toMatchObject({
      status: 201,
      body: {
        state: 'pending',
        verifiedAt: null,
        proof: null,
        challenge: {
          type: 'TXT',
          name: '_slipway-challenge.one.shop.dev',
          value: expect.stringMatching(/^slipway-domain-verification=[\w-]{32}$/),
        },
      },
    });
    expect((await verify('one.shop.dev')).body).toMatchObject({
      state: 'pending',
      message: expect.stringContaining('NXDOMAIN'),
      lastCheckedAt: expect.any(String),
    });
    publish(added);
    expect(await verify('one.shop.dev')).toMatchObject({
      status: 200,
      body: { state: 'verified', proof: 'dns', challenge: null, verifiedAt: expect.any(String), nextCheckAt: null },
    });
    const rows = (await api.call(api.admin, 'GET', '/tenants/acme/audit-events?limit=5')).body.items;
    expect(rows).toContainEqual(
      expect.objectContaining({ action: 'domain.verify', after: { state: 'verified', proof: 'dns' } }),
    );
  });

  it('has the same to publish when it is added again, and another in another tenant', async () => {
    const first = await add('again.shop.dev');
    await api.call(dora, 'DELETE', `${mine}/again.shop.dev`);
    expect((await add('again.shop.dev')).body.challenge).toEqual(first.body.challenge);
    const other = await add('again.shop.dev', mallory, theirs);
    expect(other.body.challenge.value).not.toBe(first.body.challenge.value);
  });

  it('that nobody can own, and one of the platform, need no proof', async () => {
    expect((await add('shop.test')).body).toMatchObject({ state: 'verified', proof: 'unownable', challenge: null });
    const { body } = await api.call(dora, 'GET', mine);
    expect(body.items).toContainEqual(
      expect.objectContaining({ isDefault: true, state: 'verified', proof: 'platform' }),
    );
  });

  it('under one that the tenant has proven is proven, for this tenant alone', async () => {
    publish(await add('covered.dev'));
    await verify('covered.dev');
    expect((await add('a.b.covered.dev')).body).toMatchObject({ state: 'verified', proof: 'parent' });
    expect((await add('c.covered.dev', mallory, theirs)).body).toMatchObject({ state: 'pending' });
    expect((await add('notcovered.dev')).body).toMatchObject({ state: 'pending' });
  });

  it('is proven by the record of a name above it, by the tenant’s own token alone', async () => {
    const added = await add('deep.below.dev');
    publish(await add('deep.below.dev', mallory, theirs), '_slipway-challenge.below.dev');
    expect((await verify('deep.below.dev')).body).toMatchObject({
      state: 'pending',
      message: expect.stringContaining('_slipway-challenge.below.dev has a TXT record, but not the one'),
    });
    publish(added, '_slipway-challenge.below.dev');
    expect((await verify('deep.below.dev')).body).toMatchObject({ state: 'verified' });
  });

  it('that is pending keeps nobody from it; whoever has proven it has it', async () => {
    await add('wanted.dev');
    const proven = await add('wanted.dev', mallory, theirs);
    publish(proven);
    expect((await verify('wanted.dev', mallory, theirs)).body).toMatchObject({ state: 'verified' });
    for (const answer of [await verify('wanted.dev'), await add('wanted.dev', dora, place('acme', 'other'))]) {
      expect(answer).toMatchObject({ status: 409, body: { code: 'hostname-taken' } });
      expect(JSON.stringify(answer.body)).not.toContain('evil');
    }
  });

  it('that two tenants prove at once is one’s', async () => {
    for (const hostname of ['race-a.dev', 'race-b.dev', 'race-c.dev']) {
      const both = [await add(hostname), await add(hostname, mallory, theirs)];
      dns.publish(
        `_slipway-challenge.${hostname}`,
        both.map(({ body }) => body.challenge.value),
      );
      const answers = await Promise.all([verify(hostname), verify(hostname, mallory, theirs)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      const count = await api.app.get(Database).read.domain.count({ where: { hostname, state: 'verified' } });
      expect(count).toBe(1);
    }
  });

  it('may be confirmed by an administrator of the platform, who says why, and by nobody else', async () => {
    await add('confirmed.dev');
    const confirm = { reason: 'The owner called.' };
    for (const token of [dora, vera])
      expect((await verify('confirmed.dev', token, mine, { confirm })).status).toBe(403);
    expect((await verify('confirmed.dev', api.admin, mine, { confirm: { reason: '' } })).status).toBe(400);
    expect((await verify('confirmed.dev', api.admin, mine, { confirm })).body).toMatchObject({
      state: 'verified',
      proof: 'administrator',
      message: 'Confirmed by admin: The owner called.',
    });
    const { items } = (await api.call(api.admin, 'GET', '/tenants/acme/audit-events?limit=5')).body;
    expect(items).toContainEqual(
      expect.objectContaining({ after: { state: 'verified', proof: 'administrator', reason: 'The owner called.' } }),
    );
    expect((await add('below.confirmed.dev')).body).toMatchObject({ state: 'pending' });
  });

  it('is refused twice in one place, under the platform’s own domain, and as what is no name', async () => {
    await add('twice.dev');
    expect(await add('twice.dev')).toMatchObject({ status: 409, body: { code: 'hostname-taken' } });
    expect(await add('x.slipway.localhost')).toMatchObject({ status: 422, body: { code: 'hostname-refused' } });
    expect((await verify('nowhere.dev')).status).toBe(404);
  });
});

describe('nobody without the right', () => {
  it.each([
    ['POST', '', { hostname: 'x.dev' }],
    ['POST', '/one.shop.dev/verify', {}],
    ['PUT', '/one.shop.dev/certificate', { secret: 'tls' }],
    ['DELETE', '/one.shop.dev/certificate', undefined],
    ['DELETE', '/one.shop.dev', undefined],
  ])('%s %s', async (method, path, body) => {
    expect((await api.call(vera, method, `${mine}${path}`, body)).status).toBe(403);
    const stranger = await api.call(mallory, method, `${mine}${path}`, body);
    expect(stranger).toMatchObject({ status: 404 });
    // By one's own tenant one gets to one's own domains alone.
    const through = await api.call(mallory, method, `${theirs}${path}`, body);
    if (path) expect(through).toMatchObject({ status: 404, body: { code: 'domain-not-found' } });
  });
});

describe('a certificate', () => {
  const put = (hostname: string, body: object, token = dora) =>
    api.call(token, 'PUT', `${mine}/${hostname}/certificate`, body);

  it('is uploaded, told of without its key, sealed, and taken away', async () => {
    await add('tls.shop.test');
    const { certificate, privateKey } = await makeCertificate(['*.shop.test']);
    const answer = await put('tls.shop.test', { certificate, privateKey });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        url: 'https://tls.shop.test:7643',
        certificate: { uploaded: true, state: 'valid', subjectNames: ['*.shop.test'], message: null },
      },
    });
    const row = await api.app.get(Database).read.domainCertificate.findFirstOrThrow({
      where: { domain: { hostname: 'tls.shop.test' } },
    });
    expect(api.app.get(Crypto).open(row.sealedKey ?? '', certificateContext(row.domainId))).toBe(
      `${privateKey.trim()}\n`,
    );
    const secret = privateKey.split('\n')[1] ?? '';
    const audit = await api.call(api.admin, 'GET', '/tenants/acme/audit-events?limit=10');
    expect(JSON.stringify(audit.body)).toContain('domain.set-certificate');
    const events = await api.app.get(Database).read.event.findMany({ select: { type: true, data: true } });
    const told = [answer.body, await read('tls.shop.test'), audit.body, events, { ...row, sealedKey: '' }];
    expect(JSON.stringify(told)).not.toContain(secret);
    expect(JSON.stringify(told)).not.toContain('PRIVATE KEY');
    expect((await api.call(dora, 'DELETE', `${mine}/tls.shop.test/certificate`)).status).toBe(204);
    expect(await read('tls.shop.test')).toMatchObject({ certificate: null, url: 'http://tls.shop.test:7680' });
    expect((await api.call(dora, 'DELETE', `${mine}/tls.shop.test/certificate`)).body).toMatchObject({
      code: 'certificate-not-found',
    });
  });

  it('that cannot be used is refused by field and code', async () => {
    await add('bad.shop.test');
    const good = await makeCertificate(['bad.shop.test']);
    const other = await makeCertificate(['elsewhere.test'], { from: -9, to: -1 });
    const pem = ({ certificate, privateKey }: typeof good) => ({ certificate, privateKey });
    const refused = async (body: object) => {
      const answer = await put('bad.shop.test', body);
      expect(answer).toMatchObject({ status: 422, body: { code: 'certificate-refused' } });
      return answer.body.errors.map(({ path, code }: { path: string; code: string }) => `${path} ${code}`);
    };
    expect(await refused({ certificate: 'hello', privateKey: 'world' })).toEqual([
      'body.certificate certificate-malformed',
    ]);
    expect(await refused({ ...pem(good), privateKey: other.privateKey })).toEqual([
      'body.privateKey private-key-does-not-fit',
    ]);
    expect(await refused(pem(other))).toEqual([
      'body.certificate certificate-hostname-not-covered',
      'body.certificate certificate-expired',
    ]);
    for (const body of [{}, { certificate: good.certificate }, { secret: 'Up' }, { ...pem(good), secret: 'tls' }])
      expect((await put('bad.shop.test', body)).status).toBe(400);
  });
});

describe('the platform by itself', () => {
  /** What the worker does in one round, at a time of our choosing. */
  async function round(at: Date): Promise<void> {
    const get = <T>(type: new (...args: never[]) => T): T => api.app.get<T>(type, { strict: false });
    const clock = get(Clock);
    vi.spyOn(clock, 'now').mockReturnValue(at);
    const [database, news, answers] = [get(Database), get(DomainNews), get(DomainAnswers)];
    const watch = new CertificateWatch(database, news, answers, get(NotificationsService), clock);
    await new DomainLoop(database, news, get(DomainVerification), watch, clock, get(Log)).round();
    vi.restoreAllMocks();
  }
  const asked = (hostname: string) => dns.asked.get(`_slipway-challenge.${hostname}`) ?? 0;

  it('looks at a pending one after a growing while, and takes what it finds', async () => {
    const added = await add('patient.dev');
    const from = Date.now();
    await round(new Date(from + 0.5 * minute));
    expect(asked('patient.dev')).toBe(0);
    for (const [minutes, times] of [
      [1.5, 1],
      [2, 1],
      [4, 2],
      [6, 2],
      [9, 3],
    ] as const) {
      await round(new Date(from + minutes * minute));
      expect([minutes, asked('patient.dev')]).toEqual([minutes, times]);
    }
    expect(await read('patient.dev')).toMatchObject({ state: 'pending', message: expect.stringContaining('NXDOMAIN') });
    publish(added);
    await round(new Date(from + 120 * minute));
    expect(await read('patient.dev')).toMatchObject({ state: 'verified', proof: 'dns' });
    const rows = (await api.call(api.admin, 'GET', '/tenants/acme/audit-events?limit=5')).body.items;
    expect(rows).toContainEqual(expect.objectContaining({ action: 'domain.verify', actor: 'system:domains' }));
  });

  it('rests after 14 days, until somebody asks', async () => {
    await add('forgotten.dev');
    const from = Date.now();
    await round(new Date(from + 14 * day));
    expect(await read('forgotten.dev')).toMatchObject({ state: 'pending', nextCheckAt: null });
    const times = asked('forgotten.dev');
    await round(new Date(from + 15 * day));
    expect(asked('forgotten.dev')).toBe(times);
    await verify('forgotten.dev');
    expect((await read('forgotten.dev')).nextCheckAt).toEqual(expect.any(String));
  });

  it('leaves a name pending that another has proven meanwhile, and says so', async () => {
    const both = [await add('late.dev'), await add('late.dev', mallory, theirs)];
    dns.publish(
      '_slipway-challenge.late.dev',
      both.map(({ body }) => body.challenge.value),
    );
    await verify('late.dev', mallory, theirs);
    await round(new Date(Date.now() + 2 * minute));
    expect(await read('late.dev')).toMatchObject({
      state: 'pending',
      message: 'It is proven, but the host name leads to another application already.',
    });
  });

  it('moves no release on that waits to begin', async () => {
    const other = '/tenants/acme/projects/shop/applications/other';
    const image = `registry.example.com/other@sha256:${'a'.repeat(64)}`;
    const release = await api.call(dora, 'POST', `${other}/releases`, { image });
    const body = { environment: 'production', release: release.body.number };
    const rollout = await api.call(dora, 'POST', `${other}/rollouts`, body);
    expect(rollout.status).toBe(202);
    const path = place('acme', 'other');
    publish(await add('calm.dev', dora, path));
    expect((await verify('calm.dev', dora, path)).body).toMatchObject({ state: 'verified' });
    const { items } = (await api.call(dora, 'GET', `${other}/rollouts`)).body;
    expect(items).toMatchObject([{ id: rollout.body.id, state: 'pending' }]);
  });

  it('tells the owners of a certificate’s end, 14 and 3 days before, once each', async () => {
    const path = theirs;
    await add('ending.test', mallory, path);
    const { certificate, privateKey } = await makeCertificate(['ending.test'], { to: 30 });
    await api.call(mallory, 'PUT', `${path}/ending.test/certificate`, { certificate, privateKey });
    const told = async () =>
      (await api.call(mallory, 'GET', '/me/notifications?type=certificate-expiring')).body.items.length;
    const counts: number[] = [];
    for (const days of [10, 17, 18, 28, 29, 31]) {
      await round(new Date(Date.now() + days * day));
      counts.push(await told());
    }
    expect(counts).toEqual([0, 1, 1, 2, 2, 2]);
    const { items } = (await api.call(mallory, 'GET', '/me/notifications?type=certificate-expiring')).body;
    expect(items[0]).toMatchObject({ link: '/t/evil/p/shop/e/production/a/web/domains' });
  });
});

describe('default host names', () => {
  const create = async (path: string, body: object) => {
    const answer = await api.call(api.admin, 'POST', path, body);
    expect(answer, path).toMatchObject({ status: 201 });
  };
  const defaultOf = async (tenant: string, project: string, name: string): Promise<string> => {
    const path = `/tenants/${tenant}/projects/${project}/applications/${name}/environments/production/domains`;
    const { items } = (await api.call(api.admin, 'GET', path)).body;
    expect(items).toMatchObject([{ isDefault: true, state: 'verified' }]);
    return items[0].hostname;
  };
  const web = (name: string) => ({ name, source: { type: 'push' } });

  it('of two tenants that meet are two', async () => {
    await create('/tenants', { name: 'shop-acme' });
    await create('/tenants/shop-acme/projects', { name: 'hello' });
    await create('/tenants/acme/projects/shop/applications', web('big-hello'));
    await create('/tenants/shop-acme/projects/hello/applications', web('big'));
    expect(await defaultOf('acme', 'shop', 'big-hello')).toBe('big-hello-shop-acme.slipway.localhost');
    expect(await defaultOf('shop-acme', 'hello', 'big')).toMatch(
      /^big-hello-shop-acme-[0-9a-f]{6}\.slipway\.localhost$/,
    );
  });

  it('that are asked for at once are two as well, and one is the plain one', async () => {
    await Promise.all([
      create('/tenants/acme/projects/shop/applications', web('new-hello')),
      create('/tenants/shop-acme/projects/hello/applications', web('new')),
    ]);
    const names = [await defaultOf('acme', 'shop', 'new-hello'), await defaultOf('shop-acme', 'hello', 'new')];
    expect(new Set(names).size).toBe(2);
    expect(names).toContain('new-hello-shop-acme.slipway.localhost');
  });
});

describe('where the platform asks for no proofs', () => {
  it('a name is its tenant’s at once', async () => {
    const services = { databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') };
    const open = await startTestApi({ ...services, modules, env: { SLIPWAY_DOMAIN_VERIFICATION: 'off' } });
    try {
      await open.call(open.admin, 'POST', '/tenants', { name: 'acme' });
      await open.call(open.admin, 'POST', '/tenants/acme/projects', { name: 'shop' });
      const web = { name: 'web', source: { type: 'push' } };
      await open.call(open.admin, 'POST', '/tenants/acme/projects/shop/applications', web);
      const { body } = await open.call(open.admin, 'POST', mine, { hostname: 'shop.company.dev' });
      expect(body).toMatchObject({ state: 'verified', proof: 'off', challenge: null });
    } finally {
      await open.close();
    }
  });
});
