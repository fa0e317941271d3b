import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { migrate } from '../kernel/database/migrate.js';
import { newId } from '../kernel/ids/ids.js';
import { QuotasRepository } from './quotas.repository.js';
import type { QuotaPlace } from './quotas.rules.js';
import { QuotasService } from './quotas.service.js';

const migrations = path.resolve(fileURLToPath(import.meta.url), '../../../../../prisma/migrations');

class TestClock extends Clock {
  at = new Date('2026-11-21T12:00:00Z');
  override now(): Date {
    return this.at;
  }
}

let server: pg.Client;
let name: string;
let database: Database;
const clock = new TestClock();
let quotas: QuotasService;

beforeAll(async () => {
  server = new pg.Client({ connectionString: inject('databaseUrl') });
  await server.connect();
  name = `quotas_${randomBytes(6).toString('hex')}`;
  await server.query(`CREATE DATABASE ${name}`);
  const databaseUrl = Object.assign(new URL(inject('databaseUrl')), { pathname: `/${name}` }).href;
  await migrate({ databaseUrl, folder: migrations });
  database = new Database({ databaseUrl });
  quotas = new QuotasService(new QuotasRepository(database), clock);
});

afterAll(async () => {
  await database.onApplicationShutdown();
  await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await server.end();
});

const setLimits = (place: QuotaPlace, limits: Record<string, string | number | null>, overcommitPercent?: number) =>
  database.transaction((tx) => quotas.setLimits(tx, place, limits, { overcommitPercent }));
/** As a client would: asked again while the pool of connections has none to spare. */
const charge = (place: QuotaPlace, subject: string, amounts: Record<string, string | number>): Promise<void> =>
  database
    .transaction((tx) => quotas.charge(tx, place, { subject, amounts }))
    .catch((error: { code?: string }) => {
      if (error.code === 'database-unavailable') return charge(place, subject, amounts);
      throw error;
    });
const discharge = (place: QuotaPlace, subject: string) =>
  database.transaction((tx) => quotas.discharge(tx, place.tenantId, subject));

/** Whether it was done; only a refusal by quota counts as not. */
const tried = (work: Promise<void>): Promise<boolean> =>
  work.then(
    () => true,
    (error: { code?: string }) => {
      if (error.code !== 'quota-exceeded') throw error;
      return false;
    },
  );

async function used(scopeId: string, resource: string): Promise<bigint> {
  const row = await database.read.quotaCounter.findFirst({ where: { scopeId, resource } });
  return row?.used ?? 0n;
}

async function claimed(place: Partial<QuotaPlace>, resource: string): Promise<bigint> {
  const sum = await database.read.quotaClaim.aggregate({
    where: { ...(place as object), resource },
    _sum: { amount: true },
  });
  return sum._sum.amount ?? 0n;
}

const newPlace = (tenantId = newId()): QuotaPlace & { projectId: string; environmentId: string } => ({
  tenantId,
  projectId: newId(),
  environmentId: newId(),
});

describe('a quota', () => {
  it.each([1, 2, 3, 4, 5])('gives exactly what there is to a hundred who ask at once (round %d)', async () => {
    const tenantId = newId();
    const places = [newPlace(tenantId), newPlace(tenantId), newPlace(tenantId)];
    await setLimits({ tenantId }, { 'requests.cpu': '10', pods: 40 });
    await setLimits({ tenantId, projectId: places[0]?.projectId }, { pods: 13 });
    const place = (index: number) => places[index % 3] ?? newPlace(tenantId);
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        tried(charge(place(index), `placements/${index}`, { 'requests.cpu': '250m', pods: 1 })),
      ),
    );
    expect(outcomes.filter(Boolean)).toHaveLength(40);
    expect(await used(tenantId, 'pods')).toBe(40n);
    expect(await used(tenantId, 'requests.cpu')).toBe(10_000n);
    expect(await claimed({ tenantId }, 'pods')).toBe(40n);
    expect(await used(places[0]?.projectId ?? '', 'pods')).toBeLessThanOrEqual(13n);

    await Promise.all(
      outcomes.flatMap((given, index) => (given ? [discharge(place(index), `placements/${index}`)] : [])),
    );
    expect(await used(tenantId, 'pods')).toBe(0n);
    expect(await used(tenantId, 'requests.cpu')).toBe(0n);
    expect(await claimed({ tenantId }, 'pods')).toBe(0n);
  });

  it('gives a cluster’s pool exactly, to many tenants at once', async () => {
    const cluster = `pool-${newId()}`;
    await database.read.quotaPool.create({ data: { cluster, resource: 'pods', amount: 25n } });
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        tried(charge({ ...newPlace(), cluster }, `placements/${index}`, { pods: 1 })),
      ),
    );
    expect(outcomes.filter(Boolean)).toHaveLength(25);
    expect(await claimed({ cluster }, 'pods')).toBe(25n);
    const pool = await database.read.quotaPool.findFirst({ where: { cluster } });
    expect(pool?.used).toBe(25n);
  });

  it('keeps nothing of a change that dies in the middle', async () => {
    const place = newPlace();
    await setLimits({ tenantId: place.tenantId }, { pods: 2 });
    await charge(place, 'placements/1', { pods: 1 });
    const dying = database.transaction(async (tx) => {
      await quotas.charge(tx, place, { subject: 'placements/2', amounts: { pods: 1 } });
      const [row] = await tx.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
      await server.query('SELECT pg_terminate_backend($1)', [row?.pid]);
      await quotas.charge(tx, place, { subject: 'placements/3', amounts: { pods: 0 } });
    });
    await expect(dying).rejects.toThrow();
    expect(await used(place.tenantId, 'pods')).toBe(1n);
    expect(await tried(charge(place, 'placements/2', { pods: 1 }))).toBe(true);
  });

  it('names the level, the resource and what is left', async () => {
    const place = newPlace();
    await setLimits({ tenantId: place.tenantId }, { memory: '1Gi' });
    await charge(place, 'placements/1', { memory: '768Mi' });
    await expect(charge(place, 'placements/2', { memory: '512Mi' })).rejects.toMatchObject({
      code: 'quota-exceeded',
      message: expect.stringMatching(/^The tenant .* has 256Mi of 1Gi requests.memory left; this needs 512Mi more\.$/),
    });
  });

  it('may be set below what is used: less is taken, no more is given', async () => {
    const place = newPlace();
    await charge(place, 'placements/1', { pods: 5 });
    await setLimits({ tenantId: place.tenantId }, { pods: 3 });
    expect(await tried(charge(place, 'placements/2', { pods: 1 }))).toBe(false);
    expect(await tried(charge(place, 'placements/1', { pods: 4 }))).toBe(true);
    expect(await tried(charge(place, 'placements/1', { pods: 5 }))).toBe(false);
  });

  it('of a child may not sum above its parent’s, unless that overcommits', async () => {
    const [a, b] = [newPlace(), newPlace()];
    const tenantId = a.tenantId;
    await setLimits({ tenantId }, { pods: 10 });
    await setLimits({ tenantId, projectId: a.projectId }, { pods: 6 });
    const second = () => setLimits({ tenantId, projectId: b.projectId }, { pods: 6 });
    await expect(second()).rejects.toMatchObject({ code: 'quota-above-parent' });
    await setLimits({ tenantId }, {}, 120);
    await second();
    await expect(setLimits({ tenantId }, {}, 100)).rejects.toMatchObject({ code: 'quota-above-parent' });
  });

  it('of what is used up counts on when the subject goes, and starts anew with its period', async () => {
    const place = newPlace();
    await setLimits({ tenantId: place.tenantId }, { 'build-minutes': 60 });
    clock.at = new Date('2026-11-30T23:50:00Z');
    await charge(place, 'builds/1', { 'build-minutes': 60 });
    expect(await tried(charge(place, 'builds/2', { 'build-minutes': 1 }))).toBe(false);
    clock.at = new Date('2026-12-01T00:10:00Z');
    await charge(place, 'builds/1', { 'build-minutes': 20 });
    expect(await used(place.tenantId, 'build-minutes@2026-11')).toBe(20n);
    expect(await used(place.tenantId, 'build-minutes@2026-12')).toBe(0n);
    await discharge(place, 'builds/1');
    await database.transaction((tx) =>
      quotas.dischargePlace(tx, { tenantId: place.tenantId, projectId: place.projectId }),
    );
    expect(await used(place.tenantId, 'build-minutes@2026-11')).toBe(20n);
    expect(await used(place.projectId, 'build-minutes@2026-11')).toBe(0n);
    expect(await tried(charge(place, 'builds/2', { 'build-minutes': 60 }))).toBe(true);
  });

  it('agrees with a model on random trees and charges', async () => {
    const act = fc.record({
      project: fc.integer({ min: 0, max: 1 }),
      environment: fc.integer({ min: 0, max: 1 }),
      subject: fc.integer({ min: 0, max: 3 }),
      pods: fc.integer({ min: 0, max: 6 }),
      millis: fc.integer({ min: 0, max: 3000 }),
    });
    const limits = fc.option(fc.integer({ min: 0, max: 8 }), { nil: null });
    const tree = fc.record({
      tenant: limits,
      projects: fc.tuple(limits, limits),
      acts: fc.array(act, { maxLength: 14 }),
    });
    await fc.assert(
      fc.asyncProperty(tree, async ({ tenant, projects, acts }) => {
        const tenantId = newId();
        const ids = projects.map(() => ({ projectId: newId(), environments: [newId(), newId()] }));
        // The model: a plain list of what each subject holds, summed anew each time.
        const held = new Map<string, { project: number; pods: number; millis: number }>();
        await setLimits({ tenantId }, { pods: tenant, cpu: tenant }, 1000);
        for (const [index, limit] of projects.entries())
          await setLimits({ tenantId, projectId: ids[index]?.projectId }, { pods: limit }).catch(() => {
            projects[index] = null;
          });
        for (const { project, environment, subject, pods, millis } of acts) {
          const key = `placements/${project}${environment}${subject}`;
          const before = held.get(key) ?? { project, pods: 0, millis: 0 };
          const others = [...held].filter(([other]) => other !== key).map(([, each]) => each);
          const sum = (of: 'pods' | 'millis', where: (each: { project: number }) => boolean) =>
            others.filter(where).reduce((total, each) => total + each[of], 0);
          const fits = (amount: number, was: number, rest: number, limit: number | null | undefined) =>
            amount <= was || limit === null || limit === undefined || rest + amount <= limit;
          const expected =
            fits(
              pods,
              before.pods,
              sum('pods', () => true),
              tenant,
            ) &&
            fits(
              millis,
              before.millis,
              sum('millis', () => true),
              tenant === null ? null : tenant * 1000,
            ) &&
            fits(
              pods,
              before.pods,
              sum('pods', (each) => each.project === project),
              projects[project],
            );
          const place = {
            tenantId,
            projectId: ids[project]?.projectId,
            environmentId: ids[project]?.environments[environment],
          };
          expect(await tried(charge(place, key, { pods, cpu: `${millis}m` }))).toBe(expected);
          if (expected) held.set(key, { project, pods, millis });
        }
        const all = [...held.values()];
        expect(await used(tenantId, 'pods')).toBe(BigInt(all.reduce((total, each) => total + each.pods, 0)));
        expect(await used(tenantId, 'requests.cpu')).toBe(BigInt(all.reduce((total, each) => total + each.millis, 0)));
      }),
      { numRuns: 20 },
    );
  }, 120_000);
});
