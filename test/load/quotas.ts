import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findFreePort, startPostgresProcess } from '@slipway/orchestrator/testing';
import { Clock } from '@slipway/platform/kernel/clock/clock';
import { Database } from '@slipway/platform/kernel/database/database';
import { migrate } from '@slipway/platform/kernel/database/migrate';
import { newId } from '@slipway/platform/kernel/ids/ids';
import { createQuotas } from '@slipway/platform/quotas/quotas.module';
import { type Figure, printFigures } from './figure.js';

// `node test/dist/load/quotas.js`: charges against hard limits on a PostgreSQL of its own, from one process with 20 connections.
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    tenants: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '10' },
  },
});
const seconds = Number(values.seconds);
const admissions = 30 * seconds;

interface Place {
  readonly tenantId: string;
  readonly projectId: string;
  readonly environmentId: string;
}
const newPlace = (tenantId = newId()): Place => ({ tenantId, projectId: newId(), environmentId: newId() });

const directory = mkdtempSync(join(tmpdir(), 'slipway-load-'));
const postgres = await startPostgresProcess(directory, await findFreePort(), { shared_buffers: '256MB' });
await migrate({ databaseUrl: postgres.url, folder: join(import.meta.dirname, '../../../prisma/migrations') });
const database = new Database({ databaseUrl: postgres.url });
const quotas = createQuotas(database, new Clock());
try {
  const places = Array.from({ length: Number(values.tenants) }, () => newPlace());
  await limit(places);
  const figures: Figure[] = [];
  for (const [name, some] of [
    ['one tenant', places.slice(0, 1)],
    [`${places.length} tenants`, places],
  ] as const)
    for (const clients of [1, 16, 100]) figures.push(await measureCharges(name, some, clients));
  figures.push(await measureAdmission(places.slice(0, 1)));
  figures.push(await race());
  printFigures(figures);
} finally {
  await database.onApplicationShutdown();
  await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
}

/** Limits at all three levels, as a tenant that has divided them. */
async function limit(places: readonly Place[]): Promise<void> {
  for (const place of places)
    await database.transaction(async (tx) => {
      const { tenantId, projectId } = place;
      await quotas.setLimits(
        tx,
        { tenantId },
        { 'requests.cpu': '1000000', 'requests.memory': '1Pi', pods: 1_000_000 },
      );
      await quotas.setLimits(tx, { tenantId, projectId }, { 'requests.cpu': '900000', pods: 900_000 });
      await quotas.setLimits(tx, place, { pods: 800_000 });
    });
}

function charge(place: Place, subject: string, pods: number): Promise<void> {
  const amounts = { pods, 'requests.cpu': `${pods * 250}m`, 'requests.memory': `${pods * 256}Mi` };
  return database
    .transaction((tx) => quotas.charge(tx, place, { subject, amounts }))
    .catch((error: unknown) => {
      // More ask than there are connections: a client of the api is told to come again, and so do we.
      if (codeOf(error) === 'database-unavailable') return charge(place, subject, pods);
      throw error;
    });
}

/** Each client changes what subjects of its own hold, three resources at three levels, one after another. */
async function measureCharges(name: string, places: readonly Place[], clients: number): Promise<Figure> {
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  const began = performance.now();
  const run = async (client: number) => {
    for (let round = 0; performance.now() < end; round += 1) {
      const place = places[(client * 131 + round * 17) % places.length] ?? newPlace();
      const start = performance.now();
      await charge(place, `placements/${client}-${round % 20}`, 1 + (round % 3));
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => run(client)));
  const perSecond = times.length / ((performance.now() - began) / 1000);
  return { name: `charges, ${clients} clients, ${name}`, value: perSecond, unit: '/s', note: spread(times) };
}

/** What a charge adds to a transaction that creates something. */
async function measureAdmission(places: readonly Place[]): Promise<Figure> {
  const times: number[] = [];
  const [place = newPlace()] = places;
  for (let round = 0; round < admissions; round += 1)
    await database.transaction(async (tx) => {
      const start = performance.now();
      await quotas.charge(tx, place, { subject: `domains/${round}`, amounts: { domains: 1, pods: 1 } });
      times.push(performance.now() - start);
    });
  times.sort((a, b) => a - b);
  return { name: 'added to a create, p50', value: at(times, 0.5), unit: 'ms', note: spread(times) };
}

/** A hundred at once ask for one of forty: exactly forty get it, each time. */
async function race(): Promise<Figure> {
  const rounds = Number(values.rounds);
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const place = newPlace();
    await database.transaction((tx) => quotas.setLimits(tx, { tenantId: place.tenantId }, { pods: 40 }));
    const start = performance.now();
    const given = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        charge(place, `placements/${index}`, 1).then(
          () => 1,
          (error: unknown) => {
            if (codeOf(error) !== 'quota-exceeded') throw error;
            return 0;
          },
        ),
      ),
    );
    times.push(performance.now() - start);
    const sum = given.reduce<number>((total, one) => total + one, 0);
    const counter = await database.read.quotaCounter.findFirst({
      where: { scopeId: place.tenantId, resource: 'pods' },
    });
    if (sum !== 40 || counter?.used !== 40n) throw new Error(`${sum} of 40 were given, ${counter?.used} are counted.`);
  }
  times.sort((a, b) => a - b);
  return { name: '100 at once for 40, p50', value: at(times, 0.5), unit: 'ms', note: `${rounds} times exactly 40` };
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
}

/** `times` sorted. */
function at(times: readonly number[], part: number): number {
  return times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
}

function spread(times: number[]): string {
  times.sort((a, b) => a - b);
  return `p50 ${at(times, 0.5).toFixed(1)} ms, p99 ${at(times, 0.99).toFixed(1)} ms`;
}
