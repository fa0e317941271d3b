import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { platformChain } from './audit.rules.js';
import { AuditService } from './audit.service.js';
import { AuditSealer } from './audit-sealer.service.js';
import { AuditWorkerModule } from './audit-worker.module.js';

const system = { actor: { id: null, username: 'system:test' }, requestId: 'request-1', source: '10.0.0.1' };
/** More than are looked through for a text that is frequent. */
const later = 10_050;
let api: TestApi;

beforeAll(async () => {
  const services = { databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') };
  api = await startTestApi({ ...services, modules: [AuditWorkerModule] });
  for (const resource of ['odd/t-5/projects/p.3', 'odd/t-6/projects/p.3', 'odd/t_5/projects/p-3', 'odd/50%/projects'])
    await api.app.get(AuditService).note(system, { action: 'odd.act', resource });
  const database = new pg.Client({ connectionString: api.config.databaseUrl });
  await database.connect();
  // The worker's own loop may be the one that seals them, and notes their paths.
  await vi.waitFor(async () => {
    await api.app.get(AuditSealer).run();
    const { rowCount } = await database.query(`SELECT 1 FROM audit_paths WHERE path LIKE 'odd/%'`);
    expect(rowCount).toBe(4);
  }, 20_000);
  await database.query(
    `INSERT INTO audit_events (id, at, actor, action, resource, "requestId", source, chain)
     SELECT gen_random_uuid(), now() + n * interval '1 ms', 'busy', 'busy.act', 'busy/' || n, 'r', '10.0.0.1', $2
     FROM generate_series(1, $1::int) AS n`,
    [later, platformChain],
  );
  await database.end();
});
afterAll(() => api?.close());

describe('a text that stands in none of the newest events', () => {
  const found = async (text: string) => {
    const { items } = (await api.call(api.admin, 'GET', `/audit-events?q=${encodeURIComponent(text)}`)).body;
    return items.map(({ resource }: { resource: string }) => resource).sort();
  };

  it.each([
    ['T-5/PROJ', ['odd/t-5/projects/p.3']],
    ['5/projects/p', ['odd/t-5/projects/p.3', 'odd/t_5/projects/p-3']],
    ['t_5', ['odd/t_5/projects/p-3']],
    ['jects/p.', ['odd/t-5/projects/p.3', 'odd/t-6/projects/p.3']],
    ['0%/', ['odd/50%/projects']],
    // Letters that the index has in the place of signs.
    ['tq5zprojects', []],
  ])('%s', async (text, resources) => expect(await found(text)).toEqual(resources));
});
