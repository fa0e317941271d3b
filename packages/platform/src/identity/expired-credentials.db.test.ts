import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { ExpiredCredentialsLoop } from './expired-credentials.loop.js';
import { IdentityWorkerModule } from './identity-worker.module.js';
import { createAdapterFactory } from './issuer/issuer-adapter.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({
    databaseUrl: inject('databaseUrl'),
    redisUrl: inject('redisUrl'),
    modules: [IdentityWorkerModule],
  });
}, 120_000);
afterAll(() => api?.close());

it('takes away what the issuer remembers once it has run out, thousands at a time, and nothing else', async () => {
  const { read } = api.app.get(Database);
  await read.issuerRecord.deleteMany({});
  const gone = new Date(Date.now() - 1_000);
  const data = Array.from({ length: 2_500 }, (_, number) => ({
    model: 'AuthorizationCode',
    id: `code-${number}`,
    payload: {},
    expiresAt: gone,
  }));
  await read.issuerRecord.createMany({ data });
  const adapter = createAdapterFactory(api.app.get(Database), api.app.get(Clock))('Session');
  await adapter.upsert('open', { uid: 'u' }, 60);
  await read.issuerRecord.create({ data: { model: 'Client', id: 'for-ever', payload: {} } });
  await api.app.get(ExpiredCredentialsLoop, { strict: false }).sweep();
  const left = await read.issuerRecord.findMany({ select: { id: true }, orderBy: { id: 'asc' } });
  expect(left.map(({ id }) => id)).toEqual(['for-ever', 'open']);
  expect(await adapter.find('open')).toBeDefined();
});

it('takes away the tokens for kubectl whose hour is long over, and keeps those that may have something open', async () => {
  const { read } = api.app.get(Database);
  const { id: userId } = await read.user.findFirstOrThrow({ where: { username: 'admin' } });
  const make = (name: string, kind: string, daysAgo: number) =>
    read.personalToken.create({
      data: {
        ...{ id: newId(), userId, name, kind, prefix: name, hash: name },
        expiresAt: new Date(Date.now() - daysAgo * 86_400_000),
      },
    });
  await make('old-kube', 'kube', 31);
  await make('kube', 'kube', 1);
  await make('old-personal', 'personal', 31);
  await api.app.get(ExpiredCredentialsLoop, { strict: false }).sweep();
  const left = await read.personalToken.findMany({ where: { userId }, orderBy: { name: 'asc' } });
  expect(left.map(({ name }) => name)).toEqual(['kube', 'old-personal']);
});
