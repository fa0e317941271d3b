import { Injectable, Module } from '@nestjs/common';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { startTestApi, type TestApi } from '../../testing/test-api.js';
import { Database } from '../database/index.js';
import { newId } from '../ids/ids.js';
import { defineJob, type JobProcessor, Processes } from '../jobs/job.js';
import { Workers } from '../jobs/workers.js';
import { Outbox } from './outbox.js';
import { OutboxRelay } from './relay.js';

const payload = z.object({ tenantId: z.string(), fails: z.boolean().optional() });
type Work = z.output<typeof payload>;
const work = defineJob<Work>({ queue: 'work', name: 'work.do', payload, attempts: 2, backoffSeconds: 0 });

/** Whose work was done, in order. */
const done: string[] = [];
const waiting = new Map<string, () => void>();

@Processes(work)
@Injectable()
class WorkProcessor implements JobProcessor<Work> {
  async run({ tenantId, fails }: Work): Promise<void> {
    done.push(tenantId);
    waiting.get(tenantId)?.();
    if (fails) throw new Error('It fails.');
  }
}

@Module({ providers: [WorkProcessor] })
class WorkModule {}

const [flooder, quiet, failing] = [newId(), newId(), newId()];
let api: TestApi;

const enqueue = (count: number, one: Work) =>
  api.app.get(Database).transaction(async (tx) => {
    for (let index = 0; index < count; index++) await api.app.get(Outbox).enqueue(tx, work, one);
  });
/** The same by one statement. */
const flood = (count: number) =>
  api.app.get(Database).read.$executeRaw`
    INSERT INTO outbox_messages (id, queue, name, payload, share)
    SELECT gen_random_uuid(), ${work.queue}, ${work.name}, ${{ tenantId: flooder }}, ${flooder} FROM generate_series(1, ${count}::int)`;
const published = () =>
  api.app.get(Database).read.outboxMessage.count({ where: { queue: 'work', publishedAt: { not: null } } });

beforeAll(async () => {
  api = await startTestApi({
    databaseUrl: inject('databaseUrl'),
    redisUrl: inject('redisUrl'),
    modules: [WorkModule],
  });
});
afterAll(() => api?.close());

it('hands the workers no more of a tenant than its share of their places, and of another tenant at once', async () => {
  const relay = api.app.get(OutboxRelay);
  await flood(100);
  while ((await relay.publish()) > 0);
  expect(await published()).toBe(3);
  await enqueue(1, { tenantId: quiet });
  expect(await relay.publish()).toBe(1);
});

it('does the work of a quiet tenant in the middle of a flood of jobs, and the flood as well', async () => {
  await flood(200);
  const hasBegun = new Promise<void>((resolve) => waiting.set(flooder, resolve));
  const isDone = new Promise<void>((resolve) => waiting.set(quiet, resolve));
  const isLastDone = new Promise<void>((resolve) => waiting.set(failing, resolve));
  api.app.get(OutboxRelay).start();
  api.app.get(Workers).start();
  await hasBegun;
  await isDone;
  expect(done.indexOf(quiet)).toBeLessThan(10);
  // Again, deep in the flood: only what the flooder has with the workers already may come first.
  const before = done.length;
  const again = new Promise<void>((resolve) => waiting.set(quiet, resolve));
  await enqueue(1, { tenantId: quiet });
  await again;
  expect(done.length).toBeLessThan(300);
  const ofFlooder = done.slice(before).filter((tenant) => tenant === flooder).length;
  expect(ofFlooder).toBeLessThan(100);
  // What fails is run again, and does not take its tenant's places for ever.
  await enqueue(10, { tenantId: failing, fails: true });
  await isLastDone;
  await expect.poll(() => done.filter((tenant) => tenant === failing).length, { timeout: 20_000 }).toBe(20);
  await expect.poll(() => done.filter((tenant) => tenant === flooder).length, { timeout: 60_000 }).toBe(300);
}, 90_000);
