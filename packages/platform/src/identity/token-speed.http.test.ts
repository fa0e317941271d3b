import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Authenticator } from '../kernel/access/authenticator.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';

let api: TestApi;
const rounds = 10_000;

beforeAll(async () => {
  api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') });
});
afterAll(() => api?.close());

// Of processor time, so that what else the machine does counts little; 5,000 a second is aimed at (docs/performance.md).
it.each(['an access token', 'a personal token'])('%s that is known is verified without a query', async (kind) => {
  const authenticator = api.app.get(Authenticator, { strict: false });
  const origin = { door: 'rest', address: '127.0.0.1' } as const;
  const made =
    kind === 'a personal token' ? await api.call(api.admin, 'POST', '/me/tokens', { name: 'fast' }) : undefined;
  const token: string = made ? made.body.token : api.admin;
  // Until the notices are heard, nothing is remembered.
  await expect.poll(() => authenticator.authenticateBearer(token, origin)).toMatchObject({ username: 'admin' });
  const began = process.cpuUsage();
  for (let i = 0; i < rounds; i++) await authenticator.authenticateBearer(token, origin);
  const { user, system } = process.cpuUsage(began);
  const perSecond = rounds / ((user + system) / 1_000_000);
  process.stdout.write(`${kind}: ${Math.round(perSecond)} verifications a second of processor time\n`);
  expect(perSecond).toBeGreaterThan(1_000);
});
